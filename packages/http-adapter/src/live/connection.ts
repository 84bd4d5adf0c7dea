import { CallsheetError } from '@callsheet/core'
import { backoff } from '@callsheet/core/provider'
import type { LiveHost } from './request.ts'
import { makeAttempt } from './attempt.ts'
import { createIntake } from './merge-received.ts'
import { createPoll } from './poll.ts'
import { createStream } from './stream.ts'
import { trouble, type Trouble } from './live-error.ts'

/** The state of a live source. */
export interface LiveState {
  /**
   * `idle`: not open. `connecting`: it sends a request. `live`: changes arrive as they happen. `polling`: the stream is
   * blocked, so it polls snapshots. `waiting`: it retries at `retryAt`. `stopped`: it does not retry by itself.
   */
  readonly status: 'idle' | 'connecting' | 'live' | 'polling' | 'waiting' | 'stopped'
  /** Epoch ms of the next try; only while it waits. */
  readonly retryAt?: number
  /** The last error, until it is live; while polling, the reason. */
  readonly error?: Error
}

/** A connection to one show, until it is stopped. */
export interface Connection {
  /** Tries now instead of later, unless the server has said how much later. */
  readonly hurry: () => void
  /** The same, also where it has stopped by itself. */
  readonly resume: () => void
  /** Lets go of what is open, until it is hurried or resumed. */
  readonly leave: () => void
  readonly stop: () => void
}

/** Milliseconds before a blocked stream is tried again. */
const blockedFor = 300_000
/** How long a stream lives that has not just been hung up on, in ms. */
const longLived = 10_000

/**
 * Connects at once: streams; asks where streams do not come through; waits when that fails, too.
 *
 * @param isLeaving Whether the page is being left: what breaks then says nothing of the server.
 */
export function connect(
  host: LiveHost,
  onState: (state: LiveState) => void,
  isLeaving: () => boolean = () => false,
): Connection {
  const { tracker, url, pollInterval, clock, random, schedule } = host
  const take = createIntake(tracker)
  /** The states already reported for this failure. */
  const told = new Set<string>()
  let state: LiveState = { status: 'idle' }
  let error: Error | undefined
  let whyBlocked: Error | undefined
  let blockedAt = Number.NEGATIVE_INFINITY
  let [failures, firstWait] = [0, 1_000]
  let [isGood, hasFailed] = [false, false]
  let [isOver, isAway, wasLeft] = [false, false, false]
  let controller = new AbortController()
  let wake = (): unknown => undefined
  let hurry = wake

  function say(status: LiveState['status'], retryAt?: number): void {
    if (isOver || (state.status === status && state.retryAt === retryAt && state.error === error)) return
    state = { status, ...(retryAt !== undefined && { retryAt }), ...(error && { error }) }
    onState(state)
  }

  function succeed(status: 'live' | 'polling', why?: Error): void {
    isGood = true
    error = why
    say(status)
  }

  const stream = createStream(host, take, {
    onGood: () => succeed('live'),
    // As for Retry-After.
    onRetry: (ms) => void (firstWait = Math.min(Math.max(ms, 100), 300_000)),
    hasFailed: () => hasFailed,
  })
  const poll = createPoll(host, take, () => succeed('polling', whyBlocked))

  async function run(): Promise<void> {
    for (;;) {
      const isPolling = !(Math.abs(clock() - blockedAt) >= blockedFor)
      isGood = false
      isAway = wasLeft = false
      controller = new AbortController()
      if (state.status !== 'polling') say('connecting')
      let ended: Trouble | undefined
      const begunAt = clock()
      try {
        await makeAttempt(host, controller, isPolling ? poll : stream)
        if (!isGood) ended = trouble('stream closed without data', {})
      } catch (thrown) {
        ended = thrown instanceof Error ? thrown : trouble(String(thrown), {})
      }
      if (isOver) return
      // Such a server gets fewer and fewer requests.
      if (ended?.isUnreadable) isGood = false
      hasFailed = !isGood
      if (isGood) {
        // One that sends all and hangs up is asked less and less often, too.
        if (isPolling || Math.abs(clock() - begunAt) >= longLived) failures = 0
        told.clear()
        if (isPolling) told.add('polling')
      }
      if (isAway) await pause(undefined, true)
      else if (!wasLeft) await rest(ended, isPolling)
      if (isOver) return
    }
  }

  async function rest(ended: Trouble | undefined, isPolling: boolean): Promise<void> {
    const { retryAfter } = ended ?? {}
    let next = ended ? (ended.next ?? 'waiting') : isPolling ? 'polling' : 'waiting'
    // There is nothing left to fall back to.
    if (isPolling && ended?.next === 'polling') next = 'stopped'
    // Cut by the browser.
    const isCut = isLeaving() && !ended?.next && !ended?.isUnreadable
    if (ended && !isCut) tell(ended, next)
    if (next === 'waiting') {
      // Good but short streams are opened as often as snapshots are polled.
      const bounds = { first: firstWait, ...(isGood && { max: pollInterval }) }
      const ms = Math.max(retryAfter ?? 0, backoff(retryAfter === undefined ? failures : 0, random(), bounds))
      if (!isCut) failures += 1
      say(next, clock() + ms)
      return pause(ms, retryAfter === undefined)
    }
    say(next)
    if (next === 'stopped') return pause()
    if (!ended) return pause(pollInterval)
    blockedAt = clock()
    whyBlocked = error
  }

  function tell(cause: Trouble, next: string): void {
    const { message, isExpected } = cause
    error = new CallsheetError(`Live source of ${url} is ${next}: ${message.replace(/\.+$/, '')}.`, {
      code: 'source_failed',
      cause,
    })
    // That a stream breaks off is part of life; that the next one fails is not.
    if (isGood || isExpected || told.has(next)) return
    told.add(next)
    tracker.report(error)
  }

  /** Without a time: until it is woken. */
  const pause = (ms?: number, mayHurry = ms !== undefined): Promise<void> =>
    new Promise((resolve) => {
      const undo = ms === undefined ? undefined : schedule(resolve, ms)
      wake = () => {
        undo?.()
        resolve()
      }
      hurry = () => mayHurry && wake()
    })

  /** Also before a canceled attempt has ended: then no pause follows. */
  function comeBack(): void {
    isAway = false
    hurry()
  }

  run().catch((thrown: unknown) => {
    // An option that throws: the connection cannot continue without it.
    tell(trouble(String(thrown), {}), 'stopped')
    say('stopped')
  })

  return {
    hurry: comeBack,
    resume: () => (state.status === 'stopped' ? wake() : comeBack()),
    leave() {
      isAway = wasLeft = true
      controller.abort()
    },
    stop() {
      isOver = true
      controller.abort()
      wake()
    },
  }
}
