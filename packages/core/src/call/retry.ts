import { inTime } from './attempt-timeout.ts'
import { Context } from './run-context.ts'
import { messageOf } from '../records/thrown.ts'
import { classifyFailure, type Failure, seenIn, type SeenFailure } from '../write/classify-failure.ts'
import { answerOf } from '../records/guard.ts'
import { within } from './async-context.ts'
import { mostAttempts, type RetryPolicy } from './run-options.ts'
import { settled, unwrap, type Verdict } from './outcome.ts'
import { pause } from './retry-delay.ts'
import { readBody } from './response.ts'
import { cut, type Run, type TrackHost } from './run.ts'
import { wait } from './timers.ts'
import { verdictOf } from './verdict.ts'

/**
 * Follows a call to its end, and retries it by its policy. All attempts are one task.
 *
 * Resolves or rejects as the last attempt does, or as one that took too long and then succeeded first. Rejects with the
 * abort reason if the run is stopped in a pause.
 */
export function followAttempts(
  run: Run,
  policy: RetryPolicy<never>,
  first: unknown,
  again: () => unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    attempts(run, policy, first, again, resolve)
      // If the task was ended elsewhere, no write of this run has ended it.
      .finally(() => run.leave())
      .then(resolve, reject)
  })
}

/** @param win Called with the value of an attempt that took too long and then succeeded. */
async function attempts(
  run: Run,
  policy: RetryPolicy<never>,
  first: unknown,
  again: () => unknown,
  win: (value: unknown) => void,
): Promise<unknown> {
  const { host } = run
  const { before } = policy
  const most = run.earlier + mostAttempts(policy)
  let end = settled(() => first)
  for (let attempt = run.earlier + 1; ; attempt += 1) {
    const outcome = await inTime(run, attempt, end, win)
    if (run.isOver) break
    const verdict = await withBody(host, verdictOf(run, outcome))
    if (run.isOver) break
    const failure = failureOf(host, policy, verdict)
    if (!failure || !isWanted(host, policy, failure) || attempt >= most || run.isReplaced) {
      run.end(verdict)
      break
    }
    if (verdict.isBroken && (await run.isCut())) {
      run.end(cut)
      break
    }
    await pause(run, failure, attempt, most)
    try {
      if (before) await within(run, before, new Context(run))
    } catch (error) {
      host.report(error)
      run.end(verdict)
      break
    }
    // A page that was left makes no call.
    if (!host.page.isHere()) await wait(host.page.whenHere, 0, [run.abort.signal])
    if (run.abort.reason) throw run.abort.reason
    if (run.isOver) break
    if (run.isReplaced) {
      run.end(verdict)
      break
    }
    run.beginAttempt({ stage: `attempt ${attempt + 1} of ${most}` })
    end = settled(again)
  }
  return unwrap(await end)
}

/** A verdict on a response, with the server's own message. */
async function withBody(host: TrackHost, verdict: Verdict): Promise<Verdict> {
  const { response, patch } = verdict
  if (!response) return verdict
  const body = await readBody(response, host.schedule).catch(() => undefined)
  const stated = patch.error as SeenFailure['error']
  const error = { ...stated, message: messageOf(body) ?? stated.message }
  return {
    status: 'failed',
    patch: { error },
    see: () => ({ error, headers: seenIn(response).headers, body }),
  }
}

/** The failure that the policy is asked about; undefined if the call succeeded or must not be made again. */
function failureOf(
  host: TrackHost,
  policy: RetryPolicy<never>,
  { status, see }: Verdict,
): Failure | undefined {
  if (!see || status === 'canceled') return undefined
  const failure = classifyFailure(see(), answerOf(host.now, host.report) ?? Number.NaN)
  return { ...failure, ...answerOf(() => policy.classify?.(failure), host.report) }
}

/** Whether the policy wants another attempt. Filtered content may pass after a change. */
function isWanted(host: TrackHost, { when, before }: RetryPolicy<never>, failure: Failure): boolean {
  if (when) return answerOf(() => when(failure), host.report) ?? false
  return failure.retryable || (failure.kind === 'content-filter' && before !== undefined)
}
