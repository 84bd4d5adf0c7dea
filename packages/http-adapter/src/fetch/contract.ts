import type {
  ItemScope,
  Job,
  JsonObject,
  MetadataOf,
  Pipeline,
  RetryPolicy,
  RunContext,
  RunOptions,
  TaskPatch,
  TaskType,
  Tracker,
} from '@callsheet/core'
import type { ParamName } from '../route/match.ts'
import type { CallEnd, JobFollower, Start } from '../jobs/provider.ts'
import type { ReadStream } from '../route/read-stream.ts'
import type { Fetch, FetchArguments, RouteRequest } from '../route/request.ts'
import type { SharedCall } from '../body/share-call.ts'

/** What a call is for: its show, and the item exactly where the step is per item. */
export type RouteScope<P extends Pipeline, T extends TaskType<P>> = { readonly showId: string } & ItemScope<
  P,
  T
>

/** How a tracked call is run. */
export interface CallOptions {
  /**
   * When the slot is already being worked on: `join` (default) sends nothing and gives a response of its own to the
   * running call, `supersede` aborts the running call, `reject` rejects with AlreadyRunningError, as join does when the
   * work runs elsewhere, is no call of a tracked fetch, or has answered with a body of which more than 1 MiB has passed.
   */
  readonly onConflict?: 'join' | 'supersede' | 'reject'
  /** Milliseconds after which the call, or the following of its job, is ended. Default: none. */
  readonly timeout?: number
  /** Milliseconds after which one attempt counts as failed, so that `resend` makes the next one. Default: none. */
  readonly attemptTimeout?: number
  /** How a call is sent again that failed: `resend({ attempts: 4 })`. Default: nothing is sent again. */
  readonly retry?: Resend
}

/** How the calls of one route are tracked. */
export type Route<
  P extends Pipeline,
  K extends string = string,
  T extends TaskType<P> = TaskType<P>,
> = T extends unknown ? StepRoute<T, RouteScope<P, T>, MetadataOf<P, T>, RouteRequest<ParamName<K>>> : never

/** A route by its parts, so that a compiler's message begins with the step and not with the pipeline. */
export interface StepRoute<T extends string, Scope, M, Request> extends CallOptions {
  /** The step, or the extra task. */
  readonly type: T
  /** Says what a call is for; undefined for a call that shall not be tracked. */
  readonly scope: (request: Request) => Scope | undefined
  readonly metadata?: Partial<M> | ((request: Request) => Partial<M>)
  /**
   * Reads what to record from the JSON of an ok response: `done(output)`, `job(handle)` for work that goes on,
   * `failed(reason)` for a failure that came as a success, or any patch. The task then ends with the body, or
   * with the job, and not with the headers; the caller waits for neither. Not called for other bodies, or those
   * above 1 MiB.
   */
  readonly read?: (
    body: unknown,
    request: Request,
  ) => TaskPatch<M> | undefined | Promise<TaskPatch<M> | undefined>
  /** Reads an ok response that is no JSON as it comes in, from a copy: `readEvents(…)`, `readDownload()`. */
  readonly stream?: ReadStream
  /**
   * The handle of the work where it is known before the call answers. It is recorded and followed beside the call
   * from the start, and finishes the task when the call breaks off.
   */
  readonly job?: (request: Request) => Job | undefined
  /** Takes out of what is about to be recorded what must not be. Core's own redaction comes after it. */
  readonly redact?: (patch: TaskPatch<M>) => TaskPatch<M>
}

/** A route as the code sees it, whatever its pipeline. */
export interface LooseRoute extends CallOptions {
  readonly type: string
  readonly scope: (request: RouteRequest) => Readonly<Record<string, unknown>> | undefined
  readonly metadata?: object | ((request: RouteRequest) => object)
  readonly read?: (
    body: unknown,
    request: RouteRequest,
  ) => TaskPatch | undefined | Promise<TaskPatch | undefined>
  readonly stream?: ReadStream
  /** What an ok response means whose body is neither JSON nor a stream that is read. */
  readonly unread?: TaskPatch | undefined
  /** See a provider's `Start`. */
  readonly maxBytes?: number
  readonly job?: (request: RouteRequest) => Job | undefined
  readonly redact?: (patch: TaskPatch) => TaskPatch
}

/** Calls that are tracked: a provider's say neither type nor scope. */
export type Tracked = CallOptions & Partial<LooseRoute> & Pick<Start, 'repeats'>

/** What the tracker is given of a response: a failed response itself, else what it says. */
export type Outcome = Response | { readonly patch: TaskPatch | undefined }

/** How one call is tracked. */
export interface Plan {
  readonly route: Tracked & Required<Pick<Tracked, 'redact'>>
  readonly request: RouteRequest
  /** What the call is for, in a word. */
  readonly slot: string
  /** The id of the slot's current task. */
  readonly currentId: () => string | undefined
  /** How the call ended that this one repeats. */
  readonly last: CallEnd | undefined
  /** The handle of the work, where it is known already. */
  readonly job: Job | undefined
  readonly track: (
    fn: (run: RunContext<JsonObject>) => Promise<Outcome>,
    options: Pick<RunOptions<JsonObject, Promise<Outcome>>, 'onConflict' | 'retry' | 'retryOf'>,
  ) => Promise<Outcome>
}

/** One call that was made. */
export interface Call {
  /** The caller's. */
  readonly response: Promise<Response>
  /** The tracker's: what comes of the response, to the end of the work that it has begun. */
  readonly outcome: Promise<Outcome>
  /** Undefined for what is no promise, such as a fake's plain value, which cannot be joined. */
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
