import type { Sink } from '@callsheet/core'
import type { SinkHost } from '@callsheet/core/provider'
import { answerOf, createGuard } from '@callsheet/core/provider'
import { envelope, inOrder, writeBatch } from './batch.ts'
import { createPace } from './pace.ts'
import { followPage, room } from '../world/page.ts'
import { bytesOf, createQueue, type Entry, type SinkCounts } from './queue.ts'
import { createSend, type Reply } from './send.ts'
import { type HttpSinkOptions, inMemory, readOptions } from './sink-options.ts'
import { openStorage } from './sink-storage.ts'
import { createSinkTrackers } from './sink-trackers.ts'

/** Records of one request, and bytes of it; of one that a page sends when it may end, bytes. */
const [maxBatchRecords, maxBatchBytes, maxFinalBytes] = [500, 524_288, 49_152]

/** A sink that posts records to a collector. */
export interface HttpSink extends Sink {
  /** Holds the functions of the host weakly, since a sink of a server outlives the trackers of its requests. */
  readonly connect: (host: SinkHost) => void
  readonly flush: () => Promise<void>
  readonly close: () => void
  /** Continues after a 401 or 403, and ends a pause, but not that of a server's Retry-After. */
  readonly resume: () => void
  /** Counts of its records. */
  readonly counts: SinkCounts
}

/**
 * Creates a sink that posts records to `{url}/tasks` in batches and keeps them until the collector confirms them.
 *
 * Of each task only the newest version waits. A request that may succeed later (no answer, a timeout, 408, 425, 429, 500,
 * 502, 503, 504, 507, 520 to 524) is retried without a limit, after 1 s, 2 s … up to 60 s, or as Retry-After says. After
 * a 401 or 403 the queue waits for `resume`, `flush` or the next page; a 410 closes the sink; a 413 makes batches smaller;
 * any other refused record is dropped. Each kind of failure is reported on the tracker's `error` event, once until a
 * request succeeds.
 *
 * The collector answers with an empty body or `{ rejected: [{ index, reason }], retry: [index] }`. An index counts the
 * request's tasks first and then its shows; in a rejection with a `kind` ('task', 'show') it counts that kind alone.
 *
 * `flush` tries once to send all waiting records, unless the server asked to wait; it resolves when that and the storage
 * are done or have failed. `close` sends nothing. Throws a CallsheetError for an invalid option.
 *
 * @example
 * const sink = httpSink({ url: 'https://collector.example/api' })
 * const tracker = createTracker({ pipeline: showPipeline, sinks: [sink] })
 * await tracker.close()
 * sink.counts.pending // 0
 */
export function httpSink(options: HttpSinkOptions): HttpSink {
  const { host: given, origins, storage, most, delay, page } = readOptions(options)
  const host = { ...given, clock, random }
  const { url } = host
  const trackers = createSinkTrackers(`HTTP sink of ${url}`)
  const { tell } = trackers
  const send = createSend(host, (error) => tell('gzip failed, sending plain text', error))
  let state: 'open' | 'refused' | 'closed' = 'open'
  let running: Promise<void> | undefined
  let batchSize = maxBatchRecords
  let [batchId, attempt] = ['', 0]

  const bug = (error: unknown) => tell('an option failed', error)
  const guard = createGuard(bug)

  let lastTime = Date.now()

  // A clock or a random that throws must lose no record.
  function clock(): number {
    lastTime = answerOf(given.clock, bug) ?? lastTime
    return lastTime
  }

  function random(): number {
    return answerOf(given.random, bug) ?? 0.5
  }

  /** For callbacks of timers and events: what is thrown there would end a process. */
  const guarded = (action: () => void) => () => void guard(action)

  const queue = createQueue(
    most,
    (reason) => tell('dropping records (see sink.counts.dropped)', reason),
    (row, end) => saved?.note(row, end),
  )

  // --- when ----------------------------------------------------------------------------------------------------------

  const mayGo = () => state === 'open' && !pace.isWaiting()

  const arm = guarded(() => {
    const size = queue.size()
    if (!running && state !== 'closed' && size > 0) pace.soon(mayGo() && size >= batchSize)
  })

  const turn = guarded(() => {
    if (running) return
    if (mayGo()) running = run().catch(bug).then(rest)
    else queue.prune()
  })

  const pace = createPace(host, delay, turn)

  function rest(): void {
    running = undefined
    if (mayGo()) arm()
  }

  const next = (count: number, bytes: number) => inOrder(queue.take(count, bytes - envelope, clock()))

  /** Sends what waits now, until something fails. */
  async function run(): Promise<void> {
    for (let left = queue.size(); left > 0 && mayGo();) {
      const count = Math.min(left, batchSize)
      // Measured one by one only where something is too long, or cannot be written.
      const batch = write(next(count, Infinity)) ?? write(next(count, maxBatchBytes))
      if (!batch) break
      left -= await post(...batch, false)
    }
    // What came meanwhile goes next; only what has to wait is held to its bounds.
    if (!mayGo()) queue.prune()
  }

  /** The page may end: all that fits goes at once. What is in a storage can wait as long as a server asks. */
  const leave = guarded(() => {
    if (state !== 'open' || (storage && pace.isAsked())) return
    for (;;) {
      const batch = write(next(batchSize, Math.min(maxFinalBytes, room.left)))
      if (!batch) return
      void post(...batch, true)
        .catch(bug)
        .then(arm)
    }
  })

  // --- what ----------------------------------------------------------------------------------------------------------

  /** Undefined for nothing, and for what cannot be sent like this. */
  function write(entries: readonly Entry[]) {
    batchId ||= random().toString(36).slice(2)
    try {
      const text =
        entries.length > 0 && writeBatch(entries, { batchId, attempt: attempt + 1, sentAt: clock() })
      // A character is three bytes at the most.
      if (text && (text.length * 3 <= maxBatchBytes || bytesOf(text) <= maxBatchBytes))
        return [entries, text] as const
    } catch {
      // One of them has no JSON.
    }
    return undefined
  }

  /** Returns how many records are settled or dropped. */
  async function post(entries: readonly Entry[], text: string, isLast: boolean): Promise<number> {
    attempt += 1
    const bytes = isLast ? bytesOf(text) : 0
    room.left -= bytes
    for (const entry of entries) entry.isAway = isLast
    const reply = await (isLast && page?.sendBeacon
      ? void page.sendBeacon(url, text)
      : send(text, entries, isLast))
    room.left += bytes
    for (const entry of entries) entry.isAway = false
    return reply ? settle(entries, reply) : 0
  }

  function settle(entries: readonly Entry[], reply: Reply): number {
    const { status, answer, error } = reply
    let isWanted = reply.retryable
    if (answer) {
      const isWhole = entries.every((_entry, place) => answer.get(place) === 0)
      // A collector that wants all of it again has taken nothing.
      if (!isWhole) pace.succeed()
      batchSize = Math.min(maxBatchRecords, batchSize + 10)
      if (answer.size === 0) trackers.calm()
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
      if (state !== 'closed') pace.fail(reply.retryAfter)
      if (status > 0 || !followed?.isLeaving()) tell('retrying', error)
      return 0
    }
    batchId = ''
    attempt = 0
    return answer || refuse(entries, status, error) ? entries.length : 0
  }

  /** What is refused would be refused again. False where less of it is sent now. */
  function refuse(entries: readonly Entry[], status: number, error: unknown): boolean {
    tell('request refused', error)
    if (status === 413 && entries.length > 1) {
      batchSize = Math.ceil(entries.length / 2)
      return false
    }
    // Until the headers have another key.
    if (status === 401 || status === 403) state = 'refused'
    else {
      if (status === 410) close()
      for (const entry of status === 410 ? queue.all() : entries) {
        queue.drop(entry, status === 413 ? 'too_large' : 'rejected')
      }
    }
    return true
  }

  // --- its life ------------------------------------------------------------------------------------------------------

  const followed =
    page &&
    followPage(page, clock, (news, event) => {
      // First, so that what they write now goes, too.
      if (event) trackers.page(event)
      if (event === 'left' || news === 'hidden') leave()
      else if (event !== 'may-leave') hurry()
    })

  const hurry = guarded(() => pace.hurry())

  const close = guarded(() => {
    state = 'closed'
    followed?.stop()
    pace.stop()
  })

  function resume(): void {
    if (state === 'refused') state = 'open'
    hurry()
  }

  let isOpening = storage !== undefined
  let hasFailed = false
  const bounds = { ...most }

  function keepInMemory(error: unknown): void {
    most.tasks = options.maxRecords ?? inMemory.tasks
    most.bytes = options.maxBytes ?? inMemory.bytes
    queue.prune()
    tell('storage failed, continuing in memory', error)
  }

  const saved =
    storage &&
    openStorage(storage, host, {
      onRows(rows) {
        isOpening = false
        if (!hasFailed) Object.assign(most, bounds)
        for (const row of rows) queue.takeUp(row)
        arm()
      },
      onFail(error) {
        hasFailed = true
        keepInMemory(error)
      },
      onLate: () => keepInMemory(new Error(`it did not open in ${host.timeout} ms`)),
      onBug: bug,
    })

  return {
    connect(tracker) {
      trackers.add(tracker)
      if (page) guard(() => tracker.page('watched'))
    },
    write({ tasks, shows, origin }) {
      if (state === 'closed' || !origins.includes(origin)) return
      const now = clock()
      for (const task of tasks) queue.put(task, now)
      for (const show of shows) queue.put(show, now)
      arm()
    },
    async flush() {
      await running
      resume()
      await running
      if (isOpening) {
        await saved?.opened()
        resume()
        await running
      }
      await saved?.idle()
    },
    resume,
    close,
    get counts() {
      return queue.counts()
    },
  }
}
