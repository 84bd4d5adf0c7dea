import type { TaskPatch } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import type { HttpJobs } from './http-jobs.ts'
import type { RouteKey } from './match.ts'
import type { ReadStream } from './read-outcome.ts'
import type { Fetch, FetchArguments, RouteRequest } from './request.ts'

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

/** Knows a call that the tracker has ended when its client, which does not know of that, sends it again. */
export interface Repeats {
  readonly ended: (args: FetchArguments, reason: Error) => void
  /** Why the call that this one repeats was ended: it is not sent then, for it would be paid for. */
  readonly endOf: (args: FetchArguments) => Error | undefined
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
}
