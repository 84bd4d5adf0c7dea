import type { DurationsLike } from '../tracker/tracker-types.ts'
import { onRejected } from '../records/guard.ts'
import { hash32 } from '../records/hash.ts'
import { assertNumber } from '../write/input.ts'
import { compareText, type DurationsRecord, type TaskRecord } from '../records/task.ts'
import { isId, limits } from '../records/text.ts'

/** The end of a succeeded task (epoch ms), its duration over all attempts (ms), and the hashes of its id and showId. */
export type Sample = DurationsRecord['samples'][number]

/** The options of `createDurations`. */
export interface DurationsOptions {
  /** Returns what durations differ by within a step, such as the model: an id, or undefined. @default no key */
  readonly key?: (task: TaskRecord) => string | undefined
  /** The maximum number of samples. The newest are kept, at most 128 of each step and key. @default 4_096 */
  readonly maxSamples?: number
}

/** The durations of tasks. As an option of `createTracker` they learn from every succeeded task and are part of the snapshot. */
export interface Durations extends DurationsLike {
  /** The key of a task, as the `key` option returns it. */
  readonly keyOf: (task: TaskRecord) => string | undefined
  /** The samples of a step, of one key or of all keys, the oldest first. The same list until it changes. */
  readonly samples: (type: string, key?: string) => readonly Sample[]
}

/** The samples of one type and key, the oldest first. The list is immutable, since callers hold it. */
interface Window {
  readonly type: string
  readonly key: string | undefined
  readonly samples: readonly Sample[]
}

/**
 * Keeps the durations of tasks: the newest 128 of each step and key, and the newest 4,096 in all. Merging keeps the newest
 * of both, one for each task, so it does not depend on order or repetition. The samples follow when a provider becomes
 * faster or slower.
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
    // A promise is not a key. Its rejection must not end the process.
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
      // Another tracker's clock may be behind: the duration is unknown.
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

/** The older first; two of the same time in an order that is the same everywhere. */
const compareSamples = (a: Sample, b: Sample): number =>
  a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]

const compareOldest = (a: Window, b: Window): number =>
  compareSamples(a.samples[0]!, b.samples[0]!) || compareText(nameOf(a.type, a.key), nameOf(b.type, b.key))

/** Adds a sample: one for each task, the newest ones. Returns `held` itself if nothing changes. */
function withSample(held: readonly Sample[], sample: Sample): readonly Sample[] {
  const known = held.findIndex(([, , task]) => task === sample[2])
  if (known >= 0 && compareSamples(sample, held[known]!) <= 0) return held
  // A new sample is usually the newest.
  let place = held.length
  while (place > 0 && compareSamples(held[place - 1]!, sample) > 0) place -= 1
  const isFull = known < 0 && held.length >= limits.samples
  if (isFull && place === 0) return held
  const samples = held.toSpliced(place, 0, sample)
  if (known >= 0) samples.splice(known, 1)
  return isFull ? samples.slice(1) : samples
}
