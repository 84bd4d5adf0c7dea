import { type Distribution, readDistribution } from './distribution.ts'
import type { Durations, Sample } from './durations.ts'
import type { TaskRecord } from '../records/task.ts'
import { elapsed } from '../records/time.ts'

/** Of nine durations the longest is what nine of ten tasks are expected to stay under; of fewer, nobody knows that. */
const fewest = 9

/** The share of tasks that take longer than what is "longer than usual". */
const unusual = 0.05

/** What is known of how long a task takes, or will still take. Durations in ms. */
export interface Knowledge {
  readonly distribution: Distribution
  /** How long it has been running. */
  readonly passed: number
  /** The share of tasks that take longer than that. */
  readonly share: number
  readonly isLonger: boolean
  /** What it may still take, the longest first, all of them equally likely. */
  readonly table: Float64Array
}

// What many slots and calls have in common, for as long as the samples stay as they are.
const knowledgeBySamples = new WeakMap<readonly Sample[], Knowledge>()

/** What is known of the tasks of a step, of those with a key where they are enough; undefined when it is too little. */
export function knowledgeOfStep(durations: Durations, type: string, key?: string): Knowledge | undefined {
  const samples = durations.samples(type, key)
  if (samples.length < fewest) return key === undefined ? undefined : knowledgeOfStep(durations, type)
  const held = knowledgeBySamples.get(samples)
  if (held) return held
  const distribution = readDistribution(samples.map(([, duration]) => duration))
  const knowledge = createKnowledge(distribution, 0, 1, 1_024)
  knowledgeBySamples.set(samples, knowledge)
  return knowledge
}

/** The same of a task that is being worked on: it takes longer than it has taken already. */
export function knowledgeOfTask(task: TaskRecord, now: number, durations: Durations): Knowledge | undefined {
  const ofStep = knowledgeOfStep(durations, task.type, durations.keyOf(task))
  if (!ofStep) return undefined
  const { distribution } = ofStep
  const passed = elapsed(task, now)
  return createKnowledge(distribution, passed, distribution.shareLonger(passed), 128)
}

/** What the task may still take, in ms, with the chance that it takes longer. */
export const remainingAt = ({ distribution, passed, share }: Knowledge, chance: number): number =>
  Math.max(0, distribution.exceededBy(share * chance) - passed)

function createKnowledge(distribution: Distribution, passed: number, share: number, size: number): Knowledge {
  const knowledge = { distribution, passed, share, isLonger: share < unusual, table: new Float64Array(size) }
  for (let place = 0; place < size; place += 1) {
    knowledge.table[place] = remainingAt(knowledge, (place + 0.5) / size)
  }
  return knowledge
}
