import type { JobState } from '@callsheet/core/jobs'
import { begin, handleOf, segmentOf } from './begin.ts'
import { followHttpJob, type HttpJobOptions } from '../jobs/http-jobs.ts'
import { jsonState } from './json-state.ts'
import { errorIn, misread } from '../route/misread.ts'
import { outputOf } from './output.ts'
import type { RouteKey } from '../route/match.ts'
import type { Provider, Start, Watch } from '../jobs/provider.ts'

export { jsonState } from './json-state.ts'

/** How a server of one's own gives jobs. */
export interface JsonJobOptions extends Pick<
  HttpJobOptions,
  'headers' | 'interval' | 'timeout' | 'needsOutput'
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
  readonly id?: (body: unknown) => string | undefined | Promise<string | undefined>
  /** What an answer says. Default: the names that such servers use, as `jsonState` knows them. */
  readonly read?: (body: unknown) => JobState | Promise<JobState>
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
    async read(body) {
      const state = await read(body)
      const handle = handleOf(name, await id(body), (jobId) => at(status, jobId))
      const beginning = { ...options, provider: name, body, handle }
      const isRecord = typeof body === 'object' && body !== null && !Array.isArray(body)
      const whole = state.status ? state : isRecord ? await wholeOf(body, read) : addressesIn(body)
      if (state.status || whole.outputUrl) return begin(whole, beginning)
      if (handle) return begin({}, beginning)
      const saysNo = errorIn(body) !== undefined || (whole.error !== undefined && !whole.metadata)
      return isRecord && !saysNo ? begin(whole, beginning) : misread(name, body)
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

/** What an answer without a status says if it is the whole work. */
const wholeOf = async (body: object, read: NonNullable<JsonJobOptions['read']>): Promise<JobState> => ({
  ...(await read({ ...body, status: 'succeeded' })),
  status: 'succeeded',
})

/** An address, or a list of them, as the whole answer. */
const addressesIn = (body: unknown): JobState => ({ ...outputOf(body), status: 'succeeded' })

function idIn(body: unknown): string | undefined {
  const { jobId, job_id, requestId, request_id, id } = (body ?? {}) as Record<string, unknown>
  const found = [jobId, job_id, requestId, request_id, id].find(
    (it) => typeof it === 'string' || typeof it === 'number',
  )
  return found === undefined ? undefined : String(found)
}
