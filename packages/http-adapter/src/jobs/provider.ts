import type { Job, TaskPatch } from '@callsheet/core'
import type { Follow, FollowContext } from '@callsheet/core/provider'
import type { JobState } from '@callsheet/core/jobs'
import type { RouteKey } from '../route/match.ts'
import type { ReadStream } from '../route/read-stream.ts'
import type { Fetch, FetchArguments, RouteRequest } from '../route/request.ts'
import type { SharedResponse } from '../body/shared-response.ts'
import type { WebhookTracker } from './webhook-target.ts'

/** Calls that begin work, and how to read their responses. */
export interface Start {
  /** As a route's `read`: `done(output)`, `job(handle)`, `failed(reason)`, or any patch. */
  readonly read?: (
    body: unknown,
    request: RouteRequest,
  ) => TaskPatch | undefined | Promise<TaskPatch | undefined>
  /** Maximum bytes of a body. A longer one is not read. Some providers repeat the input. @default 1 MiB */
  readonly maxBytes?: number
  /** As a route's `stream`. */
  readonly stream?: ReadStream
  /** Metadata from the request, such as the model. */
  readonly metadata?: (request: RouteRequest) => object
  /** Set it where the client repeats calls by itself. */
  readonly repeats?: Repeats
}

/** The end of a call that its client may send again. */
export interface CallEnd {
  readonly taskId: string
  /** Why the tracker ended it. Its client does not know, and must not send the paid call again. */
  readonly reason?: Error
}

/** A call as it is compared with others; its `body` is the text of a Request's, once that is known. */
export interface ComparedCall {
  readonly url: URL
  readonly body: () => unknown
}

/** Recognizes a call that its client repeats for the same slot. */
export interface Repeats {
  readonly ended: (args: FetchArguments, slot: string, end: CallEnd, call: ComparedCall) => void
  /** The end of the call that this one repeats. */
  readonly endOf: (args: FetchArguments, slot: string, call: ComparedCall) => CallEnd | undefined
  /** Whether a call to this address has ended, so that the body of a Request has to be read first to compare it. */
  readonly hasEnded?: (call: ComparedCall) => boolean
}

/** Calls about a job, made by any client, and how to read their responses. */
export interface Watch {
  readonly id: (request: RouteRequest) => string | undefined | Promise<string | undefined>
  readonly read: (
    body: unknown,
    request: RouteRequest,
  ) => JobState | undefined | Promise<JobState | undefined>
  /** As of a `Start`. */
  readonly maxBytes?: number
}

/** Follows jobs; for `jobs` of a tracked fetch, and as it is for `tracker.resume`. */
export interface HttpJobs extends Follow {
  /**
   * Follows a job that the given call has just begun: with its credentials, and the first poll after `interval`.
   * `isBeside`: the call is still open, so its server may not know the job yet.
   */
  readonly begun: (
    job: Job,
    context: FollowContext,
    request: RouteRequest,
    isBeside?: boolean,
  ) => Promise<TaskPatch | void>
  /** Takes in a state that another client received. False when the job is not followed here. */
  readonly tell: (id: string, state: JobState) => boolean
  /** Reads the response that a caller is about to get. Call it before the caller has the response. */
  readonly watch: (watch: Watch, answered: Promise<SharedResponse>, request: RouteRequest) => void
}

/** A follower of jobs, as a tracked fetch sees it. */
export type JobFollower = Follow & Partial<HttpJobs>

/** Maps the calls of one provider to tasks, and follows its jobs. */
export interface Provider<Name extends string = string> {
  /** The `provider` of its jobs. */
  readonly name: Name
  readonly starts: { readonly [K in RouteKey]?: Start }
  readonly watches?: { readonly [K in RouteKey]?: Watch }
  /** Finds a call about a job whose address no key can name, such as one out of an answer. */
  readonly watch?: (method: string, url: URL) => Watch | undefined
  /** Called once for each tracked fetch, with its untracked fetch. */
  readonly jobs?: (tools: JobTools) => HttpJobs
}

/** What a follower of jobs needs. */
export interface JobTools {
  /** Untracked. */
  readonly fetch: Fetch
  readonly report: (error: unknown) => void
  /** Where an outcome goes that a client receives after our own polls have ended. A tracked fetch passes its tracker. */
  readonly tracker?: Pick<WebhookTracker, 'getTask' | 'updateTask'>
}
