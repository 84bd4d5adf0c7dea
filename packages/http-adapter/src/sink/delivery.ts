import { type Batch, envelope, writeBatch } from './batch.ts'
import { bytesOf, type Entry, type Queue } from './queue.ts'
import type { Reply, Send } from './send.ts'
import type { SinkTrackers } from './sink-trackers.ts'
import { type HostPage, room } from '../platform/page-events.ts'
import type { Platform } from '../platform/platform.ts'

/** Records of one request, and bytes of it; of one that a page sends when it may end, bytes. */
const [maxBatchRecords, maxBatchBytes, maxFinalBytes] = [500, 524_288, 49_152]

/** What deliveries need, and whom they tell of replies. */
interface DeliveryHost extends Pick<Platform, 'clock' | 'random'>, Pick<SinkTrackers, 'tell' | 'calm'> {
  readonly url: string
  readonly queue: Queue
  readonly send: Send
  readonly page: HostPage | null | undefined
  /** The collector has taken some records. */
  readonly onTaken: () => void
  /** Some have to be sent again, later. */
  readonly onRetry: (reply: Reply) => void
  /** The headers are refused. */
  readonly onUnauthorized: () => void
  /** The collector takes nothing any more. */
  readonly onGone: () => void
}

/** Takes batches from the queue, posts them, and settles or drops their records as the collector answers. */
export function createDelivery(host: DeliveryHost) {
  const { url, queue, send, page, clock, random, tell, calm, onTaken, onRetry, onUnauthorized, onGone } = host
  let batchSize = maxBatchRecords
  let [batchId, attempt] = ['', 0]

  /** Undefined for nothing, and for what cannot be sent like this. */
  function take(count: number, bytes: number): Batch | undefined {
    const entries = queue.take(count, bytes - envelope, clock())
    if (entries.length === 0) return undefined
    batchId ||= random().toString(36).slice(2)
    try {
      const batch = writeBatch(entries, { batchId, attempt: attempt + 1, sentAt: clock() })
      const { length } = batch.text
      // A character is three bytes at the most.
      if (length * 3 <= maxBatchBytes || bytesOf(batch.text) <= maxBatchBytes) return batch
    } catch {
      // One of them has no JSON.
    }
    return undefined
  }

  /** Returns how many records need no other request. */
  function settle(entries: readonly Entry[], reply: Reply): number {
    const { status, answer, error } = reply
    let isWanted = reply.retryable
    if (answer) {
      // A collector that wants all of it again has taken nothing.
      if (entries.some((_entry, place) => answer.get(place) !== 0)) onTaken()
      batchSize = Math.min(maxBatchRecords, batchSize + 10)
      if (answer.size === 0) calm()
      for (const [place, entry] of entries.entries()) {
        const reason = answer.get(place)
        if (reason === 0) {
          isWanted = true
          queue.defer(entry)
        } else if (reason) {
          tell('record rejected', reason)
          queue.drop(entry, 'rejected')
        } else queue.settle(entry)
      }
    }
    if (isWanted) {
      onRetry(reply)
      return 0
    }
    batchId = ''
    attempt = 0
    if (answer) return entries.length
    tell('request refused', error)
    if (status === 413 && entries.length > 1) {
      batchSize = Math.ceil(entries.length / 2)
      return 0
    }
    if (status === 401 || status === 403) onUnauthorized()
    else {
      // What is refused would be refused again.
      if (status === 410) onGone()
      for (const entry of status === 410 ? queue.all() : entries) {
        queue.drop(entry, status === 413 ? 'too_large' : 'rejected')
      }
    }
    return entries.length
  }

  return {
    /** Enough records wait for a whole batch. */
    isFull: () => queue.size() >= batchSize,

    /** Measured one by one only where something is too long, or cannot be written. */
    next(left: number): Batch | undefined {
      const count = Math.min(left, batchSize)
      return take(count, Infinity) ?? take(count, maxBatchBytes)
    },

    /** Of a page that may end: as much as may still be on its way then. */
    nextFinal: () => take(batchSize, Math.min(maxFinalBytes, room.left)),

    /** Returns how many records need no other request. Never rejects. */
    async post({ entries, text }: Batch, isFinal: boolean): Promise<number> {
      attempt += 1
      const bytes = isFinal ? bytesOf(text) : 0
      room.left -= bytes
      for (const entry of entries) entry.isAway = isFinal
      // A beacon has no reply.
      const reply = await (isFinal && page?.sendBeacon
        ? void page.sendBeacon(url, text)
        : send(text, entries, isFinal))
      room.left += bytes
      for (const entry of entries) entry.isAway = false
      return reply ? settle(entries, reply) : 0
    },
  }
}
