import { type End, newest, type QueueRow, type Waiting } from './queue.ts'
import {
  addUp,
  type Counter,
  countersOf,
  countsIn,
  isWaiting,
  type StorageCounts,
  totalsKey,
} from './queue-totals.ts'

/** Keeps a sink's queue beyond the page or the process. Made by `queueStorage` or `indexedDbQueue`. */
export interface QueueStorage {
  /** Returns the waiting rows; calls back once if the storage fails, now or later. */
  readonly open: (onFail: (error: unknown) => void) => Promise<readonly Waiting[]>
  /** Notes a queued record, or the end of its wait. Returns at once. */
  readonly note: (row: Waiting, end?: End) => void
  /** Resolves when all notes are written or have failed. */
  readonly idle: () => Promise<void>
  /**
   * Counts of all records that ever waited there, over all pages and tabs. Rejects when the storage fails.
   */
  readonly counts: () => Promise<StorageCounts>
}

/** Stores rows by their keys. */
export interface RowStore {
  readonly load: () => Promise<readonly QueueRow[]>
  /**
   * Replaces the row of each key, one after the other, by what `next` returns for it. All of it in one
   * transaction that excludes other writers: so neither of two tabs overwrites or removes what the other one has
   * newer.
   */
  readonly update: (
    keys: readonly string[],
    next: (key: string, held: QueueRow | undefined) => QueueRow | undefined,
  ) => Promise<void>
}

/**
 * Creates a sink's storage on a store of rows. Several sinks may share the store at a time, each with a storage of its
 * own.
 *
 * @param maxWaiting Maximum rows that wait to be written; above it the store counts as failed. Default 20,000.
 * @example
 * const rows = new Map<string, QueueRow>()
 * const storage = queueStorage({
 *   load: async () => [...rows.values()],
 *   async update(keys, next) {
 *     for (const key of keys) {
 *       const row = next(key, rows.get(key))
 *       if (row) rows.set(key, row)
 *       else rows.delete(key)
 *     }
 *   },
 * })
 */
export function queueStorage(store: RowStore, maxWaiting = 20_000): QueueStorage {
  let notes = new Map<string, Note>()
  let saving: Promise<void> | undefined
  let hasFailed = false
  let onFail: (error: unknown) => void = () => {}

  function fail(error: unknown): void {
    notes.clear()
    if (hasFailed) return
    hasFailed = true
    onFail(error)
  }

  /** One transaction at a time, each with all that has gathered. */
  async function save(): Promise<void> {
    try {
      while (notes.size > 0) {
        const now = notes
        notes = new Map()
        // By key, for a store may try a transaction again.
        const changes = new Map<string, readonly Counter[]>()
        await store.update([...now.keys(), totalsKey], (key, held) => {
          const note = now.get(key)
          if (!note) return addUp(held, [...changes.values()].flat())
          const row = nextRow(note, held as Waiting | undefined)
          changes.set(key, countersOf(note, held, row))
          return row
        })
      }
    } catch (error) {
      fail(error)
    }
    saving = undefined
  }

  return {
    async open(callback) {
      onFail = callback
      try {
        const rows = await store.load()
        return rows.filter(isWaiting)
      } catch (error) {
        fail(error)
        return []
      }
    },
    note({ key, record, at }, end) {
      if (hasFailed) return
      const isNew = !end || notes.get(key)?.isNew === true
      notes.set(key, { row: { key, record, at }, end, isNew })
      // Not by a timer, which may never come in a page that is hidden.
      saving ??= Promise.resolve().then(save)
      if (notes.size > maxWaiting) fail(new Error('it does not answer'))
    },
    idle: async () => saving,
    counts: async () => countsIn(await store.load()),
  }
}

interface Note {
  readonly row: Waiting
  readonly end: End | undefined
  readonly isNew: boolean
}

function nextRow({ row, end }: Note, held: Waiting | undefined): Waiting | undefined {
  if (!held) return end ? undefined : row
  try {
    if (end) return newest(row.record, held.record) === row.record ? undefined : held
    const record = newest(held.record, row.record)
    return record === held.record ? held : { ...row, record }
  } catch {
    // The stored row is not a record.
    return end ? undefined : row
  }
}
