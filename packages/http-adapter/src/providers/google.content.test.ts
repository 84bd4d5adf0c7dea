import { AsyncLocalStorage } from 'node:async_hooks'
import { GoogleGenAI } from '@google/genai'
import type { showPipeline } from '@callsheet/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { google } from './google.ts'
import { createTrackedFetch, type Work } from '../fetch/tracked-fetch.ts'
import { gate } from '../testing/gate.ts'
import { asked, clientOf, compare, prompt, setUp, type Use, vertex } from '../testing/google-uses.ts'
import { contentOf, type Fields, problem } from '../testing/servers/google-bodies.ts'
import { apiKey } from '../testing/servers/google-server.ts'
import { until } from '../testing/until.ts'

const model = 'gemini-3.5-flash'
const data = Buffer.from('a picture').toString('base64')
const picture: Fields = { inlineData: { mimeType: 'image/png', data } }
const forever = () => new Promise<void>(() => {})

const write: Use = async (client) =>
  (await client.models.generateContent({ model, contents: prompt })).candidates
const draw: Use = async (client) =>
  (
    await client.models.generateContent({
      model,
      contents: prompt,
      config: { responseModalities: ['IMAGE'] },
    })
  ).data
const stream: Use = async (client) => {
  const pieces: unknown[] = []
  for await (const piece of await client.models.generateContentStream({ model, contents: prompt })) {
    pieces.push(piece.candidates)
  }
  return pieces
}

const blockedPrompt: Fields = {
  promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
  modelVersion: model,
}

describe('google with answers of Gemini', () => {
  it('writes a text, and keeps none of it', async () => {
    const { server, page } = await compare(write)
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'text', model } })
    expect(server.count('content')).toBe(1)
    expect(page.errors).toEqual([])
    expect(JSON.stringify(page.versions)).not.toMatch(new RegExp(`Once upon|${apiKey}`))
  })

  it('draws a picture, and keeps none of its data', async () => {
    const thought = { ...picture, thought: true }
    const { page } = await compare(draw, {
      script: { content: [contentOf([thought, { text: 'Here it is' }, picture])] },
    })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      metadata: { output: [{ type: 'image/png', bytes: 9 }], model },
    })
    expect(JSON.stringify(page.versions)).not.toContain(data)
  })

  it('succeeds with a call of a function', async () => {
    const call = { functionCall: { name: 'setLight', args: {} } }
    const { page } = await compare(write, { script: { content: [contentOf([call])] } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'json' } })
  })

  it('says that a text was cut off', async () => {
    const { page } = await compare(write, {
      script: { content: [contentOf([{ text: 'Once' }], 'MAX_TOKENS')] },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { incomplete: 'MAX_TOKENS' } })
  })

  // https://ai.google.dev/api/generate-content#FinishReason and #BlockReason: all of them come with HTTP 200.
  it.each([
    [
      'a blocked prompt',
      blockedPrompt,
      'PROHIBITED_CONTENT',
      'The content filter blocked the prompt: PROHIBITED_CONTENT.',
    ],
    [
      'a blocked prompt of Vertex AI',
      { promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: 'The prompt was blocked.' } },
      'SAFETY',
      'The prompt was blocked.',
    ],
    [
      'a filtered answer',
      contentOf([], 'SAFETY'),
      'SAFETY',
      'The content filter stopped the answer: SAFETY.',
    ],
    [
      'a filtered picture',
      {
        candidates: [
          { finishReason: 'IMAGE_SAFETY', finishMessage: 'Unable to show the generated image.', index: 0 },
        ],
      },
      'IMAGE_SAFETY',
      'Unable to show the generated image.',
    ],
    [
      'an answer that was stopped in the middle',
      contentOf([{ text: 'Once' }], 'RECITATION'),
      'RECITATION',
      'The content filter stopped the answer: RECITATION.',
    ],
    [
      'a broken call of a function',
      contentOf([], 'MALFORMED_FUNCTION_CALL'),
      'MALFORMED_FUNCTION_CALL',
      'The answer was stopped: MALFORMED_FUNCTION_CALL.',
    ],
  ])('fails with %s, though the status is 200', async (_what, answer, code, message) => {
    const { page } = await compare(write, { script: { content: [answer] } })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { code, message } })
  })

  it('fails with a text where a picture was wanted: the model declines in words', async () => {
    const { page } = await compare(draw, {
      script: { content: [contentOf([{ text: 'I cannot draw that.' }])] },
    })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: 'The answer has no image.' },
    })
  })

  it('succeeds with the candidates that passed the filter', async () => {
    const answer = {
      candidates: [{ finishReason: 'IMAGE_SAFETY' }, { content: { parts: [picture] }, finishReason: 'STOP' }],
    }
    const { page } = await compare(draw, { script: { content: [answer] } })
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
  })

  it('fails with a call that is refused', async () => {
    const refusal = problem(404, 'NOT_FOUND', 'models/gemini-9 is not found.')
    const { page } = await compare(write, { faults: (at) => at.fault('content', refusal) })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { httpStatus: 404, message: 'models/gemini-9 is not found.' },
    })
  })

  it('asks Vertex AI in the same way', async () => {
    const { page } = await vertex.compare(write)
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'text', model } })
  })
})

describe('google with streams of Gemini', () => {
  const pieces = [
    contentOf([{ text: 'I think', thought: true }], ''),
    contentOf([{ text: 'Once' }], ''),
    contentOf([{ text: ' upon' }], ''),
    contentOf([{ text: ' a time' }]),
  ]

  it('shows what the model does', async () => {
    const { server, page, expected } = await compare(stream, { script: { content: pieces } })
    expect(expected).toMatchObject({ value: { length: 4 } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'text', model } })
    expect(page.looks()).toEqual(['processing', 'processing thinking', 'processing writing', 'succeeded'])
    expect(server.count('stream')).toBe(1)
    expect(page.errors).toEqual([])
  })

  it('gives each piece undelayed', async () => {
    const { pass, open } = gate()
    const { server, client } = await setUp({ script: { content: pieces, pace: pass } })
    const answer = await client.models.generateContentStream({ model, contents: prompt })
    const first = await answer.next()
    expect(first.value?.candidates?.[0]?.content?.parts).toEqual([{ text: 'I think', thought: true }])
    expect(server.count('stream')).toBe(1)
    open()
    expect((await answer.next()).value?.text).toBe('Once')
  })

  it('draws while it writes', async () => {
    const { page } = await compare(stream, {
      script: {
        content: [contentOf([{ text: 'Look' }], ''), contentOf([picture], ''), contentOf([{ text: '' }])],
      },
    })
    expect(await page.end()).toMatchObject({ metadata: { output: [{ type: 'image/png', bytes: 9 }] } })
    expect(page.looks()).toContain('processing drawing')
  })

  it.each([
    ['a prompt that is blocked', [blockedPrompt], 'PROHIBITED_CONTENT'],
    ['an answer that is stopped', [pieces[1]!, contentOf([], 'SAFETY')], 'SAFETY'],
  ])('fails with %s', async (_what, content, code) => {
    const { page } = await compare(stream, { script: { content } })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { code } })
  })

  it('fails with an error in the middle', async () => {
    const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }
    const { page } = await compare(stream, { script: { content: [pieces[1]!, { error }] } })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { code: 'UNAVAILABLE', httpStatus: 503, message: 'The model is overloaded.' },
    })
  })

  it('fails with a stream that ends without an end', async () => {
    const { page } = await compare(stream, { script: { content: pieces.slice(0, 2) } })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: 'The stream ended before the answer did.' },
    })
  })

  it('fails with a stream that breaks off', async () => {
    const { page } = await compare(stream, {
      script: { content: pieces },
      faults: (at) => at.fault('stream', 'torn'),
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
  })

  it('reads the list that a stream without events is', async () => {
    const { page } = await setUp({ script: { content: pieces } })
    const url = `https://generativelanguage.googleapis.com/v1beta/models/${model}:streamGenerateContent?key=${apiKey}`
    await (await page.fetch(url, { method: 'POST', body: '{}' })).json()
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'text', model } })
    expect(JSON.stringify(page.versions)).not.toContain(apiKey)
  })

  it('is canceled by its caller in the middle', async () => {
    const { server, page, client } = await setUp({ script: { content: pieces, pace: forever } })
    const controller = new AbortController()
    const config = { abortSignal: controller.signal }
    const answer = await client.models.generateContentStream({ model, contents: prompt, config })
    await answer.next()
    await asked(server, 'stream')
    controller.abort()
    await expect(answer.next()).rejects.toThrow('abort')
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('is canceled by the tracker in the middle', async () => {
    const { page, client } = await setUp({ script: { content: pieces, pace: forever } })
    const answer = await client.models.generateContentStream({ model, contents: prompt })
    await until(() => expect(page.tasks()[0]?.stage).toBe('thinking'))
    page.tracker.cancel({ showId: 's1' })
    await expect(answer.next()).rejects.toMatchObject({ name: 'CanceledError' })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })
})

describe('google with pictures of Imagen', () => {
  const imagine: Use = async (client) =>
    (
      await client.models.generateImages({
        model: 'imagen-4.0-generate-001',
        prompt,
        config: { numberOfImages: 2 },
      })
    ).generatedImages

  it('keeps type and size of the pictures', async () => {
    const one = { bytesBase64Encoded: data, mimeType: 'image/png' }
    const other = { ...one, bytesBase64Encoded: Buffer.from('another picture').toString('base64') }
    const { server, page } = await vertex.compare(imagine, { script: { predictions: [one, other] } })
    const { status, metadata } = await page.end()
    expect(status).toBe('succeeded')
    expect(metadata).toEqual({
      model: 'imagen-4.0-generate-001',
      output: [
        { type: 'image/png', bytes: 9 },
        { type: 'image/png', bytes: 15 },
      ],
    })
    expect(server.count('predict')).toBe(1)
    expect(JSON.stringify(page.versions)).not.toContain(data)
  })

  it('shows pictures in Cloud Storage', async () => {
    const one = { gcsUri: 'gs://shows/1.png', mimeType: 'image/png' }
    const { page } = await vertex.compare(imagine, { script: { predictions: [one] } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: 'gs://shows/1.png' })
  })

  it('fails where the filters kept all pictures back, with their sentence', async () => {
    const raiFilteredReason = 'Unable to show generated images. Support codes: 56562880'
    const { page } = await vertex.compare(imagine, {
      script: { predictions: [{ raiFilteredReason }, { raiFilteredReason }] },
    })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { code: 'content_filter', message: raiFilteredReason, retryable: false },
    })
  })

  it('fails where nothing was drawn', async () => {
    const { page } = await vertex.compare(imagine)
    expect(await page.end()).toMatchObject({ status: 'failed' })
  })
})

describe('google with a client that knows no fetch but the global one', () => {
  it('tracks each call by the work that runs', async () => {
    const { server, page } = await setUp()
    const fetch = createTrackedFetch({ tracker: page.tracker, providers: [google()], fetch: server.fetch })
    const work = new AsyncLocalStorage<Work<typeof showPipeline>>()
    vi.stubGlobal(
      'fetch',
      fetch.for(() => work.getStore()),
    )
    onTestFinished(() => void vi.unstubAllGlobals())
    const client = new GoogleGenAI({ apiKey })
    const [first] = await Promise.all([
      work.run({ showId: 's1', type: 'library-poster' }, () => write(client, server)),
      work.run({ showId: 's1', type: 'trailer' }, () => stream(client, server)),
      write(client, server),
    ])
    expect(first).toEqual(await write(clientOf(server.fetch), server))
    await until(() =>
      expect(page.tasks().map(({ type, status }) => [type, status])).toEqual(
        expect.arrayContaining([
          ['library-poster', 'succeeded'],
          ['trailer', 'succeeded'],
        ]),
      ),
    )
    expect(page.tasks()).toHaveLength(2)
  })
})
