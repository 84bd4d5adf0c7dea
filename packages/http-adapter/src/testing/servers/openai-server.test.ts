import { createOpenAI } from '@ai-sdk/openai'
import { generateImage, generateText, streamText } from 'ai'
import OpenAI, { toFile } from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hurry } from '../hurry.ts'
import { problem, rateLimited, refusedByPolicy } from './openai-problems.ts'
import { type OpenAiScript, startOpenAiServer } from './openai-server.ts'

async function setUp(script?: OpenAiScript) {
  const server = await startOpenAiServer(script)
  onTestFinished(server.close)
  const client = new OpenAI({ apiKey: 'sk-test', fetch: server.fetch })
  const openai = createOpenAI({ apiKey: 'sk-test', fetch: server.fetch })
  return { server, client, openai }
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const prompt = 'a portrait of Ada'
const picture = Buffer.from('a picture').toString('base64')
const text = 'Once upon a time'
const file = () => toFile(new TextEncoder().encode('a sketch'), 'ada.png', { type: 'image/png' })

describe('an OpenAI server and the client of OpenAI', () => {
  it('draws pictures as data, or behind links', async () => {
    const { server, client } = await setUp()
    expect((await client.images.generate({ model: 'gpt-image-1', prompt, n: 2 })).data).toEqual([
      { b64_json: picture },
      { b64_json: picture },
    ])
    const linked = await client.images.generate({ model: 'dall-e-3', prompt, response_format: 'url' })
    expect(linked.data).toEqual([{ url: 'https://files.openai.test/1.png?sig=1' }])
    expect(server.count('images')).toBe(2)
  })

  it('shows a picture before it is finished', async () => {
    const { client } = await setUp()
    const stream = await client.images.generate({
      model: 'gpt-image-1',
      prompt,
      stream: true,
      partial_images: 2,
    })
    expect((await listOf(stream)).map(({ type }) => type)).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ])
  })

  it('edits a picture that is sent as a form', async () => {
    const { server, client } = await setUp()
    const { data } = await client.images.edit({ model: 'gpt-image-1', prompt, image: await file() })
    expect(data).toEqual([{ b64_json: picture }])
    const stream = await client.images.edit({ image: await file(), prompt, stream: true, partial_images: 1 })
    expect((await listOf(stream)).map(({ type }) => type)).toEqual([
      'image_edit.partial_image',
      'image_edit.completed',
    ])
    await expect(client.images.edit({ prompt: '', image: await file() })).rejects.toThrow(
      "parameter: 'prompt'",
    )
    expect(server.count('edits')).toBe(3)
  })

  it('writes a response at once, in a stream, and in the background', async () => {
    const { server, client } = await setUp({
      responses: [{ status: 'queued' }, { status: 'in_progress' }, { status: 'completed', text }],
    })
    const plain = await client.responses.create({ model: 'gpt-5', input: prompt })
    expect(plain).toMatchObject({ status: 'completed', output_text: text })
    const stream = await client.responses.create({ model: 'gpt-5', input: prompt, stream: true })
    const events = await listOf(stream)
    expect(
      events.flatMap((event) => (event.type === 'response.output_text.delta' ? event.delta : [])).join(''),
    ).toBe(text)
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, place) => place))
    const begun = await client.responses.create({ model: 'gpt-5', input: prompt, background: true })
    expect(begun.status).toBe('queued')
    expect((await client.responses.retrieve(begun.id)).status).toBe('in_progress')
    expect(await client.responses.retrieve(begun.id)).toMatchObject({
      status: 'completed',
      output_text: text,
    })
    const followed = client.responses.stream({ model: 'gpt-5', input: prompt, background: true })
    expect(await followed.finalResponse()).toMatchObject({ status: 'completed', output_text: text })
    expect([server.count('responses'), server.count('response')]).toEqual([4, 2])
  })

  it('cancels background responses only', async () => {
    const { client } = await setUp({ responses: [{ status: 'queued' }] })
    const background = await client.responses.create({ model: 'gpt-5', input: prompt, background: true })
    expect((await client.responses.cancel(background.id)).status).toBe('cancelled')
    const other = await client.responses.create({ model: 'gpt-5', input: prompt })
    await expect(client.responses.cancel(other.id)).rejects.toMatchObject({ status: 400 })
  })

  it.each([
    { status: 'failed', error: { code: 'server_error', message: 'The model broke.' } },
    { status: 'incomplete', text: 'Once', reason: 'max_output_tokens' },
  ] as const)('ends a response as $status', async (state) => {
    const { client } = await setUp({ responses: [state] })
    expect(await client.responses.create({ model: 'gpt-5', input: prompt })).toMatchObject({
      status: state.status,
    })
    const events = await listOf(
      await client.responses.create({ model: 'gpt-5', input: prompt, stream: true }),
    )
    expect(events.at(-1)).toMatchObject({ type: `response.${state.status}` })
  })

  it('chats, at once and in a stream', async () => {
    const { server, client } = await setUp({ chat: { text } })
    const messages = [{ role: 'user', content: prompt }] as const
    const plain = await client.chat.completions.create({ model: 'gpt-5', messages: [...messages] })
    expect(plain.choices[0]?.message.content).toBe(text)
    const stream = client.chat.completions.stream({ model: 'gpt-5', messages: [...messages] })
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe(text)
    expect(server.count('chat')).toBe(2)
  })

  it('makes a film', async () => {
    const { server, client } = await setUp({
      videos: [{ status: 'queued' }, { status: 'in_progress', progress: 40 }, { status: 'completed' }],
    })
    const { id, status } = await client.videos.create({ prompt, model: 'sora-2', seconds: '8' })
    expect(status).toBe('queued')
    expect(await client.videos.retrieve(id)).toMatchObject({
      status: 'in_progress',
      progress: 40,
      seconds: '8',
    })
    await expect(client.videos.downloadContent(id)).rejects.toMatchObject({ status: 400 })
    await expect(client.videos.delete(id)).rejects.toMatchObject({ status: 409 })
    expect(await client.videos.retrieve(id)).toMatchObject({ status: 'completed', progress: 100 })
    expect(await (await client.videos.downloadContent(id)).text()).toBe('a film')
    expect(await client.videos.delete(id)).toMatchObject({ deleted: true })
    expect(server.count('videos')).toBe(1)
  })

  it('refuses a wrong key, an unknown job and a prompt that it does not take', async () => {
    const { server, client } = await setUp()
    const stranger = new OpenAI({ apiKey: 'sk-other', fetch: server.fetch })
    await expect(stranger.images.generate({ prompt })).rejects.toMatchObject({ status: 401 })
    await expect(client.videos.retrieve('video_9')).rejects.toMatchObject({ status: 404 })
    server.fault('images', refusedByPolicy)
    await expect(client.images.generate({ prompt })).rejects.toMatchObject({
      status: 400,
      code: 'moderation_blocked',
    })
  })

  it('is asked again when it is too busy or has dropped the connection', async () => {
    hurry()
    const { server, client } = await setUp()
    server.fault('images', rateLimited(1), 'refused')
    await client.images.generate({ prompt })
    expect(server.count('images')).toBe(3)
    server.fault('images', ...Array.from({ length: 3 }, () => rateLimited(1)))
    await expect(client.images.generate({ prompt })).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
    })
    server.fault('images', problem(500, 'The server had an error.'), 'lost')
    await client.images.generate({ prompt })
    expect(server.count('images')).toBe(9)
  })

  it('breaks off an answer, and a stream', async () => {
    const { server, client } = await setUp()
    server.fault('responses', 'torn', 'torn')
    await expect(client.responses.create({ model: 'gpt-5', input: prompt })).rejects.toThrow('terminated')
    const stream = await client.responses.create({ model: 'gpt-5', input: prompt, stream: true })
    const seen: string[] = []
    const reading = (async () => {
      for await (const { type } of stream) seen.push(type)
    })()
    await expect(reading).rejects.toThrow('terminated')
    expect(seen).toEqual(['response.created', 'response.in_progress'])
    expect(server.count('responses')).toBe(2)
  })
})

describe('an OpenAI server and the AI SDK', () => {
  it('writes, at once and in a stream', async () => {
    const { server, openai } = await setUp({ responses: [{ status: 'completed', text }], chat: { text } })
    expect((await generateText({ model: openai('gpt-5'), prompt })).text).toBe(text)
    expect(await streamText({ model: openai('gpt-5'), prompt }).text).toBe(text)
    expect((await generateText({ model: openai.chat('gpt-4o'), prompt })).text).toBe(text)
    expect(await streamText({ model: openai.chat('gpt-4o'), prompt }).text).toBe(text)
    expect([server.count('responses'), server.count('chat')]).toEqual([2, 2])
  })

  it('draws', async () => {
    const { server, openai } = await setUp()
    const { image } = await generateImage({ model: openai.image('gpt-image-1'), prompt })
    expect(image.base64).toBe(picture)
    expect(server.count('images')).toBe(1)
  })
})
