import type { DurationsLike } from '../tracker/contract.ts'
import { onRejected } from '../records/guard.ts'
import { hash32 } from '../records/hash.ts'
import { assertNumber } from '../write/input.ts'
import { compareText, type DurationsRecord, type TaskRecord } from '../records/task.ts'
import { isId, limits } from '../records/text.ts'

/** When a task succeeded (epoch ms), how long it took over all attempts (ms), the hashes of its id and its show's. */
export type Sample = DurationsRecord['samples'][number]

/** How durations are kept. */
export interface DurationsOptions {
  /** What durations differ by within a step, such as the model; an id, or undefined. Default: nothing. */
  readonly key?: (task: TaskRecord) => string | undefined
  /** The maximum number of samples. The newest are kept, at most 128 of each step and key. @default 4_096 */
  readonly maxSamples?: number
}

/** How long tasks took. Given to `createTracker`, it learns from every succeeded task, and is in the snapshot. */
export interface Durations extends DurationsLike {
  /** What the task's duration may depend on, as the `key` option says it. */
  readonly keyOf: (task: TaskRecord) => string | undefined
  /** The newest durations of a step's tasks, of one key or of all, the oldest first: the same list until it changes. */
  readonly samples: (type: string, key?: string) => readonly Sample[]
}

/** The samples of one type and key, the oldest first; never changed, for others may hold them. */
interface Window {
  readonly type: string
  readonly key: string | undefined
  readonly samples: readonly Sample[]
}

/**
 * Keeps how long tasks took: of each step and key the newest 128 durations, and of all those the newest 4,096. Merging
 * keeps the newest of both, one of each task, so it does not depend on order or repetition; and what is kept follows
 * when a provider becomes faster or slower.
 *
 * @example
 * const durations = createDurations({ key: ({ metadata }) => metadata?.['model'] as string | undefined })
 * const tracker = createTracker({ pipeline: showPipeline, durations })
 */
export function createDurations({ key, maxSamples = 4_096 }: DurationsOptions = {}): Durations {
  assertNumber(maxSamples, 'maxSamples', 0)
  const windows = new Map<string, Window>()
  const ofAllKeys = new Map<string, readonly Sample[]>()
  let size = 0

  function put(window: Window): void {
    const name = nameOf(window.type, window.key)
    size += window.samples.length - (windows.get(name)?.samples.length ?? 0)
    if (window.samples.length === 0) windows.delete(name)
    else windows.set(name, window)
    ofAllKeys.delete(window.type)
  }

  function add(type: string, ofKey: string | undefined, sample: Sample): void {
    const held = windows.get(nameOf(type, ofKey)) ?? { type, key: ofKey, samples: none }
    const samples = withSample(held.samples, sample)
    if (samples === held.samples) return
    put({ ...held, samples })
    if (size <= maxSamples) return
    const oldest = [...windows.values()].reduce((a, b) => (compareOldest(a, b) < 0 ? a : b))
    put({ ...oldest, samples: oldest.samples.slice(1) })
  }

  function keyOf(task: TaskRecord): string | undefined {
    const given = key?.(task)
    // A promise is none; it must not end the process either.
    onRejected(given, () => {})
    return isId(given) ? given : undefined
  }

  function samples(type: string, ofKey?: string): readonly Sample[] {
    if (ofKey !== undefined) return windows.get(nameOf(type, ofKey))?.samples ?? none
    const known = ofAllKeys.get(type)
    if (known) return known
    let all: readonly Sample[] = none
    for (const window of windows.values()) {
      if (window.type === type) for (const sample of window.samples) all = withSample(all, sample)
    }
    ofAllKeys.set(type, all)
    return all
  }

  return {
    learn(task) {
      const { id, showId, type, startedAt, completedAt = task.updatedAt } = task
      // A clock elsewhere may have run behind: then nobody knows how long it took.
      if (task.status !== 'succeeded' || completedAt < startedAt) return
      const duration = Math.round(completedAt - startedAt)
      add(type, keyOf(task), [Math.round(completedAt), duration, hash32(id), hash32(showId)])
    },
    merge(records) {
      for (const record of records) for (const sample of record.samples) add(record.type, record.key, sample)
    },
    serialize: () =>
      [...windows.values()]
        .toSorted((a, b) => compareText(nameOf(a.type, a.key), nameOf(b.type, b.key)))
        .map(({ type, key: ofKey, samples: kept }) => ({
          type,
          ...(ofKey === undefined ? {} : { key: ofKey }),
          samples: [...kept],
        })),
    keyOf,
    samples,
  }
}

const none: readonly never[] = Object.freeze([])

const nameOf = (type: string, key: string | undefined): string => JSON.stringify([type, key])

/** The older first; two of the same time in some order that is the same everywhere. */
const compareSamples = (a: Sample, b: Sample): number =>
  a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]

const compareOldest = (a: Window, b: Window): number =>
  compareSamples(a.samples[0]!, b.samples[0]!) || compareText(nameOf(a.type, a.key), nameOf(b.type, b.key))

/** The samples with one more: one of each task, the newest ones. Gives `held` itself when nothing changes. */
function withSample(held: readonly Sample[], sample: Sample): readonly Sample[] {
  const known = held.findIndex(([, , task]) => task === sample[2])
  if (known >= 0 && compareSamples(sample, held[known]!) <= 0) return held
  // Mostly it is the newest.
  let place = held.length
  while (place > 0 && compareSamples(held[place - 1]!, sample) > 0) place -= 1
  const isFull = known < 0 && held.length >= limits.samples
  if (isFull && place === 0) return held
  const samples = held.toSpliced(place, 0, sample)
  if (known >= 0) samples.splice(known, 1)
  return isFull ? samples.slice(1) : samples
}
