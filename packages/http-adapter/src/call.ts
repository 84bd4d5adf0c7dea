import type { RunContext, Tracker } from '@callsheet/core'
import { type Outcome, readOutcome } from './read-body.ts'
import { type Fetch, type FetchArguments, signalOf, withSignal } from './request.ts'
import type { LooseRoute } from './route.ts'
import { derive, observe, shareCall, type SharedCall } from './share-call.ts'

/** One call that was made. */
export interface Call {
  /** The caller's. */
  readonly response: Promise<Response>
  /** The tracker's: the same, unless the body is read. */
  readonly outcome: Promise<Outcome>
  /** Undefined for what is no promise, such as a fake's plain value: nobody can join that. */
  readonly shared: SharedCall | undefined
  /** Its own caller has aborted it. */
  readonly isAbandoned: () => boolean
}

/**
 * Makes the call, once.
 *
 * What follows its response is attached before the tracker and the caller can attach anything, and so comes first.
 */
export function makeCall(
  args: FetchArguments,
  send: Fetch,
  { read }: LooseRoute,
  { signal, task }: RunContext,
  tracker: Pick<Tracker, 'report' | 'cancel'>,
): Call {
  const own = signalOf(args)
  const sent = addSignal(args, signal, tracker.report)
  const response = send(...sent)
  const isAbandoned = () => own?.aborted === true && signalOf(sent)?.reason === own.reason
  if (!(response instanceof Promise)) return { response, outcome: response, shared: undefined, isAbandoned }
  const shared = shareCall(response, read !== undefined)
  const outcome = read ? derive(response, (it) => readOutcome(it, read, tracker.report)) : response
  observe(outcome, undefined, (error) => {
    // The tracker knows an AbortError and a TimeoutError; any other reason is known as the caller's only here.
    const isNamed = error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name)
    if (isAbandoned() && error === own?.reason && !isNamed) tracker.cancel(task.id, textOf(error))
  })
  return { response, outcome, shared, isAbandoned }
}

/** A signal that cannot be joined with another, a polyfill's say, stays alone: then the tracker aborts nothing. */
function addSignal(
  args: FetchArguments,
  signal: AbortSignal,
  report: (error: unknown) => void,
): FetchArguments {
  try {
    return withSignal(args, signal)
  } catch (error) {
    report(error)
    return args
  }
}

const textOf = (reason: unknown): string =>
  (reason instanceof Error ? reason.message : String(reason)) || 'aborted'
