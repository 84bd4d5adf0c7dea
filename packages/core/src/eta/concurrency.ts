import type { Durations, Sample } from './durations.ts'
import { isActive, type TaskRecord } from '../records/task.ts'
import type { StepView } from '../state/view-types.ts'

/** The maximum number of tasks that run at the same time. Infinity where no limit was seen. */
export interface Limits {
  /** By the place of the step. */
  readonly limits: readonly number[]
  /** For all steps together. */
  readonly limit: number
}

/** When tasks began and ended, in epoch ms, each sorted. */
interface Spans {
  readonly starts: Float64Array
  readonly ends: Float64Array
}

/** Some tasks of one show. */
interface Load {
  readonly count: number
  /** The maximum number of them that ran at the same time. */
  readonly atOnce: number
}

/**
 * Reads the limits from the tasks that ran at the same time, in this show and in others. While a slot waits here
 * although its prerequisites are met, the limit is the number that has run here.
 *
 * @param waiting The places of the steps with such a slot, while this show is being worked on.
 */
export function readLimits(
  steps: readonly StepView[],
  durations: Durations,
  waiting: ReadonlySet<number>,
): Limits {
  const spans = steps.map(({ tasks }) => spansOf(tasks as readonly TaskRecord[]))
  const own = spans.map(loadOf)
  const ownOfAll = loadOf(joined(spans))
  const samples = steps.map(({ type }) => durations.samples(type))
  const seen = samples.map((ofStep, place) => limitIn(ofStep, own[place]!))
  const limit = limitIn(samples.flat(), ownOfAll)
  // Steps share a limit when all of them together never ran more tasks than one of them.
  const isShared = limit <= Math.max(...seen.filter((one) => one !== Infinity))
  return {
    limits: seen.map((most, place) => (waiting.has(place) ? own[place]!.atOnce || most : most)),
    limit: !isShared ? Infinity : waiting.size > 0 ? ownOfAll.atOnce || limit : limit,
  }
}

/** The maximum in any show; Infinity when no show had more tasks than that. */
function limitIn(samples: readonly Sample[], own: Load): number {
  const shows = new Map<number, { readonly starts: number[]; readonly ends: number[] }>()
  for (const [end, duration, , show] of samples) {
    const spans = shows.get(show) ?? { starts: [], ends: [] }
    spans.starts.push(end - duration)
    if (spans.ends.push(end) === 1) shows.set(show, spans)
  }
  const loads = [own]
  for (const { starts, ends } of shows.values())
    loads.push(
      loadOf({ starts: Float64Array.from(starts).toSorted(), ends: Float64Array.from(ends).toSorted() }),
    )
  const most = loads.reduce((max, { atOnce }) => Math.max(max, atOnce), 0)
  return loads.some(({ count }) => count > most) ? Math.max(1, most) : Infinity
}

function loadOf({ starts, ends }: Spans): Load {
  let ended = 0
  let atOnce = 0
  for (let begun = 0; begun < starts.length; begun += 1) {
    // A task that ends makes room for one that begins in the same moment.
    while (ends[ended]! <= starts[begun]!) ended += 1
    atOnce = Math.max(atOnce, begun + 1 - ended)
  }
  return { count: starts.length, atOnce }
}

const spansOf = (tasks: readonly TaskRecord[]): Spans => ({
  starts: Float64Array.from(tasks, ({ startedAt }) => startedAt).toSorted(),
  ends: Float64Array.from(tasks, endTime).toSorted(),
})

const endTime = (task: TaskRecord): number =>
  isActive(task) ? Infinity : (task.completedAt ?? task.updatedAt)

const joined = (spans: readonly Spans[]): Spans => ({
  starts: sortedTogether(spans.map(({ starts }) => starts)),
  ends: sortedTogether(spans.map(({ ends }) => ends)),
})

function sortedTogether(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0))
  let place = 0
  for (const list of lists) {
    all.set(list, place)
    place += list.length
  }
  return all.toSorted()
}
