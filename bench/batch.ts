import assert from 'node:assert/strict'
import {
  createTracker,
  type ParsedRecords,
  type ShowPipeline,
  showPipeline,
  type Tracker,
} from '@callsheet/core'
import { parseRecords } from '@callsheet/core/schema'
import { figuresOf } from './contestants/contestant.ts'
import { limit } from './contestants/limit.ts'
import { collect, median, timed } from './measure.ts'
import { newestOf, prepare, type Shape, type Workload } from './workload.ts'

// Many records at once, against the same records one by one.

/** What is timed: the merge alone, with a page that reads each show that changed, or after the records are checked. */
const ways = ['merge', 'merge, and listeners read', 'parse and merge'] as const
type Way = (typeof ways)[number]

export interface BatchCost {
  readonly shape: Shape
  /** `new`: of unknown tasks; `newer`: of known tasks. */
  readonly records: 'new' | 'newer'
  readonly way: Way
  /** Milliseconds. */
  readonly limitMs: number
  readonly atOnceMs: number
  readonly oneByOneMs: number
  /** How many times the limit's batch. */
  readonly ratio: number
  /** How many times faster at once is than one by one. */
  readonly faster: number
}

interface Batch {
  readonly workload: Workload
  readonly held: ParsedRecords
  readonly given: readonly object[]
}

function prepareBatch(shape: Shape, records: BatchCost['records'], tasks: number): Batch {
  const workload = prepare(shape, tasks)
  const [held, given] =
    records === 'new' ? [[], workload.halfway] : [workload.halfway, newestOf(workload.versions)]
  return { workload, held: parseRecords({ tasks: held }), given }
}

/** A tracker that knows the shows, and holds what is held before. */
function createHolder({ workload, held }: Batch, isRead: boolean): Tracker<ShowPipeline> {
  const { shows, versions } = workload
  const tracker = createTracker({ pipeline: showPipeline, clock: () => versions.at(-1)!.updatedAt })
  for (const { showId, characters } of shows) tracker.show(showId).setCharacters(characters)
  tracker.merge(held)
  // To read is to make what is made on first read.
  const read = (showId: string) => () => void tracker.getPipeline(showId).steps
  if (isRead) for (const { showId } of shows) tracker.subscribe(read(showId), { showId })
  return tracker
}

function timeLimit({ workload, held, given }: Batch): number {
  const running = limit.start(workload)
  running.load(held.tasks as typeof workload.versions)
  collect()
  return timed(() => running.load(given as typeof workload.versions)) / 1e6
}

/** Merges the records in pieces of some size; throws unless the limit then shows the same. */
function timeMerge(batch: Batch, way: Way, piece: number): number {
  const { workload, held, given } = batch
  const tracker = createHolder(batch, way === 'merge, and listeners read')
  const pieces = Array.from({ length: Math.ceil(given.length / piece) }, (_piece, index) => ({
    tasks: given.slice(index * piece, (index + 1) * piece),
  }))
  const parsed = way === 'parse and merge' ? [] : pieces.map((one) => parseRecords(one))
  collect()
  const ns = timed(() => {
    if (way === 'parse and merge') for (const one of pieces) tracker.merge(parseRecords(one))
    else for (const one of parsed) tracker.merge(one)
  })
  const running = limit.start(workload)
  running.load(held.tasks as typeof workload.versions)
  running.load(given as typeof workload.versions)
  for (const { showId } of workload.shows) {
    assert.deepEqual(figuresOf(tracker.getPipeline(showId)), running.figures(showId))
  }
  return ns / 1e6
}

function measureWay(batch: Batch, way: Way, rounds: number) {
  const costs: { limitMs: number; atOnceMs: number; oneByOneMs: number }[] = []
  // The first round is for warming up.
  for (let round = 0; round <= rounds; round += 1) {
    costs.push({
      limitMs: timeLimit(batch),
      atOnceMs: timeMerge(batch, way, batch.given.length),
      oneByOneMs: timeMerge(batch, way, 1),
    })
  }
  const timedCosts = costs.slice(1)
  const middle = (figure: (cost: (typeof costs)[number]) => number) => median(timedCosts.map(figure))
  return {
    limitMs: middle(({ limitMs }) => limitMs),
    atOnceMs: middle(({ atOnceMs }) => atOnceMs),
    oneByOneMs: middle(({ oneByOneMs }) => oneByOneMs),
    ratio: middle(({ atOnceMs, limitMs }) => atOnceMs / limitMs),
    faster: middle(({ oneByOneMs, atOnceMs }) => oneByOneMs / atOnceMs),
  }
}

export function measureBatches(tasks: number, rounds: number): BatchCost[] {
  const costs: BatchCost[] = []
  for (const shape of ['one', 'many'] as const) {
    for (const records of ['new', 'newer'] as const) {
      const batch = prepareBatch(shape, records, tasks)
      for (const way of ways) costs.push({ shape, records, way, ...measureWay(batch, way, rounds) })
    }
  }
  return costs
}
