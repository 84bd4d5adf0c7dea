import { CallsheetError } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import { begin, handleOf, segmentOf } from './begin.ts'
import { createRepeats } from './client-retries.ts'
import { followHttpJob, type HttpJobOptions } from '../jobs/http-jobs.ts'
import { jsonState } from './json-state.ts'
import { errorIn, misread } from '../route/error-in-body.ts'
import { outputOf } from './output.ts'
import type { RouteKey } from '../route/match.ts'
import type { Provider, Start, Watch } from '../jobs/provider.ts'

export { jsonState } from './json-state.ts'

/** Options of `jsonJob`. */
export interface JsonJobOptions<Name extends string = string> extends Pick<
  HttpJobOptions,
  'headers' | 'interval' | 'timeout' | 'needsOutput'
> {
  /** The `provider` of its jobs; each of several servers needs its own. @default 'json' */
  readonly name?: Name
  /** The calls that begin a job. */
  readonly start: RouteKey | readonly RouteKey[]
  /**
   * The address to poll, with `:id` in the path or the query: `/api/portrait/status?jobId=:id`. Outside a page, a whole
   * address.
   */
  readonly status: `${'/' | 'http://' | 'https://'}${string}:id${string}`
  /** The request that cancels a job: `DELETE /api/jobs/:id`. @default none */
  readonly cancel?: RouteKey
  /** Returns the job's id from the response to a start. @default `jobId`, `job_id`, `requestId`, `request_id` or `id` */
  readonly id?: (body: unknown) => string | undefined | Promise<string | undefined>
  /** Reads a response. @default `jsonState`, which knows the usual names of fields */
  readonly read?: (body: unknown) => JobState | Promise<JobState>
}

/**
 * Understands a server of your own that starts a job for a call and has an address for the job's status.
 *
 * Throws a CallsheetError for a `status` without `:id`.
 *
 * A response without a job's id is the whole work, and so is one with an output and no status. Polls of the page update the
 * task, too.
 *
 * @example
 * const portraits = jsonJob({
 *   start: 'POST /api/characters/portrait',
 *   status: '/api/characters/portrait/status?jobId=:id',
 * })
 * const fetch = createTrackedFetch({ tracker, providers: [portraits] })
 */
export function jsonJob<const Name extends string = 'json'>({
  name = 'json' as Name,
  start,
  status,
  cancel,
  id = idIn,
  read = jsonState,
  ...options
}: JsonJobOptions<Name>): Provider<Name> {
  if (!status.includes(':id')) {
    throw new CallsheetError(
      `Invalid "status" of jsonJob: expected an address with ":id" for the job's id, got "${status}".`,
      { code: 'invalid_option' },
    )
  }
  const at = (address: string, jobId: string) => address.replace(':id', () => segmentOf(jobId))
  const begins: Start = {
    repeats: createRepeats(),
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
