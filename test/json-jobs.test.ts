import { createTracker, showPipeline, type TaskRecord } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import { createTrackedFetch, type Fetch, type Provider } from '@callsheet/http-adapter'
import { describe, expect, it } from 'vitest'
import * as jobs from '../examples/adapters/src/json-jobs.ts'
import { corpus } from './answers/corpus.ts'

interface Configured {
  readonly provider: Provider
  /** The call that is paid for. */
  readonly start: string
  /** The poll, with the header that has the key. */
  readonly poll: readonly [address: string, header: string, value: string]
  readonly cancel?: string
  /** The answers of the corpus to the start and to the last poll. */
  readonly says: readonly [begun: string, done: string]
}

const bearer = ['authorization', 'Bearer the-key'] as const
const ark = 'https://ark.ap-southeast.bytepluses.com/api/v3/contents/generations/tasks'
const dashscope = 'https://dashscope-intl.aliyuncs.com/api/v1'
const leonardo = 'https://cloud.leonardo.ai/api/rest/v1'
const sora = 'https://ours.openai.azure.com/openai/v1/video/generations/jobs'
const vidu = 'https://api.vidu.com/ent/v2'

/** `JOB` stands for the id of the job. */
const all: Readonly<Record<string, Configured>> = {
  minimax: {
    provider: jobs.minimax('the-key'),
    start: 'https://api.minimax.io/v1/video_generation',
    poll: ['https://api.minimax.io/v1/query/video_generation?task_id=JOB', ...bearer],
    says: ['a task', 'a video, as the id of a file'],
  },
  heygen: {
    provider: jobs.heygen('the-key'),
    start: 'https://api.heygen.com/v3/videos',
    poll: ['https://api.heygen.com/v3/videos/JOB', 'x-api-key', 'the-key'],
    cancel: 'DELETE https://api.heygen.com/v3/videos/JOB',
    says: ['a video', 'a video of version 3'],
  },
  leonardo: {
    provider: jobs.leonardo('the-key'),
    start: `${leonardo}/generations-image-to-video`,
    poll: [`${leonardo}/generations/JOB`, ...bearer],
    cancel: `DELETE ${leonardo}/generations/JOB`,
    says: ['a video', 'a video, with its first picture'],
  },
  dashscope: {
    provider: jobs.dashscope('the-key'),
    start: `${dashscope}/services/aigc/video-generation/video-synthesis`,
    poll: [`${dashscope}/tasks/JOB`, ...bearer],
    cancel: `POST ${dashscope}/tasks/JOB/cancel`,
    says: ['a task, beside the id of the request', 'a video'],
  },
  vidu: {
    provider: jobs.vidu('the-key'),
    start: `${vidu}/img2video`,
    poll: [`${vidu}/tasks/JOB/creations`, 'authorization', 'Token the-key'],
    cancel: `POST ${vidu}/tasks/JOB/cancel`,
    says: [
      'a task, with the picture that it begins with',
      'a video, with its cover and one with a watermark',
    ],
  },
  seedance: {
    provider: jobs.seedance('the-key'),
    start: ark,
    poll: [`${ark}/JOB`, ...bearer],
    cancel: `DELETE ${ark}/JOB`,
    says: ['a task', 'a video, with its last frame'],
  },
  'd-id': {
    provider: jobs.dId('the-key'),
    start: 'https://api.d-id.com/talks',
    poll: ['https://api.d-id.com/talks/JOB', 'authorization', 'Basic the-key'],
    cancel: 'DELETE https://api.d-id.com/talks/JOB',
    says: ['a talk', 'a talk, with all that went into it'],
  },
  synthesia: {
    provider: jobs.synthesia('the-key'),
    start: 'https://api.synthesia.io/v2/videos',
    poll: ['https://api.synthesia.io/v2/videos/JOB', 'authorization', 'the-key'],
    cancel: 'DELETE https://api.synthesia.io/v2/videos/JOB',
    says: ['a video, with its input', 'a video, with captions, a thumbnail and its input'],
  },
  azure: {
    provider: jobs.azure('ours', 'the-key'),
    start: `${sora}?api-version=preview`,
    poll: [`${sora}/JOB?api-version=preview`, 'api-key', 'the-key'],
    says: ['a film', 'a film: its content has an address of its own'],
  },
}

/** A page whose timers ring at once while it is open. Limits of time never come. */
function openPage(provider: Provider, send: Fetch) {
  let isOpen = true
  const tracker = createTracker({
    pipeline: showPipeline,
    schedule(callback, ms) {
      const timer = ms > 30_000 ? undefined : setTimeout(() => isOpen && callback(), 0)
      return () => clearTimeout(timer)
    },
  })
  const fetch = createTrackedFetch({ tracker, providers: [provider], fetch: send })
  const when = (is: (task: TaskRecord) => boolean) =>
    new Promise<TaskRecord>((resolve) => {
      tracker.on(
        'taskChanged',
        ({ task }) => void (task && is(task as TaskRecord) && resolve(task as TaskRecord)),
      )
    })
  const close = () => {
    isOpen = false
    return JSON.stringify(tracker.serialize())
  }
  return { tracker, fetch, when, close }
}

describe.each(Object.entries(all))(
  'the configuration for %s',
  (name, { provider, start, poll, cancel, says }) => {
    const [begun, done] = says.map((what) => corpus.find((it) => it.provider === name && it.what === what)!)
    const [address, header, value] = poll.map((text) => text.replace('JOB', begun!.expected.jobId!))

    /** A page that starts a job and is gone, and the next one, which gets no answer before `finish`. */
    async function reload() {
      const calls: string[] = []
      let finish!: () => void
      let isCanceled!: (call: string) => void
      const finished = new Promise<void>((resolve) => void (finish = resolve))
      const canceled = new Promise<string>((resolve) => void (isCanceled = resolve))
      const send: Fetch = async (input, init) => {
        const { method, url, headers } = new Request(input as RequestInfo, init)
        calls.push([method, url, headers.get(header!)].join(' ').trim())
        if (url === start) return Response.json(begun!.body)
        if (method !== 'GET' || url !== address) isCanceled(`${method} ${url}`)
        else await finished
        return Response.json(done!.body)
      }
      // What its polls would hear never comes.
      const first = openPage(provider, (input, init) =>
        init?.method === 'POST' ? send(input, init) : new Promise(() => {}),
      )
      const hasJob = first.when(({ job }) => job !== undefined)
      const work = { showId: 's1', type: 'trailer' } as const
      await first.fetch.for(work)(start, { method: 'POST', body: '{"prompt":"Ada walks"}' })
      await hasJob
      const saved = first.close()
      const next = openPage(provider, send)
      next.tracker.restore(parseSnapshot(saved))
      const ended = next.when(({ status }) => status !== 'starting' && status !== 'processing')
      next.tracker.resume(next.fetch.followers)
      return { ...next, calls, finish, canceled, ended, saved }
    }

    it('follows a job after a reload, to its output, and pays once', async () => {
      const { calls, finish, ended, saved } = await reload()
      finish()
      const task = await ended
      expect(task).toMatchObject({ status: 'succeeded', job: { provider: name, id: begun!.expected.jobId } })
      expect(task.outputUrl).toBe(done!.expected.outputUrl)
      expect(calls).toEqual([`POST ${start}`, `GET ${address} ${value}`])
      expect(saved).not.toContain('the-key')
    })

    it.runIf(cancel)('cancels a job there', async () => {
      const { tracker, canceled, ended } = await reload()
      tracker.cancel({ showId: 's1' })
      expect(await canceled).toBe(cancel!.replace('JOB', begun!.expected.jobId!))
      expect(await ended).toMatchObject({ status: 'canceled' })
    })
  },
)
