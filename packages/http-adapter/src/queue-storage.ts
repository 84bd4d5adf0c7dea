import { newest, type QueuedRecord } from './queue.ts'

/** A record as it waits in a storage: plain JSON. */
export interface QueueRow {
  readonly key: string
  readonly record: QueuedRecord
  /** When it began to wait, epoch ms. */
  readonly at: number
}

/** Where a sink's queue survives the page or the process: made by `queueStorage` or `indexedDbQueue`. */
export interface QueueStorage {
  /** Gives what waits there; calls back once if the storage fails, now or later. */
  readonly open: (onFail: (error: unknown) => void) => Promise<readonly QueueRow[]>
  /** Notes that a row has begun to wait, or does no longer. Returns at once. */
  readonly note: (row: QueueRow, isGone: boolean) => void
  /** All that was noted is written, or has failed. */
  readonly idle: () => Promise<void>
}

/** Anything that keeps rows by their keys. */
export interface RowStore {
  readonly load: () => Promise<readonly QueueRow[]>
  /**
   * Gives each key the row that `next` makes of the one held, or none. All of it in one transaction, into which nobody
   * else writes: so neither of two tabs overwrites or removes what the other one has newer.
   */
  readonly update: (
    keys: readonly string[],
    next: (key: string, held: QueueRow | undefined) => QueueRow | undefined,
  ) => Promise<void>
}

/**
 * Makes a sink's storage of anything that keeps rows. Several sinks may share the store at a time, each with a storage
 * of its own.
 *
 * @param maxWaiting When more rows wait to be written, the store counts as failed. Default 20,000.
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
        await store.update([...now.keys()], (key, held) => nextRow(now.get(key)!, held))
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
        return await store.load()
      } catch (error) {
        fail(error)
        return []
      }
    },
    note({ key, record, at }, isGone) {
      if (hasFailed) return
      notes.set(key, { row: { key, record, at }, isGone })
      // Not by a timer, which may never come in a page that is hidden.
      saving ??= Promise.resolve().then(save)
      if (notes.size > maxWaiting) fail(new Error('it does not answer'))
    },
    idle: async () => saving,
  }
}

interface Note {
  readonly row: QueueRow
  readonly isGone: boolean
}

function nextRow({ row, isGone }: Note, held: QueueRow | undefined): QueueRow | undefined {
  if (!held) return isGone ? undefined : row
  try {
    if (isGone) return newest(row.record, held.record) === row.record ? undefined : held
    const record = newest(held.record, row.record)
    return record === held.record ? held : { ...row, record }
  } catch {
    // What is held is no record.
    return isGone ? undefined : row
  }
}
