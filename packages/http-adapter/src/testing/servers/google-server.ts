import { type Answer, type Asked, type Endpoint, type LocalServer, startLocalServer } from './local-server.ts'
import {
  contentOf,
  eventsOf,
  type Fields,
  interactionOf,
  type InteractionState,
  operationOf,
  type OperationState,
  problem,
} from './google-bodies.ts'
import { createScriptedJobs, type ScriptedJob, type ScriptedJobs } from './scripted-jobs.ts'

/** How the work of a server goes. */
export interface GoogleScript {
  /** The operation of a video. */
  readonly videos?: readonly OperationState[]
  /** An interaction that is not in the background has the last of these at once. */
  readonly interactions?: readonly InteractionState[]
  /** The pieces of a model's answer; one that is not streamed is the last of them alone. */
  readonly content?: readonly Fields[]
  readonly predictions?: readonly Fields[]
  /** Awaited before each event of a stream but the first one. */
  readonly pace?: () => Promise<unknown>
}

/**
 * The Gemini API, as https://ai.google.dev/api describes it, and Vertex AI, as
 * https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest does.
 */
export interface GoogleServer extends LocalServer {
  readonly videos: ScriptedJobs<OperationState>
  readonly interactions: ScriptedJobs<InteractionState>
}

export const apiKey = 'AIza-test'
export const accessToken = 'ya29.test'

const isOver = ({ status }: InteractionState) => status !== 'queued' && status !== 'in_progress'

export async function startGoogleServer(script: GoogleScript = {}): Promise<GoogleServer> {
  const {
    content = [contentOf([{ text: 'Once upon a time' }])],
    predictions = [],
    pace = async () => {},
  } = script
  const videos = createScriptedJobs<OperationState>('op', script.videos ?? [{}, { done: true }])
  const states = script.interactions ?? [{ status: 'completed', content: [{ type: 'text', text: 'Once' }] }]
  const interactions = createScriptedJobs<InteractionState>('int_', states)

  const guarded =
    (answer: Endpoint['answer']): Endpoint['answer'] =>
    (asked, params) => {
      const { headers, query } = asked
      if (headers.authorization === `Bearer ${accessToken}`) return answer(asked, params)
      const key = headers['x-goog-api-key'] ?? query.get('key')
      if (key === apiKey) return answer(asked, params)
      return key === null
        ? problem(403, 'PERMISSION_DENIED', "Method doesn't allow unregistered callers.")
        : problem(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.')
    }

  async function* paced(events: readonly string[]) {
    for (const [place, event] of events.entries()) {
      if (place > 0) await pace()
      yield event
    }
  }

  /** The name that Google gives an operation: below the model, as it stands in the path. */
  const nameOf = (path: string, id: string) =>
    `${path.replace(/^\/v\w+\//, '').split(':')[0]!}/operations/${id}`

  const film = guarded(({ json, path }) => {
    if (!((json as Fields | undefined)?.['instances'] as unknown[] | undefined)?.length)
      return problem(400, 'INVALID_ARGUMENT', 'instances is required.')
    const { id } = videos.create(json)
    return { status: 200, body: { name: nameOf(path, id) } }
  })

  const operation = (id: string | undefined, name: string): Answer => {
    const job = videos.find(id)
    if (!job) return problem(404, 'NOT_FOUND', 'Requested entity was not found.')
    videos.step(job)
    return { status: 200, body: operationOf(name, job.state) }
  }

  const interact = guarded(({ json }: Asked) => {
    const input = (json ?? {}) as Fields
    if (!input['input'] || !(input['model'] ?? input['agent']))
      return problem(400, 'INVALID_ARGUMENT', 'input and model are required.')
    const job = interactions.create(input)
    if (input['background'] !== true) interactions.set(states.at(-1)!, job.id)
    if (input['stream'] === true)
      return { status: 200, pieces: paced(eventsOf(job.id, input, states.at(-1)!)) }
    return bodyOf(job)
  })

  const bodyOf = ({ id, input, state }: ScriptedJob<InteractionState>): Answer => ({
    status: 200,
    body: interactionOf(id, input as Fields, state),
  })

  const withInteraction = (answer: (job: ScriptedJob<InteractionState>) => Answer) =>
    guarded((_asked, { id }) => {
      const job = interactions.find(id)
      return job ? answer(job) : problem(404, 'NOT_FOUND', 'Requested entity was not found.')
    })

  const server = await startLocalServer(
    {
      'https://generativelanguage.googleapis.com': '',
      'https://aiplatform.googleapis.com': '',
      'https://us-central1-aiplatform.googleapis.com': '',
    },
    [
      {
        name: 'content',
        method: 'POST',
        path: /^\/v\w+\/(?:.*\/)?models\/[^/]+:generateContent$/,
        answer: guarded(() => ({ status: 200, body: content.at(-1) })),
      },
      {
        name: 'stream',
        method: 'POST',
        path: /^\/v\w+\/(?:.*\/)?models\/[^/]+:streamGenerateContent$/,
        answer: guarded(({ query }) =>
          query.get('alt') === 'sse'
            ? { status: 200, pieces: paced(content.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`)) }
            : { status: 200, body: content },
        ),
      },
      {
        name: 'predict',
        method: 'POST',
        path: /^\/v\w+\/(?:.*\/)?models\/[^/]+:predict$/,
        answer: guarded(() => ({ status: 200, body: predictions.length > 0 ? { predictions } : {} })),
      },
      {
        name: 'videos',
        method: 'POST',
        path: /^\/v\w+\/(?:.*\/)?models\/[^/]+:predictLongRunning$/,
        answer: film,
      },
      {
        name: 'operation',
        method: 'GET',
        path: /^\/v\w+\/models\/[^/]+\/operations\/(?<id>[^/]+)$/,
        answer: guarded(({ path }, { id }) => operation(id, path.replace(/^\/v\w+\//, ''))),
      },
      {
        name: 'fetchOperation',
        method: 'POST',
        path: /^\/v\w+\/(?:.*\/)?publishers\/google\/models\/[^/]+:fetchPredictOperation$/,
        answer: guarded(({ json }) => {
          const { operationName = '' } = json as { readonly operationName?: string }
          return operation(operationName.split('/').at(-1), operationName)
        }),
      },
      {
        name: 'interactions',
        method: 'POST',
        path: /^\/v\w+\/(?:projects\/.*\/)?interactions$/,
        answer: interact,
      },
      {
        name: 'interaction',
        method: 'GET',
        path: /^\/v\w+\/(?:projects\/.*\/)?interactions\/(?<id>[^/]+)$/,
        answer: withInteraction((job) => {
          interactions.step(job)
          return bodyOf(job)
        }),
      },
      {
        name: 'cancel',
        method: 'POST',
        path: /^\/v\w+\/(?:projects\/.*\/)?interactions\/(?<id>[^/]+)\/cancel$/,
        answer: withInteraction((job) => {
          if ((job.input as Fields)['background'] !== true)
            return problem(400, 'FAILED_PRECONDITION', 'Only a background interaction can be cancelled.')
          if (!isOver(job.state)) interactions.set({ status: 'cancelled' }, job.id)
          return bodyOf(job)
        }),
      },
      {
        name: 'countTokens',
        method: 'POST',
        path: /:countTokens$/,
        answer: guarded(() => ({ status: 200, body: { totalTokens: 3 } })),
      },
    ],
  )
  return { ...server, videos, interactions }
}
