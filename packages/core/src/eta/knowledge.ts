import { type Distribution, readDistribution } from './distribution.ts'
import type { Durations, Sample } from './durations.ts'
import type { TaskRecord } from '../records/task.ts'
import { elapsed } from '../records/time.ts'

/** The 90th percentile of nine durations is the longest of them. Fewer durations do not have one. */
const minSamples = 9

/** A task is longer than usual when no more than this share of tasks takes as long. */
const unusual = 0.05

/** The size of a step's table of durations. */
const tableSize = 1_024

/** The duration of a task, or the remaining duration of a running one. */
export interface Knowledge {
  /** The remaining duration in ms that is exceeded with this chance, from 0 to under 1. */
  readonly exceededBy: (chance: number) => number
  readonly isLonger: boolean
}

/** The duration of the tasks of one step. */
export interface StepKnowledge extends Knowledge {
  /** The remaining duration of a task of the step that has been running for so many ms. */
  readonly after: (passed: number) => Knowledge
}

// Shared by slots and calls, until the samples change.
const knowledgeBySamples = new WeakMap<readonly Sample[], StepKnowledge>()

/** Reads the duration of a step's tasks: of those with the key, if there are enough. Undefined for too few samples. */
export function knowledgeOfStep(durations: Durations, type: string, key?: string): StepKnowledge | undefined {
  const samples = durations.samples(type, key)
  if (samples.length < minSamples) return key === undefined ? undefined : knowledgeOfStep(durations, type)
  const held = knowledgeBySamples.get(samples)
  if (held) return held
  const distribution = readDistribution(samples.map(([, duration]) => duration))
  const table = Float64Array.from({ length: tableSize }, (_, place) =>
    distribution.exceededBy((place + 0.5) / tableSize),
  )
  const knowledge: StepKnowledge = {
    exceededBy: (chance) => table[Math.floor(chance * tableSize)]!,
    isLonger: false,
    after: (passed) => knowledgeAfter(distribution, passed),
  }
  knowledgeBySamples.set(samples, knowledge)
  return knowledge
}

/** The remaining duration, given that the task takes longer than the time that has passed. */
function knowledgeAfter({ exceededBy, shareLonger }: Distribution, passed: number): Knowledge {
  const share = shareLonger(passed)
  return {
    // At a chance of 0 the tail is infinite.
    exceededBy: (chance) => Math.max(0, exceededBy(share * Math.max(chance, 0.5 / tableSize)) - passed),
    isLonger: share < unusual,
  }
}

/** Reads the remaining duration of a running task. */
export const knowledgeOfTask = (
  task: Pick<TaskRecord, 'type' | 'startedAt' | 'completedAt'>,
  now: number,
  durations: Durations,
): Knowledge | undefined =>
  knowledgeOfStep(durations, task.type, durations.keyOf(task as TaskRecord))?.after(elapsed(task, now))
