import type { Durations, Sample } from './durations.ts'
import { isActive, type TaskRecord } from '../records/task.ts'
import type { StepView } from '../state/views.ts'

/** How many tasks of a show can run at the same time. Infinity where nothing tells of a limit. */
export interface Limits {
  /** By the place of the step. */
  readonly limits: readonly number[]
  /** For all steps together. */
  readonly limit: number
}

/** When a task ran, in epoch ms. */
interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Reads the limits from what ran at the same time, here and in other shows. While something waits here although all
 * before it is done, as many as have run here are all that can.
 *
 * @param waiting The places of the steps of which something waits while this show is being worked on.
 */
export function readLimits(
  steps: readonly StepView[],
  durations: Durations,
  waiting: ReadonlySet<number>,
): Limits {
  const own = steps.map((step) => step.tasks.map((task) => spanOf(task as TaskRecord)))
  const samples = steps.map(({ type }) => durations.samples(type))
  const seen = samples.map((ofStep, place) => mostSeen(ofStep, own[place]!))
  const limit = mostSeen(samples.flat(), own.flat())
  // No more of all steps together than of one of them: they share its limit. Else they have none in common.
  const isShared = limit <= Math.max(...seen.filter((one) => one !== Infinity))
  return {
    limits: seen.map((most, place) => (waiting.has(place) ? mostAtOnce(own[place]!) || most : most)),
    limit: !isShared ? Infinity : waiting.size > 0 ? mostAtOnce(own.flat()) || limit : limit,
  }
}

/** The most that ran at once in any show; Infinity when no show had more to run than that. */
function mostSeen(samples: readonly Sample[], own: readonly Span[]): number {
  const shows = new Map<number, Span[]>()
  for (const [to, duration, , show] of samples) {
    const spans = shows.get(show) ?? []
    if (spans.push({ from: to - duration, to }) === 1) shows.set(show, spans)
  }
  const all = [...shows.values(), own]
  const most = Math.max(...all.map(mostAtOnce))
  return all.some(({ length }) => length > most) ? Math.max(1, most) : Infinity
}

function mostAtOnce(spans: readonly Span[]): number {
  const starts = Float64Array.from(spans, ({ from }) => from).toSorted()
  const ends = Float64Array.from(spans, ({ to }) => to).toSorted()
  let ended = 0
  let most = 0
  for (const [begun, from] of starts.entries()) {
    // What ends makes room for what begins in the same moment.
    while (ends[ended]! <= from) ended += 1
    most = Math.max(most, begun + 1 - ended)
  }
  return most
}

const spanOf = (task: TaskRecord): Span => ({
  from: task.startedAt,
  to: isActive(task) ? Infinity : (task.completedAt ?? task.updatedAt),
})
