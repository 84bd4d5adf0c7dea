import { describe, expect, it } from 'vitest'
import type { AlreadyRunningError } from '../records/errors.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { quiet } from '../testing.ts'

/** The rejections that a process would end with. Vitest's own watch for them stands aside. */
async function unhandled(action: () => unknown): Promise<unknown[]> {
  const listeners = process.listeners('unhandledRejection')
  const seen: unknown[] = []
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => seen.push((reason as Error).message))
  try {
    await action()
    await quiet()
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
  return seen
}

type Kit = ReturnType<typeof createTestTracker>
const no = () => Promise.reject(new Error('no'))
const never = () => new Promise<never>(() => {})

/** What raises a rejection that nothing awaits, and the messages of those. */
const calls: readonly (readonly [string, (kit: Kit) => unknown, readonly string[]])[] = [
  ['a plain call', ({ tracker }) => void tracker.show('s').track('trailer', no), ['no']],
  [
    'a call with retry',
    async ({ tracker, clock }) => {
      void tracker.show('s').track('trailer', no, { retry: { attempts: 2 } })
      await clock.advance(60_000)
    },
    ['no'],
  ],
  [
    'callers that join',
    ({ tracker }) => {
      let reject = (_error: Error) => {}
      const fn = () => new Promise<never>((_resolve, fail) => (reject = fail))
      for (let turn = 0; turn < 3; turn += 1) void tracker.show('s').track('trailer', fn)
      reject(new Error('no'))
    },
    ['no', 'no', 'no'],
  ],
  [
    'a call that is refused, by reject and by join',
    ({ tracker }) => {
      tracker.addTask({ id: 'theirs', showId: 's', type: 'trailer', status: 'processing' })
      void tracker.show('s').track('trailer', never, { onConflict: 'reject' })
      void tracker.show('s').track('trailer', never)
    },
    ['already running', 'already running'],
  ],
  [
    'a pause that is superseded',
    async ({ tracker }) => {
      void tracker.show('s').track('trailer', no, { retry: { attempts: 2 } })
      await quiet()
      void tracker.show('s').track('trailer', never, { onConflict: 'supersede' })
    },
    ['superseded'],
  ],
  [
    'a call that is canceled while it is announced',
    ({ tracker }) => {
      const undo = tracker.subscribe(() => {
        undo()
        tracker.cancel({ showId: 's' }, 'not now')
      })
      void tracker.show('s').track('trailer', never)
    },
    ['not now'],
  ],
  [
    'a call whose whole time is over in a pause',
    async ({ tracker, clock }) => {
      void tracker.show('s').track('trailer', no, { timeout: 100, retry: { attempts: 9 } })
      await clock.advance(60_000)
    },
    ['took longer'],
  ],
  [
    'a step of an asynchronous generator',
    ({ tracker }) => {
      // oxlint-disable-next-line require-yield -- fails before its first step
      const steps = tracker.show('s').track('trailer', async function* (): AsyncGenerator<number> {
        throw new Error('no')
      })
      void steps.next()
    },
    ['no'],
  ],
]

describe('a promise that nothing awaits', () => {
  it.each(calls)('raises no unhandled rejection, of %s', async (_what, act) => {
    expect(await unhandled(() => act(createTestTracker()))).toEqual([])
  })

  it.each(calls)("raises each one with promises: 'derived', of %s", async (_what, act, messages) => {
    const seen = await unhandled(() => act(createTestTracker({ promises: 'derived' })))
    expect(seen).toEqual(messages.map((message) => expect.stringContaining(message) as unknown))
  })

  it.each(['same', 'derived'] as const)('is never AlreadyRunningError.finished (%s)', async (promises) => {
    const seen = await unhandled(async () => {
      const { tracker } = createTestTracker({ promises })
      tracker.addTask({ id: 'theirs', showId: 's', type: 'trailer', status: 'processing' })
      const refused = tracker.show('s').track('trailer', never)
      const error = await (refused as Promise<unknown>).catch((reason: unknown) => reason)
      void (error as AlreadyRunningError).finished
      tracker.cancel('theirs')
      tracker.reset('theirs')
    })
    expect(seen).toEqual([])
  })
})
