import assert from 'node:assert/strict'
import { callsheet, callsheetTracker } from './contestants/callsheet.ts'
import type { Contestant } from './contestants/contestant.ts'
import { limit } from './contestants/limit.ts'
import { reduxToolkit } from './contestants/redux.ts'
import { zustandImmer, zustandSpread } from './contestants/zustand.ts'
import { collect, median, timed } from './measure.ts'
import { newestOf, prepare, type Shape, type Workload } from './workload.ts'

// One event, and the show's view read after it.

export interface EventsOptions {
  readonly sizes: readonly number[]
  readonly rounds: number
  /** How many events a round of a fast contestant has at least: small workloads are played several times. */
  readonly eventsPerRound: number
  /** How many events of a slow contestant are timed: from the middle of the workload, what came before is loaded. */
  readonly sample: (tasks: number) => number
  /** The slow ones are left out above this many tasks. */
  readonly slowUpTo: number
}

/** Nanoseconds per event of one contestant at one size, and how many times the limit's. */
export interface EventCost {
  readonly shape: Shape
  readonly tasks: number
  readonly contestant: string
  readonly ns: number
  readonly ratio: number
}

const fast = [limit, callsheet]
// A tracker makes the versions itself, and tells everyone: shown for itself.
const whole = callsheetTracker
const slow = [zustandSpread, zustandImmer, reduxToolkit]

const figuresOfAll = (workload: Workload, running: ReturnType<Contestant['start']>) =>
  workload.shows.map(({ showId }) => running.figures(showId))

/** Plays a window of a workload with every contestant, and throws unless all show the same after each event. */
export function assertAgreement(workload: Workload, from: number, to: number): void {
  const before = newestOf(workload, from)
  let expected: { readonly sum: number; readonly figures: unknown } | undefined
  for (const contestant of [...fast, whole, ...slow]) {
    // A tracker writes its own versions, so it plays them all.
    const isWriter = contestant === whole
    const running = contestant.start(workload)
    if (isWriter) running.play(0, from)
    else running.load(before)
    const sum = running.play(from, to)
    const figures = figuresOfAll(workload, running)
    expected ??= { sum, figures }
    assert.deepEqual({ sum, figures }, expected, `${contestant.name} shows other figures than the limit`)
  }
}

// The last run of each contestant stays alive, as a state does in real use. Where none did, each collection took the
// hidden classes too, and with them the optimised code: the limit was then measured at twice its cost.
const alive = new Map<Contestant, unknown>()

/** One round: a contestant plays the whole workload, from empty and often enough. Gives ns per event. */
function playAll(contestant: Contestant, workload: Workload, events: number): number {
  const { length } = workload.versions
  const runs = Math.ceil(events / length)
  collect()
  let ns = 0
  // Each run is let go before the next begins: hundreds of finished states are nobody's working set.
  for (let run = 0; run < runs; run += 1) {
    const running = contestant.start(workload)
    ns += timed(() => running.play(0, length))
    alive.set(contestant, running)
  }
  return ns / (runs * length)
}

function playSample(contestant: Contestant, workload: Workload, from: number, to: number): number {
  const running = contestant.start(workload)
  running.load(newestOf(workload, from))
  collect()
  return timed(() => running.play(from, to)) / (to - from)
}

function measureSize(workload: Workload, options: EventsOptions): EventCost[] {
  const { shape, tasks, versions } = workload
  const others = tasks <= options.slowUpTo ? slow : []
  const sample = Math.min(options.sample(tasks), versions.length)
  const from = Math.floor((versions.length - sample) / 2)
  if (others.length > 0) assertAgreement(workload, from, from + sample)
  const rounds = new Map<Contestant, number[]>(
    [...fast, ...(others.length > 0 ? [whole] : []), ...others].map((contestant) => [contestant, []]),
  )
  for (let round = 0; round < options.rounds; round += 1) {
    for (const contestant of fast) {
      rounds.get(contestant)!.push(playAll(contestant, workload, options.eventsPerRound))
    }
    if (round >= 3) continue
    if (others.length > 0) rounds.get(whole)!.push(playAll(whole, workload, options.eventsPerRound / 10))
    for (const contestant of others) {
      rounds.get(contestant)!.push(playSample(contestant, workload, from, from + sample))
    }
  }
  const base = rounds.get(limit)!
  return [...rounds].map(([contestant, costs]) => ({
    shape,
    tasks,
    contestant: contestant.name,
    ns: median(costs),
    // Rounds are interleaved: the machine's slow moments cancel out within a round.
    ratio: median(costs.map((ns, round) => ns / base[round]!)),
  }))
}

export function measureEvents(options: EventsOptions): EventCost[] {
  const costs: EventCost[] = []
  // Every path is warm before the first size is timed.
  for (const shape of ['one', 'many'] as const) {
    const warm = prepare(shape, 200)
    for (const contestant of fast) playAll(contestant, warm, options.eventsPerRound)
  }
  for (const shape of ['one', 'many'] as const) {
    for (const tasks of options.sizes) {
      const rows = measureSize(prepare(shape, tasks), options)
      for (const { contestant, ns, ratio } of rows) {
        console.log(
          `${shape.padEnd(5)}${String(tasks).padStart(7)}  ${contestant.padEnd(34)}` +
            `${ns.toFixed(0).padStart(12)} ns  ${ratio.toFixed(2).padStart(10)}`,
        )
      }
      costs.push(...rows)
    }
  }
  return costs
}
