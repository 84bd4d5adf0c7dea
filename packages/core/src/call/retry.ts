import { Context } from './context.ts'
import { CallsheetError } from '../records/errors.ts'
import { messageOf, toTaskError } from '../records/thrown.ts'
import {
  classifyFailure,
  endOf,
  type Failure,
  isNetworkError,
  type SeenFailure,
  seenIn,
} from '../write/failure.ts'
import { answerOf } from '../records/guard.ts'
import { within } from './nesting.ts'
import { type Outcome, settled, unwrap } from './outcome.ts'
import { errorOfStatus, isFailedResponse, isResponse, readBody } from './response.ts'
import { mostAttempts } from './options.ts'
import type { Run, TrackHost } from './run.ts'
import { backoff } from './timers.ts'
import type { TaskPatch } from '../write/writer.ts'

/** An attempt that failed, and how to end the task with it. */
interface Failed {
  readonly seen: SeenFailure
  /** See `Run.isLost`. */
  readonly isLost: boolean
  readonly end: () => void
}

/**
 * Follows a call to its end, and retries it by its policy. All attempts are one task.
 *
 * Resolves or rejects as the last attempt does. Rejects with the abort reason if the run is stopped in a pause.
 */
export function followAttempts(
  host: TrackHost,
  run: Run,
  first: unknown,
  again: () => unknown,
): Promise<unknown> {
  if (run.attemptLimit === Infinity) return attempts(host, run, first, again, () => {})
  return new Promise((resolve, reject) => {
    attempts(host, run, first, again, resolve).then(resolve, reject)
  })
}

/** @param win Called with the value of an attempt that took too long and then succeeded. */
async function attempts(
  host: TrackHost,
  run: Run,
  first: unknown,
  again: () => unknown,
  win: (value: unknown) => void,
): Promise<unknown> {
  const policy = run.retry ?? {}
  const { when, before } = policy
  const { earlier } = run
  const most = earlier + mostAttempts(policy)
  let call = () => first
  try {
    for (let attempt = earlier + 1; ; attempt += 1) {
      const end = settled(call)
      const outcome = await inTime(host, run, attempt, end, win)
      if (run.isOver) return unwrap(await end)
      const failed = await failureIn(host, run, outcome).catch((error: unknown) =>
        unreadable(host, run, error),
      )
      if (run.isOver || !failed) return unwrap(await end)
      if (failed.isLost) {
        run.interrupt()
        return unwrap(await end)
      }
      const failure = judge(host, run, failed.seen)
      // Filtered content may pass after a change.
      const isHopeful = failure.retryable || (failure.kind === 'content-filter' && before !== undefined)
      const isWanted = when ? (answerOf(() => when(failure), host.report) ?? false) : isHopeful
      if (attempt >= most || !isWanted || run.isReplaced || endOf(failed.seen.thrown) === 'canceled') {
        failed.end()
        return unwrap(await end)
      }
      if (isNetworkError(failed.seen.thrown) && (await isCut(run))) {
        run.interrupt()
        return unwrap(await end)
      }
      await run.pause(failure.error, attempt + 1, most, waitFor(host, run, attempt, failure))
      try {
        if (before) await within(run, () => before(new Context(run)))
      } catch (error) {
        host.report(error)
        failed.end()
        return unwrap(await end)
      }
      // A page that was left makes no call. The timer continues when it is back.
      if (!host.page.isHere()) await run.wait(0)
      if (run.stopReason) throw run.stopReason
      if (run.isReplaced) failed.end()
      if (run.isReplaced || run.isOver) return unwrap(await end)
      run.beginAttempt()
      run.write({ status: 'processing', stage: `attempt ${attempt + 1} of ${most}` })
      call = again
    }
  } finally {
    // If the task was ended elsewhere, no write of this run has ended it.
    run.finish()
  }
}

/** The outcome of an attempt, or a TimeoutError if it takes too long. */
async function inTime(
  host: TrackHost,
  run: Run,
  attempt: number,
  end: Promise<Outcome>,
  win: (value: unknown) => void,
): Promise<Outcome> {
  if (run.attemptLimit === Infinity) return end
  let stop: (() => void) | undefined
  const late = new Promise<Outcome>((resolve) => {
    stop = answerOf(
      () =>
        host.schedule(() => {
          if (run.isOver) return
          resolve({ thrown: run.expire(attempt) })
          // Never rejects.
          void end.then((outcome) => {
            if ('thrown' in outcome || isFailedResponse(outcome.value)) return
            const patch = run.read(outcome.value)
            if (patch.status !== 'failed' && run.succeedLate(patch)) win(outcome.value)
          })
        }, run.attemptLimit),
      host.report,
    )
  })
  const outcome = await Promise.race([end, late])
  stop?.()
  return outcome
}

const isCut = (run: Run): Promise<boolean> => new Promise((resolve) => void run.judge(resolve))

/** Records a success, or returns the failure. */
async function failureIn(host: TrackHost, run: Run, outcome: Outcome): Promise<Failed | undefined> {
  const isThrown = 'thrown' in outcome
  const value = isThrown ? outcome.thrown : outcome.value
  if (isFailedResponse(value) || (isThrown && isResponse(value))) {
    const body = await readBody(value, host.schedule).catch(() => undefined)
    const stated = errorOfStatus(value)
    const error = { ...stated, message: messageOf(body) ?? stated.message }
    const { headers } = seenIn(value)
    return { seen: { error, headers, body }, isLost: false, end: () => run.write({ error }, 'failed') }
  }
  if (isThrown) return { seen: seenIn(value), isLost: run.isLost(value), end: () => run.fail(value) }
  const patch: TaskPatch<never> = run.read(value)
  const end = () => run.write(patch, 'succeeded')
  if (patch.status === 'failed') {
    const isLost = run.isLostIn(value, patch)
    return { seen: { error: toTaskError(patch.error), body: value }, isLost, end }
  }
  end()
  return undefined
}

/** The failure for a value or an error that cannot be read. It is not retried. */
function unreadable(host: TrackHost, run: Run, error: unknown): Failed {
  host.report(error)
  return {
    seen: { error: { message: 'failed', retryable: false }, thrown: error },
    isLost: run.isLost(error),
    end: () => run.fail('failed'),
  }
}

function judge(host: TrackHost, run: Run, seen: SeenFailure): Failure {
  const failure = classifyFailure(seen, answerOf(host.now, host.report) ?? Number.NaN)
  const own = answerOf(() => run.retry?.classify?.(failure), host.report)
  return own ? { ...failure, ...own } : failure
}

function waitFor(host: TrackHost, run: Run, attempt: number, failure: Failure): number {
  const given = answerOf(() => run.retry?.delay?.(attempt, failure), host.report)
  if (given !== undefined && !isWait(given)) {
    const message = `Invalid delay of a retry: expected milliseconds from 0, got ${String(given)}. The default is used.`
    host.report(new CallsheetError(message, { code: 'invalid_option' }))
  }
  const random = answerOf(host.random, host.report) ?? 1
  return [given, failure.retryAfter].find(isWait) ?? backoff(attempt - 1, random)
}

const isWait = (ms: unknown): ms is number => typeof ms === 'number' && ms >= 0 && ms < Infinity
