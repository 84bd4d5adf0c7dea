import { isActive, type JsonObject, type RunContext, type TaskPatch } from '@callsheet/core'
import { withSidePoll } from '@callsheet/core/jobs'
import { createGuard } from '@callsheet/core/provider'
import type { Call, CallTools, Outcome, Plan } from './contract.ts'
import { isHtml } from '../body/read-json.ts'
import { readOutcome } from './read-outcome.ts'
import {
  type ExtraHeader,
  type FetchArguments,
  type SignedCall,
  signalOf,
  withSignal,
} from '../route/request.ts'
import { isThenable, observe, shareCall } from '../body/share-call.ts'
import { shareResponse, type SharedResponse } from '../body/shared-response.ts'

/** A response and its outcome. */
export interface Received {
  readonly shared: SharedResponse
  readonly said: Outcome | Promise<Outcome>
}

/** Makes the call, once. */
export function makeCall(
  args: FetchArguments,
  plan: Plan,
  context: RunContext<JsonObject>,
  tools: CallTools,
): Call {
  const { signal, task } = context
  const own = signalOf(args)
  const { tracker } = tools
  // A caller that has its answer may abort: the job that it has begun goes on.
  let isAnswered = false
  const shared = shareCall(() => received!.then((it) => it.shared))
  const { repeats } = plan.route
  if (repeats) void plan.request.readAhead()
  const { given, received, sent } = sendCall(args, plan, context, tools, shared)
  const isAbandoned = () => !isAnswered && own?.aborted === true && sent.signal?.reason === own.reason
  if (!received) {
    const response = given as Promise<Response>
    return { response, outcome: response, shared: undefined, isAbandoned }
  }
  const taskId = task.id
  const guard = createGuard(tracker.report)
  const ended = (end: object) =>
    guard(() => repeats?.ended(args, plan.slot, { taskId, ...end }, plan.request))
  observe(
    received,
    (it) => it.shared.original?.ok || ended({}),
    (error) => ended(error === signal.reason ? { reason: error as Error } : {}),
  )
  // Before the response, so that the tracker knows how it went when the caller does.
  const outcome = outcomeOf(received, plan, context, tools, { onFollow: () => (isAnswered = true) })
  observe(outcome, undefined, (error) => {
    // The tracker knows an AbortError and a TimeoutError; any other reason is known as the caller's only here.
    const isNamed = /^(Abort|Timeout)Error$/.test(String((error as Error | undefined)?.name))
    if (isAbandoned() && error === own?.reason && !isNamed) tracker.cancel(taskId, textOf(error))
  })
  return { response: received.then((it) => it.shared.response), outcome, shared, isAbandoned }
}

/** A call on its way. */
interface SentCall {
  /** What fetch gave. */
  readonly given: unknown
  readonly sent: SignedCall
  /** Undefined where fetch gave no promise. */
  readonly received: Promise<Received> | undefined
}

/** Sends a call with the run's signal. Its response is read before anything else can be attached to it. */
export function sendCall(
  args: FetchArguments,
  { route, request, job }: Plan,
  context: RunContext<JsonObject>,
  // Taken out, for a browser's fetch can be no method.
  { send, tracker }: Pick<CallTools, 'send' | 'tracker'>,
  { isJoined, isHeld = false }: { readonly isJoined: () => boolean; readonly isHeld?: boolean },
): SentCall {
  const { idempotencyHeader: header } = route
  const extra: ExtraHeader | undefined = header === undefined ? undefined : [header, context.idempotencyKey]
  const sent = addSignal(args, context.signal, tracker.report, extra)
  const { release = () => {} } = sent
  const aborted = () => [signalOf(args), context.signal].find((signal) => signal?.aborted)
  const run = {
    update: (patch: TaskPatch) => context.update(route.redact(patch)),
    now: context.now,
    wait: context.wait,
    isHeld,
    report: tracker.report,
  }

  function receive(response: Response): Received {
    const shared = shareResponse(response, aborted, release)
    const said = readOutcome(shared, route, request, run)
    // Later calls may join a task that goes on after the response.
    if (isJoined() || job || sent.release) shared.share()
    // Its end is to be seen, so that no listener is left.
    if (sent.release) shared.drain()
    return { shared, said }
  }

  let given: unknown
  try {
    given = send(...sent.args)
  } catch (error) {
    release()
    throw error
  }
  if (!isThenable(given)) {
    release()
    return { given, sent, received: undefined }
  }
  const received = Promise.resolve(given as Promise<Response>).then(receive, (error: unknown) => {
    release()
    throw error
  })
  return { given, sent, received }
}

/** Callbacks on the way to an outcome. */
interface OutcomeHooks {
  /** The outcome of the response itself. */
  readonly onSaid?: (said: Outcome) => void
  /** The response has begun a job that is followed. */
  readonly onFollow?: () => void
}

/** The outcome of a response, or of the job that it has begun. */
export function outcomeOf(
  received: Promise<Received>,
  { route, request, job }: Plan,
  context: RunContext<JsonObject>,
  { jobs }: Pick<CallTools, 'jobs'>,
  { onSaid, onFollow }: OutcomeHooks,
): Promise<Outcome> {
  const update = (patch: TaskPatch) => context.update(route.redact(patch))
  const outcome = received.then(({ said }) => (isThenable(said) ? said.then(goOn) : goOn(said)))
  const side = job && jobs.get(job.provider)
  if (!job || !side) return outcome
  update({ job })
  return withSidePoll<Outcome, Outcome>(
    context,
    () =>
      outcome.then(async (said) => {
        const { original } = (await received).shared
        // The page of a host is not an answer: the side poll learns how the work ends.
        if (original?.ok && isHtml(original)) throw new SyntaxError('The answer is an HTML page.')
        return said
      }),
    async (beside) => ({ patch: (await (side.begun ?? side)(job, beside, request, true)) ?? undefined }),
  )

  function goOn(said: Outcome): Outcome | Promise<Outcome> {
    onSaid?.(said)
    const patch = said && 'patch' in said ? said.patch : undefined
    const follow = patch?.job && jobs.get(patch.job.provider)
    if (!patch?.job || !follow || !isActive({ status: patch.status ?? 'succeeded' })) return said
    onFollow?.()
    // Before the first await: after a reload the job is needed.
    update(patch)
    const end = (follow.begun ?? follow)(patch.job, context, request)
    return end.then((last) => ({ patch: last ?? undefined }))
  }
}

/** A signal that cannot be joined with another stays alone: then the tracker aborts nothing. */
function addSignal(
  args: FetchArguments,
  signal: AbortSignal,
  report: (error: unknown) => void,
  extra?: ExtraHeader,
): SignedCall {
  try {
    return withSignal(args, signal, extra)
  } catch (error) {
    report(error)
    return { args, signal: signalOf(args) }
  }
}

/** What a reason says, whatever it is, and from whichever realm. */
export function textOf(reason: unknown): string {
  try {
    const { message = reason } = Object(reason) as { readonly message?: unknown }
    return String(message) || 'aborted'
  } catch {
    return 'aborted'
  }
}
