import { parseJson } from '../body/parse-json.ts'
import { type Entry, isShow } from './queue.ts'

/** Room for what stands around the records. */
export const envelope = 200

const isTask = ({ record }: Entry) => !isShow(record)
const recordOf = ({ record }: Entry) => record

/** The records of one request, and its text. */
export interface Batch {
  /** Tasks first: the collector's answer counts them in this order. */
  readonly entries: readonly Entry[]
  readonly text: string
}

/**
 * All at once, for records that are written one by one cost twice as much.
 *
 * @param about Shown in a collector's log.
 */
export function writeBatch(
  given: readonly Entry[],
  about: { readonly batchId: string; readonly attempt: number; readonly sentAt: number },
): Batch {
  const tasks = given.filter(isTask)
  const shows = given.filter((entry) => !isTask(entry))
  const text = JSON.stringify({ v: 1, ...about, tasks: tasks.map(recordOf), shows: shows.map(recordOf) })
  return { entries: [...tasks, ...shows], text }
}

/** What the collector says of a batch: by the place in it, the reason of what it refuses; 0 for what it wants again. */
export type Answer = ReadonlyMap<number, unknown>

interface Given {
  readonly rejected?:
    | readonly {
        readonly index: number
        readonly kind?: unknown
        readonly reason?: unknown
      }[]
    | null
  readonly retry?: readonly number[] | null
}

/** Reads a collector's response. Throws for anything else, such as the HTML page of a proxy. */
export function readAnswer(text: string, entries: readonly Entry[], isRedirected: boolean): Answer {
  const given = parseJson(text.trim() || '{}') as Given
  const names = Object.keys(given)
  // A redirect may have lost the body on its way: then an empty body is not an answer.
  const isSaid = names.some((name) => /^(accepted|rejected|retry)$/.test(name))
  if (given.constructor !== Object || names.includes('error') || (isRedirected && !isSaid)) {
    throw new Error('the body is not a collector response')
  }
  const answer = new Map<number, unknown>()
  for (const { index, kind, reason } of given.rejected ?? []) {
    // Core's own rejections count each kind by itself, and name it.
    answer.set(Number(index) + (kind === 'show' ? entries.filter(isTask).length : 0), reason || 'no reason')
  }
  for (const index of given.retry ?? []) answer.set(Number(index), 0)
  return answer
}
