import { envelope, inOrder, writeBatch } from './batch.ts'
import { bytesOf, type Entry, type Queue } from './queue.ts'
import type { Reply, Send } from './send.ts'
import type { SinkTrackers } from './sink-trackers.ts'
import { room } from '../world/page.ts'
import type { World } from '../world/world.ts'

/** Records of one request, and bytes of it; of one that a page sends when it may end, bytes. */
const [maxBatchRecords, maxBatchBytes, maxFinalBytes] = [500, 524_288, 49_152]

/** The records of one request, and its text. */
export interface Batch {
  readonly entries: readonly Entry[]
  readonly text: string
}

/**
 * What a reply means for the next request: `done` with these records, `retry` later, send a `smaller` batch now, wait for
 * other headers (`unauthorized`), or stop for good (`gone`). A beacon has no reply: `unknown`.
 */
export type Verdict = 'done' | 'retry' | 'smaller' | 'unauthorized' | 'gone' | 'unknown'

/** The result of one request. */
export interface Delivered extends Partial<Pick<Reply, 'status' | 'retryAfter' | 'error'>> {
  readonly verdict: Verdict
  /** The collector has taken records. */
  readonly isTaken: boolean
}

interface DeliveryHost extends Pick<World, 'clock' | 'random'>, Pick<SinkTrackers, 'tell' | 'calm'> {
  readonly queue: Queue
  readonly send: Send
  readonly beacon: ((text: string) => unknown) | undefined
}

/** Takes batches from the queue, posts them, and settles or drops their records as the collector answers. */
export function createDelivery({ queue, send, beacon, clock, random, tell, calm }: DeliveryHost) {
  let batchSize = maxBatchRecords
  let [batchId, attempt] = ['', 0]

  const take = (count: number, bytes: number) => write(inOrder(queue.take(count, bytes - envelope, clock())))

  /** Undefined for nothing, and for what cannot be sent like this. */
  function write(entries: readonly Entry[]): Batch | undefined {
    if (entries.length === 0) return undefined
    batchId ||= random().toString(36).slice(2)
    try {
      const text = writeBatch(entries, { batchId, attempt: attempt + 1, sentAt: clock() })
      // A character is three bytes at the most.
      if (text.length * 3 <= maxBatchBytes || bytesOf(text) <= maxBatchBytes) return { entries, text }
    } catch {
      // One of them has no JSON.
    }
    return undefined
  }

  function settle(entries: readonly Entry[], reply: Reply): Delivered {
    const { answer } = reply
    const verdict = verdictOf(reply, entries)
    if (answer) {
      batchSize = Math.min(maxBatchRecords, batchSize + 10)
      if (answer.size === 0) calm()
      for (const [place, entry] of entries.entries()) {
        const reason = answer.get(place)
        if (reason === 0) queue.defer(entry)
        else if (reason) {
          tell('record rejected', reason)
          queue.drop(entry, 'rejected')
        } else queue.settle(entry)
      }
    }
    if (verdict !== 'retry') {
      batchId = ''
      attempt = 0
      if (!answer) refuse(entries, verdict, reply)
    }
    // A collector that wants all of it again has taken nothing.
    const isTaken = answer !== undefined && entries.some((_entry, place) => answer.get(place) !== 0)
    return { ...reply, verdict, isTaken }
  }

  /** What is refused would be refused again. */
  function refuse(entries: readonly Entry[], verdict: Verdict, { status, error }: Reply): void {
    tell('request refused', error)
    if (verdict === 'smaller') batchSize = Math.ceil(entries.length / 2)
    if (verdict !== 'done') return
    for (const entry of entries) queue.drop(entry, status === 413 ? 'too_large' : 'rejected')
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

    /** Never rejects. */
    async post({ entries, text }: Batch, isFinal: boolean): Promise<Delivered> {
      attempt += 1
      const bytes = isFinal ? bytesOf(text) : 0
      room.left -= bytes
      for (const entry of entries) entry.isAway = isFinal
      const reply = await (isFinal && beacon ? void beacon(text) : send(text, entries, isFinal))
      room.left += bytes
      for (const entry of entries) entry.isAway = false
      return reply ? settle(entries, reply) : { verdict: 'unknown', isTaken: false }
    },
  }
}

function verdictOf({ status, retryable, answer }: Reply, entries: readonly Entry[]): Verdict {
  if (answer ? entries.some((_entry, place) => answer.get(place) === 0) : retryable) return 'retry'
  if (status === 413 && entries.length > 1) return 'smaller'
  if (status === 401 || status === 403) return 'unauthorized'
  return status === 410 ? 'gone' : 'done'
}
