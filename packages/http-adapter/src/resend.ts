import type { JsonObject, RetryPolicy, RunContext } from '@callsheet/core'
import { addSignal, type Call, type CallTools, outcomeOf, textOf } from './call.ts'
import type { Plan } from './plan.ts'
import { isJson, type Outcome } from './read-outcome.ts'
import { type FetchArguments, signalOf } from './request.ts'
import { observe, shareCall } from './share-call.ts'

/**
 * When and how a call is sent again: as `track` does it, but what `before` gives is laid over the next call's `init`.
 */
export interface ResendPolicy extends Omit<RetryPolicy<JsonObject>, 'before'> {
  readonly before?: (context: RunContext<JsonObject>) => RequestInit | void | Promise<RequestInit | void>
}

/** A way to send calls again; made by `resend`. */
export type Resend = (args: FetchArguments, plan: Plan, tools: CallTools) => ResentCall | undefined

/** A call that may be sent again. */
export interface ResentCall {
  /** One attempt. */
  readonly attempt: (context: RunContext<JsonObject>) => Promise<Outcome>
  /** As the tracker has to know it: once the caller has an answer, nothing is sent again. */
  readonly retry: RetryPolicy<JsonObject>
  /** What the caller and those who join get, once the tracker follows the attempts. */
  readonly settledBy: (tracked: Promise<Outcome>) => Call
}

/**
 * For `retry` of a route: sends a call again that failed, as attempts of one task. The caller gets the first response
 * that is no failure, or else the last one. A body that is a stream can be read only once: such a call is sent once.
 *
 * @example
 * const retry = resend({
 *   attempts: 4,
 *   before: async ({ lastError }) => ({ body: JSON.stringify({ prompt: await soften(lastError?.message) }) }),
 * })
 */
export const resend =
  (policy: ResendPolicy = {}): Resend =>
  (args, plan, tools) => {
    const [input, init] = args
    if (init?.body instanceof ReadableStream) return undefined
    const { before, classify, when } = policy
    const { send } = tools
    const own = signalOf(args)
    let answer!: (response: Response) => void
    let refuse!: (error: unknown) => void
    const response = new Promise<Response>((resolve, reject) => {
      answer = resolve
      refuse = reject
    })
    let isAnswered = false
    let last: Response | undefined
    let changes: RequestInit | void
    let leave = () => {}
    const stay = () => own?.removeEventListener('abort', leave)
    const settle = (good: Response) => {
      isAnswered = true
      stay()
      answer(good)
    }

    return {
      attempt(context) {
        const { id } = context.task
        stay()
        // Also in the pause before the next attempt.
        leave = () => tools.tracker.cancel(id, textOf(own?.reason))
        if (own?.aborted) leave()
        own?.addEventListener('abort', leave, { once: true })
        // What nobody reads would hold its connection.
        last?.body?.cancel().catch(() => {})
        last = undefined
        const again = changes ? { ...init, ...changes } : init
        const isReusable = input instanceof Request && !input.bodyUsed && !again?.body
        const copy = isReusable ? input.clone() : input
        const sent = send(...addSignal([copy, again], context.signal, tools.tracker.report))
        const kept = Promise.resolve(sent).then((it) => (last = it))
        const outcome = outcomeOf(kept, plan, context, tools, {
          onSaid(said) {
            const isGood = 'patch' in said ? said.patch?.status !== 'failed' : said.ok
            if (isGood && last) settle(last)
          },
        })
        // A stream is its caller's as it comes, once its copy is taken.
        observe(kept, (it) => it.ok && !isJson(it) && settle(it))
        return outcome
      },
      retry: {
        ...policy,
        classify: (failure) => ({
          ...classify?.(failure),
          ...(isAnswered && { kind: 'unknown', retryable: false }),
        }),
        ...(when && { when: (failure) => !isAnswered && when(failure) }),
        ...(before && {
          async before(context) {
            changes = { ...changes, ...(await before(context)) }
          },
        }),
      },
      settledBy(tracked) {
        const shared = shareCall(response, () => true)
        observe(
          tracked,
          () => {
            stay()
            if (last) answer(last)
          },
          (error) => {
            stay()
            refuse(own?.aborted ? own.reason : error)
          },
        )
        return { response, outcome: tracked, shared, isAbandoned: () => !isAnswered && own?.aborted === true }
      },
    }
  }
