import type { Job } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import { begin, handleOf } from './begin.ts'
import { segmentOf } from '../jobs/job-address.ts'
import { createRepeats } from './client-retries.ts'
import { fieldsOf, textIn } from './model-answer.ts'
import { followHttpJob, type HttpJobOptions } from '../jobs/http-jobs.ts'
import { outputOf } from './output.ts'
import type { Provider, Start, Watch } from '../jobs/provider.ts'
import type { Question } from '../jobs/request-job.ts'
import { queued, stages } from './stage.ts'

/** Options of `runway`. */
export interface RunwayOptions extends Pick<HttpJobOptions, 'headers' | 'interval' | 'timeout'> {
  /** The address of the API, as in the client's `baseURL`. @default `https://api.dev.runwayml.com` */
  readonly baseUrl?: string
  /** The version of the API, as in the client's own option. @default '2024-11-06' */
  readonly runwayVersion?: string
}

const beginnings =
  'image_to_video text_to_video video_to_video text_to_image character_performance text_to_speech sound_effect voice_isolation voice_dubbing speech_to_speech image_upscale video_upscale avatar_videos generate/:kind recipes/:recipe'

/**
 * Understands the calls of Runway's client that begin a task: videos, pictures, speech, sound, upscaling and recipes.
 *
 * A task of Runway is one task, from the call that creates it to its end, also when the client has stopped waiting. The
 * client's polls update it. `tracker.cancel` and a time limit cancel it at Runway, and so does the client's
 * `tasks.delete`. `metadata.model` is its model.
 *
 * @example
 * const fetch = createTrackedFetch({ tracker, providers: [runway()] })
 * const client = new RunwayML({ fetch: fetch.for({ showId: 's1', type: 'video', characterId: 'ada' }) })
 * await client.imageToVideo.create({ model: 'gen4_turbo', promptImage, ratio: '1280:720' }).waitForTaskOutput()
 */
export function runway({
  baseUrl = 'https://api.dev.runwayml.com',
  runwayVersion = '2024-11-06',
  ...options
}: RunwayOptions = {}): Provider {
  const base = `${baseUrl.replace(/\/+$/, '')}/v1` as `https://${string}`
  const urlOf = (id: string) => `${base}/tasks/${segmentOf(id)}`
  const ask = ({ id }: Job, method = 'GET'): Question => [
    urlOf(id),
    { method, headers: { 'x-runway-version': runwayVersion } },
  ]
  const create: Start = {
    repeats: createRepeats(),
    read(body) {
      const handle = handleOf('runway', fieldsOf(body)['id'], urlOf)
      return begin(runwayState(body), { provider: 'runway', body, handle })
    },
    metadata: ({ json }) => ({ model: fieldsOf(json())['model'] }),
  }
  const watch = (read: Watch['read']): Watch => ({
    id: ({ params }) => (params as Readonly<Record<string, string>>)['id'],
    read,
  })
  return {
    name: 'runway',
    starts: Object.fromEntries(beginnings.split(' ').map((path) => [`POST ${base}/${path}`, create])),
    watches: {
      [`GET ${base}/tasks/:id`]: watch(runwayState),
      [`DELETE ${base}/tasks/:id`]: watch(() => ({ status: 'canceled' })),
    },
    jobs: (tools) =>
      followHttpJob({
        // More often is not wanted by Runway.
        interval: 5_000,
        ...tools,
        ...options,
        url: (job) => ask(job),
        read: runwayState,
        cancel: (job) => ask(job, 'DELETE'),
      }),
  }
}

/** Reads a task of Runway. No status for anything else. */
export function runwayState(task: unknown): JobState {
  const { status: word, progress, output, failure, failureCode } = fieldsOf(task)
  const status = textIn(word)
  switch (status) {
    case 'PENDING': {
      return { status: 'starting', stage: queued() }
    }
    // The account has as many tasks as it may have at once.
    case 'THROTTLED': {
      return { status: 'starting', stage: 'throttled' }
    }
    case 'SUCCEEDED': {
      return { status: 'succeeded', ...outputOf(output) }
    }
    case 'CANCELLED': {
      return { status: 'canceled' }
    }
    case 'FAILED': {
      const code = textIn(failureCode)
      return {
        status: 'failed',
        error: {
          message: textIn(failure) || code || 'Runway says: FAILED.',
          ...(code && { code }),
          // Runway asks not to make a moderated task again.
          ...(code.startsWith('SAFETY') && { retryable: false }),
        },
      }
    }
    case '': {
      return {}
    }
    default: {
      return {
        ...(status === 'RUNNING' ? { status: 'processing', stage: stages.running } : { status }),
        // From 0 to 1.
        ...(typeof progress === 'number' && { progress: Math.min(99, Math.round(progress * 100)) }),
      }
    }
  }
}
