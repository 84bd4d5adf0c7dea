import type { Follow, FollowContext, Job, TaskPatch } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import type { RouteKey } from '../route/match.ts'
import type { ReadStream } from '../route/read-stream.ts'
import type { Fetch, FetchArguments, RouteRequest } from '../route/request.ts'
import type { SharedResponse } from '../body/shared-response.ts'
import type { WebhookTracker } from './webhook-target.ts'

/** Calls that begin work, and how to read their answers. */
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
  /** What to keep of the request, such as the model. */
  readonly metadata?: (request: RouteRequest) => object
  /** Where the client sends calls again by itself. */
  readonly repeats?: Repeats
}

/** How a call ended that its client may send again. */
export interface CallEnd {
  readonly taskId: string
  /** Why the tracker ended it, of which its client does not know: it is not sent again, for it would be paid for. */
  readonly reason?: Error
}

/** Knows a call again when its client repeats it, for the same slot. */
export interface Repeats {
  readonly ended: (args: FetchArguments, slot: string, end: CallEnd) => void
  /** How the call ended that this one repeats. */
  readonly endOf: (args: FetchArguments, slot: string) => CallEnd | undefined
}

/** Calls that anybody makes about a job, and what their answers say of it. */
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
   * Follows a job that the given call has just begun: with its credentials, and asking only after a while. `isBeside`
   * says that the call is still open, so that its server may not know the job yet.
   */
  readonly begun: (
    job: Job,
    context: FollowContext,
    request: RouteRequest,
    isBeside?: boolean,
  ) => Promise<TaskPatch | void>
  /** Takes in what somebody else was told of a job. False when nobody follows it here. */
  readonly tell: (id: string, state: JobState) => boolean
  /** Takes in what a caller is about to be told. Has to be called before the caller has the response. */
  readonly watch: (watch: Watch, answered: Promise<SharedResponse>, request: RouteRequest) => void
}

/** Anybody who follows jobs, as a tracked fetch sees it. */
export type JobFollower = Follow & Partial<HttpJobs>

/** How the calls of one provider are understood: a mapping, and how its jobs are followed. */
export interface Provider {
  /** As it stands in the `provider` of a job. */
  readonly name: string
  readonly starts: { readonly [K in RouteKey]?: Start }
  readonly watches?: { readonly [K in RouteKey]?: Watch }
  /** Made once for each tracked fetch, whose own way to the network it is given. */
  readonly jobs?: (tools: JobTools) => HttpJobs
}

/** What following jobs needs. */
export interface JobTools {
  /** Untracked. */
  readonly fetch: Fetch
  readonly report: (error: unknown) => void
  /** Where an outcome goes that a client is told after our own polls have ended. A tracked fetch gives its tracker. */
  readonly tracker?: Pick<WebhookTracker, 'getTask' | 'updateTask'>
}
