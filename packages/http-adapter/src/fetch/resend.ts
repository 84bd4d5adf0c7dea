import type { JsonObject, RetryPolicy, RunContext } from '@callsheet/core'
import { outcomeOf, sendCall, textOf } from './call.ts'
import type { Outcome, Resend } from './contract.ts'
import { isJson } from '../body/read-json.ts'
import { isRequest, signalOf } from '../route/request.ts'
import { observe, shareCall } from '../body/share-call.ts'
import type { SharedResponse } from '../body/shared-response.ts'
import { onAbort, orAborted } from '../body/signals.ts'

/**
 * When and how a call is retried: as in `track`, but the result of `before` is merged over the next call's `init`.
 */
export interface ResendPolicy extends Omit<RetryPolicy<JsonObject>, 'before'> {
  readonly before?: (context: RunContext<JsonObject>) => RequestInit | void | Promise<RequestInit | void>
  /**
   * What an attempt ends with. `response`: a job that fails later is not started again, since the caller has its response.
   * `job`: the caller waits until the job has ended, and gets the response whose job succeeded, or the last one. Use it
   * only if the caller has no time limit of its own; a stream is passed on at once.
   *
   * @default 'response'
   */
  readonly until?: 'response' | 'job'
}

/**
 * For `retry` of a route: retries a failed call, as attempts of one task. The caller gets the first good response, or the
 * last one. With `until: 'job'`, a call whose job fails is retried, too. A call whose body is a stream is sent once, since
 * the stream can be read only once.
 *
 * @example
 * const retry = resend({
 *   attempts: 4,
 *   until: 'job',
 *   before: async ({ lastError }) => ({ body: JSON.stringify({ prompt: await soften(lastError?.message) }) }),
 * })
 */
export const resend =
  (policy: ResendPolicy = {}): Resend =>
  (args, plan, tools) => {
    const [input, init] = args
    if (isOneShot(init?.body)) return undefined
    const { until, ...rest } = policy
    const { before, classify, when } = rest
    const isUntilJob = until === 'job'
    const signal = signalOf(args)
    let answer!: (response: SharedResponse) => void
    let refuse!: (error: unknown) => void
    const answered = new Promise<SharedResponse>((resolve, reject) => {
      answer = resolve
      refuse = reject
    })
    const shared = shareCall(() => answered)
    let [isAnswered, isLeft] = [false, false]
    let last: SharedResponse | undefined
    /** Of the attempt that has succeeded, and of the one whose job is followed. */
    let good: SharedResponse | undefined
    let begun: SharedResponse | undefined
    let isStopped = () => false
    let changes: RequestInit | void
    let stay = () => {}
    const settle = (response: SharedResponse) => {
      isAnswered = true
      stay()
      answer(response)
    }

    return {
      attempt(context) {
        const { id } = context.task
        stay()
        isStopped = () => context.signal.aborted
        // Also in the pause before the next attempt. A job goes on for those who have joined.
        const leave = () => {
          if (begun && shared.isJoined()) return
          isLeft = true
          tools.tracker.cancel(id, textOf(signal?.reason))
        }
        if (signal?.aborted) leave()
        stay = onAbort(signal, leave)
        if (last) letGo(last)
        last = begun = undefined
        const again = changes ? { ...init, ...changes } : init
        const isReusable = isRequest(input) && !input.bodyUsed && !again?.body
        const copy = isReusable ? input.clone() : input
        const { given, received } = sendCall([copy, again], plan, context, tools, {
          isJoined: shared.isJoined,
          isHeld: true,
        })
        if (!received) return given as Promise<Outcome>
        // Not `last`: a fetch that ignores its signal may answer an attempt that took too long.
        let own: SharedResponse | undefined
        const outcome = outcomeOf(received, plan, context, tools, {
          onSaid(said) {
            if (!isUntilJob && own && isGood(said)) settle(own)
          },
          onFollow() {
            if (isUntilJob) begun = own
          },
        })
        observe(outcome, (said) => {
          if (isGood(said)) good = own
        })
        observe(received, ({ shared }) => {
          own = last = shared
          const { original } = shared
          // A stream is its caller's as it comes.
          if (original.ok && !isJson(original)) settle(shared)
        })
        return outcome
      },
      retry: {
        ...rest,
        classify: (failure) => (isAnswered ? { kind: 'unknown', retryable: false } : classify?.(failure)),
        ...(when && { when: (failure) => !isAnswered && when(failure) }),
        ...(before && {
          async before(context) {
            changes = { ...changes, ...(await before(context)) }
          },
        }),
      },
      settledBy(tracked) {
        observe(
          tracked,
          () => {
            stay()
            const response = good ?? last
            if (response) answer(response)
          },
          (error) => {
            stay()
            // The job has failed, or is lost: its caller can ask for it.
            if (begun && !isStopped()) answer(begun)
            else refuse(signal?.aborted ? signal.reason : error)
          },
        )
        const response = answered.then((it) => it.response)
        return {
          response: isUntilJob ? orAborted(signal, response) : response,
          outcome: tracked,
          shared,
          isAbandoned: () => isLeft,
        }
      },
    }
  }

/** A fake may give anything. */
function isGood(given: Outcome): boolean {
  const said = Object(given) as Outcome
  return 'patch' in said ? said.patch?.status !== 'failed' : said.ok
}

/** An unread body would hold its connection. */
function letGo({ response }: SharedResponse): void {
  response?.body?.cancel?.().catch(() => {})
}

/** What can be read only once: a web stream, or the stream and the generators of Node. */
const isOneShot = (body: unknown): boolean =>
  typeof body === 'object' &&
  body !== null &&
  ('getReader' in body || 'pipe' in body || Symbol.asyncIterator in body)
