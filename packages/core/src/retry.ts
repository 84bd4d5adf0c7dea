import { messageOf, toTaskError } from './errors.ts'
import { classifyFailure, type Failure, type SeenFailure, seenIn } from './failure.ts'
import { answerOf } from './guard.ts'
import { errorOfStatus, isFailedResponse, readBody } from './response.ts'
import { endOf, mostAttempts, type Run, type RunContext, type TrackHost } from './run.ts'
import type { TaskPatch } from './writer.ts'

type Outcome = { readonly value: unknown } | { readonly thrown: unknown }

/** An attempt that did not succeed, and how to record that it was the last. */
interface Failed {
  readonly seen: SeenFailure
  readonly end: () => void
}

/**
 * Follows a call to its end, and calls again as the policy says. One task over all attempts.
 *
 * Gives what the last attempt gave. Ends with the reason when the run is stopped in a pause.
 */
export async function followAttempts(
  host: TrackHost,
  run: Run,
  first: unknown,
  again: () => unknown,
  context: RunContext<never>,
): Promise<unknown> {
  const policy = run.retry ?? {}
  const { when, before } = policy
  const { earlier } = run
  const most = earlier + mostAttempts(policy)
  let call = () => first
  try {
    for (let attempt = earlier + 1; ; attempt += 1) {
      const outcome = await settled(call)
      if (run.isOver) return unwrap(outcome)
      const failed = await failureIn(host, run, outcome)
      if (run.isOver || !failed) return unwrap(outcome)
      const failure = judge(host, run, failed.seen)
      // A filtered content may pass when somebody changes it first.
      const isHopeful = failure.retryable || (failure.kind === 'content-filter' && before !== undefined)
      const isWanted = when ? (answerOf(() => when(failure), host.report) ?? false) : isHopeful
      if (attempt >= most || !isWanted || endOf(failed.seen.thrown) === 'canceled') {
        failed.end()
        return unwrap(outcome)
      }
      await run.pause(failure.error, attempt + 1, most, waitFor(host, run, attempt, failure))
      try {
        await before?.(context)
      } catch (error) {
        host.report(error)
        failed.end()
        return unwrap(outcome)
      }
      if (run.stopReason) throw run.stopReason
      if (run.isOver) return unwrap(outcome)
      run.write({ status: 'processing', stage: `attempt ${attempt + 1} of ${most}` })
      call = again
    }
  } finally {
    // Somebody else may have ended the task: then nothing was written that would have ended the run.
    run.end()
  }
}

const settled = async (call: () => unknown): Promise<Outcome> => {
  try {
    return { value: await call() }
  } catch (thrown) {
    return { thrown }
  }
}

const unwrap = (outcome: Outcome): unknown => {
  if ('thrown' in outcome) throw outcome.thrown
  return outcome.value
}

/** Records a success, or says what went wrong. */
async function failureIn(host: TrackHost, run: Run, outcome: Outcome): Promise<Failed | undefined> {
  if ('thrown' in outcome) {
    const { thrown } = outcome
    return { seen: seenIn(thrown), end: () => run.fail(thrown) }
  }
  const { value } = outcome
  if (isFailedResponse(value)) {
    const body = await readBody(value, host.schedule).catch(() => undefined)
    const stated = errorOfStatus(value)
    const error = { ...stated, message: messageOf(body) ?? stated.message }
    return { seen: { error, headers: value.headers, body }, end: () => run.write({ error }, 'failed') }
  }
  const patch: TaskPatch<never> = run.read(value)
  const end = () => run.write(patch, 'succeeded')
  if (patch.status === 'failed') return { seen: { error: toTaskError(patch.error), body: value }, end }
  end()
  return undefined
}

function judge(host: TrackHost, run: Run, seen: SeenFailure): Failure {
  const failure = classifyFailure(seen, answerOf(host.now, host.report) ?? Number.NaN)
  const own = answerOf(() => run.retry?.classify?.(failure), host.report)
  return own ? { ...failure, ...own } : failure
}

/** 1 s, 2 s, 4 s … up to a minute, of which half to all is waited, so that many do not come back at once. */
const backoff = (attempt: number, random: number): number =>
  Math.min(60_000, 1_000 * 2 ** (attempt - 1)) * (0.5 + random / 2)

function waitFor(host: TrackHost, run: Run, attempt: number, failure: Failure): number {
  const given = answerOf(() => run.retry?.delay?.(attempt, failure), host.report)
  const wait = given ?? failure.retryAfter ?? backoff(attempt, answerOf(host.random, host.report) ?? 1)
  return wait >= 0 ? wait : 0
}
