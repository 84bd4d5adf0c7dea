import { describe, expect, it } from 'vitest'
import { parseRecords } from '../schema/schema.ts'
import { sourceContract, type SourceGiven } from './source-contract.ts'

/** An origin whose connections are functions. */
function createOrigin(first: () => string) {
  const open = new Map<(text: string) => void, () => void>()
  let isDown = false
  return {
    /** Rejects while the origin is down. */
    connect: async (onText: (text: string) => void, onBroken: () => void): Promise<() => void> => {
      await Promise.resolve()
      if (isDown) throw new Error('ECONNREFUSED')
      open.set(onText, onBroken)
      onText(first())
      return () => void open.delete(onText)
    },
    send: (text: string) => {
      for (const onText of open.keys()) onText(text)
    },
    connections: () => open.size,
    interrupt: (next: boolean) => {
      isDown = next
      for (const [onText, onBroken] of next ? open : []) {
        open.delete(onText)
        onBroken()
      }
    },
  }
}

/** What is wrong with a source. */
interface Faults {
  readonly isFirstLive?: boolean
  readonly isNeverLive?: boolean
  readonly writesInstead?: boolean
  readonly dropsTombstones?: boolean
  readonly dropsShows?: boolean
  readonly isAllOrNothing?: boolean
  readonly stopsAtGarbage?: boolean
  readonly isQuiet?: boolean
  readonly neverReconnects?: boolean
  readonly stopsWhenRefused?: boolean
  readonly ignoresRelease?: boolean
  readonly reconnectsAfterRelease?: boolean
  readonly throwsAtSecondRelease?: boolean
  readonly connectsAfterRelease?: boolean
  readonly opensOnce?: boolean
}

type Origin = ReturnType<typeof createOrigin>

/** A plain source, or one with faults. */
function plainSource({ tracker }: SourceGiven, { connect }: Origin, faults: Faults) {
  let hasBeenOpen = false
  let hasSnapshot = false
  return () => {
    let isOver = faults.opensOnce === true && hasBeenOpen
    hasBeenOpen = true
    let disconnect = () => {}
    let timer: ReturnType<typeof setTimeout> | undefined
    const report = (error: unknown) => void (faults.isQuiet || tracker.report(error))

    function onText(text: string, isSnapshot: boolean) {
      if (faults.writesInstead && !isSnapshot) {
        const { tasks } = JSON.parse(text) as { readonly tasks: readonly { readonly id: string }[] }
        for (const { id, ...patch } of tasks) tracker.updateTask(id, patch as never)
        return
      }
      try {
        const records = parseRecords(text, { pipeline: tracker.pipeline })
        if (faults.isAllOrNothing && records.rejected.length > 0) throw new Error('bad records')
        tracker.merge(
          {
            ...records,
            tasks: records.tasks.filter((task) => !(faults.dropsTombstones && 'removed' in task)),
            shows: faults.dropsShows ? [] : records.shows,
            rejected: faults.isQuiet ? [] : records.rejected,
          },
          {
            live: faults.isFirstLive || (!faults.isNeverLive && (hasSnapshot || !isSnapshot)),
            whole: isSnapshot,
          },
        )
        hasSnapshot ||= isSnapshot
      } catch (error) {
        report(error)
        if (faults.stopsAtGarbage) disconnect()
      }
    }

    async function run(): Promise<void> {
      let isFirst = true
      try {
        const made = await connect(
          (text) => {
            onText(text, isFirst)
            isFirst = false
          },
          () => again(faults.neverReconnects),
        )
        disconnect = made
        if (isOver && !faults.ignoresRelease && !faults.connectsAfterRelease) made()
      } catch (error) {
        report(error)
        again(faults.stopsWhenRefused)
      }
    }

    function again(isGivenUp = false): void {
      if ((isOver && !faults.reconnectsAfterRelease) || isGivenUp) return
      timer = setTimeout(() => void run(), 10)
    }

    if (!isOver) void run()
    return () => {
      if (faults.ignoresRelease) return
      if (isOver && faults.throwsAtSecondRelease) throw new Error('not open')
      isOver = true
      if (!faults.reconnectsAfterRelease) clearTimeout(timer)
      disconnect()
    }
  }
}

const casesOf = (faults: Faults = {}, timeout = 2_000) =>
  sourceContract(
    (given) => {
      const { send, connections, interrupt, ...origin } = createOrigin(given.snapshot)
      const open = plainSource(given, { send, connections, interrupt, ...origin }, faults)
      return { open, send, connections, interrupt, close: () => interrupt(true) }
    },
    { timeout },
  )

describe('sourceContract', () => {
  it.each(casesOf({}, 10_000).map(({ name, run }) => [name, run] as const))(
    'holds for a plain source: %s',
    async (_name, run) => run(),
  )

  const broken: readonly (readonly [fault: string, check: string, says: RegExp, faults: Faults])[] = [
    ['drops tombstones', 'merges the snapshot', /Not merged after the snapshot/, { dropsTombstones: true }],
    ['drops shows', 'merges each change after the snapshot', /Not merged/, { dropsShows: true }],
    [
      'writes what it should merge',
      'keeps the newest version when changes come late or twice',
      /Not merged after late and repeated changes/,
      { writesInstead: true },
    ],
    [
      'takes a snapshot for news',
      'fires no completion events for the first snapshot, and fires them for changes',
      /The first snapshot fired completion events \(before, show-generation\)/,
      { isFirstLive: true },
    ],
    [
      'takes news for a snapshot',
      'fires no completion events for the first snapshot, and fires them for changes',
      /Expected taskFinished and stepCompleted for the change, got ""/,
      { isNeverLive: true },
    ],
    [
      'drops a change for one bad record',
      'rejects a bad record, reports it and keeps the others',
      /Not merged beside a bad record/,
      { isAllOrNothing: true },
    ],
    [
      'swallows what was rejected',
      'rejects a bad record, reports it and keeps the others',
      /A record was rejected, and no error was reported/,
      { isQuiet: true },
    ],
    [
      'swallows its errors',
      'reports data that cannot be read, and goes on',
      /The source got a page of HTML, and no error was reported/,
      { isQuiet: true },
    ],
    [
      'stops at data that it cannot read',
      'reports data that cannot be read, and goes on',
      /Not merged after data that cannot be read/,
      { stopsAtGarbage: true },
    ],
    [
      'never reconnects',
      'reconnects after its connection broke, and gets what it missed',
      /Not merged after the connection broke/,
      { neverReconnects: true },
    ],
    [
      'gives up at the first refusal',
      'reports that the origin cannot be reached, and connects when it can',
      /Not merged after the origin came back/,
      { stopsWhenRefused: true },
    ],
    [
      'ignores its release',
      'disconnects when it is released, and merges nothing more',
      /Expected 0 open connections after the release, got 1/,
      { ignoresRelease: true },
    ],
    [
      'throws at a second release',
      'stops for good when it is released at once, or twice',
      /The second release threw an error/,
      { throwsAtSecondRelease: true },
    ],
    [
      'connects although it was released before',
      'stops for good when it is released at once, or twice',
      /Expected 0 open connections after a release right after open, got 1/,
      { connectsAfterRelease: true },
    ],
    [
      'reconnects after its release',
      'stops while it waits to reconnect',
      /Expected 0 open connections after a release while the origin was down|connected again after its release/,
      { reconnectsAfterRelease: true, connectsAfterRelease: true },
    ],
    [
      'can be opened once',
      'can be opened again',
      /Not merged after it was opened again/,
      { opensOnce: true },
    ],
  ]

  // Most of them wait for their time to be over.
  it.concurrent.each(broken)('finds a source that %s', async (_fault, check, says, faults) => {
    const found = casesOf(faults).find(({ name }) => name === check)!
    await expect(found.run()).rejects.toThrow(says)
  })

  it('has no check that none of these sources fails', () => {
    const names = casesOf().map(({ name }) => name)
    expect([...new Set(broken.map(([, check]) => check))].toSorted()).toEqual(names.toSorted())
  })
})
