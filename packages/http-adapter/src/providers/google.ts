import type { Job } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import { begin, handleOf } from './begin.ts'
import { segmentOf } from '../jobs/job-address.ts'
import { createRepeats } from './client-retries.ts'
import { baseOf, credentialsOf, isOperation, placesOf, questionFor, urlOf } from './google-addresses.ts'
import { modalitiesIn, readContent, readInteraction } from './google-events.ts'
import { contentState, interactionState, operationState, predictionsState } from './google-state.ts'
import { fieldsOf, textIn } from './model-answer.ts'
import { followHttpJob, type HttpJobOptions } from '../jobs/http-jobs.ts'
import type { Provider, Start, Watch } from '../jobs/provider.ts'
import type { ReadStream } from '../route/read-stream.ts'
import type { RouteRequest } from '../route/request.ts'

/** Options of `google`. */
export interface GoogleOptions extends Pick<HttpJobOptions, 'headers' | 'interval' | 'timeout'> {
  /**
   * The address of a proxy of your own, as in the client's `httpOptions.baseUrl`. Google's addresses are always known.
   *
   * @default none
   */
  readonly baseUrl?: string
  /**
   * Returns the address on your server of a finished file: Google serves files only with the key, and those in Cloud
   * Storage (`gs://…`) only to its clients.
   *
   * @default the file's own address
   */
  readonly fileUrl?: (uri: string) => string | Promise<string>
}

type Params = Readonly<Record<string, string>>

/** Pictures and videos come in base64. */
const maxBytes = 67_108_864

/**
 * Understands calls of Google's client and of every other client of the Gemini API and of Vertex AI: texts and pictures of
 * `generateContent` and its streams, pictures of Imagen, videos of Veo, and interactions, such as videos of Omni.
 *
 * A video of Veo, and an interaction in the background, is one task from the call that begins it to its end, also when the
 * client has stopped waiting; the client's polls update the task. `tracker.cancel` and a time limit cancel an interaction
 * at Google, which cannot cancel a video of Veo. Texts and files as data are not kept; `metadata.model` is the model.
 *
 * @example
 * const fetch = createTrackedFetch({ tracker, providers: [google()] })
 * const tracked = fetch.for({ showId: 's1', type: 'trailer' })
 * const client = new GoogleGenAI({ apiKey, httpOptions: { fetch: tracked } })
 * await client.interactions.create({ model: 'gemini-omni-1.2-flash', input, background: true })
 */
export function google({ baseUrl, fileUrl, ...options }: GoogleOptions = {}): Provider {
  const proxy = baseUrl?.replace(/\/+$/, '')
  const toHandle = (id: unknown, urlFor: (id: string) => string) =>
    handleOf('google', id, (one) => urlOf({ provider: 'google', id: one, url: urlFor(one) }, proxy))
  const operationOf = (name: unknown, { url, params }: RouteRequest) =>
    toHandle(name, (one) => `${baseOf(url.href, proxy)}/${(params as Params)['version']}/${one}`)
  const interactionOf = (id: unknown, { url }: RouteRequest) =>
    toHandle(id, (one) => `${url.origin}${url.pathname}/${segmentOf(one)}`)

  const served = async <T extends Pick<JobState, 'outputUrl' | 'outputs'>>(state: T): Promise<T> => {
    const { outputUrl, outputs } = state
    const at = async (uri: string) => (!fileUrl || uri.startsWith('data:') ? uri : fileUrl(uri))
    return {
      ...state,
      ...(outputUrl && { outputUrl: await at(outputUrl) }),
      ...(outputs && { outputs: await Promise.all(outputs.map(at)) }),
    }
  }
  const common: Start = {
    maxBytes,
    repeats: createRepeats(),
    metadata({ params, json }) {
      const { model, agent } = fieldsOf(json())
      return { model: (params as Params)['model'] ?? model ?? agent }
    },
  }
  const start = (
    stateOf: (body: unknown, request: RouteRequest) => JobState,
    jobOf?: (body: unknown, request: RouteRequest) => Job | undefined,
    stream?: ReadStream,
  ): Start => ({
    ...common,
    async read(body, request) {
      const state = await served(stateOf(body, request))
      return begin(state, { provider: 'google', body, handle: jobOf?.(body, request) })
    },
    ...(stream && {
      stream: (copy, headers, run) => stream(copy, headers, run)?.then((patch) => patch && served(patch)),
    }),
  })
  const content = (body: unknown, request: RouteRequest) => contentState(body, modalitiesIn(request))
  const methods = {
    generateContent: start(content),
    streamGenerateContent: start(content, undefined, readContent),
    predict: start(predictionsState),
    predictLongRunning: start(operationState, (body, request) =>
      operationOf(fieldsOf(body)['name'], request),
    ),
  }
  const interaction = start(
    interactionState,
    (body, request) => interactionOf(fieldsOf(body)['id'], request),
    readInteraction(interactionOf),
  )
  const watch = (id: Watch['id'], read: (body: unknown) => JobState): Watch => ({
    id,
    read: (body) => served(read(body)),
    maxBytes,
  })
  const byName = watch(
    ({ url, params }) => url.pathname.split(`/${(params as Params)['version']}/`)[1],
    operationState,
  )
  const byBody = watch(({ json }) => textIn(fieldsOf(json())['operationName']) || undefined, operationState)
  const byId = watch(({ params }) => (params as Params)['id'], interactionState)

  const { models, interactions } = placesOf(proxy)
  const keyed = <T>(method: string, at: readonly string[], more: string, value: T) =>
    at.map((path) => [`${method} ${path}${more}`, value] as const)

  return {
    name: 'google',
    starts: Object.fromEntries([
      ...Object.entries(methods).flatMap(([method, value]) => keyed('POST', models, `:${method}`, value)),
      ...keyed('POST', interactions, '', interaction),
    ]),
    watches: Object.fromEntries([
      ...keyed('GET', models, '/operations/:id', byName),
      ...keyed('POST', models, ':fetchPredictOperation', byBody),
      ...keyed('GET', interactions, '/:id', byId),
      ...keyed('POST', interactions, '/:id/cancel', byId),
    ]),
    jobs: (tools) =>
      followHttpJob({
        headers: (_job, request) => credentialsOf(request),
        ...tools,
        ...options,
        maxBytes,
        url: (job) => questionFor(urlOf(job, proxy), job),
        read: (body, { id }) => served(isOperation(id) ? operationState(body) : interactionState(body)),
        cancel(job) {
          if (!isOperation(job.id)) return [`${urlOf(job, proxy)}/cancel`, { method: 'POST' }]
          throw new Error('Google does not cancel videos')
        },
      }),
  }
}
