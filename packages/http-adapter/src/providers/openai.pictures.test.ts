import OpenAI, { toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import { createTrackedFetch, resend } from '../index.ts'
import { openai } from './openai.ts'
import { gate } from '../testing/gate.ts'
import { hurry } from '../testing/hurry.ts'
import { endOf } from '../testing/open-page.ts'
import { rateLimited, refusedByPolicy } from '../testing/servers/openai-problems.ts'
import { asked, clientOf, compare, listOf, prompt, setUp, type Use } from '../testing/openai-uses.ts'
import { until } from '../testing/until.ts'

const drawn: Use = (client) => client.images.generate({ model: 'gpt-image-1', prompt })

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
    await until(() => expect(server.count('images')).toBe(1))
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
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 3 })
    expect([server.count('images'), page.tasks().length]).toEqual([3, 1])
  })

  it('is superseded by another prompt, which the client of the first does not end by trying again', async () => {
    hurry()
    const { pass, open } = gate()
    const { server, page } = await setUp({ script: { work: pass } })
    const fetch = createTrackedFetch({ tracker: page.tracker, fetch: server.fetch, providers: [openai()] })
    const work = { showId: 's1', type: 'portrait', characterId: 'ada', onConflict: 'supersede' } as const
    const client = clientOf(fetch.for(work))
    const first = endOf(client.images.generate({ prompt: 'Ada as a child' }))
    await until(() => expect(server.count('images')).toBe(1))
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
