import type { TaskPatch } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import type { HttpJobs } from './http-jobs.ts'
import type { RouteKey } from './match.ts'
import type { ReadStream } from './read-outcome.ts'
import type { Fetch, FetchArguments, RouteRequest } from './request.ts'
import type { WebhookTracker } from './webhook-target.ts'

/** Calls that begin work, and how to read their answers. */
export interface Start {
  /** As a route's `read`: `done(output)`, `job(handle)`, `failed(reason)`, or any patch. */
  readonly read?: (body: unknown, request: RouteRequest) => TaskPatch | undefined
  /** Bytes of the longest body that is read, where the provider repeats its input, say. Default: 1 MiB. */
  readonly longest?: number
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
  readonly id: (request: RouteRequest) => string | undefined
  readonly read: (body: unknown, request: RouteRequest) => JobState | undefined
  /** As of a `Start`. */
  readonly longest?: number
}

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
