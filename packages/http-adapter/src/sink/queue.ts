import { isFinished, isRemoved, type ShowRecord, type TaskVersion } from '@callsheet/core'
import { compareVersions, mergeShows } from '@callsheet/core/provider'

/** A record that waits to be sent: the newest version of a task, or a show. */
export type QueuedRecord = TaskVersion | ShowRecord

/** Why a record was dropped. */
export type DropReason =
  'queue_overflow' | 'expired' | 'too_large' | 'rejected' | 'serialize_error' | 'storage_error'

/** Counts of a sink's records: `created` is always the sum of `stored`, all `dropped` and `pending`. */
export interface SinkCounts {
  /** Records that were queued, including those from a storage. */
  readonly created: number
  /** Versions merged into a waiting version of the same record. Nothing is lost. */
  readonly coalesced: number
  /** Records that the collector has confirmed. */
  readonly stored: number
  readonly dropped: Readonly<Record<DropReason, number>>
  /** Records that wait now. */
  readonly pending: number
}

/** How the wait of a record ends. */
export type End = 'stored' | DropReason

/** A row of a storage: plain JSON. Only the key is public. */
export interface QueueRow {
  readonly key: string
}

/** A record that waits. */
export interface Waiting extends QueueRow {
  readonly record: QueuedRecord
  /** When it began to wait, epoch ms. */
  readonly at: number
}

/** A record in the queue. */
export interface Entry extends Waiting {
  /** Of its JSON in UTF-8; 0 before it is measured. */
  bytes: number
  /** On its way by a request that outlives the page. */
  isAway: boolean
  /** Where it waits; undefined when it does no longer, or a newer version does in its place. */
  home: Map<string, Entry> | undefined
}

export const isShow = (record: QueuedRecord): record is ShowRecord => !('id' in record)

/** Merges two records of one key. Returns `held` itself when the other has nothing new. */
export const newest = (held: QueuedRecord, given: QueuedRecord): QueuedRecord => {
  if (isShow(held)) return mergeShows(held, given as ShowRecord)
  return compareVersions(given as TaskVersion, held) > 0 ? given : held
}

export const encoder = new TextEncoder()

/** In UTF-8; most texts are plain, and need no copy to know. */
export const bytesOf = (text: string): number =>
  /[\u0080-\uffff]/.test(text) ? encoder.encode(text).length : text.length

const longestRecord = 65_536
const oldest = 7 * 86_400_000

/** The records of a sink that wait. */
export type Queue = ReturnType<typeof createQueue>

/**
 * Keeps the newest version of every record until the collector has confirmed it.
 *
 * @param most How many records and bytes; may be changed.
 * @param onChange Called with each queued record, and with the end of each wait.
 */
export function createQueue(
  most: { tasks: number; bytes: number },
  onDrop: (reason: DropReason) => void,
  onChange: (row: Waiting, end?: End) => void,
) {
  // What may be dropped last: an outcome is said once, progress again and again.
  const lasting = new Map<string, Entry>()
  const active = new Map<string, Entry>()
  const dropped = {
    queue_overflow: 0,
    expired: 0,
    too_large: 0,
    rejected: 0,
    serialize_error: 0,
    storage_error: 0,
  }
  let [created, coalesced, stored] = [0, 0, 0]

  const size = () => lasting.size + active.size
  const held = (key: string) => active.get(key) ?? lasting.get(key)

  /** Makes it wait no longer. */
  function leave(entry: Entry): void {
    entry.home?.delete(entry.key)
    entry.home = undefined
  }

  /** Behind the others of its kind. */
  function place(entry: Entry): void {
    leave(entry)
    const { key, record } = entry
    entry.home = isShow(record) || isRemoved(record) || isFinished(record) ? lasting : active
    entry.home.set(key, entry)
  }

  /** False when a newer version waits in its place. */
  function remove(entry: Entry, end: End): boolean {
    if (!entry.home) return false
    leave(entry)
    onChange(entry, end)
    return true
  }

  function drop(entry: Entry, reason: DropReason): void {
    if (!remove(entry, reason)) return
    dropped[reason] += 1
    onDrop(reason)
  }

  /** Of those that may be dropped first, the one that changed least recently. */
  const least = (): Entry => (active.size > 0 ? active : lasting).values().next().value!

  /** Returns its bytes; 0 for a record that can never be sent, which is dropped. */
  function measure(entry: Entry): number {
    try {
      entry.bytes ||= bytesOf(JSON.stringify(entry.record))
      if (entry.bytes <= longestRecord) return entry.bytes
      drop(entry, 'too_large')
    } catch {
      drop(entry, 'serialize_error')
    }
    return 0
  }

  /** @param isSaved The storage holds it already. */
  function put(given: QueuedRecord, at: number, isSaved = false): void {
    const key = isShow(given) ? `\n${given.showId}` : given.id
    const old = held(key)
    const record = old ? newest(old.record, given) : given
    if (old) coalesced += 1
    else created += 1
    if (old?.record === record) return
    const entry: Entry = { key, record, at, bytes: 0, isAway: false, home: undefined }
    if (old) leave(old)
    place(entry)
    if (!isSaved || old) onChange(entry)
    if (size() > most.tasks) drop(least(), 'queue_overflow')
  }

  /** Outcomes first. */
  const all = () => [...lasting.values(), ...active.values()]

  return {
    size,
    all,
    drop,
    counts: (): SinkCounts => ({ created, coalesced, stored, dropped: { ...dropped }, pending: size() }),

    put,
    /** Of a row that a storage held, which may be anything. */
    takeUp(row: Waiting): void {
      try {
        put(row.record, row.at, true)
      } catch {
        created += 1
        dropped.storage_error += 1
        onChange(row, 'storage_error')
      }
    },

    /**
     * The next to be sent at a time.
     *
     * @param most Bytes; Infinity to measure none.
     */
    take(count: number, most: number, now: number): Entry[] {
      const batch: Entry[] = []
      let left = most
      for (const waiting of [lasting, active]) {
        for (const entry of waiting.values()) {
          if (batch.length >= count) return batch
          if (now - entry.at > oldest) drop(entry, 'expired')
          else if (!entry.isAway) {
            const bytes = most < Infinity ? measure(entry) : 1
            if (bytes > 0 && bytes < left) {
              // With the comma.
              left -= bytes + 1
              batch.push(entry)
            } else if (bytes > 0 && batch.length > 0) return batch
          }
        }
      }
      return batch
    },

    /** The collector has it. */
    settle(entry: Entry): void {
      if (remove(entry, 'stored')) stored += 1
    },

    /** The collector wants it later, so it delays no other record. */
    defer(entry: Entry): void {
      if (entry.home) place(entry)
    },

    /** Keeps the bounds; that in bytes at no other time, for everything has to be written out. */
    prune(): void {
      let bytes = 0
      for (const entry of all()) bytes += measure(entry)
      while (bytes > most.bytes || size() > most.tasks) {
        const entry = least()
        bytes -= entry.bytes
        drop(entry, 'queue_overflow')
      }
    },
  }
}
