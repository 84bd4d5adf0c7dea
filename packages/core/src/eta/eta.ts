import type { Durations } from './durations.ts'
import { knowledgeOfTask, remainingAt } from './knowledge.ts'
import type { Pipeline, StepType } from '../records/pipeline.ts'
import { planRest, type Rest } from './plan.ts'
import { rehearse, type Rehearsal } from './rehearsal.ts'
import { isActive, type TaskRecord } from '../records/task.ts'
import type { PipelineView } from '../state/views.ts'

export { createDurations, type Durations, type DurationsOptions, type Sample } from './durations.ts'

/** How long one task will still take. */
export interface RemainingOfTask {
  /** Whole ms: half of all such tasks are done by then. */
  readonly from: number
  /** Whole ms: nine of ten are done by then. */
  readonly to: number
  /** It has been running for longer than 95 of 100 tasks of its step ever take. The range takes that into account. */
  readonly isLonger: boolean
}

/** How long a show will still take, as far as it goes on by itself. */
export interface Remaining<P extends Pipeline = Pipeline> extends RemainingOfTask {
  /** As of one task: the one that most likely holds up all the rest. */
  readonly isLonger: boolean
  /** Something will be missing even then: it failed, was canceled or lost, or waits for something that was. */
  readonly isBlocked: boolean
  /** The steps that most likely decide how long it takes, in the pipeline's order. */
  readonly path: readonly StepType<P>[]
}

/** How an estimate is made. */
export interface EtaOptions {
  /** How many times the rest is rehearsed: more makes for a steadier range, and costs more. Default 200. */
  readonly rehearsals?: number
}

/**
 * How long a show will still take: `from` is the median, `to` the 90th percentile. Undefined when nothing goes on, when the characters are not known yet, or when of some step that has
 * to run there are fewer than nine durations.
 *
 * The rest is rehearsed with durations that were seen, along the prerequisites and with as many tasks at once as were
 * seen. What can be begun is taken to begin at once; what failed, was canceled or was lost, not at all, nor what waits
 * for it. Of optional steps counts what was begun. With the same arguments the answer is the same.
 *
 * @param now Epoch ms.
 * @example
 * const durations = createDurations()
 * const tracker = createTracker({ pipeline: showPipeline, durations })
 * eta(showPipeline, tracker.getPipeline('neon-noir'), Date.now(), durations) // undefined: nothing was learnt yet
 */
export function eta<P extends Pipeline>(
  pipeline: P,
  view: PipelineView<P>,
  now: number,
  durations: Durations,
  { rehearsals = 200 }: EtaOptions = {},
): Remaining<P> | undefined {
  const rest = planRest(pipeline, view as unknown as PipelineView, now, durations)
  if (!rest || rest.parts.length === 0) return undefined
  const ways = rehearse(rest, Math.max(1, Math.floor(rehearsals)))
  const took = Float64Array.from(ways, (way) => way.took).toSorted()
  return {
    from: Math.round(took[Math.floor(took.length * 0.5)]!),
    to: Math.round(took[Math.floor(took.length * 0.9)]!),
    isLonger: rest.longer.has(mostFrequent(ways.map(({ path }) => path[0]!))),
    isBlocked: rest.isBlocked,
    path: pathOf(pipeline, rest, ways),
  }
}

/**
 * How long a task will still take. Undefined when nobody works on it, or when there are fewer than nine durations of
 * its step.
 *
 * @param now Epoch ms.
 * @example
 * const task = tracker.getTask({ showId: 'neon-noir', type: 'trailer' })
 * const remaining = task && etaOfTask(task, Date.now(), durations)
 */
export function etaOfTask(
  task: Pick<TaskRecord, 'type' | 'status' | 'startedAt'>,
  now: number,
  durations: Durations,
): RemainingOfTask | undefined {
  const knowledge = isActive(task) ? knowledgeOfTask(task as TaskRecord, now, durations) : undefined
  return (
    knowledge && {
      from: Math.round(remainingAt(knowledge, 0.5)),
      to: Math.round(remainingAt(knowledge, 0.1)),
      isLonger: knowledge.isLonger,
    }
  )
}

/** The steps on the path that most of the rehearsals took. */
function pathOf<P extends Pipeline>(
  pipeline: P,
  { parts }: Rest,
  ways: readonly Rehearsal[],
): readonly StepType<P>[] {
  const paths = ways.map(({ path }) => [...new Set(path.map((part) => parts[part]!.step))])
  const places = mostFrequent(paths.map((path) => path.toSorted((a, b) => a - b).join(' '))).split(' ')
  return places.map((place) => pipeline.steps[Number(place)]!.type as StepType<P>)
}

function mostFrequent<T>(values: readonly T[]): T {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0]
}
