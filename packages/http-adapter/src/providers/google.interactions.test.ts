import { describe, expect, it } from 'vitest'
import { google } from './google.ts'
import { openPage } from '../testing/open-page.ts'
import { hurry } from '../testing/hurry.ts'
import { asked, compare, headers, prompt, setUp, type Use, vertex } from '../testing/google-uses.ts'
import { exhausted, type InteractionState, problem } from '../testing/servers/google-bodies.ts'
import { apiKey } from '../testing/servers/google-server.ts'
import { until } from '../testing/until.ts'

type Script = readonly InteractionState[]

const model = 'gemini-omni-1.2-flash'
const uri = 'https://generativelanguage.googleapis.com/v1beta/files/f1:download?alt=media'
const film = [{ type: 'video', uri, mime_type: 'video/mp4' }]
const filming: Script = [
  { status: 'queued' },
  { status: 'in_progress' },
  { status: 'completed', content: film },
]
const forever: Script = [{ status: 'in_progress' }]
const job = {
  provider: 'google',
  id: 'int_1',
  url: 'https://generativelanguage.googleapis.com/v1/interactions/int_1',
}

const make: Use = async (client) => (await client.interactions.create({ model, input: prompt })).output_text
const begin: Use = async (client) =>
  (await client.interactions.create({ model, input: prompt, background: true })).id
const wait: Use = async (client) => {
  const { id } = await client.interactions.create({ model, input: prompt, background: true })
  for (;;) {
    const { status, output_video: video, errors } = await client.interactions.get(id)
    if (status !== 'queued' && status !== 'in_progress') return { status, video, errors }
  }
}
const stream: Use = async (client) => {
  const types: string[] = []
  for await (const { event_type: type } of await client.interactions.create({
    model,
    input: prompt,
    stream: true,
  })) {
    types.push(type)
  }
  return types
}

describe('google with interactions', () => {
  it('makes a film in one call', async () => {
    const { server, page } = await compare(make, { script: { interactions: filming } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: uri, metadata: { model } })
    expect([server.count('interactions'), server.count('interaction')]).toEqual([1, 0])
    expect(page.errors).toEqual([])
    expect(JSON.stringify(page.versions)).not.toContain(apiKey)
  })

  it('writes a text', async () => {
    const { page } = await compare(make)
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'text', model } })
  })

  it('keeps type and size of data', async () => {
    const data = Buffer.from('a picture').toString('base64')
    const { page } = await compare(make, {
      script: {
        interactions: [{ status: 'completed', content: [{ type: 'image', data, mime_type: 'image/png' }] }],
      },
    })
    expect(await page.end()).toMatchObject({ metadata: { output: [{ type: 'image/png', bytes: 9 }] } })
    expect(JSON.stringify(page.versions)).not.toContain(data)
  })

  it('follows one in the background by what the client is told', async () => {
    const { server, page, bare } = await compare(wait, { script: { interactions: filming } })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: uri, job, metadata: { model } })
    expect(page.looks()).toEqual(['processing', 'processing in the queue', 'processing running', 'succeeded'])
    expect([server.count('interactions'), server.count('interaction')]).toEqual([
      1,
      bare.count('interaction'),
    ])
  })

  it('polls by itself when no client does', async () => {
    const { server, page } = await compare(begin, { script: { interactions: filming }, interval: 5 })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: uri })
    expect([server.count('interactions'), server.count('interaction')]).toEqual([1, 2])
  })

  it('follows one of Vertex AI, below its project', async () => {
    const { page } = await vertex.compare(begin, { script: { interactions: filming }, interval: 5 })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      job: {
        id: 'int_1',
        url: 'https://us-central1-aiplatform.googleapis.com/v1beta1/projects/shows/locations/us-central1/interactions/int_1',
      },
    })
  })

  it.each([
    [
      'errors',
      { status: 'failed', errors: [{ code: 'safety', message: 'The video was blocked.' }] },
      'The video was blocked.',
    ],
    ['nothing', { status: 'failed' }, 'The provider says: failed.'],
  ] as const)('fails with an interaction that failed with %s', async (_what, state, message) => {
    const { page } = await compare(wait, { script: { interactions: [{ status: 'in_progress' }, state] } })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message } })
  })

  it('says that an answer is incomplete', async () => {
    const { page } = await compare(make, {
      script: { interactions: [{ status: 'incomplete', content: [{ type: 'text', text: 'Once' }] }] },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { incomplete: 'incomplete' } })
  })

  it('ends with a question to its caller', async () => {
    const { page } = await compare(make, {
      script: { interactions: [{ status: 'requires_action', content: [] }] },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'json' } })
  })

  it('is canceled by the tracker, at Google too', async () => {
    const { server, page, client } = await setUp({ script: { interactions: forever } })
    await begin(client, server)
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    await until(() => expect(server.interactions.all[0]?.state.status).toBe('cancelled'))
    expect([server.count('interactions'), server.count('cancel')]).toEqual([1, 1])
  })

  it('is canceled when the client cancels', async () => {
    const { page } = await compare(
      async (client, at) => (await client.interactions.cancel((await begin(client, at)) as string)).status,
      { script: { interactions: forever } },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('follows one after a reload, and pays nothing again', async () => {
    const { server, page, client } = await setUp({ script: { interactions: forever } })
    await begin(client, server)
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    const saved = page.close()
    expect(saved).not.toContain(apiKey)
    const next = openPage(server.fetch, google({ interval: 5, headers }), saved)
    await asked(server, 'interaction')
    server.interactions.set(filming.at(-1)!)
    expect(await next.end()).toMatchObject({ status: 'succeeded', outputUrl: uri, id: page.tasks()[0]?.id })
    expect([server.count('interactions'), next.tasks().length]).toEqual([1, 1])
  })

  it('counts the retries of the client, each a Request of its own, as attempts of one task', async () => {
    hurry()
    const { server, page } = await compare(make, {
      faults: (at) =>
        at.fault('interactions', exhausted, problem(503, 'UNAVAILABLE', 'The model is overloaded.')),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 3 })
    expect([server.count('interactions'), server.interactions.all.length, page.tasks().length]).toEqual([
      3, 1, 1,
    ])
  })
})

describe('google with streams of interactions', () => {
  it('shows what the model does', async () => {
    const content = [
      { type: 'text', text: 'Here' },
      { type: 'image', data: Buffer.from('a picture').toString('base64'), mime_type: 'image/png' },
    ]
    const { page } = await compare(stream, { script: { interactions: [{ status: 'completed', content }] } })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      metadata: { output: [{ type: 'image/png', bytes: 9 }], model },
    })
    expect(page.looks()).toEqual([
      'processing',
      'processing running',
      'processing thinking',
      'processing running',
      'processing writing',
      'processing drawing',
      'succeeded',
    ])
    expect(page.errors).toEqual([])
  })

  it('goes on where the stream breaks off, and pays nothing again', async () => {
    const { server, page } = await compare(stream, {
      script: { interactions: filming },
      interval: 5,
      faults: (at) => at.fault('interactions', 'torn'),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: uri, job })
    expect(server.count('interactions')).toBe(1)
  })
})
