import { problem } from '../records/errors.ts'
import { answerOf } from '../records/guard.ts'
import type { Failure } from '../write/classify-failure.ts'
import type { Run } from './run.ts'
import { backoff } from './timers.ts'

/** Maximum milliseconds between two versions in a pause, so that the task is not shown as stale. */
const longestSilence = 30_000

/**
 * Waits between a failed attempt and the next one, in parts: each has a version that says how long is left. Rejects with the
 * abort reason if the run is stopped. If a timer fails, the next attempt begins at once.
 */
export async function pause(run: Run, failure: Failure, attempt: number, most: number): Promise<void> {
  const { error } = failure
  run.lastError = error
  let left = lengthOf(run, failure, attempt)
  do {
    const stage = `${error.message} (attempt ${attempt + 1} of ${most} in ${Math.ceil(left / 1_000)} s)`
    run.pause(attempt + 1, stage)
    try {
      await run.wait(Math.min(left, longestSilence))
    } catch (thrown) {
      if (run.abort.reason) throw run.abort.reason
      return run.host.report(thrown)
    }
    left -= longestSilence
  } while (left > 0)
}

/** The length of the pause in ms: that of the policy, else what the server asks for, else the default. */
function lengthOf({ host, options }: Run, failure: Failure, attempt: number): number {
  const given = answerOf(() => options.retry?.delay?.(attempt, failure), host.report)
  if (given !== undefined && !isLength(given)) {
    const message = `Invalid delay of a retry: expected milliseconds from 0, got ${String(given)}. The default is used.`
    host.report(problem('invalid_option', message))
  }
  const random = answerOf(host.random, host.report) ?? 1
  return [given, failure.retryAfter].find(isLength) ?? backoff(attempt - 1, random)
}

const isLength = (ms: unknown): ms is number => typeof ms === 'number' && ms >= 0 && ms < Infinity
