import OpenAI, { toFile } from 'openai'
import { describe, expect, it, vi } from 'vitest'
import { createTrackedFetch, resend } from './index.ts'
import { openai, type OpenAiOptions } from './openai.ts'
import { hurry } from './testing/hurry.ts'
import { endOf, openPage } from './testing/open-page.ts'
import type { ResponseState, VideoState } from './testing/openai-bodies.ts'
import {
  type OpenAiScript,
  type OpenAiServer,
  problem,
  rateLimited,
  refusedByPolicy,
  startOpenAiServer,
} from './testing/openai-server.ts'
import { providerTests } from './testing/provider-tests.ts'

type Use = (client: OpenAI, server: OpenAiServer) => Promise<unknown>

const prompt = 'a portrait of Ada'
const text = 'Once upon a time there was a Königin'
const headers = { authorization: 'Bearer sk-test' }
const paid = ['images', 'edits', 'responses', 'chat', 'videos'] as const
const writing: readonly ResponseState[] = [
  { status: 'queued' },
  { status: 'in_progress' },
  { status: 'completed', text },
]
const filming: readonly VideoState[] = [
  { status: 'queued' },
  { status: 'in_progress', progress: 33 },
  { status: 'in_progress', progress: 66 },
  { status: 'completed' },
]
const model = 'gpt-5'
const responded: Use = (client) => client.responses.create({ model, input: prompt })
const streamed: Use = async (client) =>
  listOf(await client.responses.create({ model, input: prompt, stream: true }))
const inBackground: Use = async (client) => {
  let response = await client.responses.create({ model, input: prompt, background: true })
  while (response.status === 'queued' || response.status === 'in_progress') {
    await new Promise((resolve) => setTimeout(resolve, 5))
    response = await client.responses.retrieve(response.id)
  }
  return response
}
const filmed: Use = async (client) => {
  let video = await client.videos.create({ prompt, model: 'sora-2' })
  while (video.status === 'queued' || video.status === 'in_progress') {
    await new Promise((resolve) => setTimeout(resolve, 5))
    video = await client.videos.retrieve(video.id)
  }
  return video
}
const chatted: Use = (client) =>
  client.chat.completions.create({ model, messages: [{ role: 'user', content: prompt }] })
const drawn: Use = (client) => client.images.generate({ model: 'gpt-image-1', prompt })

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const clientOf = (fetch: typeof globalThis.fetch) => new OpenAI({ apiKey: 'sk-test', fetch })

interface Given extends OpenAiOptions {
  readonly script?: OpenAiScript
}

const { setUp, compare } = providerTests({
  start: ({ script = {} }: Given) => startOpenAiServer(script),
  provider: (given) => openai({ every: 1_000, ...given }),
  clientOf,
  paid: (server) => Object.fromEntries(paid.map((endpoint) => [endpoint, server.count(endpoint)])),
})

/** The server has been asked for it. */
const asked = (server: OpenAiServer, endpoint: Parameters<OpenAiServer['count']>[0]) =>
  vi.waitFor(() => expect(server.count(endpoint)).toBe(1), { interval: 5, timeout: 20_000 })

/** Something that is held back until it is let go. */
function gate() {
  const waiting: (() => void)[] = []
  let isOpen = false
  return {
    pass: () => (isOpen ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve))),
    step: () => waiting.shift()?.(),
    open: () => {
      isOpen = true
      for (const go of waiting.splice(0)) go()
    },
  }
}

describe('openai with pictures', () => {
  it('tells what came as data by its type and size, and keeps none of it', async () => {
    const { server, page } = await compare((client) =>
      client.images.generate({ model: 'gpt-image-1', prompt, n: 2 }),
    )
    const picture = { type: 'image/png', bytes: 9 }
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      metadata: { model: 'gpt-image-1', output: [picture, picture] },
    })
    const kept = JSON.stringify([page.versions, page.tracker.serialize()])
    expect(kept).not.toContain(Buffer.from('a picture').toString('base64'))
    expect(kept).not.toContain(prompt)
    expect(kept).not.toContain('sk-test')
    expect(server.count('images')).toBe(1)
    expect(page.errors).toEqual([])
  })

  it('keeps the addresses of those that have one', async () => {
    const { page } = await compare((client) =>
      client.images.generate({ model: 'dall-e-2', prompt, n: 2, response_format: 'url' }),
    )
    const outputs = ['https://files.openai.test/1.png?sig=1', 'https://files.openai.test/2.png?sig=1']
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: outputs[0], outputs })
  })

  it('ends with large ones', async () => {
    const script = { picture: new Uint8Array(2_000_000) }
    const { page } = await compare(drawn, { script })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      metadata: { output: [{ type: 'image/png', bytes: 2_000_000 }] },
    })
    expect(page.errors).toEqual([])
    const torn = await compare(drawn, { script, faults: (at) => at.fault('images', 'torn') })
    expect(await torn.page.end()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
    expect(torn.server.count('images')).toBe(1)
  })

  it('shows how far they are by the partial ones', async () => {
    const { page } = await compare(async (client) =>
      listOf(await client.images.generate({ model: 'gpt-image-1', prompt, stream: true, partial_images: 2 })),
    )
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      metadata: { output: [{ type: 'image/png', bytes: 9 }] },
    })
    expect(page.looks()).toEqual([
      'processing',
      'processing drawing 33',
      'processing drawing 66',
      'succeeded  66',
    ])
    expect(page.errors).toEqual([])
  })

  it('edits what is sent as a form, at once and in a stream', async () => {
    const image = await toFile(new TextEncoder().encode('a sketch'), 'ada.png', { type: 'image/png' })
    const once = await compare((client) => client.images.edit({ image, prompt }))
    expect(await once.page.end()).toMatchObject({ status: 'succeeded', metadata: { output: [{ bytes: 9 }] } })
    const stream = await compare(async (client) =>
      listOf(await client.images.edit({ image, prompt, stream: true, partial_images: 1 })),
    )
    expect(await stream.page.end()).toMatchObject({ status: 'succeeded' })
    expect(stream.page.looks()).toContain('processing drawing')
  })

  it('fails with a prompt that OpenAI does not take', async () => {
    const { server, page } = await compare(drawn, { faults: (at) => at.fault('images', refusedByPolicy) })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { httpStatus: 400, message: 'Your request was rejected by the safety system.' },
    })
    expect(server.count('images')).toBe(1)
  })

  it('fails with a stream of them that breaks off', async () => {
    const { page } = await compare(
      async (client) => listOf(await client.images.generate({ prompt, stream: true, partial_images: 3 })),
      { faults: (at) => at.fault('images', 'torn') },
    )
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
  })

  it('is canceled by its caller', async () => {
    const { page } = await compare(
      async (client, server) => {
        const controller = new AbortController()
        void asked(server, 'images').then(() => controller.abort())
        return client.images.generate({ model: 'gpt-image-1', prompt }, { signal: controller.signal })
      },
      { script: { work: gate().pass } },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('is canceled by the tracker, and not sent again by its client', async () => {
    hurry()
    const { server, page, client } = await setUp({ script: { work: gate().pass } })
    const ended = endOf(drawn(client, server))
    await vi.waitFor(() => expect(server.count('images')).toBe(1))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await ended).toMatchObject({ message: expect.stringContaining('Connection error') as string })
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    expect([server.count('images'), page.tasks().length]).toEqual([1, 1])
  })

  it('lets the client come back when OpenAI is too busy, or has dropped the connection', async () => {
    hurry()
    const { server, page } = await compare(drawn, {
      faults: (at) => at.fault('images', rateLimited(1), 'refused'),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
    expect(server.count('images')).toBe(3)
    expect(page.tasks().map(({ status, error }) => error?.httpStatus ?? status)).toEqual([
      'succeeded',
      'failed',
      429,
    ])
  })

  it('is superseded by another prompt, which the client of the first does not end by trying again', async () => {
    hurry()
    const { pass, open } = gate()
    const { server, page } = await setUp({ script: { work: pass } })
    const fetch = createTrackedFetch({ tracker: page.tracker, fetch: server.fetch, providers: [openai()] })
    const work = { showId: 's1', type: 'portrait', characterId: 'ada', onConflict: 'supersede' } as const
    const client = clientOf(fetch.for(work))
    const first = endOf(client.images.generate({ prompt: 'Ada as a child' }))
    await vi.waitFor(() => expect(server.count('images')).toBe(1))
    const second = client.images.generate({ prompt })
    expect(await first).toMatchObject({ message: expect.stringContaining('Connection error') as string })
    open()
    expect((await second).data).toHaveLength(1)
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
    expect(page.tasks().map(({ status }) => status)).toEqual(['succeeded', 'canceled'])
    expect(server.count('images')).toBe(2)
  })

  it('is one task over all attempts where the sending again is ours', async () => {
    hurry()
    const { server, page } = await setUp({ faults: (at) => at.fault('images', rateLimited(1), 'refused') })
    const fetch = createTrackedFetch({ tracker: page.tracker, fetch: server.fetch, providers: [openai()] })
    const work = { showId: 's1', type: 'portrait', characterId: 'ada', retry: resend() } as const
    const client = new OpenAI({ apiKey: 'sk-test', maxRetries: 0, fetch: fetch.for(work) })
    const { data } = await client.images.generate({ model: 'gpt-image-1', prompt })
    expect(data).toHaveLength(1)
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 3 })
    expect([server.count('images'), page.tasks().length]).toEqual([3, 1])
  })

  it('fails when OpenAI stays too busy', async () => {
    hurry()
    const { server, page } = await compare(drawn, {
      faults: (at) => at.fault('images', ...Array.from({ length: 3 }, () => rateLimited(1))),
    })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { httpStatus: 429, message: expect.stringContaining('Rate limit') as string },
    })
    expect(server.count('images')).toBe(3)
  })
})

describe('openai with responses', () => {
  it('ends with the answer, of which only the kind is kept', async () => {
    const { server, page } = await compare(responded, { script: { responses: writing } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { model, outputType: 'text' } })
    expect(JSON.stringify(page.versions)).not.toContain('Once upon')
    expect(server.count('responses')).toBe(1)
    expect(page.errors).toEqual([])
  })

  it('shows in a stream what the model is about', async () => {
    const { server, page } = await compare(streamed, { script: { responses: writing } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { model, outputType: 'text' } })
    expect(page.looks()).toEqual(['processing', 'processing running', 'processing writing', 'succeeded'])
    expect(JSON.stringify(page.versions)).not.toContain('Once')
    expect(server.count('responses')).toBe(1)
    expect(page.errors).toEqual([])
  })

  it('holds up no event of a stream', async () => {
    const { pass, step, open } = gate()
    const { server, page, client } = await setUp({ script: { responses: writing, pace: pass } })
    const stream = await client.responses.create({ model, input: prompt, stream: true })
    const seen: string[] = []
    const reading = (async () => {
      for await (const { type } of stream) seen.push(type)
    })()
    for (const type of ['in_progress', 'output_item.added', 'content_part.added', 'output_text.delta']) {
      await vi.waitFor(() => expect(seen.at(-1)).toBe(`response.${type}`), { interval: 1 })
      step()
    }
    await vi.waitFor(() => expect(page.tasks()[0]).toMatchObject({ status: 'processing', stage: 'writing' }))
    open()
    await reading
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
    expect(server.count('responses')).toBe(1)
  })

  it.each([
    [
      { status: 'failed', error: { code: 'server_error', message: 'The model broke.' } },
      { status: 'failed', error: { code: 'server_error', message: 'The model broke.' } },
    ],
    [
      { status: 'incomplete', text: 'Once', reason: 'max_output_tokens' },
      { status: 'succeeded', metadata: { outputType: 'text', incomplete: 'max_output_tokens' } },
    ],
    [
      { status: 'incomplete', text: 'Once', reason: 'content_filter' },
      { status: 'failed', error: { message: 'The answer was cut off: content_filter.' } },
    ],
  ] as const)('knows one that ends as %j', async (state, expected) => {
    for (const use of [responded, streamed, inBackground]) {
      const { page } = await compare(use, { script: { responses: [{ status: 'queued' }, state] } })
      expect(await page.end()).toMatchObject(expected)
    }
  })

  it.each([responded, streamed])('fails with an answer that breaks off', async (use) => {
    const { server, page } = await compare(use, { faults: (at) => at.fault('responses', 'torn') })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
    expect(server.count('responses')).toBe(1)
  })

  it('fails with a stream that a proxy ends', async () => {
    const body =
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Once"}\n\n'
    const { page } = await compare(streamed, {
      faults: (at) =>
        at.fault('responses', { status: 200, headers: { 'content-type': 'text/event-stream' }, body }),
    })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: 'The stream ended before the answer did.' },
    })
  })

  it('reads a stream whose events a proxy has left without names', async () => {
    const events = [
      { type: 'response.output_text.delta', delta: 'Once' },
      { type: 'response.completed', response: { id: 'resp_1', status: 'completed', model, output: [{}] } },
    ]
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    const { page } = await compare(streamed, {
      faults: (at) =>
        at.fault('responses', { status: 200, headers: { 'content-type': 'text/event-stream' }, body }),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'json' } })
    expect(page.looks()).toContain('processing writing')
  })

  it('has succeeded when the reader leaves a stream after its end', async () => {
    const { page } = await compare(async (client) => {
      const stream = await client.responses.create({ model, input: prompt, stream: true })
      for await (const event of stream) if (event.type === 'response.completed') return event
      return undefined
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
  })

  it('is canceled when the reader leaves a stream in the middle', async () => {
    const { page } = await compare(
      async (client) => {
        const stream = await client.responses.create({ model, input: prompt, stream: true })
        for await (const event of stream) return event
        return undefined
      },
      { script: { responses: writing, pace: gate().pass } },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('is canceled by the tracker in the middle of a stream, whose reader is told', async () => {
    const { server, page, client } = await setUp({ script: { responses: writing, pace: gate().pass } })
    const ended = endOf(streamed(client, server))
    await vi.waitFor(() => expect(page.tasks()[0]?.stage).toBe('running'))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await ended).toMatchObject({ name: 'CanceledError', message: 'another prompt' })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect(server.count('responses')).toBe(1)
  })

  it('lets the client come back when OpenAI is too busy', async () => {
    hurry()
    for (const use of [responded, streamed]) {
      const { server, page } = await compare(use, {
        faults: (at) => at.fault('responses', rateLimited(1), problem(500, 'The server had an error.')),
      })
      expect(await page.end()).toMatchObject({ status: 'succeeded' })
      expect(server.count('responses')).toBe(3)
    }
  })
})

describe('openai with responses in the background', () => {
  const job = { provider: 'openai', id: 'resp_1', url: 'https://api.openai.com/v1/responses/resp_1' }

  it('follows one by what its client is told, and asks nothing itself', async () => {
    const { server, page, bare } = await compare(inBackground, { script: { responses: writing } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', job, metadata: { outputType: 'text' } })
    expect(page.looks()).toEqual(['processing', 'processing in the queue', 'processing running', 'succeeded'])
    expect([server.count('responses'), server.count('response')]).toEqual([1, bare.count('response')])
  })

  it('asks itself when nobody else does', async () => {
    const { server, page } = await compare(
      (client) => client.responses.create({ model, input: prompt, background: true }),
      { every: 5, script: { responses: writing } },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded', job })
    expect([server.count('responses'), server.count('response')]).toEqual([1, 2])
  })

  it('goes on asking when its stream breaks off', async () => {
    const { server, page } = await compare(
      async (client) =>
        listOf(await client.responses.create({ model, input: prompt, background: true, stream: true })),
      { every: 5, script: { responses: writing }, faults: (at) => at.fault('responses', 'torn') },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded', job })
    expect([server.count('responses'), server.count('response')]).toEqual([1, 2])
  })

  it('is canceled by its client', async () => {
    const { server, page } = await compare(
      async (client) => {
        const { id } = await client.responses.create({ model, input: prompt, background: true })
        return client.responses.cancel(id)
      },
      { script: { responses: [{ status: 'in_progress' }] } },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect([server.count('responses'), server.count('cancel')]).toEqual([1, 1])
  })

  it.each([true, false])('is canceled by the tracker, at OpenAI too (in a stream: %s)', async (stream) => {
    const { server, page, client } = await setUp({
      script: { responses: [{ status: 'queued' }], pace: gate().pass },
    })
    const ended = endOf(
      stream
        ? client.responses.create({ model, input: prompt, background: true, stream }).then(listOf)
        : client.responses.create({ model, input: prompt, background: true }),
    )
    await vi.waitFor(() => expect(page.tasks()[0]).toMatchObject({ job, stage: 'in the queue' }))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await ended).toMatchObject(stream ? { name: 'CanceledError' } : { value: { status: 'queued' } })
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    await vi.waitFor(() => expect(server.responses.all[0]?.state.status).toBe('cancelled'))
    expect([server.count('responses'), server.count('cancel')]).toEqual([1, 1])
    expect(page.errors).toEqual([])
  })

  it('is not ended by a reader who leaves its stream', async () => {
    const { page, server } = await compare(
      async (client) => {
        const stream = await client.responses.create({
          model,
          input: prompt,
          background: true,
          stream: true,
        })
        for await (const event of stream) if (event.type === 'response.queued') return event
        return undefined
      },
      { every: 5, script: { responses: writing, pace: gate().pass } },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded', job })
    expect(server.count('responses')).toBe(1)
  })

  it.each([true, false])(
    'is followed after a reload, and not paid again (in a stream: %s)',
    async (stream) => {
      const { server, page, client } = await setUp({
        script: { responses: writing.slice(0, 2), pace: gate().pass },
      })
      const sent = stream
        ? client.responses.create({ model, input: prompt, background: true, stream }).then(listOf)
        : inBackground(client, server)
      sent.catch(() => {})
      await vi.waitFor(() => expect(page.tasks()[0]).toMatchObject({ job }))
      const saved = page.close()
      expect(saved).not.toContain('sk-test')
      const next = openPage(server.fetch, openai({ every: 5, headers }), saved)
      await vi.waitFor(() => expect(next.tasks()[0]?.stage).toBe('running'))
      server.responses.set(writing.at(-1)!)
      expect(await next.end()).toMatchObject({
        status: 'succeeded',
        id: page.tasks()[0]?.id,
        metadata: { outputType: 'text' },
      })
      expect([server.count('responses'), server.responses.all.length, next.tasks().length]).toEqual([1, 1, 1])
      expect(next.errors).toEqual([])
    },
  )

  it('cancels at OpenAI what an earlier page has begun', async () => {
    const { server, page, client } = await setUp({ script: { responses: [{ status: 'in_progress' }] } })
    await client.responses.create({ model, input: prompt, background: true })
    await vi.waitFor(() => expect(page.tasks()[0]).toMatchObject({ job }))
    const next = openPage(server.fetch, openai({ every: 5, headers: () => headers }), page.close())
    next.tracker.cancel({ showId: 's1' })
    await vi.waitFor(() => expect(server.responses.all[0]?.state.status).toBe('cancelled'))
    expect(await next.end()).toMatchObject({ status: 'canceled' })
  })
})

describe('openai with chats', () => {
  const stream: Use = async (client) =>
    listOf(
      await client.chat.completions.create({
        model,
        messages: [{ role: 'user', content: prompt }],
        stream: true,
        stream_options: { include_usage: true },
      }),
    )

  it.each([
    [{ text }, { status: 'succeeded', metadata: { model, outputType: 'text' } }],
    [
      { text, finish: 'length' },
      { status: 'succeeded', metadata: { incomplete: 'length' } },
    ],
    [
      { text, finish: 'content_filter' },
      { status: 'failed', error: { code: 'content_filter' } },
    ],
    [
      { text: '', refusal: 'I cannot do that.' },
      { status: 'failed', error: { code: 'refusal', message: 'The model refuses: I cannot do that.' } },
    ],
    [{ text: '' }, { status: 'failed', error: { message: 'The answer is empty.' } }],
  ] as const)('ends with the answer: %j', async (chat, expected) => {
    for (const use of [chatted, stream]) {
      const { server, page } = await compare(use, { script: { chat } })
      expect(await page.end()).toMatchObject(expected)
      expect(server.count('chat')).toBe(1)
      expect(page.errors).toEqual([])
    }
  })

  it('shows that the model writes', async () => {
    const { page } = await compare(stream, { script: { chat: { text } } })
    await page.end()
    expect(page.looks()).toEqual(['processing', 'processing running', 'processing writing', 'succeeded'])
    expect(JSON.stringify(page.versions)).not.toContain('Once')
  })

  it.each([chatted, stream])('fails with an answer that breaks off', async (use) => {
    const { server, page } = await compare(use, { faults: (at) => at.fault('chat', 'torn') })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
    expect(server.count('chat')).toBe(1)
  })

  it('lets the client come back when OpenAI is too busy', async () => {
    hurry()
    const { server, page } = await compare(stream, { faults: (at) => at.fault('chat', rateLimited(1)) })
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
    expect(server.count('chat')).toBe(2)
  })

  it('is canceled by the tracker, and not sent again by its client', async () => {
    hurry()
    const { server, page, client } = await setUp({ script: { work: gate().pass } })
    const ended = endOf(chatted(client, server))
    await vi.waitFor(() => expect(server.count('chat')).toBe(1))
    page.tracker.cancel({ showId: 's1' })
    expect(await ended).toMatchObject({ message: expect.stringContaining('Connection error') as string })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect(server.count('chat')).toBe(1)
  })
})

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

  it('asks itself when nobody else does, and leaves the film to its reader', async () => {
    const { server, page } = await compare(
      async (client, at) => {
        const { id } = await client.videos.create({ prompt })
        at.videos.set({ status: 'completed' })
        return (await client.videos.downloadContent(id)).text()
      },
      { every: 5, script: { videos: filming } },
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
    await vi.waitFor(() => expect(page.tasks()[0]).toMatchObject({ job }))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    await vi.waitFor(() =>
      expect(page.errors.map(({ message }) => message)).toEqual([
        'OpenAI cannot cancel a video: "video_1" is made to its end, and paid for.',
      ]),
    )
    expect([server.count('videos'), server.count('delete')]).toEqual([1, 0])
  })

  it('is canceled by the tracker in the create, and not sent again by its client', async () => {
    hurry()
    const { server, page, client } = await setUp({ script: { work: gate().pass } })
    const ended = endOf(begun(client, server))
    await vi.waitFor(() => expect(server.count('videos')).toBe(1))
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
      every: 20,
      script: { videos: filming },
      faults: (at) => at.fault('video', 'torn'),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', job })
    expect(server.count('videos')).toBe(1)
  })

  it('is interrupted when OpenAI does not know it any more', async () => {
    const { page } = await compare(begun, {
      every: 5,
      script: { videos: filming },
      faults: (at) => at.fault('video', problem(404, "Video with id 'video_1' not found.")),
    })
    expect(await page.end()).toMatchObject({ status: 'interrupted' })
  })

  it.each([0, 1, 2])('is followed after a reload, when it was told of %i times', async (times) => {
    const { server, page, client } = await setUp({ script: { videos: filming.slice(0, times + 1) } })
    filmed(client, server).catch(() => {})
    await vi.waitFor(() => expect(page.tasks()[0]).toMatchObject({ job }))
    await vi.waitFor(() => expect(server.count('video')).toBeGreaterThanOrEqual(times))
    const saved = page.close()
    expect(saved).not.toContain('sk-test')
    const next = openPage(server.fetch, openai({ every: 5, headers }), saved)
    await vi.waitFor(() => expect(server.count('video')).toBeGreaterThan(times + 2))
    server.videos.set({ status: 'completed' })
    expect(await next.end()).toMatchObject({ status: 'succeeded', id: page.tasks()[0]?.id })
    expect([server.count('videos'), server.videos.all.length, next.tasks().length]).toEqual([1, 1, 1])
    expect(next.errors).toEqual([])
  })

  it('is interrupted after a reload without the key', async () => {
    const { server, page, client } = await setUp({ script: { videos: filming } })
    await begun(client, server)
    await vi.waitFor(() => expect(page.tasks()[0]).toMatchObject({ job }))
    const next = openPage(server.fetch, openai({ every: 5 }), page.close())
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
    const next = openPage(spy, openai({ every: 5, headers }), JSON.stringify(tracker.serialize()))
    expect(await next.end()).toMatchObject({ status: 'interrupted' })
    expect(asked).toEqual([])
  })
})
