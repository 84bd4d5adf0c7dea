import type { Job } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import { failed } from '../route/answers.ts'
import { begin, handleOf } from './begin.ts'
import { segmentOf } from '../jobs/job-address.ts'
import { falResult, falState } from './fal-state.ts'
import type { Question } from '../jobs/request-job.ts'
import { followHttpJob, type HttpJobOptions } from '../jobs/http-jobs.ts'
import { outputOf } from './output.ts'
import type { Provider, Start, Watch } from '../jobs/provider.ts'
import { createRepeats } from './client-retries.ts'
import { type EventPatch, readEvents } from '../fetch/read-events.ts'
import type { ReadStream } from '../route/read-stream.ts'
import { stages } from './stage.ts'

export { falProxy } from './fal-proxy.ts'

/** Options of `fal`. */
export type FalOptions = Pick<HttpJobOptions, 'headers' | 'interval' | 'timeout'>

type Params = Readonly<Record<string, string>>

const queue = 'https://queue.fal.run'

/**
 * Understands the calls of fal's client: requests in its queue, and direct ones, also as streams.
 *
 * A request is one task, from the call that submits it to its result, also when the client has stopped waiting. The
 * client's polls update the task. `tracker.cancel` and a time limit cancel it at fal; so does the
 * client's own `cancel`, while its `abortSignal` ends only the wait. `metadata.model` is the model.
 *
 * @example
 * const fetch = createTrackedFetch({ tracker, providers: [fal()] })
 * const client = createFalClient({ fetch: fetch.for({ showId: 's1', type: 'portrait', characterId: 'ada' }) })
 * await client.subscribe('fal-ai/flux/schnell', { input: { prompt } })
 */
export function fal(options: FalOptions = {}): Provider<'fal'> {
  const repeats = createRepeats()
  const metadata: Start['metadata'] = ({ params }) => ({
    model: (params as Params)['*']!.replace(/\/stream$/, ''),
  })
  const submit: Start = {
    read(body, { params }) {
      const { request_id: given } = Object(body) as { readonly request_id?: unknown }
      const handle = handleOf('fal', given, (id) => addressOf((params as Params)['*']!, id))
      return begin(submitState(body), { provider: 'fal', body, handle })
    },
    metadata,
    repeats,
  }
  const run: Start = {
    read: (body) => begin(falResult(body), { provider: 'fal', body }),
    stream: readStream,
    metadata,
    repeats,
  }
  const watch = (read: Watch['read']): Watch => ({ id: ({ params }) => (params as Params)['id'], read })
  return {
    name: 'fal',
    starts: { [`POST ${queue}/*`]: submit, 'POST https://fal.run/*': run },
    watches: Object.fromEntries(
      [`${queue}/:owner/:app/requests/:id`, `${queue}/:space/:owner/:app/requests/:id`].flatMap((at) => [
        // A success has an end only with its result, which the client asks for next.
        [`GET ${at}/status`, watch((body) => unless('succeeded', falState(body)))],
        [`GET ${at}`, watch(falResult)],
        [`PUT ${at}/cancel`, watch(() => ({ status: 'canceled' }))],
      ]),
    ),
    jobs: (tools) =>
      followHttpJob({
        ...tools,
        ...options,
        url: (job) => `${urlOf(job)}/status?logs=1`,
        read: async (body, job, ask) => unless('succeeded', falState(body)) ?? resultOf(urlOf(job), ask),
        cancel: (job) => [`${urlOf(job)}/cancel`, { method: 'PUT' }],
      }),
  }
}

/** A result stands at its own address, also that of a request which is over at once. */
function submitState(body: unknown): JobState {
  const state = falState(body)
  if (state.status === 'succeeded') return {}
  // What was wrong with the input.
  return state.status || falResult(body).status !== 'failed' ? state : falResult(body)
}

/** The events of a direct call, each a result, of which the last one counts. */
const readStream: ReadStream = (copy, headers, run) =>
  readEvents(({ data }) => {
    const { status, error, ...output } = falResult(parse(data))
    return status === 'failed' ? failed(error) : ({ stage: stages.running, ...output } as EventPatch)
  })(copy, headers, run)?.then((said) =>
    said?.status
      ? said
      : begin({ ...said, status: 'succeeded' } as JobState, { provider: 'fal', body: undefined }),
  )

/** An event that is not JSON says nothing. */
function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return {}
  }
}

const unless = (word: string, state: JobState): JobState | undefined =>
  state.status === word ? undefined : state

/** The address of a request: of a model's path, only the app counts. */
function addressOf(model: string, id: string): string {
  const app = model.split('/').slice(0, /^(?:workflows|comfy)\//.test(model) ? 3 : 2)
  return [queue, ...[...app, 'requests', id].map(segmentOf)].join('/')
}

/** The address in a record, which may come from anywhere, while the key goes there. */
function urlOf({ id, url = '' }: Job): string {
  const isOurs = url.startsWith(`${queue}/`) && url.endsWith(`/requests/${encodeURIComponent(id)}`)
  if (isOurs && !/[?#]/.test(url) && new URL(url).href === url) return url
  throw Object.assign(new Error(`"${url}" is not where fal keeps the request "${id}"`), { retryable: false })
}

async function resultOf(url: string, ask: (question: Question) => Promise<unknown>): Promise<JobState> {
  try {
    const body = await ask(url)
    const state = falResult(body)
    // The request is over, whatever its result looks like.
    return state.status ? state : { status: 'succeeded', ...outputOf(body) }
  } catch (error) {
    const { status, error: body } = error as { readonly status?: number; readonly error?: object }
    // What the request itself has ended with is answered with that status for ever.
    const isOwn =
      status !== undefined &&
      (status === 500 || !isPassing(status) || Boolean(body && 'error_type' in body)) &&
      !isRefusal(status, body)
    if (!isOwn) throw error
    const state = falResult(body)
    return state.status === 'failed' || state.status === 'canceled' ? state : { status: 'failed', error }
  }
}

/** Ours to hear, not the request's end: a key that does not pass, an address that is not known. */
const isRefusal = (status: number, body: object | undefined): boolean =>
  [401, 403, 404].includes(status) && !(body && 'error_type' in body)

const isPassing = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status)
