import { describe, expect, it } from 'vitest'
import { openai } from './openai.ts'
import { gate } from '../testing/gate.ts'
import { hurry } from '../testing/hurry.ts'
import { endOf, openPage } from '../testing/open-page.ts'
import type { VideoState } from '../testing/servers/openai-bodies.ts'
import { problem, rateLimited } from '../testing/servers/openai-problems.ts'
import { asked, compare, headers, prompt, setUp, type Use } from '../testing/openai-uses.ts'
import { until } from '../testing/until.ts'

const filming: readonly VideoState[] = [
  { status: 'queued' },
  { status: 'in_progress', progress: 33 },
  { status: 'in_progress', progress: 66 },
  { status: 'completed' },
]

const filmed: Use = async (client) => {
  let video = await client.videos.create({ prompt, model: 'sora-2' })
  while (video.status === 'queued' || video.status === 'in_progress') {
    await new Promise((resolve) => setTimeout(resolve, 5))
    video = await client.videos.retrieve(video.id)
  }
  return video
}

describe('openai with videos', () => {
  const job = { provider: 'openai', id: 'video_1', url: 'https://api.openai.com/v1/videos/video_1' }
  const begun: Use = (client) => client.videos.create({ prompt, model: 'sora-2' })

  it('follows one by what its client is told, and asks nothing itself', async () => {
    const { server, page, bare } = await compare(filmed, {
      script: { videos: filming },
      videoUrl: (id) => `https://app.test/videos/${id}.mp4`,
    })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      job,
      outputUrl: 'https://app.test/videos/video_1.mp4',
      metadata: { model: 'sora-2', outputType: 'video' },
    })
    expect(page.looks()).toEqual([
      'processing',
      'processing in the queue',
      'processing running 33',
      'processing running 66',
      'succeeded  66',
    ])
    expect([server.count('videos'), server.count('video')]).toEqual([1, bare.count('video')])
    expect(page.errors).toEqual([])
  })

  it('polls by itself when no client does, and leaves the film to its reader', async () => {
    const { server, page } = await compare(
      async (client, at) => {
        const { id } = await client.videos.create({ prompt })
        at.videos.set({ status: 'completed' })
        return (await client.videos.downloadContent(id)).text()
      },
      { interval: 5, script: { videos: filming } },
    )
    const task = await page.end()
    expect(task).toMatchObject({ status: 'succeeded', job, metadata: { outputType: 'video' } })
    expect(task).not.toHaveProperty('outputUrl')
    expect([server.count('videos'), page.tasks().length]).toEqual([1, 1])
  })

  it('fails with the video', async () => {
    const error = {
      code: 'moderation_blocked',
      message: 'Your request was blocked by our moderation system.',
    }
    const { page } = await compare(filmed, {
      script: { videos: [{ status: 'queued' }, { status: 'failed', error }] },
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error })
  })

  it('fails with a create that is refused', async () => {
    const { server, page } = await compare((client) => client.videos.create({ prompt: '' }))
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { httpStatus: 400, message: "Missing required parameter: 'prompt'." },
    })
    expect(server.count('videos')).toBe(1)
  })

  it('is canceled by the tracker, and says that OpenAI goes on', async () => {
    const { server, page, client } = await setUp({ script: { videos: [{ status: 'in_progress' }] } })
    await begun(client, server)
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    await until(() =>
      expect(page.errors.map(({ message }) => message)).toEqual([
        'Cannot cancel job "video_1" at openai: OpenAI does not cancel videos. It may go on, and be paid for.',
      ]),
    )
    expect([server.count('videos'), server.count('delete')]).toEqual([1, 0])
  })

  it('is canceled by the tracker in the create, and not sent again by its client', async () => {
    hurry()
    const { server, page, client } = await setUp({ script: { work: gate().pass } })
    const ended = endOf(begun(client, server))
    await until(() => expect(server.count('videos')).toBe(1))
    page.tracker.cancel({ showId: 's1' })
    expect(await ended).toMatchObject({ message: expect.stringContaining('Connection error') as string })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect(server.count('videos')).toBe(1)
  })

  it('is canceled by its caller in the create', async () => {
    const { page } = await compare(
      (client, server) => {
        const controller = new AbortController()
        void asked(server, 'videos').then(() => controller.abort())
        return client.videos.create({ prompt }, { signal: controller.signal })
      },
      { script: { work: gate().pass } },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('lets the client come back when OpenAI is too busy', async () => {
    hurry()
    const { server, page } = await compare(filmed, {
      script: { videos: filming },
      faults(at) {
        at.fault('videos', rateLimited(1))
        at.fault('video', rateLimited(1), 'refused')
      },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', job })
    expect([server.count('videos'), server.videos.all.length]).toEqual([2, 1])
  })

  it.each(['refused', 'lost'] as const)(
    'lets the client make a %s create again, and adds none',
    async (fault) => {
      hurry()
      const { page } = await compare(filmed, {
        script: { videos: filming },
        faults: (at) => at.fault('videos', fault),
      })
      expect(await page.end()).toMatchObject({ status: 'succeeded' })
    },
  )

  it('goes on where the client gives up: at a poll whose answer breaks off', async () => {
    const { server, page } = await compare(filmed, {
      script: { videos: filming },
      faults: (at) => at.fault('video', 'torn'),
    })
    page.skip(60_000)
    expect(await page.end()).toMatchObject({ status: 'succeeded', job })
    expect(server.count('videos')).toBe(1)
  })

  it('is interrupted when OpenAI does not know it any more', async () => {
    const { page } = await compare(begun, {
      interval: 5,
      script: { videos: filming },
      faults: (at) => at.fault('video', problem(404, "Video with id 'video_1' not found.")),
    })
    page.skip(60_000)
    expect(await page.end()).toMatchObject({ status: 'interrupted' })
  })

  it.each([0, 1, 2])('is followed after a reload, when it was told of %i times', async (times) => {
    const { server, page, client } = await setUp({ script: { videos: filming.slice(0, times + 1) } })
    filmed(client, server).catch(() => {})
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    await until(() => expect(server.count('video')).toBeGreaterThanOrEqual(times))
    const saved = page.close()
    expect(saved).not.toContain('sk-test')
    const next = openPage(server.fetch, openai({ interval: 5, headers }), saved)
    await until(() => expect(server.count('video')).toBeGreaterThan(times + 2))
    server.videos.set({ status: 'completed' })
    expect(await next.end()).toMatchObject({ status: 'succeeded', id: page.tasks()[0]?.id })
    expect([server.count('videos'), server.videos.all.length, next.tasks().length]).toEqual([1, 1, 1])
    expect(next.errors).toEqual([])
  })

  it('is interrupted after a reload without the key', async () => {
    const { server, page, client } = await setUp({ script: { videos: filming } })
    await begun(client, server)
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    const next = openPage(server.fetch, openai({ interval: 5 }), page.close())
    next.skip(60_000)
    expect(await next.end()).toMatchObject({ status: 'interrupted' })
    expect(server.count('videos')).toBe(1)
  })

  it.each([
    'https://evil.example/v1/videos/video_1',
    'https://api.openai.com/v1/videos/video_2',
    'https://api.openai.com/v1/files/video_1',
    undefined,
  ])('sends the key nowhere else, whatever a record says: %s', async (url) => {
    const { tracker } = openPage(globalThis.fetch, openai())
    tracker.addTask({
      showId: 's1',
      type: 'trailer',
      status: 'processing',
      job: { provider: 'openai', id: 'video_1', ...(url && { url }) },
    })
    const asked: string[] = []
    const spy: typeof globalThis.fetch = async (address) => {
      asked.push(address as string)
      return new Response()
    }
    const next = openPage(spy, openai({ interval: 5, headers }), JSON.stringify(tracker.serialize()))
    expect(await next.end()).toMatchObject({ status: 'interrupted' })
    expect(asked).toEqual([])
  })
})
