import { describe, expect, it } from 'vitest'
import { google } from './google.ts'
import { openPage } from '../testing/open-page.ts'
import { asked, prompt, setUp, type Use, vertex } from '../testing/google-uses.ts'
import type { OperationState } from '../testing/servers/google-bodies.ts'
import { exhausted, problem } from '../testing/servers/google-bodies.ts'
import { accessToken, apiKey } from '../testing/servers/google-server.ts'
import { until } from '../testing/until.ts'

type Script = readonly OperationState[]

const model = 'veo-3.1-generate-001'
const stored: Script = [{}, {}, { done: true, videos: [{ gcsUri: 'gs://shows/1.mp4' }] }]
const forever: Script = [{}]

const begin: Use = (client) => client.models.generateVideos({ model, source: { prompt } })
/** As Google's own samples do it, but without their pauses of ten seconds. */
const wait: Use = async (client) => {
  let operation = await client.models.generateVideos({ model, source: { prompt } })
  while (!operation.done) operation = await client.operations.getVideosOperation({ operation })
  return operation.response ?? operation.error
}

const name = `projects/shows/locations/us-central1/publishers/google/models/${model}/operations/op1`
const job = {
  provider: 'google',
  id: name,
  url: `https://us-central1-aiplatform.googleapis.com/v1beta1/${name}`,
}

describe('google with the client of Vertex AI, filming with Veo', () => {
  it('follows a video by what the client is told, and asks nothing itself', async () => {
    const { server, page, bare } = await vertex.compare(wait, { script: { videos: stored } })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: 'gs://shows/1.mp4',
      job,
      metadata: { model },
    })
    expect(page.looks()).toEqual(['processing', 'processing running', 'succeeded'])
    expect([server.count('videos'), server.count('fetchOperation')]).toEqual([
      1,
      bare.count('fetchOperation'),
    ])
    expect(page.errors).toEqual([])
    expect(JSON.stringify(page.versions)).not.toContain(accessToken)
  })

  it('polls by itself with the token of the call when no client does', async () => {
    const { server, page } = await vertex.compare(begin, { script: { videos: stored }, interval: 5 })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: 'gs://shows/1.mp4' })
    expect([server.count('videos'), server.count('fetchOperation')]).toEqual([1, 2])
  })

  it('shows the address on your server of a file in Cloud Storage', async () => {
    const { page } = await vertex.compare(wait, {
      script: {
        videos: [
          {},
          { done: true, videos: [{ gcsUri: 'gs://shows/1.mp4' }, { gcsUri: 'gs://shows/2.mp4' }] },
        ],
      },
      fileUrl: async (uri) => uri.replace('gs://', 'https://app.example/files/'),
    })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: 'https://app.example/files/shows/1.mp4',
      outputs: ['https://app.example/files/shows/1.mp4', 'https://app.example/files/shows/2.mp4'],
    })
  })

  it('keeps type and size of a video that comes as bytes, and not the bytes', async () => {
    const bytes = Buffer.from('a film').toString('base64')
    const { page } = await vertex.compare(wait, {
      script: { videos: [{}, { done: true, videos: [{ bytes }] }] },
    })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      metadata: { output: [{ type: 'video/mp4', bytes: 6 }] },
    })
    expect(JSON.stringify(page.versions)).not.toContain(bytes)
  })

  it('fails with the sentence of an operation that is done with an error', async () => {
    const error = { code: 8, message: 'The service is currently at capacity.' }
    const { page } = await vertex.compare(wait, { script: { videos: [{}, { done: true, error }] } })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: 'The service is currently at capacity.', code: 'RESOURCE_EXHAUSTED' },
    })
  })

  // https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/video/responsible-ai-and-usage-guidelines
  it('fails where the filters kept every video back, though the operation has succeeded', async () => {
    const reason =
      'This prompt contains words that violate our Responsible AI practices. Support codes: 58061214'
    const { page } = await vertex.compare(wait, {
      script: { videos: [{}, { done: true, reasons: [reason] }] },
    })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: reason, code: 'content_filter', retryable: false },
    })
  })

  it('succeeds with the videos that the filters let pass', async () => {
    const videos = [{ gcsUri: 'gs://shows/1.mp4' }]
    const { page } = await vertex.compare(wait, {
      script: { videos: [{}, { done: true, videos, reasons: ['violence'] }] },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: 'gs://shows/1.mp4' })
  })

  it('fails when an operation is done without anything', async () => {
    const { page } = await vertex.compare(wait, { script: { videos: [{}, { done: true }] } })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: 'The job succeeded without an output.' },
    })
  })

  it('is canceled when Google cancels', async () => {
    const error = { code: 1, message: 'The operation was cancelled.' }
    const { page } = await vertex.compare(wait, { script: { videos: [{}, { done: true, error }] } })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('fails with a call that is refused', async () => {
    const refusal = problem(400, 'INVALID_ARGUMENT', 'durationSeconds must be 4, 6 or 8.')
    const { page } = await vertex.compare(begin, { faults: (at) => at.fault('videos', refusal) })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { httpStatus: 400, message: 'durationSeconds must be 4, 6 or 8.' },
    })
  })

  it('counts the retries of the client as attempts of one task', async () => {
    const again: Use = (client) =>
      client.models.generateVideos({
        model,
        source: { prompt },
        config: { httpOptions: { retryOptions: { attempts: 3, initialDelay: 0.01, jitter: 0 } } },
      })
    const { server, page } = await vertex.compare(again, {
      script: { videos: stored },
      interval: 5,
      faults: (at) => at.fault('videos', exhausted, exhausted),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 3 })
    expect([server.count('videos'), server.videos.all.length, page.tasks().length]).toEqual([3, 1, 1])
  })

  it('says that a canceled video goes on at Google', async () => {
    const { page, client } = await vertex.setUp({ script: { videos: forever } })
    await begin(client, undefined as never)
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    page.tracker.cancel({ showId: 's1' })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    await until(() => expect(page.errors[0]?.message).toContain('Google does not cancel videos'))
  })

  it('follows a video after a reload, and pays nothing again', async () => {
    const { server, page, client } = await vertex.setUp({ script: { videos: forever } })
    await begin(client, server)
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    const saved = page.close()
    expect(saved).not.toContain(accessToken)
    const headers = { authorization: `Bearer ${accessToken}` }
    const next = openPage(server.fetch, google({ interval: 5, headers }), saved)
    await asked(server, 'fetchOperation')
    server.videos.set(stored.at(-1)!)
    expect(await next.end()).toMatchObject({ status: 'succeeded', id: page.tasks()[0]?.id })
    expect([server.count('videos'), next.tasks().length]).toEqual([1, 1])
    expect(next.errors).toEqual([])
  })

  it('leaves the outcome to the client where our polls are refused', async () => {
    const { server, page, client } = await vertex.setUp({
      script: { videos: forever },
      interval: 5,
      faults: (at) => at.fault('fetchOperation', problem(403, 'PERMISSION_DENIED', 'No.')),
    })
    const operation = await client.models.generateVideos({ model, source: { prompt } })
    await until(() => expect(page.tasks()[0]?.stage).toBe('status polls refused (HTTP 403)'))
    server.videos.set(stored.at(-1)!)
    await client.operations.getVideosOperation({ operation })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: 'gs://shows/1.mp4' })
  })

  it('does not track what begins no work', async () => {
    const { page, client } = await vertex.setUp()
    await client.models.countTokens({ model: 'gemini-3.5-flash', contents: prompt })
    expect(page.tasks()).toEqual([])
  })
})

describe('google with videos of the Gemini API', () => {
  const at = 'https://generativelanguage.googleapis.com/v1beta/'
  const uri = `${at}files/f1:download?alt=media`
  const filming: Script = [{}, {}, { done: true, videos: [{ uri }] }]
  const film = (fetch: typeof globalThis.fetch, init: RequestInit & { query?: string }) =>
    fetch(`${at}models/${model}:predictLongRunning${init.query ?? ''}`, {
      method: 'POST',
      body: JSON.stringify({ instances: [{ prompt }] }),
      ...init,
    })

  it.each([
    ['a header', { headers: { 'x-goog-api-key': apiKey } }],
    ['the query', { query: `?key=${apiKey}` }],
  ])('polls with the key that came in %s, and records it nowhere', async (_where, init) => {
    const { page, server } = await setUp({ script: { videos: filming }, interval: 5 })
    await film(page.fetch, init)
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: uri,
      metadata: { model },
      job: { id: `models/${model}/operations/op1`, url: `${at}models/${model}/operations/op1` },
    })
    expect([server.count('videos'), server.count('operation')]).toEqual([1, 2])
    expect(page.errors).toEqual([])
    expect(JSON.stringify(page.versions)).not.toContain(apiKey)
  })

  it('takes in what any client is told', async () => {
    const { page, server } = await setUp({ script: { videos: filming } })
    const headers = { 'x-goog-api-key': apiKey }
    const { name: started } = (await (await film(page.fetch, { headers })).json()) as { name: string }
    const look = async () =>
      (await page.fetch(`${at}${started}`, { headers })).json() as Promise<{ done?: true }>
    while (!(await look()).done);
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: uri })
    expect(server.count('operation')).toBe(2)
  })

  it('follows what goes through a proxy of your own', async () => {
    const proxy = 'https://app.example/api/google'
    const { server, page } = await setUp({ script: { videos: filming } })
    const through: typeof globalThis.fetch = (url, init) =>
      server.fetch((url as string).replace(proxy, 'https://generativelanguage.googleapis.com'), {
        ...init,
        headers: { ...Object.fromEntries(new Headers(init?.headers)), 'x-goog-api-key': apiKey },
      })
    const own = openPage(through, google({ baseUrl: `${proxy}/`, interval: 5 }))
    await own.fetch(`${proxy}/v1beta/models/${model}:predictLongRunning`, {
      method: 'POST',
      body: JSON.stringify({ instances: [{ prompt }] }),
    })
    expect(await own.end()).toMatchObject({
      status: 'succeeded',
      job: { url: `${proxy}/v1beta/models/${model}/operations/op1` },
    })
    expect(page.tasks()).toEqual([])
  })

  it('sends the key nowhere but to Google, whatever a record says', async () => {
    const sent: string[] = []
    const spy: typeof globalThis.fetch = async (url) => {
      sent.push(url as string)
      return new Response(null, { status: 404 })
    }
    for (const url of [
      `https://evil.example/v1beta/${name}`,
      `https://evil-aiplatform.googleapis.com.evil.example/v1beta/${name}`,
      `https://us-central1-aiplatform.googleapis.com/v1beta1/${name}/../../../../../admin`,
      `https://user@us-central1-aiplatform.googleapis.com/v1beta1/${name}`,
    ]) {
      const { tracker } = openPage(spy, google())
      tracker.addTask({
        showId: 's1',
        type: 'trailer',
        status: 'processing',
        job: { provider: 'google', id: name, url },
      })
      const next = openPage(
        spy,
        google({ interval: 5, headers: { 'x-goog-api-key': apiKey } }),
        JSON.stringify(tracker.serialize()),
      )
      expect(await next.end()).toMatchObject({ status: 'interrupted' })
    }
    expect(sent).toEqual([])
  })
})
