import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createBlackForestLabs } from '@ai-sdk/black-forest-labs'
import { ElevenLabsClient } from '@elevenlabs/elevenlabs-js'
import { generateImage } from 'ai'
import { LumaAI } from 'lumaai'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Provider } from '../jobs/provider.ts'
import type { Fetch } from '../route/request.ts'
import { bfl, elevenlabs, kling, luma } from '../testing/configured-jobs.ts'
import { openPage } from '../testing/open-page.ts'
import {
  type DocumentedServer,
  type DocumentedState,
  keys,
  startBflServer,
  startElevenLabsServer,
  startKlingServer,
  startLumaServer,
} from '../testing/servers/documented-servers.ts'
import { until } from '../testing/until.ts'

const film = 'https://files.example/ada.mp4'
const picture = 'https://delivery.eu1.bfl.ai/ada.png'

/** One call of a client to a provider, which is paid for. */
type Use = (fetch: Fetch) => Promise<unknown>

interface Configured {
  readonly provider: Provider
  readonly start: (script: readonly DocumentedState[]) => Promise<DocumentedServer>
  readonly begin: Use
  /** The same call, and the polls of its client or its page, to the end. */
  readonly wait: Use
  readonly running: readonly DocumentedState[]
  readonly done: DocumentedState
  readonly failed: DocumentedState
  readonly looks: readonly string[]
  readonly output?: string
  readonly url: string
  readonly reason: string
  /** Whether a cancel is sent to the provider. */
  readonly cancels: boolean
}

const lumaOf = (fetch: Fetch) => new LumaAI({ authToken: keys.luma, fetch: fetch as never, maxRetries: 0 })
const dubberOf = (fetch: Fetch) =>
  new ElevenLabsClient({ apiKey: keys.elevenlabs, fetch: fetch as typeof globalThis.fetch, maxRetries: 0 })
const pause = () => new Promise((resolve) => setTimeout(resolve, 5))

const lumaBegin = (fetch: Fetch) =>
  lumaOf(fetch).generations.create({
    model: 'ray-2',
    prompt: 'Ada walks',
    callback_url: 'https://shows.example/h',
  })
const dub = (fetch: Fetch) =>
  dubberOf(fetch).dubbing.create({ file: new Blob(['mp4'], { type: 'video/mp4' }), targetLang: 'es' })

const videos = 'https://api-singapore.klingai.com/v1/videos/image2video'
const shoot = (fetch: Fetch) =>
  fetch(videos, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.kling}` },
    body: '{"model_name":"kling-v3","image":"https://shows.example/ada.png"}',
  })

const all: Readonly<Record<string, Configured>> = {
  'luma, with its client': {
    provider: luma(keys.luma),
    start: startLumaServer,
    begin: lumaBegin,
    async wait(fetch) {
      const { id } = await lumaBegin(fetch)
      while (!/completed|failed/.test((await lumaOf(fetch).generations.get(id!)).state!)) await pause()
    },
    running: [{ word: 'queued' }, { word: 'dreaming' }],
    done: {
      word: 'completed',
      more: {
        assets: { image: 'https://files.example/ada.jpg', progress_video: `${film}?progress`, video: film },
      },
    },
    failed: { word: 'failed', more: { failure_reason: 'The prompt was moderated' } },
    looks: ['processing', 'processing in the queue', 'processing dreaming', 'succeeded'],
    output: film,
    url: 'https://api.lumalabs.ai/dream-machine/v1/generations/job-1',
    reason: 'The prompt was moderated',
    cancels: true,
  },
  'bfl, with the AI SDK': {
    provider: bfl(keys.bfl),
    start: startBflServer,
    begin: (fetch) =>
      fetch('https://api.bfl.ai/v1/flux-2-pro', {
        method: 'POST',
        headers: { 'x-key': keys.bfl },
        body: '{"prompt":"Ada"}',
      }),
    wait: (fetch) =>
      generateImage({
        model: createBlackForestLabs({ apiKey: keys.bfl, fetch, pollIntervalMillis: 5 }).image('flux-2-pro'),
        prompt: 'Ada',
        maxRetries: 0,
      }),
    running: [{ word: 'Pending' }, { word: 'Pending', progress: 0.29 }],
    done: { word: 'Ready', more: { result: { sample: picture, prompt: 'Ada', seed: 7 } } },
    failed: { word: 'Request Moderated', more: { details: { 'Moderation Reasons': ['Violence'] } } },
    looks: ['processing', 'processing in the queue', 'processing running 29', 'succeeded  29'],
    output: picture,
    url: 'https://api.eu1.bfl.ai/v1/get_result?id=job-1',
    reason: 'Moderation Reasons: Violence',
    cancels: false,
  },
  'kling, with fetch': {
    provider: kling(() => keys.kling),
    start: startKlingServer,
    begin: shoot,
    async wait(fetch) {
      await shoot(fetch)
      for (;;) {
        const answer = await fetch(`${videos}/job-1`, { headers: { authorization: `Bearer ${keys.kling}` } })
        if (/"succeed"|"failed"/.test(await answer.text())) return
        await pause()
      }
    },
    running: [{ word: 'submitted' }, { word: 'processing' }],
    done: {
      word: 'succeed',
      more: {
        task_result: { videos: [{ id: 'v', url: film, watermark_url: `${film}?mark`, duration: '5' }] },
      },
    },
    failed: { word: 'failed', more: { task_status_msg: 'The picture was moderated' } },
    looks: ['processing', 'processing in the queue', 'processing processing', 'succeeded'],
    output: film,
    url: `${videos}/job-1`,
    reason: 'The picture was moderated',
    cancels: false,
  },
  'elevenlabs, with its client': {
    provider: elevenlabs(keys.elevenlabs),
    start: startElevenLabsServer,
    begin: dub,
    async wait(fetch) {
      const { dubbingId } = await dub(fetch)
      while ((await dubberOf(fetch).dubbing.get(dubbingId)).status === 'dubbing') await pause()
    },
    running: [{ word: 'dubbing' }, { word: 'dubbing' }],
    done: { word: 'dubbed', more: { media_metadata: { content_type: 'video/mp4', duration: 12.5 } } },
    failed: { word: 'failed', more: { error: 'The film has no speech' } },
    looks: ['processing', 'processing dubbing', 'succeeded'],
    url: 'https://api.elevenlabs.io/v1/dubbing/job-1',
    reason: 'The film has no speech',
    cancels: true,
  },
}

describe.each(Object.entries(all))('jsonJob for %s', (_name, configured) => {
  const { provider, start, begin, wait, running, done, failed, looks, output, url, reason, cancels } =
    configured

  async function setUp(script: readonly DocumentedState[]) {
    const server = await start(script)
    onTestFinished(server.close)
    /** A page whose own polls follow each other at once, where it is in a hurry. */
    const open = (saved?: string, isInHurry = true) => {
      const page = openPage(server.fetch, provider, saved)
      if (isInHurry) page.skip(3_000)
      return page
    }
    return { server, open }
  }
  const paid = (server: DocumentedServer) => [server.count('create'), server.all.length]

  it('makes one task of one paid call, to its output', async () => {
    const { server, open } = await setUp([running[0]!, ...running, done])
    const page = open()
    await begin(page.fetch)
    const task = await page.end()
    expect(task).toMatchObject({ status: 'succeeded', job: { provider: provider.name, id: 'job-1', url } })
    expect(task.outputUrl).toBe(output)
    expect(page.looks()).toEqual(looks)
    expect(paid(server)).toEqual([1, 1])
    expect(page.errors).toEqual([])
    expect(JSON.stringify(page.versions)).not.toMatch(Object.values(keys).join('|'))
  })

  it('takes what its client is told, and asks nothing itself', async () => {
    const script = [running[0]!, ...running, done]
    const bare = await setUp(script)
    await wait(bare.server.fetch)
    const { server, open } = await setUp(script)
    const page = open(undefined, false)
    await wait(page.fetch)
    expect(await page.end()).toMatchObject({ status: 'succeeded', job: { url } })
    expect([server.count('create'), server.count('status')]).toEqual([1, bare.server.count('status')])
  })

  it('goes on after a reload, and pays once', async () => {
    const { server, open } = await setUp([running[0]!])
    const page = open()
    await begin(page.fetch)
    await until(() => expect(page.tasks()[0]?.job?.url).toBe(url))
    const next = open(page.close())
    await until(() => expect(server.count('status')).toBeGreaterThan(1))
    server.set(done)
    const task = await next.end()
    expect(task).toMatchObject({ status: 'succeeded', id: page.tasks()[0]!.id })
    expect(task.outputUrl).toBe(output)
    expect(paid(server)).toEqual([1, 1])
  })

  it('fails with the sentence of the provider', async () => {
    const { server, open } = await setUp([running[0]!, failed])
    const page = open()
    await begin(page.fetch)
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: reason } })
    expect(paid(server)).toEqual([1, 1])
  })

  it(
    cancels ? 'deletes the job when it is canceled here' : 'sends nothing when it is canceled here',
    async () => {
      const { server, open } = await setUp([running[0]!])
      const page = open()
      await begin(page.fetch)
      await until(() => expect(server.count('status')).toBeGreaterThan(0))
      page.tracker.cancel({ showId: 's1' })
      expect(await page.end()).toMatchObject({ status: 'canceled' })
      if (cancels) await until(() => expect(server.count('remove')).toBe(1))
      expect([server.count('remove'), page.errors]).toEqual([cancels ? 1 : 0, []])
    },
  )
})

it('the configurations stand in the guide as they are tested', () => {
  const file = (name: string) => readFileSync(path.join(import.meta.dirname, name), 'utf8')
  const guide = file('../../../../docs/guide/providers.md')
  const sources = file('../testing/configured-jobs.ts').split('\nexport ').slice(1)
  expect(sources).toHaveLength(4)
  expect(sources.filter((source) => !guide.includes(source.trim()))).toEqual([])
})
