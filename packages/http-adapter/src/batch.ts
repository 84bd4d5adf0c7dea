import { type Entry, isShow } from './queue.ts'

/** Tasks first: the collector's answer counts them in this order. */
export const inOrder = (entries: readonly Entry[]): readonly Entry[] =>
  [false, true].flatMap((kind) => entries.filter(({ record }) => isShow(record) === kind))

const countShows = (entries: readonly Entry[]) => entries.filter(({ record }) => isShow(record)).length

/** Room for what stands around the records. */
export const envelope = 200

/** @param about For whoever looks into a collector's log. */
export function writeBatch(
  entries: readonly Entry[],
  about: { readonly batchId: string; readonly attempt: number; readonly sentAt: number },
): string {
  const texts = entries.map(({ text }) => text)
  const shows = texts.splice(texts.length - countShows(entries))
  return `{"v":1,${JSON.stringify(about).slice(1, -1)},"tasks":[${texts.join()}],"shows":[${shows.join()}]}`
}

/** What the collector says of a batch: by the place in it, the reason of what it refuses; 0 for what it wants again. */
export type Answer = ReadonlyMap<number, unknown>

/** Reads a collector's answer. Throws for what is none, such as the page of a proxy. */
export function readAnswer(text: string, entries: readonly Entry[]): Answer {
  const given = JSON.parse(text.trim() || '{}') as { readonly retry?: unknown; readonly rejected?: unknown }
  if (given?.constructor !== Object) throw new Error(`no answer of a collector: ${text.slice(0, 40)}`)
  const list = (value: unknown) => (Array.isArray(value) ? (value as unknown[]) : [])
  const answer = new Map<number, unknown>()
  for (const one of list(given.rejected)) {
    const { index, kind, reason } = Object(one) as Record<string, unknown>
    // Core's own rejections count each kind by itself, and name it.
    const before = kind === 'show' ? entries.length - countShows(entries) : 0
    answer.set(Number(index) + before, reason || 'no reason')
  }
  for (const place of list(given.retry)) answer.set(Number(place), 0)
  return answer
}
