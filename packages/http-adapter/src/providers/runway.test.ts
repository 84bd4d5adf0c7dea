import RunwayML from '@runwayml/sdk'
import { describe, expect, it } from 'vitest'
import { runway, type RunwayOptions, runwayState } from './runway.ts'
import { hurry } from '../testing/hurry.ts'
import { openPage } from '../testing/open-page.ts'
import { providerTests } from '../testing/provider-tests.ts'
import {
  type RunwayServer,
  type RunwayState,
  secret,
  startRunwayServer,
  tooMany,
} from '../testing/servers/runway-server.ts'
import { until } from '../testing/until.ts'

type Script = readonly RunwayState[]
type Use = (client: RunwayML, server: RunwayServer) => Promise<unknown>

const film = 'https://dnznrvs05pmza.cloudfront.net/1.mp4?_jwt=signed'
const filming: Script = [
  { status: 'THROTTLED' },
  { status: 'PENDING' },
  { status: 'RUNNING', progress: 0.29 },
  { status: 'SUCCEEDED', output: [film] },
]
const forever: Script = [{ status: 'RUNNING', progress: 0.1 }]

const create = (client: RunwayML) =>
  client.imageToVideo.create({
    model: 'gen4_turbo',
    promptImage: 'https://app.example/ada.png',
    promptText: 'Ada walks',
    ratio: '1280:720',
    duration: 5,
  })
const begin: Use = (client) => create(client)
/** Waits six seconds between polls: in a hurry, a hundredth of it. */
const wait: Use = (client) => create(client).waitForTaskOutput()

const clientOf = (fetch: typeof globalThis.fetch) =>
  new RunwayML({ apiKey: secret, fetch, timeout: 6_000_000 })

interface Given extends RunwayOptions {
  readonly script?: Script
}

const { setUp, compare } = providerTests({
  start: ({ script = filming }: Given) => startRunwayServer(script),
  provider: (given) => runway({ interval: 6_000_000, ...given }),
  clientOf,
  paid: (server) => [server.count('create'), server.all.length],
})

const job = { provider: 'runway', id: 'task-1', url: 'https://api.dev.runwayml.com/v1/tasks/task-1' }

describe('runway with the client of Runway', () => {
  it('follows a task by what its client is told, and asks nothing itself', async () => {
    hurry()
    const { server, page, bare } = await compare(wait)
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: film,
      outputs: [film],
      job,
      metadata: { model: 'gen4_turbo' },
    })
    expect(page.looks()).toEqual([
      'processing',
      'processing in the queue',
      'processing running 29',
      'succeeded  29',
    ])
    expect([server.count('create'), server.count('get')]).toEqual([1, bare.count('get')])
    expect(page.errors).toEqual([])
    expect(JSON.stringify(page.versions)).not.toContain(secret)
  })

  it('polls by itself, with the version that Runway wants, when no client does', async () => {
    const { server, page } = await compare(begin, { interval: 5 })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: film })
    expect(page.looks()).toContain('processing in the queue')
    expect([server.count('create'), server.count('get')]).toEqual([1, 3])
    expect(page.errors).toEqual([])
  })

  it.each<[string, Use]>([
    [
      'textToVideo',
      (client) =>
        client.textToVideo.create({ model: 'veo3.1', promptText: 'Ada', ratio: '1280:720', duration: 8 }),
    ],
    [
      'textToImage',
      (client) => client.textToImage.create({ model: 'gen4_image', promptText: 'Ada', ratio: '1920:1080' }),
    ],
    [
      'videoToVideo',
      (client) =>
        client.videoToVideo.create({ model: 'gen4_aleph', videoUri: film, promptText: 'Rain' } as never),
    ],
    [
      'videoUpscale',
      (client) => client.videoUpscale.create({ model: 'upscale_v1', videoUri: film } as never),
    ],
    [
      'imageUpscale',
      (client) =>
        client.imageUpscale.create({ model: 'magnific_precision_upscaler_v2', imageUri: film } as never),
    ],
    [
      'generate.video',
      (client) => client.generate.video.create({ configId: 'c1', promptText: 'Ada' } as never),
    ],
  ])('follows a task of %s', async (_name, use) => {
    const { page } = await compare(use, { interval: 5 })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: film })
  })

  it('does not track what begins no task', async () => {
    const { page, client } = await setUp()
    await client.organization.retrieve()
    expect(page.tasks()).toEqual([])
  })
})

describe('runway, when it goes wrong', () => {
  // https://docs.dev.runwayml.com/errors/task-failures: a moderated generation is not to be made again.
  it('fails with the sentence of a moderated task', async () => {
    const failure = 'The text prompt did not pass our content moderation.'
    hurry()
    const { page } = await compare(wait, {
      script: [{ status: 'PENDING' }, { status: 'FAILED', failure, failureCode: 'SAFETY.INPUT.TEXT' }],
    })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: failure, code: 'SAFETY.INPUT.TEXT', retryable: false },
    })
  })

  it('fails with a task that may be made again', async () => {
    const { page } = await compare(begin, {
      interval: 5,
      script: [
        { status: 'RUNNING' },
        {
          status: 'FAILED',
          failure: 'An unexpected error occurred.',
          failureCode: 'INTERNAL.BAD_OUTPUT.CODE01',
        },
      ],
    })
    const { status, error } = await page.end()
    expect([status, error]).toEqual([
      'failed',
      { message: 'An unexpected error occurred.', code: 'INTERNAL.BAD_OUTPUT.CODE01' },
    ])
  })

  it('is canceled when the task is', async () => {
    const { page } = await compare(begin, {
      interval: 5,
      script: [{ status: 'PENDING' }, { status: 'CANCELLED' }],
    })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('fails with a call that is refused', async () => {
    const refusal = {
      status: 400,
      body: { error: 'Validation of body failed', issues: [{ message: 'Invalid ratio' }] },
    }
    const { page } = await compare(begin, { faults: (at) => at.fault('create', refusal) })
    const { status, error } = await page.end()
    expect([status, error?.httpStatus]).toEqual(['failed', 400])
    expect(error?.message).toContain('Validation of body failed')
  })

  it('is canceled by the tracker, at Runway too', async () => {
    const { server, page, client } = await setUp({ script: forever })
    await begin(client, server)
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    await until(() => expect([...server.gone]).toEqual(['task-1']))
    expect([server.count('create'), server.count('delete')]).toEqual([1, 1])
    expect(page.errors).toEqual([])
  })

  it('is canceled when the client deletes the task, which Runway answers without a body', async () => {
    const { server, page } = await compare(async (client) => client.tasks.delete((await create(client)).id), {
      script: forever,
    })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect(server.count('delete')).toBe(1)
    expect(page.errors).toEqual([])
  })

  it('is canceled at Runway when it takes too long', async () => {
    const { server, page, client } = await setUp({ script: forever, interval: 10, timeout: 60 })
    await begin(client, server)
    expect(await page.end()).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    await until(() => expect(server.gone.size).toBe(1))
  })

  it('counts the retries of the client as attempts of one task', async () => {
    hurry()
    const { server, page } = await compare(begin, {
      interval: 5,
      faults: (at) => at.fault('create', tooMany, { status: 503, body: { error: 'busy' } }),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', attempt: 3 })
    expect([server.count('create'), server.all.length, page.tasks().length]).toEqual([3, 1, 1])
  })

  it('asks again itself whatever breaks', async () => {
    const { page, server } = await compare(begin, {
      interval: 5,
      faults: (at) =>
        at.fault('get', 'torn', 'refused', 'lost', { status: 502, body: '<html>Bad gateway</html>' }),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: film })
    expect(server.count('create')).toBe(1)
  })

  it('leaves the outcome to the client where our polls are refused', async () => {
    const { server, page, client } = await setUp({
      script: forever,
      runwayVersion: '2023-01-01',
      interval: 5,
    })
    const { id } = await create(client)
    await until(() => expect(page.tasks()[0]?.stage).toBe('status polls refused (HTTP 400)'))
    server.set(filming.at(-1)!)
    await client.tasks.retrieve(id)
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: film })
  })

  it('is interrupted when Runway does not know the task any more', async () => {
    const { page } = await compare(begin, {
      interval: 5,
      faults: (at) => at.fault('get', { status: 404, body: { error: 'Task not found.' } }),
    })
    page.skip(60_000)
    expect(await page.end()).toMatchObject({ status: 'interrupted' })
  })
})

describe('runway after a reload', () => {
  it('follows a task, and pays nothing again', async () => {
    const { server, page, client } = await setUp({ script: forever })
    await begin(client, server)
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    const saved = page.close()
    expect(saved).not.toContain(secret)
    const headers = { authorization: `Bearer ${secret}` }
    const next = openPage(server.fetch, runway({ interval: 5, headers }), saved)
    await until(() => expect(server.count('get')).toBeGreaterThan(1))
    server.set(filming.at(-1)!)
    expect(await next.end()).toMatchObject({ status: 'succeeded', outputUrl: film, id: page.tasks()[0]?.id })
    expect([server.count('create'), next.tasks().length]).toEqual([1, 1])
    expect(next.errors).toEqual([])
  })
})

describe('runwayState', () => {
  it.each([
    [{ status: 'THROTTLED' }, { status: 'starting', stage: 'throttled' }],
    [
      { status: 'RUNNING', progress: 1 },
      { status: 'processing', stage: 'running', progress: 99 },
    ],
    [{ status: 'RUNNING' }, { status: 'processing', stage: 'running' }],
    [{ status: 'FAILED' }, { status: 'failed', error: { message: 'Runway says: FAILED.' } }],
    [{ status: 'SUCCEEDED', output: [] }, { status: 'succeeded' }],
    [{ status: 'RESTING' }, { status: 'RESTING' }],
    [{ status: null }, {}],
    [null, {}],
  ])('reads %j', (task, state) => {
    expect(runwayState(task)).toEqual(state)
  })
})
