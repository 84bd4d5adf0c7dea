import {
  compareVersions,
  isFinished,
  isRemoved,
  mergeShows,
  type ShowRecord,
  type TaskVersion,
} from '@callsheet/core'

/** What waits to be sent: the newest version of a task, or what is known of a show. */
export type QueuedRecord = TaskVersion | ShowRecord

/** Why a record was given up. */
export type DropReason =
  'queue_overflow' | 'expired' | 'too_large' | 'rejected' | 'serialize_error' | 'storage_error'

/** What has become of the records of a sink: `created` is always `stored`, all `dropped` and `pending` together. */
export interface SinkCounts {
  /** Records that began to wait, those taken up from a storage among them. */
  readonly created: number
  /** Versions that met another one of their record waiting: the newer of the two stands for both, so none is lost. */
  readonly coalesced: number
  /** Records that the collector has answered for. */
  readonly stored: number
  readonly dropped: Readonly<Record<DropReason, number>>
  /** Records that wait now. */
  readonly pending: number
}

/** A version that waits. Never changed, but that it is measured when somebody needs its text. */
export interface Entry {
  readonly key: string
  readonly record: QueuedRecord
  /** When it began to wait, epoch ms. */
  readonly at: number
  text: string
  /** Of the text in UTF-8; 0 while nobody has measured it. */
  bytes: number
}

export const isShow = (record: QueuedRecord): record is ShowRecord => !('id' in record)

/** Merges two records of one key. Gives `held` itself when the other has nothing new. */
export const newest = (held: QueuedRecord, given: QueuedRecord): QueuedRecord => {
  if (isShow(held)) return mergeShows(held, given as ShowRecord)
  return compareVersions(given as TaskVersion, held) > 0 ? given : held
}

const encoder = new TextEncoder()
export const bytesOf = (text: string): number => encoder.encode(text).length

const longestRecord = 65_536
const oldest = 7 * 86_400_000

/**
 * Keeps the newest version of every record until the collector has answered for it.
 *
 * @param onChange Told of what has begun to wait, and of what does no longer.
 */
export function createQueue(
  maxTasks: number,
  maxBytes: number,
  onDrop: (reason: DropReason) => void,
  onChange: (entry: Entry, isGone: boolean) => void,
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
  let [created, coalesced, stored, bytes] = [0, 0, 0, 0]

  const size = () => lasting.size + active.size
  const held = (key: string) => active.get(key) ?? lasting.get(key)

  /** False when a newer version waits in its place. */
  function remove(entry: Entry): boolean {
    if (held(entry.key) !== entry) return false
    if (!active.delete(entry.key)) lasting.delete(entry.key)
    bytes -= entry.bytes
    onChange(entry, true)
    return true
  }

  function drop(entry: Entry, reason: DropReason): void {
    if (!remove(entry)) return
    dropped[reason] += 1
    onDrop(reason)
  }

  function evict(): void {
    while (size() > maxTasks || bytes > maxBytes) {
      drop((active.size > 0 ? active : lasting).values().next().value!, 'queue_overflow')
    }
  }

  /** False for what can never be sent, which is dropped. */
  function measure(entry: Entry): boolean {
    if (entry.bytes === 0) {
      try {
        entry.text = JSON.stringify(entry.record)
        entry.bytes = bytesOf(entry.text)
      } catch {
        drop(entry, 'serialize_error')
        return false
      }
      bytes += entry.bytes
    }
    if (entry.bytes > longestRecord) drop(entry, 'too_large')
    return entry.bytes <= longestRecord
  }

  /** @param isSaved The storage holds it already. */
  function put(given: QueuedRecord, at: number, isSaved = false): void {
    const key = isShow(given) ? `show ${given.showId}` : `task ${given.id}`
    const old = held(key)
    const record = old ? newest(old.record, given) : given
    if (old) coalesced += 1
    else created += 1
    if (old?.record === record) return
    if (old) bytes -= old.bytes
    const isLasting = isShow(record) || isRemoved(record) || isFinished(record)
    const [map, other] = isLasting ? [lasting, active] : [active, lasting]
    const entry: Entry = { key, record, at, text: '', bytes: 0 }
    other.delete(key)
    map.set(key, entry)
    if (!isSaved || record !== given) onChange(entry, false)
    evict()
  }

  /** Outcomes first. */
  function* all(): Generator<Entry> {
    yield* lasting.values()
    yield* active.values()
  }

  return {
    size,
    all,
    drop,
    counts: (): SinkCounts => ({ created, coalesced, stored, dropped: { ...dropped }, pending: size() }),

    put,
    /** Of a row that a storage held, which may be anything. */
    takeUp(row: { readonly record: QueuedRecord; readonly at: number }): void {
      try {
        put(row.record, row.at, true)
      } catch {
        created += 1
        dropped.storage_error += 1
      }
    },

    /** The next to be sent at a time, but for what is sent already. */
    take(count: number, most: number, now: number, isSent: (entry: Entry) => boolean): Entry[] {
      const batch: Entry[] = []
      let left = most
      for (const entry of all()) {
        if (batch.length >= count) break
        if (isSent(entry)) continue
        if (now - entry.at > oldest) drop(entry, 'expired')
        else if (measure(entry)) {
          if (entry.bytes < left) {
            // With the comma.
            left -= entry.bytes + 1
            batch.push(entry)
          } else if (batch.length > 0) break
        }
      }
      return batch
    },

    /** The collector has it. */
    settle(entry: Entry): void {
      if (remove(entry)) stored += 1
    },

    /** Behind the others of its kind, so that what is never taken holds nobody up. */
    defer(entry: Entry): void {
      const map = active.has(entry.key) ? active : lasting
      if (map.get(entry.key) !== entry) return
      map.delete(entry.key)
      map.set(entry.key, entry)
    },

    /** Keeps the bound in bytes, for which everything has to be measured once. */
    prune(): void {
      for (const entry of all()) measure(entry)
      evict()
    },

    /** Goes on with other bounds. */
    bound(tasks: number, bytes: number): void {
      maxTasks = tasks
      maxBytes = bytes
      evict()
    },
  }
}
