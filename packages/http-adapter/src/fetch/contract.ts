import type {
  Job,
  JsonObject,
  Pipeline,
  RetryPolicy,
  RunContext,
  RunOptions,
  TaskPatch,
  TaskType,
  Tracker,
} from '@callsheet/core'
import type { ItemScope, MetadataOf } from '@callsheet/core/provider'
import type { ParamName } from '../route/match.ts'
import type { CallEnd, JobFollower, Start } from '../jobs/provider.ts'
import type { ReadStream } from '../route/read-stream.ts'
import type { CallRequest, Fetch, FetchArguments, RouteRequest } from '../route/request.ts'
import type { SharedCall } from '../body/share-call.ts'

/** The slot of a call: its show, and the item exactly where the step is per item. */
export type RouteScope<P extends Pipeline, T extends TaskType<P>> = { readonly showId: string } & ItemScope<
  P,
  T
>

/** Options of a tracked call. */
export interface CallOptions {
  /**
   * What to do if the slot is active. `join`: send nothing and return an own response to the running call. `supersede`: abort
   * the running call and send this one. `reject`: reject with AlreadyRunningError, as `join` does if the work runs elsewhere,
   * is not a call of a tracked fetch, or has passed on more than 1 MiB of its body.
   *
   * @default 'join'
   */
  readonly onConflict?: 'join' | 'supersede' | 'reject'
  /** Maximum duration of the call with all its attempts, and of its job, in ms. @default Infinity */
  readonly timeout?: number
  /** Maximum duration of one attempt in ms. Then it counts as failed, and `resend` sends the next one. @default Infinity */
  readonly attemptTimeout?: number
  /**
   * The header that names each attempt, such as `Idempotency-Key`, for servers that do the same work only once: see
   * `idempotencyKey` of core. A header that the caller sets stays.
   *
   * @default none
   */
  readonly idempotencyHeader?: string
  /** Retries a failed call: `resend({ attempts: 4 })`. @default none */
  readonly retry?: Resend
}

/** One route of a tracked fetch. */
export type Route<
  P extends Pipeline,
  K extends string = string,
  T extends TaskType<P> = TaskType<P>,
> = T extends unknown ? StepRoute<T, RouteScope<P, T>, MetadataOf<P, T>, RouteRequest<ParamName<K>>> : never

/** A route by its parts, so that a compiler's message begins with the step and not with the pipeline. */
export interface StepRoute<T extends string, Scope, M, Request> extends CallOptions {
  /** The type of the step or the extra task. */
  readonly type: T
  /** Returns the slot of a call; undefined leaves the call untracked. */
  readonly scope: (request: Request) => Scope | undefined
  /** Metadata of the task, or a function that reads it from the call. @default none */
  readonly metadata?: Partial<M> | ((request: Request) => Partial<M>)
  /**
   * Reads the JSON of an ok response: returns `done(output)`, `job(handle)` for work that goes on, `failed(reason)` for a
   * failure with a 200, or any patch. The task then ends with the body or the job instead of the headers; the caller
   * waits for neither. Not called for other types of bodies, or above 1 MiB. An answer with an `error` and no result
   * fails the task, and so do invalid JSON and an HTML page. May be asynchronous.
   */
  readonly read?: (
    body: unknown,
    request: Request,
  ) => TaskPatch<M> | undefined | Promise<TaskPatch<M> | undefined>
  /** Reads an ok response that is not JSON as it arrives, from a copy: `readEvents(…)`, `readDownload()`. */
  readonly stream?: ReadStream
  /**
   * The handle of the work, if it is known before the call answers. The job is followed beside the call from the start,
   * and finishes the task when the call breaks off.
   */
  readonly job?: (request: Request) => Job | undefined
  /** Removes secrets from a patch before it is recorded. Core's own redaction comes after it. */
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
  /** The patch of an ok response whose body is neither JSON nor a stream that is read. */
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
  readonly request: CallRequest
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
  /** The tracker's: the outcome of the response, or of the job that it has begun. */
  readonly outcome: Promise<Outcome>
  /** Undefined for a plain value of a fake fetch, which cannot be joined. */
  readonly shared: SharedCall | undefined
  /** Its own caller has aborted it. */
  readonly isAbandoned: () => boolean
}

/** What calls need. */
export interface CallTools {
  readonly send: Fetch
  readonly tracker: Pick<Tracker, 'report' | 'cancel'>
  /** Followers of jobs, by provider. */
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
  /** The call for the caller and for joining calls, once the tracker follows the attempts. */
  readonly settledBy: (tracked: Promise<Outcome>) => Call
}
