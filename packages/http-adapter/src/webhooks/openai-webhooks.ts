import type { Job } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import { segmentOf } from '../jobs/job-address.ts'
import { askJob, type JobHeaders, jsonOf } from '../jobs/request-job.ts'
import { fieldsOf, textIn } from '../providers/model-answer.ts'
import { responseState, videoState } from '../providers/openai-state.ts'
import type { Fetch } from '../route/request.ts'
import { Refusal } from './refusal.ts'
import { standardWebhooks, type StandardWebhooksOptions } from './standard-webhooks.ts'
import type { WebhookSource } from './webhook-source.ts'

/** Options of `openaiWebhooks`. */
export interface OpenAiWebhooksOptions extends Pick<StandardWebhooksOptions, 'secret' | 'seen'> {
  /**
   * Headers with the key, by which the response or the video of an event is read.
   *
   * @default none: an event says how the job ended, and neither why nor with what
   */
  readonly headers?: JobHeaders
  /** The address of the API. @default `https://api.openai.com/v1` */
  readonly baseUrl?: string
  /** Returns the address of a finished video on your server, as in `openai`. @default none */
  readonly videoUrl?: (id: string) => string | Promise<string>
  /** Reads the response or the video. @default the global fetch */
  readonly fetch?: Fetch
}

const ends = /^(\w+(?:\.\w+)*)\.(completed|succeeded|failed|cancel{1,2}ed|expired|incomplete)$/

/** What is read of a job, by the first word of an event; nothing is read of batches and the like. */
const kinds: Readonly<Record<string, readonly [path: string, stateOf: (body: unknown) => JobState]>> = {
  response: ['responses', responseState],
  video: ['videos', videoState],
}

/** The state that an event alone tells. */
function saidBy(kind: string, word: string): JobState {
  if (word === 'incomplete') return { status: 'succeeded', metadata: { incomplete: word } }
  return kind === 'video' && word === 'completed' ? videoState({ status: word }) : { status: word }
}

/**
 * Creates the source of OpenAI's webhooks, `response.completed`, `video.failed`, `batch.expired` and the like:
 * https://platform.openai.com/docs/guides/webhooks
 *
 * An event has only the id of its job. With `headers`, the response or the video is read, so that the task gets its output,
 * its model or its error. Events that are not about the end of a job are ignored.
 *
 * @example
 * const source = openaiWebhooks({
 *   secret: process.env.OPENAI_WEBHOOK_SECRET!,
 *   headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}` },
 * })
 */
export function openaiWebhooks({
  headers,
  baseUrl = 'https://api.openai.com/v1',
  videoUrl,
  fetch: send = (...args) => globalThis.fetch(...args),
  ...options
}: OpenAiWebhooksOptions): WebhookSource {
  const base = baseUrl.replace(/\/+$/, '')

  /** What the API says of a job; undefined where it knows no more than the event. */
  async function read(job: Job, [path, stateIn]: (typeof kinds)[string]): Promise<JobState | undefined> {
    try {
      const address = `${base}/${path}/${segmentOf(job.id)}`
      const signal = AbortSignal.timeout?.(5_000)
      const response = await askJob(address, { fetch: send, job, headers, request: undefined, signal })
      const state = stateIn(await jsonOf(response, 67_108_864))
      return state.status && !/^(?:starting|processing)$/.test(state.status) ? state : undefined
    } catch (error) {
      if ((error as { readonly status?: number }).status === 404) return undefined
      throw new Refusal(503, 'the job cannot be read; try again later', { cause: error })
    }
  }

  return standardWebhooks({
    ...options,
    provider: 'openai',
    async read(body) {
      const { type, data } = fieldsOf(body)
      const [, kind = '', word] = ends.exec(textIn(type)) ?? []
      const id = textIn(fieldsOf(data)['id'])
      if (word === undefined) return textIn(type) ? null : undefined
      if (!id) return undefined
      const known = headers && kinds[kind]
      const state = (known && (await read({ provider: 'openai', id }, known))) ?? saidBy(kind, word)
      const isFilm = kind === 'video' && state.status === 'succeeded'
      return { id, state: isFilm && videoUrl ? { ...state, outputUrl: await videoUrl(id) } : state }
    },
  })
}
