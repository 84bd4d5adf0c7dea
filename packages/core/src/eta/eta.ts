import { readDistribution } from './distribution.ts'
import type { Durations } from './durations.ts'
import { knowledgeOfTask } from './knowledge.ts'
import type { Pipeline, StepType } from '../records/pipeline.ts'
import { planRest, type Rest } from './plan.ts'
import { type Course, simulate } from './simulation.ts'
import { isActive, type TaskRecord } from '../records/task.ts'
import { assertNumber } from '../write/input.ts'
import type { PipelineView } from '../state/view-types.ts'

export { createDurations, type Durations, type DurationsOptions, type Sample } from './durations.ts'

/** The remaining time of a task. */
export interface TaskEta {
  /** The median, in whole ms. */
  readonly from: number
  /** The 90th percentile, in whole ms. */
  readonly to: number
  /** The task has been running for longer than 95 % of the tasks of its step. The range takes that into account. */
  readonly isLonger: boolean
}

/** The remaining time of a show, as far as it continues without a decision of the application. */
export interface Eta<P extends Pipeline = Pipeline> extends TaskEta {
  /** Whether the task that most likely holds up the rest has been running for longer than usual. */
  readonly isLonger: boolean
  /** Something will be missing even then: it failed, was canceled or interrupted, or waits for such a task. */
  readonly isBlocked: boolean
  /** The steps that most likely decide how long it takes, in the pipeline's order. */
  readonly path: readonly StepType<P>[]
}

/** The options of `etaOfTask`. */
export interface TaskEtaOptions {
  /** The durations that the tracker has learnt. */
  readonly durations: Durations
}

/** The options of `eta`. */
export interface EtaOptions<P extends Pipeline = Pipeline> extends TaskEtaOptions {
  /** The pipeline of the show. */
  readonly pipeline: P
  /**
   * The number of times that the rest of the show is simulated. More give a steadier range, and take longer.
   *
   * @default 200, and fewer for a show with more than 200 unfinished slots, down to 5
   */
  readonly simulations?: number
}

/**
 * Estimates the remaining time of a show: `from` is the median, `to` the 90th percentile. Returns undefined if nothing is
 * active or ready, if the characters are not known yet, or if a step that has to run has fewer than nine durations.
 *
 * The rest of the show is simulated with past durations, prerequisites and concurrency. Ready slots are assumed to begin at
 * once; failed, canceled and interrupted slots, and those that wait for them, are left out. Optional steps count once they
 * are begun. The same arguments give the same result.
 *
 * @param now Epoch ms.
 * @example
 * const durations = createDurations()
 * const tracker = createTracker({ pipeline: showPipeline, durations })
 * eta(tracker.getPipeline('neon-noir'), Date.now(), { pipeline: showPipeline, durations }) // undefined: nothing learnt yet
 */
export function eta<P extends Pipeline>(
  view: PipelineView<P>,
  now: number,
  options: EtaOptions<P>,
): Eta<P> | undefined {
  const { pipeline, simulations } = options
  if (simulations !== undefined) assertNumber(simulations, 'simulations', 1)
  const rest = planRest(view as unknown as PipelineView, now, options)
  if (!rest || rest.parts.length === 0) return undefined
  const courses = simulate(rest, timesFor(rest, simulations))
  // With few simulations, the 90th percentile may be longer than all of them.
  const { exceededBy } = readDistribution(courses.map(({ took }) => took))
  return {
    from: Math.round(exceededBy(0.5)),
    to: Math.round(exceededBy(0.1)),
    isLonger: rest.longer.has(mostFrequent(courses.map(({ path }) => path[0]!))),
    isBlocked: rest.isBlocked,
    path: pathOf(pipeline, rest, courses),
  }
}

/**
 * Estimates the remaining time of a task. Returns undefined for a task that is not active, and if its step has fewer than
 * nine durations.
 *
 * @param now Epoch ms.
 * @example
 * const task = tracker.getTask({ showId: 'neon-noir', type: 'trailer' })
 * const remaining = task && etaOfTask(task, Date.now(), { durations })
 */
export function etaOfTask(
  task: Pick<TaskRecord, 'type' | 'status' | 'startedAt'>,
  now: number,
  { durations }: TaskEtaOptions,
): TaskEta | undefined {
  const knowledge = isActive(task) ? knowledgeOfTask(task, now, durations) : undefined
  return (
    knowledge && {
      from: Math.round(knowledge.exceededBy(0.5)),
      to: Math.round(knowledge.exceededBy(0.1)),
      isLonger: knowledge.isLonger,
    }
  )
}

// The durations of many slots average out, so fewer simulations are enough.
const maxDraws = 40_000

/** The number of simulations. */
const timesFor = ({ parts }: Rest, simulations: number | undefined): number =>
  simulations === undefined
    ? Math.min(200, Math.max(5, Math.floor(maxDraws / parts.length)))
    : Math.floor(simulations)

/** The steps of the path that most of the simulations took. */
function pathOf<P extends Pipeline>(
  pipeline: P,
  { parts }: Rest,
  courses: readonly Course[],
): readonly StepType<P>[] {
  const paths = courses.map(({ path }) => [...new Set(path.map((part) => parts[part]!.step))])
  const places = mostFrequent(paths.map((path) => path.toSorted((a, b) => a - b).join(' '))).split(' ')
  return places.map((place) => pipeline.steps[Number(place)]!.type as StepType<P>)
}

function mostFrequent<T>(values: readonly T[]): T {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0]
}
