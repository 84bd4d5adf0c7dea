import type { JobState } from '@callsheet/core/jobs'
import { begin, segmentOf } from './begin.ts'
import { followHttpJob, type HttpJobOptions } from './http-jobs.ts'
import { jsonState } from './json-state.ts'
import type { RouteKey } from './match.ts'
import type { Provider, Start, Watch } from './provider.ts'

export { jsonState } from './json-state.ts'

/** How a server of one's own gives jobs. */
export interface JsonJobOptions extends Pick<
  HttpJobOptions,
  'headers' | 'every' | 'timeout' | 'needsOutput'
> {
  /** As it stands in the `provider` of a job; each of several servers needs its own. Default: `json`. */
  readonly name?: string
  /** The calls that begin a job. */
  readonly start: RouteKey | readonly RouteKey[]
  /**
   * Where a job is asked for, with `:id` in the path or the query: `/api/portrait/status?jobId=:id`. Where there is no
   * page, a whole address.
   */
  readonly status: `${'/' | 'http://' | 'https://'}${string}:id${string}`
  /** How a job is ended: `DELETE /api/jobs/:id`. Default: the server is not told. */
  readonly cancel?: RouteKey
  /** The job's id in the answer of a start. Default: its `jobId`, `job_id`, `requestId`, `request_id` or `id`. */
  readonly id?: (body: unknown) => string | undefined
  /** What an answer says. Default: the names that such servers use, as `jsonState` knows them. */
  readonly read?: (body: unknown) => JobState
}

/**
 * Understands a server that gives a job for a call, and tells of it at an address: as most servers do that one writes
 * oneself.
 *
 * Throws a TypeError for a `status` without `:id`.
 *
 * An answer without a job's id is the whole work, and so is one with an output and no status. What the page is told while it polls, the task is told.
 *
 * @example
 * const portraits = jsonJob({
 *   start: 'POST /api/characters/portrait',
 *   status: '/api/characters/portrait/status?jobId=:id',
 * })
 * const fetch = createTrackedFetch({ tracker, providers: [portraits] })
 */
export function jsonJob({
  name = 'json',
  start,
  status,
  cancel,
  id = idIn,
  read = jsonState,
  ...options
}: JsonJobOptions): Provider {
  if (!status.includes(':id')) {
    throw new TypeError(
      `jsonJob: status is "${status}"; give an address with ":id", where the job's id stands.`,
    )
  }
  const at = (address: string, jobId: string) => address.replace(':id', () => segmentOf(jobId))
  const begins: Start = {
    read(body) {
      const jobId = id(body)
      const whole = wholeOf(body, read)
      const state = read(body)
      if (jobId === undefined || (!state.status && whole.outputUrl)) {
        return begin(whole, { provider: name, id: '' }, options)
      }
      // A job that does not say yet how it stands.
      return begin(
        { ...state, status: state.status || 'starting' },
        { provider: name, id: jobId, url: at(status, jobId) },
        options,
      )
    },
  }
  const [path = '', query = ''] = status.split('?')
  const param = [...new URLSearchParams(query)].find(([, value]) => value === ':id')?.[0]
  const asks: Watch = {
    id: ({ params, url }) =>
      (param === undefined
        ? (params as Readonly<Record<string, string>>)['id']
        : url.searchParams.get(param)) ?? undefined,
    read,
  }
  const [method = '', address = ''] = cancel?.split(' ') ?? []
  return {
    name,
    starts: Object.fromEntries([start].flat().map((key) => [key, begins])),
    watches: { [`GET ${path as '/'}`]: asks },
    jobs: (tools) =>
      followHttpJob({
        ...tools,
        ...options,
        url: (job) => at(status, job.id),
        read,
        ...(cancel && { cancel: (job) => [at(address, job.id), { method }] }),
      }),
  }
}

/** What an answer says that names no job: it may leave out the status, too. */
function wholeOf(body: unknown, read: (body: unknown) => JobState): JobState {
  const state = read(body)
  if (state.status) return state
  const whole = read({ ...(body as object), status: 'succeeded' })
  const hasOutput = whole.outputUrl ?? whole.metadata
  return { ...whole, status: whole.error !== undefined && !hasOutput ? 'failed' : 'succeeded' }
}

function idIn(body: unknown): string | undefined {
  const { jobId, job_id, requestId, request_id, id } = (body ?? {}) as Record<string, unknown>
  const found = [jobId, job_id, requestId, request_id, id].find(
    (it) => typeof it === 'string' || typeof it === 'number',
  )
  return found === undefined ? undefined : String(found)
}
