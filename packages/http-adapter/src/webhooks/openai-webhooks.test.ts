import { createTestTracker } from '@callsheet/core/test'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openai } from '../providers/openai.ts'
import { openPage } from '../testing/open-page.ts'
import { type OpenAiScript, startOpenAiServer } from '../testing/servers/openai-server.ts'
import { clock, type Parcel, requestOf, secretOf, signStandard } from '../testing/sign-webhooks.ts'
import { until } from '../testing/until.ts'
import { handleWebhook } from './handle-webhook.ts'
import { openaiWebhooks, type OpenAiWebhooksOptions } from './openai-webhooks.ts'

const secret = secretOf(1)
const headers = { authorization: 'Bearer sk-test' }
const eventOf = (type: string, id = 'video_1') =>
  JSON.stringify({ object: 'event', id: 'evt_1', type, created_at: 1_750_000_000, data: { id } })

/** A tracker with one task whose job is at OpenAI, and the address of its webhooks. */
function scene(options: Partial<OpenAiWebhooksOptions> = {}, id = 'video_1') {
  const test = createTestTracker({ start: clock.now() })
  const job = { provider: 'openai', id }
  test.tracker.addTask({ id: 't1', showId: 's1', type: 'trailer', status: 'processing', job })
  const source = openaiWebhooks({ secret, ...options })
  const deliver = async (body: string) => {
    const request = requestOf(await signStandard(body, { id: `wh_${body.length}` }))
    const response = await handleWebhook(request, { source, target: test.tracker, clock: clock.now })
    return [response.status, ((await response.json()) as { result?: string }).result]
  }
  return { ...test, source, deliver, task: () => test.tracker.getTask('t1')! }
}

async function serve(script: OpenAiScript) {
  const server = await startOpenAiServer(script)
  onTestFinished(server.close)
  return server
}

describe('openaiWebhooks', () => {
  it('ends a video whose event has no output, and does not fail it', async () => {
    const { deliver, task } = scene()
    expect(await deliver(eventOf('video.completed'))).toEqual([200, 'merged'])
    expect(task()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'video' } })
  })

  it('gives a finished video the address on your server', async () => {
    const { deliver, task } = scene({ videoUrl: (id) => `https://app.test/films/${id}` })
    await deliver(eventOf('video.completed'))
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://app.test/films/video_1' })
  })

  it.each([
    ['response.completed', { status: 'succeeded' }],
    ['response.incomplete', { status: 'succeeded', metadata: { incomplete: 'incomplete' } }],
    ['response.failed', { status: 'failed' }],
    ['response.cancelled', { status: 'canceled' }],
    ['video.failed', { status: 'failed' }],
    ['batch.completed', { status: 'succeeded' }],
    ['batch.failed', { status: 'failed' }],
    ['batch.expired', { status: 'failed', error: { message: 'The provider says: expired.' } }],
    ['batch.cancelled', { status: 'canceled' }],
    ['fine_tuning.job.succeeded', { status: 'succeeded' }],
    ['eval.run.canceled', { status: 'canceled' }],
  ])('knows what %s means', async (type, end) => {
    const { deliver, task } = scene()
    expect(await deliver(eventOf(type))).toEqual([200, 'merged'])
    expect(task()).toMatchObject(end)
  })

  it('ignores an event about something else, so that OpenAI does not send it again', async () => {
    const { deliver, task } = scene()
    const before = task()
    expect(await deliver(eventOf('realtime.call.incoming'))).toEqual([200, 'ignored'])
    expect(await deliver(eventOf('video.generation.started'))).toEqual([200, 'ignored'])
    expect(task()).toBe(before)
  })

  it('refuses what is not an event', async () => {
    const { deliver } = scene()
    for (const body of ['null', '{}', '{"type":"video.completed"}', '{"type":"video.completed","data":{}}']) {
      expect((await deliver(body))[0]).toBe(400)
    }
  })

  it('reads the video and the response where it has the key: model, output and error', async () => {
    const server = await serve({
      videos: [{ status: 'failed', error: { code: 'moderation_blocked', message: 'Too scary.' } }],
      responses: [{ status: 'completed', text: 'Once upon a time' }],
    })
    const film = new OpenAI({ apiKey: 'sk-test', fetch: server.fetch })
    const { id } = await film.videos.create({ prompt: 'Ada', model: 'sora-2' })
    const failed = scene({ headers, fetch: server.fetch }, id)
    await failed.deliver(eventOf('video.failed', id))
    expect(failed.task()).toMatchObject({
      status: 'failed',
      error: { message: 'Too scary.', code: 'moderation_blocked' },
    })
    const { id: text } = await film.responses.create({ model: 'gpt-5', input: 'A show', background: true })
    const written = scene({ headers, fetch: server.fetch }, text)
    await written.deliver(eventOf('response.completed', text))
    expect(written.task()).toMatchObject({
      status: 'succeeded',
      metadata: { outputType: 'text', model: expect.any(String) as string },
    })
  })

  it('believes the event where the API is behind it, or knows the job no longer', async () => {
    const answers = [
      Response.json({ id: 'video_1', status: 'in_progress' }),
      new Response('', { status: 404 }),
    ]
    for (const answer of answers) {
      const { deliver, task } = scene({ headers, fetch: async () => answer })
      expect(await deliver(eventOf('video.completed'))).toEqual([200, 'merged'])
      expect(task().status).toBe('succeeded')
    }
  })

  it('has OpenAI send the event again while the job cannot be read, and says so', async () => {
    const down = vi.fn(async () => new Response('', { status: 503 }))
    const { deliver, task, errors } = scene({ headers, fetch: down })
    expect((await deliver(eventOf('video.completed')))[0]).toBe(503)
    expect(task().status).toBe('processing')
    expect(errors).toMatchObject([{ status: 503 }])
    down.mockResolvedValue(Response.json({ id: 'video_1', status: 'completed', model: 'sora-2' }))
    expect(await deliver(eventOf('video.completed'))).toEqual([200, 'merged'])
    expect(task()).toMatchObject({ status: 'succeeded', metadata: { model: 'sora-2' } })
  })

  it('adds the output to a followed task by the next poll', async () => {
    const server = await serve({ videos: [{ status: 'queued' }, { status: 'in_progress' }] })
    const provider = openai({ headers, interval: 5, videoUrl: (id) => `https://app.test/films/${id}` })
    const page = openPage(server.fetch, provider)
    const client = new OpenAI({ apiKey: 'sk-test', fetch: page.fetch })
    const { id } = await client.videos.create({ prompt: 'Ada', model: 'sora-2' })
    await until(() => expect(page.tasks()[0]?.job?.id).toBe(id))
    server.videos.set({ status: 'completed' })
    const source = openaiWebhooks({ secret })
    const request = requestOf(await signStandard(eventOf('video.completed', id)))
    await handleWebhook(request, { source, target: page.tracker, clock: clock.now })
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
    await until(() => expect(page.tasks()[0]?.outputUrl).toBe(`https://app.test/films/${id}`))
  })

  it("takes in what OpenAI's own client takes in, and refuses what that refuses", async () => {
    vi.useFakeTimers({ now: clock.now(), toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const client = new OpenAI({ apiKey: 'sk-test' })
    const body = eventOf('video.completed')
    const good = await signStandard(body, { id: 'wh_1' })
    const parcels: readonly Parcel[] = [
      good,
      await signStandard(body, { id: 'wh.1.2' }),
      await signStandard(body, { secret: secretOf(2) }),
      await signStandard(body, { time: '1' }),
      { ...good, body: `${body} ` },
      { ...good, headers: { ...good.headers, 'webhook-id': 'wh_2' } },
    ]
    const verdicts: boolean[] = []
    for (const parcel of parcels) {
      const { source } = scene()
      const given = { headers: new Headers(parcel.headers), body: new TextEncoder().encode(parcel.body) }
      const ours = await source.verify({ ...given, now: clock.now() }).then(
        () => true,
        () => false,
      )
      const theirs = await client.webhooks.unwrap(parcel.body, parcel.headers, secret).then(
        () => true,
        () => false,
      )
      expect(ours).toBe(theirs)
      verdicts.push(ours)
    }
    expect(verdicts).toEqual([true, true, false, false, false, false])
  })
})
