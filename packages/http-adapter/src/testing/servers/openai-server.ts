import { type Answer, type Asked, type Endpoint, type LocalServer, startLocalServer } from './local-server.ts'
import {
  type ChatEnd,
  chatOf,
  createdAt,
  type Fields,
  responseOf,
  type ResponseState,
  videoOf,
  type VideoState,
} from './openai-bodies.ts'
import { problem } from './openai-problems.ts'
import {
  beginningsOf,
  chatChunksOf,
  endingOf,
  eventOf,
  numbered,
  pictureEventsOf,
  textEventsOf,
} from './openai-streams.ts'
import { createScriptedJobs, type ScriptedJob, type ScriptedJobs } from './scripted-jobs.ts'

/** How the work of a server goes. */
export interface OpenAiScript {
  readonly videos?: readonly VideoState[]
  /** A response that is not made in the background has the last of these at once. */
  readonly responses?: readonly ResponseState[]
  readonly chat?: ChatEnd
  /** The bytes of a picture. */
  readonly picture?: Uint8Array
  /** Awaited before paid work is answered. */
  readonly work?: () => Promise<unknown>
  /** Awaited before each event of a stream but the first ones. */
  readonly pace?: () => Promise<unknown>
}

/** OpenAI's API, as https://platform.openai.com/docs/api-reference describes it. */
export interface OpenAiServer extends LocalServer {
  readonly videos: ScriptedJobs<VideoState>
  readonly responses: ScriptedJobs<ResponseState>
}

const key = 'sk-test'

const isVideoOver = ({ status }: VideoState) => status === 'completed' || status === 'failed'
const isResponseOver = ({ status }: ResponseState) => status !== 'queued' && status !== 'in_progress'

export async function startOpenAiServer(script: OpenAiScript = {}): Promise<OpenAiServer> {
  const { chat = { text: 'Once upon a time' }, pace = async () => {}, work = async () => {} } = script
  const picture = Buffer.from(script.picture ?? new TextEncoder().encode('a picture')).toString('base64')
  const videos = createScriptedJobs<VideoState>('video_', script.videos ?? [{ status: 'completed' }])
  const states = script.responses ?? [{ status: 'completed', text: 'Once upon a time' }]
  const responses = createScriptedJobs<ResponseState>('resp_', states)

  const guarded =
    (answer: Endpoint['answer']): Endpoint['answer'] =>
    async (asked, params) => {
      if (asked.headers.authorization !== `Bearer ${key}`) {
        return problem(401, `Incorrect API key provided.`, { code: 'invalid_api_key' })
      }
      const { headers, ...rest } = await answer(asked, params)
      return {
        ...rest,
        headers: { 'x-request-id': 'req_1', 'x-ratelimit-remaining-requests': '4', ...headers },
      }
    }

  /** Paid work, which needs some of these fields. */
  const paid = (needed: readonly string[], answer: (input: Fields) => Answer) =>
    guarded(async (asked) => {
      const input = (asked.json as Fields | undefined) ?? (await formOf(asked))
      const missing = needed.find((name) => !input[name])
      if (missing) return problem(400, `Missing required parameter: '${missing}'.`, { param: missing })
      await Promise.race([work(), asked.left])
      return answer(input)
    })

  async function* paced(events: Iterable<string>) {
    const [first, second, ...others] = events
    // In one piece, so that what tears after it tears in the middle.
    yield `${first ?? ''}${second ?? ''}`
    for (const event of others) {
      await pace()
      yield event
    }
  }

  const draw = (kind: 'image_generation' | 'image_edit') =>
    paid(['prompt'], (input) => {
      const format = { output_format: input['output_format'] ?? 'png', size: '1024x1024', quality: 'low' }
      if (input['stream'] === true || input['stream'] === 'true') {
        return {
          status: 200,
          pieces: paced(pictureEventsOf(kind, Number(input['partial_images'] ?? 0), picture)),
        }
      }
      const count = Number(input['n'] ?? 1)
      const isLink = input['response_format'] === 'url'
      const data = Array.from({ length: count }, (_, place) =>
        isLink ? { url: `https://files.openai.test/${place + 1}.png?sig=1` } : { b64_json: picture },
      )
      return { status: 200, body: { created: createdAt, ...format, background: 'opaque', data } }
    })

  const respond = paid(['model', 'input'], (input) => {
    const job = responses.create(input)
    const isInBackground = input['background'] === true
    if (!isInBackground) responses.set(states.at(-1)!, job.id)
    if (input['stream'] === true)
      return { status: 200, pieces: isInBackground ? followed(job) : streamed(job) }
    return { status: 200, body: responseOf(job.id, input, job.state) }
  })

  const streamed = ({ id, input, state }: ScriptedJob<ResponseState>) =>
    paced(
      numbered([
        ...beginningsOf(id, input as Fields, 'in_progress'),
        ...(state.text === undefined ? [] : textEventsOf(id, state.text)),
        endingOf(id, input as Fields, state),
      ]),
    )

  /** The states of background work as they come; between two of them time passes by itself. */
  async function* followed(job: ScriptedJob<ResponseState>) {
    const input = job.input as Fields
    let place = 0
    const tell = (fields: Fields) => eventOf({ ...fields, sequence_number: place++ })
    yield beginningsOf(job.id, input, 'queued').map(tell).join('')
    for (;;) {
      const told = job.state
      if (isResponseOver(told)) break
      if (told.status === 'in_progress') {
        yield tell({ type: 'response.in_progress', response: responseOf(job.id, input, told) })
      }
      await pace()
      if (responses.step(job) === told) await responses.until(job, (state) => state !== told)
    }
    for (const event of job.state.text === undefined ? [] : textEventsOf(job.id, job.state.text))
      yield tell(event)
    yield tell(endingOf(job.id, input, job.state))
  }

  const converse = paid(['model', 'messages'], ({ model, stream, stream_options: options }) => {
    if (stream !== true) return { status: 200, body: chatOf('chatcmpl-1', model, chat) }
    const withUsage = (options as Fields | undefined)?.['include_usage'] === true
    const chunks = [...chatChunksOf('chatcmpl-1', model, chat, withUsage)].map((chunk) => eventOf(chunk))
    return { status: 200, pieces: paced([...chunks, 'data: [DONE]\n\n']) }
  })

  const film = paid(['prompt'], (input) => {
    const job = videos.create(input)
    return { status: 200, body: videoOf(job.id, input, job.state) }
  })

  const withJob = <State>(
    jobs: ScriptedJobs<State>,
    what: string,
    answer: (job: ScriptedJob<State>) => Answer,
  ) =>
    guarded((_asked, { id }) => {
      const job = jobs.find(id)
      return job ? answer(job) : problem(404, `${what} with id '${id}' not found.`)
    })

  const bodyOfVideo = ({ id, input, state }: ScriptedJob<VideoState>): Answer => ({
    status: 200,
    body: videoOf(id, input as Fields, state),
  })
  const bodyOfResponse = ({ id, input, state }: ScriptedJob<ResponseState>): Answer => ({
    status: 200,
    body: responseOf(id, input as Fields, state),
  })

  const server = await startLocalServer({ 'https://api.openai.com': '' }, [
    { name: 'images', method: 'POST', path: /^\/v1\/images\/generations$/, answer: draw('image_generation') },
    { name: 'edits', method: 'POST', path: /^\/v1\/images\/edits$/, answer: draw('image_edit') },
    { name: 'responses', method: 'POST', path: /^\/v1\/responses$/, answer: respond },
    {
      name: 'response',
      method: 'GET',
      path: /^\/v1\/responses\/(?<id>[^/]+)$/,
      answer: withJob(responses, 'Response', (job) => {
        responses.step(job)
        return bodyOfResponse(job)
      }),
    },
    {
      name: 'cancel',
      method: 'POST',
      path: /^\/v1\/responses\/(?<id>[^/]+)\/cancel$/,
      answer: withJob(responses, 'Response', (job) => {
        if ((job.input as Fields)['background'] !== true) {
          return problem(400, 'Cannot cancel a synchronous response.')
        }
        if (!isResponseOver(job.state)) responses.set({ status: 'cancelled' }, job.id)
        return bodyOfResponse(job)
      }),
    },
    { name: 'chat', method: 'POST', path: /^\/v1\/chat\/completions$/, answer: converse },
    { name: 'videos', method: 'POST', path: /^\/v1\/videos(?:\/[^/]+\/remix)?$/, answer: film },
    {
      name: 'video',
      method: 'GET',
      path: /^\/v1\/videos\/(?<id>[^/]+)$/,
      answer: withJob(videos, 'Video', (job) => {
        videos.step(job)
        return bodyOfVideo(job)
      }),
    },
    {
      name: 'content',
      method: 'GET',
      path: /^\/v1\/videos\/(?<id>[^/]+)\/content$/,
      answer: withJob(videos, 'Video', ({ state }) =>
        state.status === 'completed'
          ? {
              status: 200,
              headers: { 'content-type': 'video/mp4' },
              body: new TextEncoder().encode('a film'),
            }
          : problem(400, 'Video is not ready yet.'),
      ),
    },
    {
      name: 'delete',
      method: 'DELETE',
      path: /^\/v1\/videos\/(?<id>[^/]+)$/,
      answer: withJob(videos, 'Video', ({ id, state }) =>
        isVideoOver(state)
          ? { status: 200, body: { id, object: 'video.deleted', deleted: true } }
          : problem(409, 'Video is still being made.'),
      ),
    },
  ])
  return { ...server, videos, responses }
}

async function formOf({ bytes, headers }: Asked): Promise<Fields> {
  try {
    const type = String(headers['content-type'])
    const form = await new Response(Buffer.from(bytes), { headers: { 'content-type': type } }).formData()
    return Object.fromEntries(form)
  } catch {
    return {}
  }
}
