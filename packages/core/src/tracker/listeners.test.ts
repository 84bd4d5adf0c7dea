import vm from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import type { Tracker } from './tracker-types.ts'
import { CallsheetError } from '../records/errors.ts'
import { showPipeline, type ShowPipeline } from '../records/show-pipeline.ts'
import { type Change, logSink, memorySink, type Sink } from './sink.ts'
import { parseRecords } from '../schema/schema.ts'
import { createTestTracker, type TestTrackerOptions } from '../test/test-tracker.ts'
import { quiet, taskOf } from '../testing.ts'

const setup = (options: TestTrackerOptions<ShowPipeline> = {}) => {
  const kit = createTestTracker(options)
  return { ...kit, messages: () => kit.errors.map(({ message }) => message) }
}

type Callback = () => never

const fail = (): never => {
  throw new Error('mine')
}

/** How a callback can fail: at once, or by what it returns. */
const failures: [string, () => unknown][] = [
  ['throws', fail],
  ['rejects', () => Promise.reject(new Error('mine'))],
  [
    'rejects later',
    async () => {
      await quiet()
      throw new Error('mine')
    },
  ],
  [
    'gives a promise of another realm that rejects',
    () => vm.runInNewContext('(async () => { throw fail })()', { fail: new Error('mine') }) as unknown,
  ],
  [
    'gives another kind of promise that rejects',
    // oxlint-disable-next-line unicorn/no-thenable -- libraries have such promises
    () => ({ then: (_yes: unknown, no: (error: unknown) => void) => no(new Error('mine')) }),
  ],
  [
    'gives an object that does not let itself be looked at',
    () =>
      new Proxy(
        {},
        {
          has: () => fail(),
          get: () => fail(),
        },
      ),
  ],
]

const finish = (tracker: Tracker<ShowPipeline>) => {
  tracker.show('s').track('trailer', () => 1)
}

/** Where a callback is given, and what calls it once or more. */
const places: [string, (fail: Callback) => Promise<{ messages: () => string[] }>][] = [
  [
    'a subscription to everything',
    async (fail) => {
      const kit = setup()
      kit.tracker.subscribe(fail)
      finish(kit.tracker)
      return kit
    },
  ],
  [
    'a subscription to a step',
    async (fail) => {
      const kit = setup()
      kit.tracker.subscribe(fail, { showId: 's', type: 'trailer' })
      finish(kit.tracker)
      return kit
    },
  ],
  ...(['taskChanged', 'taskFinished', 'stepCompleted', 'showCompleted'] as const).map(
    (event): (typeof places)[number] => [
      `a listener of ${event}`,
      async (fail) => {
        const kit = setup()
        kit.tracker
          .show('s')
          .setUnavailable(showPipeline.steps.map(({ type }) => type).filter((type) => type !== 'trailer'))
        kit.tracker.on(event, fail)
        finish(kit.tracker)
        return kit
      },
    ],
  ),
  ...(['write', 'flush', 'close'] as const).map((method): (typeof places)[number] => [
    `a sink's ${method}`,
    async (fail) => {
      const kit = setup({ sinks: [{ write: () => {}, [method]: fail }] })
      finish(kit.tracker)
      await kit.tracker.close()
      return kit
    },
  ]),
  [
    'a logger',
    async (fail) => {
      const kit = setup({ sinks: [logSink({ info: fail, error: fail })] })
      finish(kit.tracker)
      return kit
    },
  ],
  ...(['learn', 'merge', 'serialize'] as const).map((method): (typeof places)[number] => [
    `durations' ${method}`,
    async (fail) => {
      const durations = { learn: () => {}, merge: () => {}, serialize: () => [], [method]: fail }
      const kit = setup({ durations })
      finish(kit.tracker)
      kit.tracker.merge(parseRecords({}))
      expect(kit.tracker.serialize().tasks).toHaveLength(1)
      return kit
    },
  ]),
  [
    'result',
    async (fail) => {
      const kit = setup()
      kit.tracker.show('s').track('trailer', () => 1, { result: fail })
      expect(kit.tracker.getPipeline('s').step('trailer').status).toBe('succeeded')
      return kit
    },
  ],
  [
    'the options of wrap',
    async (fail) => {
      const kit = setup()
      expect(kit.tracker.show('s').wrap('trailer', () => 1, fail)()).toBe(1)
      return kit
    },
  ],
  [
    'a metadata updater',
    async (fail) => {
      const kit = setup()
      kit.tracker.addTask({ id: 'a', showId: 's', type: 'trailer' })
      kit.tracker.updateTask('a', { metadata: fail, stage: 'goes on' })
      expect(kit.tracker.getTask('a')?.stage).toBe('goes on')
      return kit
    },
  ],
  ...(['when', 'delay', 'classify', 'before'] as const).map((name): (typeof places)[number] => [
    `retry's ${name}`,
    async (fail) => {
      const kit = setup()
      const call = kit.tracker
        .show('s')
        .track('trailer', () => Promise.reject(new Error('503')), { retry: { attempts: 2, [name]: fail } })
        .catch(() => {})
      await kit.clock.advance(120_000)
      await call
      return kit
    },
  ]),
]

describe.each(places)('%s', (_where, run) => {
  it.each(failures)('that %s is reported, and ends nothing', async (_how, fail) => {
    const { messages } = await run(fail as Callback)
    await quiet()
    await quiet()
    expect(messages()).toContain('mine')
    for (const message of messages()) expect(message).toMatch(/mine|returned a promise/)
  })
})

describe('a listener of error', () => {
  it('is told once of what is cut at every write, also after 1,000 other limits', () => {
    const { tracker, errors } = setup()
    for (let index = 0; index < 1_100; index += 1)
      for (const message of [`cut ${index}`, `cut ${index}`])
        tracker.report(new CallsheetError(message, { code: 'limit_reached' }))
    expect(errors).toHaveLength(1_100)
  })

  it.each(failures)('that %s harms nothing, and is not told of itself', async (_how, fail) => {
    const { tracker } = setup()
    const listener = vi.fn(fail)
    tracker.on('error', listener)
    tracker.report(new Error('first'))
    await quiet()
    expect(listener).toHaveBeenCalledTimes(1)
  })
})

describe('a listener that writes', () => {
  /** Adds `next` to the stage until it is long enough. */
  const chain = (tracker: Tracker<ShowPipeline>, most = 3) =>
    tracker.on('taskChanged', ({ task }) => {
      if (task && task.rev < most) tracker.updateTask(task.id, { stage: `rev ${task.rev + 1}` })
    })

  it('changes the state at once, and is told, as are sinks and logs, in the order of the writes', () => {
    const lines: number[] = []
    const log = (fields: object) => void lines.push((fields as { task: { rev: number } }).task.rev)
    const sink = memorySink()
    const { tracker } = setup({ sinks: [sink, logSink({ info: log, error: log })] })
    const [early, late]: number[][] = [[], []]
    tracker.on('taskChanged', ({ task }) => early!.push(task!.rev))
    tracker.on('taskChanged', ({ task }) => {
      if (task!.rev >= 3) return
      tracker.updateTask(task!.id, { stage: `rev ${task!.rev + 1}` })
      expect(tracker.getTask(task!.id)?.rev).toBe(task!.rev + 1)
    })
    tracker.on('taskChanged', ({ task }) => late!.push(task!.rev))
    tracker.addTask({ id: 'a', showId: 's', type: 'trailer', status: 'processing' })
    const revs = (changes: readonly Change[]) => changes.flatMap(({ tasks }) => tasks.map((task) => task.rev))
    expect({ early, late, lines, sink: revs(sink.changes) }).toEqual({
      early: [1, 2, 3],
      late: [1, 2, 3],
      lines: [1, 2, 3],
      sink: [1, 2, 3],
    })
  })

  it('from a sink or a subscription is told in order as well', () => {
    const seen: number[] = []
    const writer: Sink = {
      write({ tasks }) {
        for (const task of tasks)
          if (task.rev < 3) tracker.updateTask(task.id, { stage: `rev ${task.rev + 1}` })
      },
    }
    const reader: Sink = { write: ({ tasks }) => void seen.push(...tasks.map(({ rev }) => rev)) }
    const { tracker } = setup({ sinks: [writer, reader] })
    tracker.subscribe(() => {
      const task = tracker.getTask('a')
      if (task && task.rev < 6) tracker.updateTask('a', { stage: `rev ${task.rev + 1}` })
    })
    tracker.addTask({ id: 'a', showId: 's', type: 'trailer' })
    expect(seen).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('into a batch is told after the whole batch', () => {
    const told: string[] = []
    const { tracker } = setup()
    tracker.on('taskChanged', ({ task }) => {
      told.push(`${task!.id} ${task!.rev}`)
      if (task!.rev === 1) tracker.updateTask(task!.id, { stage: 'seen' })
    })
    const tasks = ['a', 'b', 'c'].map((id) => taskOf({ id, characterId: id, updatedAt: Date.UTC(2026, 0) }))
    tracker.merge(parseRecords({ tasks }))
    expect(told).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'b 2', 'c 2'])
  })

  it('at every change that it hears of is stopped and reported; the state and the sinks have every write', () => {
    const sink = memorySink()
    const { tracker, messages } = setup({ sinks: [sink] })
    chain(tracker, Infinity)
    tracker.addTask({ id: 'a', showId: 's', type: 'trailer', status: 'processing' })
    expect(messages()).toEqual([expect.stringMatching(/^Endless loop: a listener makes a change each time/)])
    expect(sink.tasks.get('a')).toBe(tracker.getTask('a'))
    const { rev } = tracker.getTask('a')!
    tracker.updateTask('a', { status: 'succeeded' })
    expect(tracker.getTask('a')!.rev).toBeGreaterThan(rev)
  })

  it('without end is reported each time that listeners are not told, not only the first time', () => {
    const { tracker, messages } = setup()
    chain(tracker, Infinity)
    for (const id of ['a', 'b']) tracker.addTask({ id, showId: 's', type: 'trailer', status: 'processing' })
    expect(messages()).toHaveLength(2)
  })

  it('and cancels stops the call, in any order of the listeners', async () => {
    const { tracker } = setup()
    tracker.on('taskChanged', ({ task }) => {
      if (task?.stage === 'too dear') tracker.cancel({ showId: 's' })
    })
    const seen: boolean[] = []
    const call = tracker.show('s').track('trailer', async ({ stage, signal }) => {
      stage('too dear')
      seen.push(signal.aborted)
      signal.throwIfAborted()
    })
    await expect(call).rejects.toMatchObject({ code: 'canceled' })
    expect(seen).toEqual([true])
  })
})

describe('close', () => {
  it('gives up on a sink that never flushes after 10 s, reports that, and closes all the same', async () => {
    const close = vi.fn()
    const { tracker, clock, messages } = setup({
      sinks: [{ write: () => {}, flush: () => new Promise(() => {}), close }],
    })
    const closed = tracker.close()
    await clock.advance(9_999)
    expect(close).not.toHaveBeenCalled()
    await clock.advance(1)
    await closed
    expect(close).toHaveBeenCalledTimes(1)
    expect(messages()).toEqual(['close: a sink has not flushed within 10 s; closed without it.'])
  })
})
