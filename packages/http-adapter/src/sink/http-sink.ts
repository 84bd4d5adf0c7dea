import type { Sink } from '@callsheet/core'
import type { SinkHost } from '@callsheet/core/provider'
import { answerOf, createGuard } from '@callsheet/core/provider'
import { createDelivery } from './delivery.ts'
import { createPace } from './pace.ts'
import { followPage } from '../platform/page-events.ts'
import { createQueue, type SinkCounts } from './queue.ts'
import { createSend } from './send.ts'
import { type HttpSinkOptions, inMemory, readOptions } from './sink-options.ts'
import { openStorage } from './sink-storage.ts'
import { createSinkTrackers } from './sink-trackers.ts'
import type { Platform } from '../platform/platform.ts'

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
  const trackers = createSinkTrackers(`HTTP sink of ${given.url}`)
  const { tell } = trackers
  const bug = (error: unknown) => tell('an option failed', error)
  const guard = createGuard(bug)
  /** For callbacks of timers and events: what is thrown there would end a process. */
  const guarded = (action: () => void) => () => void guard(action)
  const host = { ...given, ...steady(given, bug) }
  const { clock } = host
  const queue = createQueue(
    most,
    (reason) => tell('dropping records (see sink.counts.dropped)', reason),
    (row, end) => saved?.note(row, end),
  )
  const delivery = createDelivery({
    ...host,
    ...trackers,
    queue,
    page,
    send: createSend(host, (error) => tell('gzip failed, sending plain text', error)),
    onTaken: () => pace.succeed(),
    onRetry({ status, retryAfter, error }) {
      if (state !== 'closed') pace.fail(retryAfter)
      // A page that is left cuts its requests.
      if (status > 0 || !followed?.isLeaving()) tell('retrying', error)
    },
    onUnauthorized() {
      // Until the headers have another key.
      if (state === 'open') state = 'refused'
    },
    onGone: () => close(),
  })
  let state: 'open' | 'refused' | 'closed' = 'open'
  let running: Promise<void> | undefined

  // --- when to send ---------------------------------------------------------------------------------------------------

  const mayGo = () => state === 'open' && !pace.isWaiting()

  const arm = guarded(() => {
    if (!running && state !== 'closed' && queue.size() > 0) pace.soon(mayGo() && delivery.isFull())
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

  /** Sends what waits now, until something fails. */
  async function run(): Promise<void> {
    for (let left = queue.size(); left > 0 && mayGo();) {
      const batch = delivery.next(left)
      if (!batch) break
      left -= await delivery.post(batch, false)
    }
    // What came meanwhile goes next; only what has to wait is held to its bounds.
    if (!mayGo()) queue.prune()
  }

  /** The page may end: all that fits goes at once. What is in a storage can wait as long as a server asks. */
  const leave = guarded(() => {
    if (state !== 'open' || (storage && pace.isAsked())) return
    for (let batch = delivery.nextFinal(); batch; batch = delivery.nextFinal()) {
      void delivery.post(batch, true).catch(bug).then(arm)
    }
  })

  // --- its life -------------------------------------------------------------------------------------------------------

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
      // It may open meanwhile, and what it held comes too late for the run.
      const wasOpening = isOpening
      await running
      resume()
      await running
      if (wasOpening) {
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

/** The clock and the random numbers of a host, of which one that throws must lose no record. */
function steady(given: Pick<Platform, 'clock' | 'random'>, bug: (error: unknown) => void) {
  let lastTime = Date.now()
  return {
    clock: () => (lastTime = answerOf(given.clock, bug) ?? lastTime),
    random: () => answerOf(given.random, bug) ?? 0.5,
  }
}
