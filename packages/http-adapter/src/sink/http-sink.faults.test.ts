import { isDeepStrictEqual } from 'node:util'
import { setTimeout as wait } from 'node:timers/promises'
import { createTracker, type ShowPipeline, showPipeline, type Tracker } from '@callsheet/core'
import { compareVersions } from '@callsheet/core/provider'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpSink, type HttpSinkOptions } from '../index.ts'
import { createRows } from '../testing/sink.ts'
import { type Fault, faults, startCollector } from '../testing/servers/collector.ts'

/** How many scripts are tried: FAULT_RUNS, else 1,000. In CI always the same ones. */
const numRuns = Number(process.env['FAULT_RUNS'] ?? 1_000)
const seed = process.env['FAULT_SEED'] ?? (process.env['CI'] ? '20261123' : undefined)
const settings = (share = 1) => ({
  numRuns: Math.ceil(numRuns * share),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
})

let collector: Awaited<ReturnType<typeof startCollector>>
beforeAll(async () => {
  collector = await startCollector()
})
afterAll(() => collector.close())

const which = fc.nat(9)
const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), which }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('update' as const),
      which,
      status: fc.constantFrom('processing', 'processing', 'succeeded', 'failed', 'canceled', 'interrupted'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('dismiss', 'title', 'characters'), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -1e8, max: 1e8 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'tab', 'flush') }) },
)
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never

const acts = fc.array(act, { minLength: 1, maxLength: 30, size: 'max' })
const mishaps = fc.array(fc.constantFrom<Fault>(...faults), { maxLength: 12, size: 'max' })

const timeout = 77

/** Pauses take no time. A time limit is over when the collector leaves a request hanging, however slow the machine is. */
function createSchedule() {
  const limits = new Set<() => void>()
  const schedule = (callback: () => void, ms: number) => {
    if (ms !== timeout) {
      const timer = setTimeout(callback, 0)
      return () => clearTimeout(timer)
    }
    // An own function: the same callback may be given twice.
    const limit = () => callback()
    limits.add(limit)
    return () => limits.delete(limit)
  }
  const pass = () => {
    for (const limit of limits) limit()
  }
  return { schedule, pass }
}

let made = 0

/** A tracker whose sink can crash: the next one takes up what the storage holds, or there is none and it goes on. */
function setUp(given: readonly Fault[], options: Partial<HttpSinkOptions>, isSaved: boolean) {
  const name = `run-${(made += 1)}`
  const inbox = collector.open(name)
  inbox.faults.push(...given)
  const { schedule, pass } = createSchedule()
  inbox.onHang = pass
  const { waiting, storage } = createRows()
  let ahead = 0
  const open = () =>
    httpSink({
      url: inbox.url,
      clock: () => Date.now() + ahead,
      delay: 1,
      timeout,
      schedule,
      ...options,
      ...(isSaved ? { storage: storage() } : {}),
    })
  const sinks = [open()]
  /** Those that have not crashed: each a tab, which write in turn. */
  const tabs = sinks.slice()
  let turn = 0
  const tracker = createTracker({
    pipeline: showPipeline,
    sinks: [{ write: (change) => tabs[(turn += 1) % tabs.length]!.write(change) }],
  })
  // The bots write late and twice; what the tracker refuses of that is not what is tested.
  tracker.on('error', () => {})
  const openTab = () => {
    const sink = open()
    sinks.push(sink)
    tabs.push(sink)
  }
  return {
    name,
    inbox,
    waiting,
    counts: () => storage().counts(),
    tracker,
    sinks,
    async perform(given: Act): Promise<void> {
      if (given.do === 'pass') await wait(given.ms)
      else if (given.do === 'jump') ahead = given.ms
      else if (given.do === 'flush') await tabs[0]!.flush()
      else if ('which' in given) write(tracker, given)
      else if (isSaved) {
        // What is younger than a transaction is lost with the page: here it lasts no longer than this.
        await wait(0)
        if (given.do === 'crash') for (const tab of tabs.splice(0)) tab.close()
        openTab()
        await wait(0)
      }
    },
    async drain(): Promise<void> {
      for (let round = 0; round < 400 && tabs.some((tab) => tab.counts.pending > 0); round += 1) {
        for (const tab of tabs) await tab.flush()
        await wait(1)
      }
      for (const tab of tabs) await tab.flush()
      inbox.settle()
    },
    total() {
      const counts = sinks.map((sink) => sink.counts)
      const sum = (read: (one: (typeof counts)[number]) => number) =>
        counts.reduce((all, one) => all + read(one), 0)
      return {
        created: sum(({ created }) => created),
        stored: sum(({ stored }) => stored),
        pending: sum(({ pending }) => pending),
        dropped: sum(({ dropped }) => Object.values(dropped).reduce((all, one) => all + one)),
      }
    },
    end(): void {
      for (const sink of sinks) sink.close()
      collector.forget(name)
    },
  }
}

function write(tracker: Tracker<ShowPipeline>, given: Extract<Act, { which: number }>): void {
  const show = tracker.show(given.which % 2 ? 'one' : 'two')
  const { tasks } = tracker.serialize()
  const id = tasks[given.which % tasks.length]?.id
  if (given.do === 'add') {
    const slot =
      given.which % 3 ? { type: 'trailer' as const } : { type: 'portrait' as const, characterId: 'ada' }
    tracker.addTask({ showId: show.showId, ...slot })
  } else if (given.do === 'title') show.setTitle(`Title ${given.which}`)
  else if (given.do === 'characters') show.setCharacters([{ id: `c${given.which}` }])
  else if (id !== undefined && given.do === 'dismiss') tracker.dismiss(id)
  else if (id !== undefined && given.do === 'update') {
    tracker.updateTask(id, { status: given.status, progress: given.which * 10, error: 'why' } as object)
  }
}

const stateOf = (tracker: Tracker<ShowPipeline>) => {
  const { tasks, shows } = tracker.serialize()
  return {
    tasks: tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    shows: shows.toSorted((a, b) => (a.showId < b.showId ? -1 : 1)),
  }
}

/** What the tracker holds and the collector does not. */
function missingOf({ inbox, tracker }: ReturnType<typeof setUp>): unknown[] {
  const [seen, held] = [stateOf(inbox.tracker), stateOf(tracker)]
  const isSeen = (one: unknown) =>
    [...seen.tasks, ...seen.shows].some((other) => isDeepStrictEqual(one, other))
  return [...held.tasks, ...held.shows].filter((one) => !isSeen(one))
}

describe('httpSink and a collector at which everything goes wrong', () => {
  it('ends with what the tracker holds: nothing lost, nothing invented', () =>
    fc.assert(
      fc.asyncProperty(acts, mishaps, fc.boolean(), async (acts, mishaps, isSaved) => {
        const run = setUp(mishaps, {}, isSaved)
        try {
          for (const one of acts) await run.perform(one)
          await run.drain()
          expect(stateOf(run.inbox.tracker)).toEqual(stateOf(run.tracker))
          const { created, stored, pending, dropped } = run.total()
          expect(dropped).toBe(0)
          // What was pending in a tab that crashed was taken up by the next.
          expect(created).toBe(stored + pending)
          expect(run.waiting()).toEqual([])
          if (isSaved) {
            const saved = await run.counts()
            expect(saved).toMatchObject({ created: saved.stored, pending: 0 })
          }
        } finally {
          run.end()
        }
      }),
      settings(),
    ))

  const unkind = fc.array(fc.constantFrom<Fault>(...faults, 'first record refused', 'first record refused'), {
    maxLength: 12,
    size: 'max',
  })

  it('drops no more than it counts when its bounds are narrow', () =>
    fc.assert(
      fc.asyncProperty(acts, unkind, async (acts, mishaps) => {
        const run = setUp(mishaps, { maxRecords: 2 }, false)
        try {
          for (const one of acts) await run.perform(one)
          await run.drain()
          const { created, stored, pending, dropped } = run.total()
          expect({ created, pending }).toEqual({ created: stored + dropped, pending: 0 })
          expect(missingOf(run).length).toBeLessThanOrEqual(dropped)
          const [seen, held] = [stateOf(run.inbox.tracker), stateOf(run.tracker)]
          const invented = seen.tasks.filter((task) => {
            const own = held.tasks.find(({ id }) => id === task.id)
            return !own || compareVersions(own, task) < 0
          })
          expect(invented).toEqual([])
        } finally {
          run.end()
        }
      }),
      settings(0.3),
    ))

  it('counts all of it in its storage, over tabs and crashes', () =>
    fc.assert(
      fc.asyncProperty(acts, unkind, async (acts, mishaps) => {
        const run = setUp(mishaps, { maxRecords: 2 }, true)
        try {
          for (const one of acts) await run.perform(one)
          await run.drain()
          const { created, stored, dropped, pending } = await run.counts()
          const lost = Object.values(dropped).reduce((all, one) => all + one)
          expect({ created, pending }).toEqual({ created: stored + lost, pending: 0 })
          expect(missingOf(run).length).toBeLessThanOrEqual(lost)
        } finally {
          run.end()
        }
      }),
      settings(0.3),
    ))
})
