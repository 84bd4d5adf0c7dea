import type { Job } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import { begin, handleOf as toHandle } from './begin.ts'
import { segmentOf } from '../jobs/job-address.ts'
import { followHttpJob, type HttpJobOptions } from '../jobs/http-jobs.ts'
import { readChat, readImages, readResponse } from './openai-events.ts'
import { fieldsOf, textIn } from './model-answer.ts'
import { chatState, imagesState, responseState, videoState } from './openai-state.ts'
import type { Provider, Start, Watch } from '../jobs/provider.ts'
import { createRepeats } from './client-retries.ts'

/** Options of `openai`. */
export interface OpenAiOptions extends Pick<HttpJobOptions, 'headers' | 'interval' | 'timeout'> {
  /** The address of the API, as in the client's own option. @default `https://api.openai.com/v1` */
  readonly baseUrl?: string
  /** Returns the address of a finished video on your server: OpenAI serves it only with the key. @default none */
  readonly videoUrl?: (id: string) => string | Promise<string>
}

/** Pictures come in base64. */
const maxBytes = 67_108_864

/**
 * Understands calls of OpenAI's client and of every other client of its API: pictures, responses, chats and videos.
 *
 * A stream shows what the model does, and its reader gets each event undelayed. A video, and a response in the background, is one
 * task from the call that creates it to its end, also when the client has stopped waiting; the client's polls update the
 * task. `tracker.cancel` and a time limit cancel such a response at OpenAI, which cannot cancel a video. Texts and pictures
 * as data are not kept; `metadata.model` is the model that was used.
 *
 * @example
 * const fetch = createTrackedFetch({ tracker, providers: [openai()] })
 * const client = new OpenAI({ fetch: fetch.for({ showId: 's1', type: 'portrait', characterId: 'ada' }) })
 * await client.images.generate({ model: 'gpt-image-1', prompt })
 */
export function openai({
  baseUrl = 'https://api.openai.com/v1',
  videoUrl,
  ...options
}: OpenAiOptions = {}): Provider<'openai'> {
  const base = baseUrl.replace(/\/+$/, '') as `https://${string}`
  const addressOf = (kind: 'responses' | 'videos', id: string) => `${base}/${kind}/${segmentOf(id)}`
  const handleOf = (kind: 'responses' | 'videos') => (id: unknown) =>
    toHandle('openai', id, (one) => addressOf(kind, one))
  // The address in a record may come from anywhere, while the key goes there.
  const urlOf = ({ id, url = '' }: Job): string => {
    if ([addressOf('responses', id), addressOf('videos', id)].includes(url)) return url
    throw Object.assign(new Error(`"${url}" is not where OpenAI keeps "${id}"`), { retryable: false })
  }
  const isResponse = (job: Job) => urlOf(job) === addressOf('responses', job.id)
  const video = async (body: unknown): Promise<JobState> => {
    const state = videoState(body)
    if (state.status !== 'succeeded' || !videoUrl) return state
    return { ...state, outputUrl: await videoUrl(textIn(fieldsOf(body)['id'])) }
  }

  const common: Start = {
    metadata: ({ json }) => {
      const { model } = fieldsOf(json())
      return typeof model === 'string' ? { model } : {}
    },
    repeats: createRepeats(),
  }
  const start = (
    stateOf: (body: unknown) => JobState | Promise<JobState>,
    jobOf?: (id: unknown) => Job | undefined,
  ): Start => ({
    ...common,
    read: async (body) =>
      begin(await stateOf(body), { provider: 'openai', body, handle: jobOf?.(fieldsOf(body)['id']) }),
  })
  const images: Start = { ...start(imagesState), maxBytes, stream: readImages }
  const response: Start = {
    ...start(responseState, handleOf('responses')),
    maxBytes,
    stream: readResponse(handleOf('responses')),
  }
  const film = start(video, handleOf('videos'))
  const watch = (read: Watch['read']): Watch => ({
    id: ({ params }) => (params as Readonly<Record<string, string>>)['id'],
    read,
  })

  return {
    name: 'openai',
    starts: {
      [`POST ${base}/images/generations`]: images,
      [`POST ${base}/images/edits`]: images,
      [`POST ${base}/images/variations`]: images,
      [`POST ${base}/responses`]: response,
      [`POST ${base}/chat/completions`]: { ...start(chatState), stream: readChat },
      [`POST ${base}/videos`]: film,
      [`POST ${base}/videos/edits`]: film,
      [`POST ${base}/videos/extensions`]: film,
      [`POST ${base}/videos/:id/remix`]: film,
    },
    watches: {
      [`GET ${base}/videos/:id`]: watch(video),
      [`GET ${base}/responses/:id`]: { ...watch(responseState), maxBytes },
      [`POST ${base}/responses/:id/cancel`]: { ...watch(responseState), maxBytes },
    },
    jobs: (tools) =>
      followHttpJob({
        ...tools,
        ...options,
        maxBytes,
        url: urlOf,
        read: (body, job) => (isResponse(job) ? responseState(body) : video(body)),
        cancel(job) {
          if (isResponse(job)) return [`${urlOf(job)}/cancel`, { method: 'POST' }]
          throw new Error('OpenAI does not cancel videos')
        },
      }),
  }
}
