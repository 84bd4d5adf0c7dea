import type { End, QueueRow, SinkCounts, Waiting } from './queue.ts'

/** What has become of all records that ever waited in a storage. */
export type StorageCounts = Omit<SinkCounts, 'coalesced'>

/** One change of the counts. */
export type Counter = 'created' | End

type Totals = QueueRow & Readonly<Record<Counter, number>>

/** Of the row in which a storage counts. No record has it: a show's is longer, and an id has no control character. */
export const totalsKey = '\n'

const zero: Totals = {
  key: totalsKey,
  created: 0,
  stored: 0,
  queue_overflow: 0,
  expired: 0,
  too_large: 0,
  rejected: 0,
  serialize_error: 0,
  storage_error: 0,
}

/**
 * What a transaction changes, by what it finds: what another tab has ended already, it has counted, too.
 *
 * @param end How the waiting of a record has ended.
 * @param isNew Whether it began after the last transaction.
 */
export const countersOf = (
  { end, isNew }: { readonly end: End | undefined; readonly isNew: boolean },
  held: QueueRow | undefined,
  next: QueueRow | undefined,
): Counter[] => [
  ...(isNew && !held ? ['created' as const] : []),
  ...(end && !next && (isNew || held) ? [end] : []),
]

export function addUp(held: QueueRow = zero, counters: readonly Counter[]): QueueRow {
  if (counters.length === 0) return held
  const sums = { ...(held as Record<Counter, number> & QueueRow) }
  for (const counter of counters) sums[counter] += 1
  return sums
}

export const isWaiting = (row: QueueRow): row is Waiting => row.key !== totalsKey

export function countsIn(rows: readonly QueueRow[]): StorageCounts {
  const row = rows.find((one) => !isWaiting(one)) as Totals | undefined
  const { created, stored, key: _key, ...dropped } = row ?? zero
  return { created, stored, dropped, pending: rows.filter(isWaiting).length }
}
