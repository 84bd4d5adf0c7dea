import { createFal } from '@ai-sdk/fal'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createReplicate } from '@ai-sdk/replicate'
import { experimental_generateVideo, generateImage, generateText, streamText } from 'ai'
import { describe, expect, it } from 'vitest'
import { fal } from './fal.ts'
import { google } from './google.ts'
import { openai } from './openai.ts'
import { replicate } from './replicate.ts'
import type { Fetch } from '../route/request.ts'
import { type FalState, startFalServer } from '../testing/servers/fal-server.ts'
import { contentOf, exhausted } from '../testing/servers/google-bodies.ts'
import { apiKey, type GoogleScript, startGoogleServer } from '../testing/servers/google-server.ts'
import { hurry } from '../testing/hurry.ts'
import { endOf, openPage } from '../testing/open-page.ts'
import { rateLimited, refusedByPolicy } from '../testing/servers/openai-problems.ts'
import { type OpenAiScript, startOpenAiServer } from '../testing/servers/openai-server.ts'
import { providerTests } from '../testing/provider-tests.ts'
import { type PredictionState, startReplicateServer, throttled } from '../testing/servers/replicate-server.ts'
import { until } from '../testing/until.ts'

const prompt = 'a portrait of Ada'
const text = 'Once upon a time there was a Königin'
const forever = () => new Promise<void>(() => {})

/** What a use of the SDK gives, without the times and ids that it makes up. */
type Use<S> = (fetch: Fetch, server: S) => Promise<unknown>

describe('the AI SDK with OpenAI', () => {
  type Server = Awaited<ReturnType<typeof startOpenAiServer>>
  const writes: OpenAiScript = { responses: [{ status: 'completed', text }], chat: { text } }
  const { setUp, compare } = providerTests({
    start: ({ script = writes }: { script?: OpenAiScript }) => startOpenAiServer(script),
    provider: () => openai(),
    clientOf: (fetch) => fetch,
    paid: (server) => ['responses', 'chat', 'images'].map((endpoint) => server.count(endpoint)),
  })
  const clientOf = (fetch: Fetch) => createOpenAI({ apiKey: 'sk-test', fetch })
  const generate: Use<Server> = async (fetch) => {
    const {
      text: written,
      usage,
      finishReason,
    } = await generateText({
      model: clientOf(fetch)('gpt-5'),
      prompt,
    })
    return { written, usage, finishReason }
  }
  /** Every part of the stream; an error as its message. */
  const stream: Use<Server> = async (fetch) => {
    const result = streamText({ model: clientOf(fetch)('gpt-5'), prompt, onError: () => {} })
    const parts: unknown[] = []
    for await (const part of result.fullStream) {
      parts.push(part.type === 'text-delta' ? part.text : part.type)
    }
    return parts
  }
  const draw: Use<Server> = async (fetch) =>
    (await generateImage({ model: clientOf(fetch).image('gpt-image-1'), prompt, n: 2 })).images

  it('writes a text', async () => {
    const { server, page } = await compare(generate)
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      metadata: { model: 'gpt-5', outputType: 'text' },
    })
    expect(server.count('responses')).toBe(1)
    expect(page.errors).toEqual([])
  })

  it('streams a text, and shows that it is written', async () => {
    const { server, page, expected } = await compare(stream)
    expect(expected).toMatchObject({ value: expect.arrayContaining(['Once', ' upon']) as unknown })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'text' } })
    expect(page.looks()).toEqual(['processing', 'processing running', 'processing writing', 'succeeded'])
    expect(server.count('responses')).toBe(1)
    expect(page.errors).toEqual([])
  })

  it('streams a chat', async () => {
    const chat: Use<Server> = async (fetch) =>
      streamText({ model: clientOf(fetch).chat('gpt-4o'), prompt }).text
    const { page, expected } = await compare(chat)
    expect(expected).toEqual({ value: text })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { model: 'gpt-4o' } })
    expect(page.looks()).toContain('processing writing')
  })

  it('draws pictures, and keeps none of their data', async () => {
    const { page } = await compare(draw)
    const picture = { type: 'image/png', bytes: 9 }
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { output: [picture, picture] } })
    expect(JSON.stringify(page.versions)).not.toContain(Buffer.from('a picture').toString('base64'))
  })

  it('fails with a prompt that is refused', async () => {
    const { server, page } = await compare(draw, { faults: (at) => at.fault('images', refusedByPolicy) })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { httpStatus: 400 } })
    expect(server.count('images')).toBe(1)
  })

  it.each([generate, stream])('fails with an answer that says so', async (use) => {
    hurry()
    const error = { code: 'server_error', message: 'The model broke.' }
    const { page } = await compare(use, { script: { responses: [{ status: 'failed', error }] } })
    expect(await page.end()).toMatchObject({ status: 'failed', error })
  })

  it.each([generate, stream])('fails with an answer that breaks off', async (use) => {
    hurry()
    const { page } = await compare(use, { faults: (at) => at.fault('responses', 'torn', 'torn', 'torn') })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
  })

  it.each([generate, stream])('comes back when OpenAI is too busy', async (use) => {
    hurry()
    const { server, page } = await compare(use, { faults: (at) => at.fault('responses', rateLimited(1)) })
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect([server.count('responses'), page.tasks().length]).toEqual([2, 1])
  })

  it('is canceled by its caller in the middle of a stream', async () => {
    // The first words come, and then nothing more.
    let events = 0
    const pace = async () => void ((events += 1) > 3 && (await forever()))
    const leave: Use<Server> = async (fetch) => {
      events = 0
      const controller = new AbortController()
      const result = streamText({
        model: clientOf(fetch)('gpt-5'),
        prompt,
        abortSignal: controller.signal,
        onError: () => {},
      })
      const parts: unknown[] = []
      for await (const { type } of result.fullStream) {
        parts.push(type)
        if (type === 'text-delta') controller.abort()
      }
      return parts
    }
    const { page, expected } = await compare(leave, { script: { ...writes, pace } })
    expect(expected).toMatchObject({ value: expect.arrayContaining(['text-delta', 'abort']) as unknown })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it.each([generate, stream])('is canceled by the tracker, and sends nothing again', async (use) => {
    const { server, page, client } = await setUp({ script: { ...writes, work: forever } })
    const ended = endOf(use(client, server))
    await until(() => expect(server.count('responses')).toBe(1))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    await ended
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    expect([server.count('responses'), page.tasks().length]).toEqual([1, 1])
  })
})

describe('the AI SDK with Replicate', () => {
  type Server = Awaited<ReturnType<typeof startReplicateServer>>
  const picture = 'https://replicate.delivery/out/1.png'
  const painting: readonly PredictionState[] = [
    { status: 'starting' },
    { status: 'processing', logs: ' 40%|####      | 4/10\n' },
    { status: 'succeeded', output: picture },
  ]
  const { setUp, compare } = providerTests({
    start: ({ script = painting }: { script?: typeof painting }) =>
      startReplicateServer(script, { holds: script.length === 1 }),
    provider: () => replicate({ interval: 60_000 }),
    clientOf: (fetch) => fetch,
    paid: (server) => server.count('create'),
  })
  const clientOf = (fetch: Fetch) => createReplicate({ apiToken: 'r8_test', fetch })
  const draw: Use<Server> = async (fetch) =>
    (await generateImage({ model: clientOf(fetch).image('acme/painter'), prompt })).images
  const film: Use<Server> = async (fetch) => {
    const { video } = await experimental_generateVideo({
      model: clientOf(fetch).video('acme/painter'),
      prompt,
      providerOptions: { replicate: { pollIntervalMs: 5 } },
      download: async ({ url }) => ({
        data: new Uint8Array(await (await fetch(url)).arrayBuffer()),
        mediaType: 'video/mp4',
      }),
    })
    return video
  }

  it('draws a picture, and downloads it untracked', async () => {
    const { server, page } = await compare(draw, { script: painting.slice(-1) })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: picture,
      metadata: { model: 'acme/painter' },
    })
    expect([server.count('create'), server.count('file'), page.tasks().length]).toEqual([1, 1, 1])
    expect(page.errors).toEqual([])
  })

  it('polls a video, by whose answers the task is followed', async () => {
    const { server, page, bare } = await compare(film)
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(page.looks()).toContain('processing running 40')
    expect([server.count('create'), server.count('get')]).toEqual([1, bare.count('get')])
  })

  it('fails with the provider', async () => {
    const { page } = await compare(film, {
      script: [{ status: 'starting' }, { status: 'failed', error: 'NSFW' }],
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'NSFW' } })
  })

  it('comes back when Replicate is too busy', async () => {
    hurry()
    const { server, page } = await compare(draw, {
      script: painting.slice(-1),
      faults: (at) => at.fault('create', throttled(1)),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect([server.count('create'), server.all.length, page.tasks().length]).toEqual([2, 1, 1])
  })

  it('is followed after a reload, and not paid again', async () => {
    const { server, page, client } = await setUp({ script: painting.slice(0, 2) })
    film(client, server).catch(() => {})
    await until(() => expect(page.tasks()[0]?.job?.id).toBe('prediction1'))
    const headers = { authorization: 'Bearer r8_test' }
    const next = openPage(server.fetch, replicate({ interval: 5, headers }), page.close())
    server.set(painting.at(-1)!)
    expect(await next.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect([server.count('create'), next.tasks().length]).toEqual([1, 1])
  })
})

describe('the AI SDK with fal', () => {
  type Server = Awaited<ReturnType<typeof startFalServer>>
  const picture = 'https://fal.media/files/1.png'
  const painted = {
    status: 'COMPLETED',
    result: { status: 200, body: { images: [{ url: picture, width: 8, height: 8 }] } },
  } as const
  const filmed = {
    status: 'COMPLETED',
    result: { status: 200, body: { video: { url: 'https://fal.media/files/1.mp4' } } },
  } as const
  const { setUp, compare } = providerTests({
    start: async ({ script = [painted] }: { script?: readonly FalState[] }) => {
      const server = await startFalServer(script)
      const files: Fetch = async (input, init) =>
        (input as string).startsWith('https://fal.media/')
          ? new Response('a file', { headers: { 'content-type': 'image/png' } })
          : server.fetch(input, init)
      return { ...server, fetch: files }
    },
    provider: () => fal({ interval: 5 }),
    clientOf: (fetch) => fetch,
    paid: (server) => server.count('run'),
  })
  const clientOf = (fetch: Fetch) => createFal({ apiKey: 'key:test', fetch })
  const draw: Use<Server> = async (fetch) =>
    (await generateImage({ model: clientOf(fetch).image('fal-ai/flux'), prompt })).images
  const film: Use<Server> = async (fetch) => {
    const { video } = await experimental_generateVideo({
      model: clientOf(fetch).video('luma-dream-machine'),
      prompt,
      providerOptions: { fal: { pollIntervalMs: 5 } },
      download: async () => ({ data: new TextEncoder().encode('a film'), mediaType: 'video/mp4' }),
    })
    return video
  }

  it('draws a picture by a direct call', async () => {
    const { server, page } = await compare(draw)
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: picture,
      metadata: { model: 'fal-ai/flux' },
    })
    expect([server.count('run'), page.tasks().length]).toEqual([1, 1])
  })

  it('makes a film in the queue, whose place is shown', async () => {
    const script = [
      { status: 'IN_QUEUE', queue_position: 2 },
      { status: 'IN_PROGRESS', logs: ['50%|#####     | 5/10'] },
      filmed,
    ] as const
    const { server, page, client } = await setUp({ script })
    await film(client, server)
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: 'https://fal.media/files/1.mp4',
    })
    expect(page.looks()).toContain('processing running 50')
    expect(server.count('submit')).toBe(1)
  })

  it('fails with a call that is refused', async () => {
    const { page } = await compare(draw, {
      faults: (at) =>
        at.fault('run', {
          status: 422,
          body: { detail: [{ loc: ['body', 'prompt'], msg: 'too long', type: 'value_error' }] },
        }),
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { httpStatus: 422 } })
  })
})

describe('the AI SDK with Google', () => {
  type Server = Awaited<ReturnType<typeof startGoogleServer>>
  const uri = 'https://generativelanguage.googleapis.com/v1beta/files/f1:download?alt=media'
  const { setUp, compare } = providerTests({
    start: ({ script = {} }: { script?: GoogleScript }) => startGoogleServer(script),
    provider: () => google({ interval: 60_000 }),
    clientOf: (fetch) => fetch,
    paid: (server) => ['content', 'stream', 'videos'].map((endpoint) => server.count(endpoint)),
  })
  const clientOf = (fetch: Fetch) => createGoogleGenerativeAI({ apiKey, fetch })
  const generate: Use<Server> = async (fetch) => {
    const { text: written, finishReason } = await generateText({
      model: clientOf(fetch)('gemini-3.5-flash'),
      prompt,
    })
    return { written, finishReason }
  }
  const stream: Use<Server> = async (fetch) =>
    streamText({ model: clientOf(fetch)('gemini-3.5-flash'), prompt, onError: () => {} }).text

  it.each([generate, stream])('writes a text', async (use) => {
    const { page } = await compare(use)
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      metadata: { outputType: 'text', model: 'gemini-3.5-flash' },
    })
    expect(page.tasks()).toHaveLength(1)
    expect(page.errors).toEqual([])
    expect(JSON.stringify(page.versions)).not.toContain(apiKey)
  })

  it('fails with a prompt that is blocked, which comes with 200', async () => {
    const { page } = await compare(stream, {
      script: { content: [{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }] },
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { code: 'PROHIBITED_CONTENT' } })
  })

  it('draws a picture, and keeps none of its data', async () => {
    const data = Buffer.from('a picture').toString('base64')
    const picture = contentOf([{ inlineData: { mimeType: 'image/png', data } }])
    const draw: Use<Server> = async (fetch) =>
      (await generateImage({ model: clientOf(fetch).image('gemini-3.1-flash-image'), prompt })).images
    const { page } = await compare(draw, { script: { content: [picture] } })
    expect(await page.end()).toMatchObject({ metadata: { output: [{ type: 'image/png', bytes: 9 }] } })
    expect(JSON.stringify(page.versions)).not.toContain(data)
  })

  it('makes a film', async () => {
    const { server, page, client } = await setUp({
      script: { videos: [{}, {}, { done: true, videos: [{ uri }] }] },
    })
    await experimental_generateVideo({
      model: clientOf(client).video('veo-3.1-generate-preview'),
      prompt,
      providerOptions: { google: { pollIntervalMs: 5 } },
      download: async () => ({ data: new TextEncoder().encode('a film'), mediaType: 'video/mp4' }),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: uri })
    expect([server.count('videos'), server.count('operation')]).toEqual([1, 2])
    expect(JSON.stringify(page.versions)).not.toContain(apiKey)
  })

  it.each([generate, stream])('comes back when Google is too busy', async (use) => {
    hurry()
    const { server, page } = await compare(use, {
      faults: (at) => {
        at.fault('content', exhausted)
        at.fault('stream', exhausted)
      },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect([server.count('content') + server.count('stream'), page.tasks().length]).toEqual([2, 1])
  })
})
