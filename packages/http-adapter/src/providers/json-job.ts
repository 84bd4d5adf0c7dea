import { CallsheetError } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import { begin, handleOf } from './begin.ts'
import { createRepeats } from './client-retries.ts'
import { followHttpJob, type HttpJobOptions } from '../jobs/http-jobs.ts'
import {
  addressByTemplate,
  addressFromAnswer,
  type AddressInAnswer,
  checkNames,
  fieldAt,
  type JobAddress,
} from '../jobs/job-address.ts'
import { envelopesIn, first, isOfRequest, type JsonStateOptions, readState } from './json-state.ts'
import { errorIn, misread } from '../route/error-in-body.ts'
import { outputOf } from './output.ts'
import type { RouteKey } from '../route/match.ts'
import type { Provider, Start, Watch } from '../jobs/provider.ts'

export type { AddressInAnswer } from '../jobs/job-address.ts'
export { jsonState, type JsonStateOptions } from './json-state.ts'

/** Options of `jsonJob`. */
export interface JsonJobOptions<Name extends string = string>
  extends
    JsonStateOptions,
    Pick<HttpJobOptions, 'headers' | 'interval' | 'timeout' | 'needsOutput' | 'unknownTimeout'> {
  /** The `provider` of its jobs; each of several servers needs its own. @default 'json' */
  readonly name?: Name
  /** The calls that begin a job. */
  readonly start: RouteKey | readonly RouteKey[]
  /**
   * The address to poll, with `:id` in the path or the query: `/api/portrait/status?jobId=:id`. Parameters of `start` are
   * filled, too. Outside a page, a whole address. A key such as `POST /v1/query` polls by POST, with `body`.
   * `{ from: 'polling_url' }` polls the address that the answer gives.
   */
  readonly status: `${'/' | 'http://' | 'https://'}${string}:id${string}` | RouteKey | AddressInAnswer
  /** The JSON body of a poll by POST: `(id) => ({ task_id: id })`. @default none */
  readonly body?: (id: string) => unknown
  /** The request that cancels a job: `DELETE /api/jobs/:id`. @default none */
  readonly cancel?: RouteKey
  /**
   * Returns the job's id from the response to a start.
   *
   * @default `jobId`, `task_id`, `id`, `generationId` or `request_id`, in that order, also within `data` and similar
   */
  readonly id?: (body: unknown) => string | number | undefined | Promise<string | number | undefined>
  /** Reads a response. @default `jsonState` with `progress` and `words`, which knows the usual names of fields */
  readonly read?: (body: unknown) => JobState | Promise<JobState>
}

/**
 * Understands a server that starts a job for a call and has an address for the job's status: your own, or a provider's.
 *
 * Throws a CallsheetError for a `status` without `:id`, `body` or `from`, and for a parameter that `start` does not have.
 *
 * A response without a job's id is the whole work, and so is one with an output and no status. Polls of the page update the
 * task, too. An address out of an answer is polled only at the origin of `start` and at `origins`, after a reload as well.
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
  body: bodyOf,
  cancel,
  id = idIn,
  progress,
  words,
  read = (answer) => readState(answer, { ...(progress && { progress }), ...(words && { words }) }),
  ...options
}: JsonJobOptions<Name>): Provider<Name> {
  const keys = [start].flat()
  const starts = keys.map((key) => split(key)[1])
  const [method, template] = typeof status === 'string' ? split(status) : ['GET', '']
  const address =
    typeof status === 'object' ? addressFromAnswer(status, starts) : byTemplate(method, template, bodyOf)
  const [cancelMethod, cancelTemplate] = split(cancel ?? '')
  checkNames('status', template, starts)
  checkNames('cancel', cancelTemplate, starts)

  async function idOf(body: unknown): Promise<string | undefined> {
    const found = (await id(body)) ?? (typeof status === 'object' ? fieldAt(body, status.from) : undefined)
    return found === undefined || found === '' ? undefined : String(found)
  }
  const begins: Start = {
    repeats: createRepeats(),
    async read(body, request) {
      const state = await read(body)
      const handle = handleOf(name, await idOf(body), (jobId) => address.begun(jobId, body, request))
      const beginning = { ...options, provider: name, body, handle }
      const isRecord = typeof body === 'object' && body !== null && !Array.isArray(body)
      const whole = state.status ? state : isRecord ? await wholeOf(body, read) : addressesIn(body)
      // A "success" with an id and without the output that is needed is that of the request.
      const isEmpty = !state.outputUrl && !state.metadata && options.needsOutput !== false
      if (handle && isEmpty && isOfRequest(state.status ?? '')) return begin({}, beginning)
      if (state.status || whole.outputUrl || whole.status === 'failed') return begin(whole, beginning)
      if (handle) return begin({}, beginning)
      const saysNo = errorIn(body) !== undefined || (whole.error !== undefined && !whole.metadata)
      return isRecord && !saysNo ? begin(whole, beginning) : misread(name, body)
    },
  }
  const asks: Watch = {
    id: (request) => address.idIn(request) ?? (bodyOf && idOf(request.json())),
    read,
  }
  return {
    name,
    starts: Object.fromEntries(keys.map((key) => [key, begins])),
    ...(address.key
      ? { watches: { [address.key]: asks } }
      : { watch: (by, url) => (by === 'GET' && address.idIn({ url, params: {} }) ? asks : undefined) }),
    jobs: (tools) =>
      followHttpJob({
        ...tools,
        ...options,
        url: (job) =>
          method === 'GET' ? address.of(job) : [address.of(job), poll(method, bodyOf?.(job.id))],
        read,
        ...(cancel && { cancel: (job) => [address.fill(cancelTemplate, job), { method: cancelMethod }] }),
      }),
  }
}

/** A key's method and address; GET for an address alone. */
function split(key: string): readonly [method: string, address: string] {
  const [method = '', address] = key.split(' ')
  return address === undefined ? ['GET', method] : [method, address]
}

function byTemplate(method: string, template: string, bodyOf: JsonJobOptions['body']): JobAddress {
  if (template.includes(':id') || (bodyOf && method !== 'GET')) return addressByTemplate(method, template)
  throw new CallsheetError(
    `Invalid "status" of jsonJob: expected an address with ":id" for the job's id, or a POST with "body", got "${template}".`,
    { code: 'invalid_option' },
  )
}

const poll = (method: string, body: unknown): RequestInit => ({
  method,
  ...(body !== undefined && {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }),
})

/** What an answer without a status says if it is the whole work. */
async function wholeOf(body: object, read: NonNullable<JsonJobOptions['read']>): Promise<JobState> {
  const state = await read({ ...body, status: 'succeeded' })
  return { ...state, status: state.status ?? 'succeeded' }
}

/** An address, or a list of them, as the whole answer. */
const addressesIn = (body: unknown): JobState => ({ ...outputOf(body), status: 'succeeded' })

// One each for the job, for what is made, and for the request, which is often only a number in a log.
const idNames =
  'jobId taskId id generationId predictionId operationId processId renderId videoId dubbingId requestId uuid'

function idIn(body: unknown): string | number | undefined {
  const objects = envelopesIn(body)
  const all = idNames.split(' ').flatMap((name) => objects.map((fields) => first(fields, name)))
  return all.find((it) => (typeof it === 'string' && it !== '') || typeof it === 'number') as
    string | number | undefined
}
