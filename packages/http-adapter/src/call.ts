import { isActive, type JsonObject, type RunContext, type TaskPatch, type Tracker } from '@callsheet/core'
import { withSidePoll } from '@callsheet/core/jobs'
import type { JobFollower } from './http-jobs.ts'
import type { Plan } from './plan.ts'
import { isJson, isShort, type Outcome, readOutcome } from './read-outcome.ts'
import { type Fetch, type FetchArguments, signalOf, withSignal } from './request.ts'
import { derive, observe, shareCall, type SharedCall } from './share-call.ts'

/** One call that was made. */
export interface Call {
  /** The caller's. */
  readonly response: Promise<Response>
  /** The tracker's: the same, unless something is read or followed. */
  readonly outcome: Promise<Outcome>
  /** Undefined for what is no promise, such as a fake's plain value: nobody can join that. */
  readonly shared: SharedCall | undefined
  /** Its own caller has aborted it. */
  readonly isAbandoned: () => boolean
}

/** What calls have to do with. */
export interface CallTools {
  readonly send: Fetch
  readonly tracker: Pick<Tracker, 'report' | 'cancel'>
  /** Those who follow jobs, by provider. */
  readonly jobs: ReadonlyMap<string, JobFollower>
}

/**
 * Makes the call, once.
 *
 * What follows its response is attached before the tracker and the caller can attach anything, and so comes first.
 */
export function makeCall(
  args: FetchArguments,
  plan: Plan,
  context: RunContext<JsonObject>,
  tools: CallTools,
): Call {
  const { signal, task } = context
  const own = signalOf(args)
  // Taken out, for a browser's fetch can be no method.
  const { send, tracker } = tools
  const sent = addSignal(args, signal, tracker.report)
  const response = send(...sent)
  // Who has the answer may leave: the work that it has begun goes on.
  let isAnswered = false
  const isAbandoned = () => !isAnswered && own?.aborted === true && signalOf(sent)?.reason === own.reason
  if (!(response instanceof Promise)) return { response, outcome: response, shared: undefined, isAbandoned }
  const shared = shareCall(response, (it) => plan.route.read !== undefined && isJson(it) && isShort(it))
  const taskId = task.id
  const ended = (end: object) => plan.route.repeats?.ended(args, plan.slot, { taskId, ...end })
  observe(
    response,
    (it: Response | undefined) => it?.ok || ended({}),
    (error) => ended(error === signal.reason ? { reason: error as Error } : {}),
  )
  const outcome = outcomeOf(response, plan, context, tools, { onFollow: () => (isAnswered = true) })
  observe(outcome, undefined, (error) => {
    // The tracker knows an AbortError and a TimeoutError; any other reason is known as the caller's only here.
    const isNamed = error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name)
    if (isAbandoned() && error === own?.reason && !isNamed) tracker.cancel(taskId, textOf(error))
  })
  return { response, outcome, shared, isAbandoned }
}

/** Who is told on the way. */
interface OutcomeHooks {
  /** What the response itself says. */
  readonly onSaid?: (said: Outcome) => void
  /** It was read, and has begun work that goes on. */
  readonly onFollow?: () => void
}

/** What comes of a response, to the end of the work that it has begun. */
export function outcomeOf(
  response: Promise<Response>,
  { route, request, job }: Plan,
  context: RunContext<JsonObject>,
  { tracker, jobs }: CallTools,
  { onSaid, onFollow }: OutcomeHooks,
): Promise<Outcome> {
  const { read, stream, redact } = route
  const update = (patch: TaskPatch) => context.update(redact(patch))
  const run = { update, now: context.now }
  const isRead = read ?? stream ?? onSaid
  const outcome = isRead
    ? derive(response, (it) => {
        const said = readOutcome(it, route, request, run, tracker.report)
        return said instanceof Promise ? said.then(goOn) : goOn(said)
      })
    : response
  const side = job && jobs.get(job.provider)
  if (!job || !side) return outcome
  update({ job })
  return withSidePoll<Outcome, Outcome>(
    context,
    () => outcome,
    async (beside) => ({ patch: (await (side.begun ?? side)(job, beside, request, true)) ?? undefined }),
  )

  function goOn(said: Outcome): Outcome | Promise<Outcome> {
    onSaid?.(said)
    const patch = 'patch' in said ? said.patch : undefined
    const follow = patch?.job && jobs.get(patch.job.provider)
    if (!patch?.job || !follow || !isActive({ status: patch.status ?? 'succeeded' })) return said
    onFollow?.()
    // Before anything is waited for: what comes after a reload needs it.
    update(patch)
    const end = (follow.begun ?? follow)(patch.job, context, request)
    return end.then((last) => ({ patch: last ?? undefined }))
  }
}

/** A signal that cannot be joined with another, a polyfill's say, stays alone: then the tracker aborts nothing. */
export function addSignal(
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

export const textOf = (reason: unknown): string =>
  (reason instanceof Error ? reason.message : String(reason)) || 'aborted'
