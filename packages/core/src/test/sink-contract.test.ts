import { describe, expect, it, onTestFinished } from 'vitest'
import type { ShowRecord, TaskVersion } from '../records/task.ts'
import { record } from '../replay.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { type Change, logSink, memorySink, type Sink } from '../tracker/sink.ts'
import { type ContractCase } from './contract.ts'
import { sinkContract, type SinkContractOptions, type SinkUnderTest } from './sink-contract.ts'
import { testSink } from './test-sink.ts'

type SinkRecord = TaskVersion | ShowRecord

const recordsIn = ({ tasks, shows }: Change): readonly SinkRecord[] => [...tasks, ...shows]

/** Tests a contract by this runner. */
const holds = (cases: readonly ContractCase[]) => it.each(cases.map((one) => [one.name, one.run] as const))

describe('memorySink', () => {
  const setUp = () => {
    const sink = memorySink()
    return { sink, received: () => sink.changes.flatMap(recordsIn) }
  }
  holds(sinkContract(setUp, { failure: 'never' }))('%s', async (_name, run) => run())

  const setUpTasks = () => {
    const sink = memorySink()
    return { sink, received: () => sink.tasks.values() }
  }
  holds(sinkContract(setUpTasks, { failure: 'never', shows: false }))('%s, as a map', async (_name, run) =>
    run(),
  )
})

describe('testSink', () => {
  const setUp = () => {
    const sink = testSink(showPipeline)
    return { sink, received: () => sink.changes.flatMap(recordsIn) }
  }
  holds(sinkContract(setUp, { failure: 'never' }))('%s', async (_name, run) => run())
})

describe('record', () => {
  const setUp = () => {
    const sink = record()
    return { sink, received: () => sink.lines.flatMap((line) => recordsIn(JSON.parse(line) as Change)) }
  }
  holds(sinkContract(setUp, { failure: 'never' }))('%s', async (_name, run) => run())
})

describe('logSink', () => {
  const setUp = () => {
    const lines: string[] = []
    let isFailing = false
    const log = (fields: object) => {
      if (isFailing) throw new Error('disk full')
      lines.push(JSON.stringify(fields))
    }
    return {
      sink: logSink({ info: log, error: log }),
      received: () => lines.map((line) => (JSON.parse(line) as { task: TaskVersion }).task),
      fail: (isDown: boolean) => void (isFailing = isDown),
    }
  }
  holds(sinkContract(setUp, { shows: false }))('%s', async (_name, run) => run())
})

/** A store over a network, as a client of Redis is: each `put` may reject. */
function createStore() {
  const arrived: SinkRecord[] = []
  let isFailing = false
  return {
    arrived,
    fail: (isDown: boolean) => void (isFailing = isDown),
    put: async (text: string) => {
      await new Promise((resolve) => void setImmediate(resolve))
      if (isFailing) throw new Error('ECONNREFUSED')
      arrived.push(JSON.parse(text) as SinkRecord)
    },
  }
}

type Store = ReturnType<typeof createStore>
type Make = (store: Store) => Sink

const textsOf = (change: Change): readonly string[] =>
  recordsIn(change).map((record) => JSON.stringify(record))

/** A sink that promises nothing for a time without its store. */
function plainSink({ put }: Pick<Store, 'put'>): Sink & { readonly flush: () => Promise<void> } {
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false
  return {
    write(change) {
      if (isClosed) return undefined
      const texts = textsOf(change)
      const sent = last.then(async () => {
        for (const text of texts) await put(text)
      })
      last = sent.catch(() => {})
      // For the tracker, which reports what rejects.
      return sent as unknown as undefined
    },
    async flush() {
      await last
    },
    close: () => void (isClosed = true),
  }
}

/** A sink that keeps what its store did not take. */
function keepingSink({ put }: Pick<Store, 'put'>): Sink {
  let waiting: string[] = []
  let running: Promise<void> | undefined
  let isClosed = false
  async function send() {
    while (waiting[0] !== undefined) {
      await put(waiting[0])
      waiting.shift()
    }
  }
  return {
    write(change) {
      if (isClosed) return undefined
      waiting.push(...textsOf(change))
      running ??= send().finally(() => (running = undefined))
      return running as unknown as undefined
    },
    async flush() {
      await running?.catch(() => {})
      await send().catch(() => {})
    },
    close() {
      isClosed = true
      waiting = []
    },
  }
}

const underTest = (make: Make) => (): SinkUnderTest => {
  const store = createStore()
  return { sink: make(store), received: () => store.arrived, fail: store.fail }
}

describe('sinkContract', () => {
  holds(sinkContract(underTest(plainSink)))(
    'holds for a sink that loses and reports: %s',
    async (_name, run) => run(),
  )
  holds(sinkContract(underTest(keepingSink), { failure: 'kept' }))(
    'holds for a sink that keeps: %s',
    async (_name, run) => run(),
  )

  const varied =
    (change: (sink: Sink & { flush: () => Promise<void> }, store: Store) => Partial<Sink>): Make =>
    (store) => {
      const sink = plainSink(store)
      return { ...sink, ...change(sink, store) }
    }
  /** A sink that changes what it passes on. */
  const passing = (change: (given: Change) => Change): Make =>
    varied((sink) => ({ write: (given) => sink.write(change(given)) }))

  type Given = SinkContractOptions & { readonly received?: (store: Store) => Iterable<SinkRecord> }

  const broken: readonly (readonly [
    fault: string,
    check: string,
    says: RegExp,
    make: Make,
    given?: Given,
  ])[] = [
    [
      'loses each third version',
      'delivers the newest version of each task, unchanged',
      /newest version of task "\w+" did not arrive|Wrong version of task/,
      (store) => {
        let seen = 0
        const sink = plainSink(store)
        return {
          ...sink,
          write: ({ tasks, ...more }) =>
            sink.write({ ...more, tasks: tasks.filter(() => (seen += 1) % 3 !== 0) }),
        }
      },
    ],
    [
      'writes other values than it is given',
      'delivers the newest version of each task, unchanged',
      /Wrong version of task "[^"]+" at the destination: expected .+, got /,
      passing((given) => ({
        ...given,
        tasks: given.tasks.map((task) => ({ ...task, stage: 'x' })) as never,
      })),
    ],
    [
      'sends what waits in reverse',
      'delivers the versions of a task in the order of their writing',
      /older version arrived after a newer one: rev \d+ after rev \d+/,
      ({ put }) => {
        let waiting: string[] = []
        const flush = async () => {
          const texts = waiting.toReversed()
          waiting = []
          for (const text of texts) await put(text)
        }
        return { write: (change) => void waiting.push(...textsOf(change)), flush }
      },
    ],
    [
      'overwrites a newer version',
      'holds the newest version when an older one is written later',
      /Wrong version of task "a" at the destination/,
      plainSink,
      { received: ({ arrived }) => new Map(arrived.map((one) => ['id' in one ? one.id : '', one])).values() },
    ],
    [
      'leaves tombstones out',
      'delivers the tombstone of a removed task',
      /Wrong version of task "a" .+"removed":true/,
      passing((given) => ({ ...given, tasks: given.tasks.filter((task) => !('removed' in task)) })),
    ],
    [
      'drops what is more than 100',
      'delivers 500 tasks that are written at once',
      /did not arrive/,
      ({ put }) => {
        let waiting: string[] = []
        const flush = async () => {
          for (const text of waiting.splice(0)) await put(text)
        }
        return {
          write(change) {
            waiting = [...waiting, ...textsOf(change)].slice(-100)
          },
          flush,
        }
      },
    ],
    [
      'keeps rows in an object',
      'delivers ids of every form',
      /task "__proto__" did not arrive/,
      plainSink,
      {
        received: ({ arrived }) => {
          const rows: Record<string, SinkRecord> = {}
          for (const one of arrived) rows['id' in one ? one.id : one.showId] = one
          return Object.values(rows)
        },
      },
    ],
    [
      'serves the first of its trackers alone',
      'delivers the changes of several trackers',
      /task "b" did not arrive/,
      varied((sink) => {
        let first: string | undefined
        return {
          write(change) {
            first ??= change.tasks[0]?.by
            return change.tasks[0]?.by === first ? sink.write(change) : undefined
          },
        }
      }),
    ],
    [
      'drops what is longer than 10 kB',
      'delivers a record of 20 kB, with metadata of every form',
      /task "a" did not arrive/,
      (store) => plainSink({ put: async (text) => (text.length > 10_000 ? undefined : store.put(text)) }),
    ],
    [
      'leaves shows out',
      'delivers the newest record of each show, unchanged',
      /newest version of show "[^"]+" did not arrive/,
      passing((given) => ({ ...given, shows: [] })),
    ],
    [
      'says too early that it has flushed',
      'has delivered everything when flush resolves',
      /flush resolved too early\. The newest version of task "a" did not arrive/,
      varied(() => ({ flush: async () => {} })),
    ],
    [
      'forgets at close what waits',
      'has delivered everything when the tracker is closed',
      /task "a" did not arrive/,
      ({ put }) => {
        const timers = new Set<ReturnType<typeof setTimeout>>()
        return {
          write(change) {
            for (const text of textsOf(change)) timers.add(setTimeout(() => void put(text), 50))
          },
          close() {
            for (const timer of timers) clearTimeout(timer)
          },
        }
      },
    ],
    [
      'throws when it is closed',
      'takes a write, a flush and another close after close, without an error',
      /write after close failed: Error: closed. Expected no error/,
      varied((sink) => {
        let isClosed = false
        return {
          write(change) {
            if (isClosed) throw new Error('closed')
            return sink.write(change)
          },
          close: () => void (isClosed = true),
        }
      }),
    ],
    [
      'lets its promises float',
      'reports that the destination fails, and never throws into the application',
      /A promise of the sink rejected without a handler: Error: ECONNREFUSED/,
      ({ put }) => ({
        write(change) {
          for (const text of textsOf(change)) void put(text)
        },
      }),
    ],
    [
      'swallows its errors',
      'reports that the destination fails, and never throws into the application',
      /The destination failed, and no error was reported/,
      varied((sink) => ({
        write: (change) =>
          (sink.write(change) as unknown as Promise<void> | undefined)?.catch(
            () => {},
          ) as unknown as undefined,
      })),
    ],
    [
      'flushes until it has succeeded',
      'can be flushed and closed while the destination fails',
      /flush did not settle while the destination fails/,
      varied((_sink, { put }) => ({
        async flush() {
          const isTaken = () =>
            put('{"showId":"x","pipeline":"show"}').then(
              () => true,
              () => false,
            )
          // Until the set-up is closed.
          while (!(await isTaken()));
        },
      })),
    ],
    [
      'gives up after the first failure',
      'delivers later records after the destination has failed',
      /task "b" did not arrive/,
      ({ put }) => {
        let hasFailed = false
        return plainSink({
          put: async (text) => {
            if (hasFailed) return
            await put(text).catch((error: unknown) => {
              hasFailed = true
              throw error
            })
          },
        })
      },
    ],
    [
      'loses what it promises to keep',
      'keeps what was written while the destination failed, in its newest version',
      /task "b" did not arrive/,
      plainSink,
      { failure: 'kept' },
    ],
  ]

  const casesOf = (make: Make, { received, ...options }: Given = {}) =>
    sinkContract(
      () => {
        const store = createStore()
        return {
          sink: make(store),
          received: () => received?.(store) ?? store.arrived,
          fail: store.fail,
          close: () => store.fail(false),
        }
      },
      { timeout: 2_000, ...options },
    )

  const find = async ([, check, says, make, given]: (typeof broken)[number]) => {
    const found = casesOf(make, given).find(({ name }) => name === check)!
    await expect(found.run()).rejects.toThrow(says)
  }
  const rows = broken.map((one) => ({ one, fault: one[0] }))
  const isFloating = ({ fault }: { readonly fault: string }) => fault.includes('float')

  it.each(rows.filter(isFloating))('finds a sink that $fault', async ({ one }) => {
    // Vitest would fail the run for a rejection that this test expects.
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    onTestFinished(() => {
      for (const listener of listeners) process.on('unhandledRejection', listener)
    })
    await find(one)
  })

  // Most of them wait for their time to be over.
  it.concurrent.each(rows.filter((row) => !isFloating(row)))('finds a sink that $fault', ({ one }) =>
    find(one),
  )

  it('has no check that none of these sinks fails', () => {
    const names = sinkContract(underTest(keepingSink), { failure: 'kept' }).map(({ name }) => name)
    expect([...new Set(broken.map(([, check]) => check))].toSorted()).toEqual(names.toSorted())
  })

  it('says that a set-up cannot fail', async () => {
    const cases = sinkContract(() => ({ sink: memorySink(), received: () => [] }), { timeout: 100 })
    await expect(cases.at(-1)!.run()).rejects.toThrow('The set-up has no `fail`')
  })
})
