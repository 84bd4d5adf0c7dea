import Replicate, { type Prediction } from 'replicate'
import { describe, expect, it } from 'vitest'
import { replicate, type ReplicateOptions } from './replicate.ts'
import { openPage } from '../testing/open-page.ts'
import { providerTests } from '../testing/provider-tests.ts'
import {
  type PredictionState,
  type ReplicateServer,
  startReplicateServer,
  throttled,
} from '../testing/servers/replicate-server.ts'
import { until } from '../testing/until.ts'

type Script = readonly PredictionState[]
type Use = (client: Replicate, server: ReplicateServer) => Promise<unknown>

const picture = 'https://replicate.delivery/out/1.png'
const painting: Script = [
  { status: 'starting' },
  { status: 'processing', logs: ' 10%|#         | 1/10 [00:01<00:09,  1.00it/s]\n' },
  { status: 'processing', logs: ' 80%|########  | 8/10 [00:08<00:02,  1.00it/s]\n' },
  { status: 'succeeded', output: [picture], metrics: { predict_time: 8 } },
]
const input = { prompt: 'a portrait of Ada' }
const wait = { mode: 'poll', interval: 5 } as const
const run: Use = (client) => client.run('acme/painter', { input, wait })
const clientOf = (fetch: typeof globalThis.fetch) =>
  new Replicate({ auth: 'r8_test', useFileOutput: false, fetch })

interface Given extends ReplicateOptions {
  readonly script?: Script
  readonly holds?: boolean
}

const { setUp, compare } = providerTests({
  start: ({ script = painting, holds = false }: Given) => startReplicateServer(script, { holds }),
  provider: (given) => replicate({ interval: 60_000, ...given }),
  clientOf,
  paid: (server) => [server.count('create'), server.all.length],
})

const prediction = {
  provider: 'replicate',
  id: 'prediction1',
  url: 'https://api.replicate.com/v1/predictions/prediction1',
}

describe('replicate with the client of Replicate', () => {
  it('follows a run by what its client is told, and asks nothing itself', async () => {
    const { server, page, bare } = await compare(run)
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: picture,
      job: prediction,
      metadata: { model: 'acme/painter' },
    })
    expect(page.looks()).toEqual([
      'processing',
      'processing starting',
      'processing running 10',
      'processing running 80',
      'succeeded  80',
    ])
    expect([server.count('create'), server.count('get')]).toEqual([1, bare.count('get')])
    expect(page.errors).toEqual([])
  })

  it('keeps what the client tells its caller on the way', async () => {
    const { page } = await compare(async (client) => {
      const seen: string[] = []
      await client.run('acme/painter:v1', { input, wait }, ({ status, logs }: Prediction) =>
        seen.push(`${status} ${logs}`),
      )
      return seen
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', metadata: { model: 'v1' } })
  })

  it('waits with a create that waits', async () => {
    const { page, server } = await compare(
      async (client, at) => {
        const output = client.run('acme/painter', { input })
        await until(() => expect(at.all).toHaveLength(1))
        at.set({ status: 'succeeded', output: picture })
        return output
      },
      { holds: true },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(server.count('get')).toBe(0)
  })

  it('goes on where the client gives up: at a wait that ran out while the model was at work', async () => {
    const { page, expected } = await compare((client) => client.run('acme/painter', { input }), {
      script: painting.slice(1),
      interval: 5,
    })
    expect(expected).toEqual({ value: null })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
  })

  it('polls by itself when no client does', async () => {
    const { page, server } = await compare(
      (client) => client.deployments.predictions.create('acme', 'painter', { input }),
      { interval: 5 },
    )
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: picture,
      metadata: { model: 'acme/painter' },
    })
    expect([server.count('create'), server.count('get')]).toEqual([1, 3])
  })

  it('reads a prediction that repeats an input of 9 MB', async () => {
    const image = `data:image/png;base64,${'A'.repeat(9_000_000)}`
    const { page } = await compare((client) => client.run('acme/painter', { input: { image }, wait }))
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(page.errors).toEqual([])
  })

  it('leaves a stream of output to its client', async () => {
    const { page } = await compare(
      async (client, server) => {
        void until(() => expect(server.count('stream')).toBe(1)).then(() =>
          server.set({ status: 'succeeded', output: ['Once', 'upon'] }),
        )
        const pieces: string[] = []
        for await (const { event, data } of client.stream('acme/writer', { input }))
          pieces.push(`${event} ${data}`)
        return pieces
      },
      { interval: 5, script: [{ status: 'processing' }] },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
  })

  it('leaves the files to their readers', async () => {
    const { page } = await compare(async ({ fetch }) => {
      const client = new Replicate({ auth: 'r8_test', fetch })
      const [file] = (await client.run('acme/painter', { input, wait })) as [
        { blob: () => Promise<Blob>; url: () => URL },
      ]
      return [file.url().href, await (await file.blob()).text()]
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(page.tasks()).toHaveLength(1)
  })
})

describe('replicate, asked twice', () => {
  it('pays once for two runs of one portrait, at the same time or later', async () => {
    const { server, page, client } = await setUp({ script: [{ status: 'processing' }] })
    const first = client.run('acme/painter', { input, wait })
    const second = client.run('acme/painter', { input, wait })
    await until(() => expect(server.count('get')).toBeGreaterThan(2))
    const third = clientOf(page.fetchFor()).run('acme/painter', { input, wait })
    await until(() => expect(server.count('get')).toBeGreaterThan(6))
    server.set(painting.at(-1)!)
    expect(await Promise.all([first, second, third])).toEqual([[picture], [picture], [picture]])
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect([server.count('create'), page.tasks().length]).toEqual([1, 1])
  })

  it('cancels the first at Replicate where the second supersedes it', async () => {
    const { server, page, client } = await setUp({ script: [{ status: 'processing' }] })
    const first = client.run('acme/painter', { input, wait })
    await until(() => expect(server.count('get')).toBeGreaterThan(1))
    const second = clientOf(page.fetchFor({ onConflict: 'supersede' })).run('acme/painter', { input, wait })
    expect(await first).toBeNull()
    server.set(painting.at(-1)!)
    expect(await second).toEqual([picture])
    expect(await page.end()).toMatchObject({ status: 'succeeded', job: { id: 'prediction2' } })
    expect(server.all.map(({ state }) => state.status)).toEqual(['canceled', 'succeeded'])
    expect([server.count('create'), server.count('cancel')]).toEqual([2, 1])
  })

  it('does not ask again for the first where the second supersedes a create that waits', async () => {
    const { server, page, client } = await setUp({ holds: true })
    const first = client.run('acme/painter', { input })
    await until(() => expect(server.all).toHaveLength(1))
    const second = clientOf(page.fetchFor({ onConflict: 'supersede' })).run('acme/painter', { input })
    await expect(first).rejects.toMatchObject({ name: 'CanceledError' })
    await until(() => expect(server.all).toHaveLength(2))
    server.set(painting.at(-1)!)
    expect(await second).toEqual([picture])
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
    expect([server.count('create'), page.tasks().length]).toEqual([2, 2])
  })
})

describe('replicate, when it goes wrong', () => {
  it('fails with the provider', async () => {
    const { page } = await compare(run, {
      script: [{ status: 'starting' }, { status: 'failed', error: 'CUDA out of memory' }],
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'CUDA out of memory' } })
  })

  it('fails at once where the create says so', async () => {
    const { page } = await compare(
      (client) => client.predictions.create({ model: 'acme/painter', input, wait: 5 }),
      {
        script: [{ status: 'failed', error: 'E005: flagged as sensitive' }],
      },
    )
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: 'E005: flagged as sensitive' },
    })
  })

  it('fails with a create that is refused', async () => {
    const { page } = await compare((client) =>
      client.predictions.create({ model: 'acme/painter', input: undefined as never }),
    )
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { httpStatus: 422, message: expect.stringContaining('input is required') as string },
    })
  })

  it.each(['canceled', 'aborted'] as const)('is canceled when the prediction is %s', async (status) => {
    const { page } = await compare((client) => client.predictions.create({ model: 'acme/painter', input }), {
      interval: 5,
      script: [{ status: 'starting' }, { status }],
    })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('is canceled when the caller aborts, and the client tells Replicate', async () => {
    const { page, server } = await compare(
      (client, at) => {
        const controller = new AbortController()
        void until(() => expect(at.count('get')).toBeGreaterThan(1)).then(() => controller.abort())
        return client.run('acme/painter', { input, wait, signal: controller.signal })
      },
      { script: [{ status: 'processing' }] },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect(server.count('cancel')).toBe(1)
  })

  it('is canceled by the tracker, at Replicate too', async () => {
    const { server, page, client } = await setUp({ script: [{ status: 'processing' }] })
    const output = client.run('acme/painter', { input, wait })
    await until(() => expect(server.count('get')).toBeGreaterThan(1))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    // Its client sees a prediction that was canceled.
    expect(await output).toBeNull()
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    expect([server.count('create'), server.count('cancel'), server.all[0]?.state.status]).toEqual([
      1,
      1,
      'canceled',
    ])
  })

  it('sends no create again that was canceled by the tracker', async () => {
    const { server, page, client } = await setUp({ holds: true })
    const output = client.run('acme/painter', { input })
    await until(() => expect(server.all).toHaveLength(1))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    await expect(output).rejects.toMatchObject({ name: 'CanceledError', message: 'another prompt' })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect([server.count('create'), page.tasks().length]).toEqual([1, 1])
  })

  it('is canceled at Replicate when it takes too long', async () => {
    const { server, page, client } = await setUp({
      script: [{ status: 'processing' }],
      interval: 10,
      timeout: 60,
    })
    await client.predictions.create({ model: 'acme/painter', input })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    await until(() => expect(server.all[0]?.state.status).toBe('canceled'))
  })

  it('lets the client come back when Replicate is too busy', async () => {
    const { page, server } = await compare(run, {
      faults(at) {
        at.fault('create', throttled(1), throttled(1))
        at.fault('get', throttled(1), { status: 503, body: { detail: 'upstream' } })
      },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture, attempt: 3 })
    expect([server.count('create'), server.all.length, page.tasks().length]).toEqual([3, 1, 1])
  })

  it('fails when Replicate stays too busy', async () => {
    const { page } = await compare(run, {
      faults: (at) => at.fault('create', ...Array.from({ length: 6 }, () => throttled(1))),
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { httpStatus: 429 } })
  })

  it.each(['refused', 'lost'] as const)(
    'lets the client make a %s create again, and adds none',
    async (fault) => {
      const { page } = await compare(run, { faults: (at) => at.fault('create', fault) })
      expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    },
  )

  it('fails with a create whose answer breaks off', async () => {
    const { page } = await compare(run, { faults: (at) => at.fault('create', 'torn') })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
  })

  it('goes on where the client gives up: at a poll whose answer breaks off', async () => {
    const { page, server } = await compare(run, { faults: (at) => at.fault('get', 'torn') })
    page.skip(60_000)
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(server.count('create')).toBe(1)
  })

  it('asks again itself whatever breaks', async () => {
    const { page, server } = await compare(
      (client) => client.predictions.create({ model: 'acme/painter', input }),
      {
        interval: 5,
        faults: (at) =>
          at.fault('get', throttled(0), 'torn', 'refused', 'lost', {
            status: 502,
            body: '<html>Bad gateway</html>',
          }),
      },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(server.count('create')).toBe(1)
  })

  it('is interrupted when Replicate does not know the prediction any more', async () => {
    const { page } = await compare((client) => client.predictions.create({ model: 'acme/painter', input }), {
      interval: 5,
      faults: (at) => at.fault('get', { status: 404, body: { detail: 'gone' } }),
    })
    page.skip(60_000)
    expect(await page.end()).toMatchObject({ status: 'interrupted' })
  })
})

describe('replicate after a reload', () => {
  const headers = { authorization: 'Bearer r8_test' }

  it.each([0, 1, 2])(
    'follows a prediction that was told of %i times, and pays nothing again',
    async (gets) => {
      const { server, page, client } = await setUp({ script: painting.slice(0, gets + 1) })
      client.run('acme/painter', { input, wait }).catch(() => {})
      await until(() => expect(page.tasks()[0]).toMatchObject({ job: prediction }))
      await until(() => expect(server.count('get')).toBeGreaterThanOrEqual(gets))
      const saved = page.close()
      expect(saved).not.toContain('r8_test')
      const next = openPage(server.fetch, replicate({ interval: 5, headers }), saved)
      await until(() => expect(server.count('get')).toBeGreaterThan(gets + 2))
      server.set(painting.at(-1)!)
      expect(await next.end()).toMatchObject({
        status: 'succeeded',
        outputUrl: picture,
        id: page.tasks()[0]?.id,
      })
      expect([server.count('create'), server.all.length, next.tasks().length]).toEqual([1, 1, 1])
      expect(next.errors).toEqual([])
    },
  )

  it('is interrupted where the page was gone before Replicate had answered', async () => {
    const { server, page, client } = await setUp({ holds: true })
    void client.run('acme/painter', { input })
    await until(() => expect(server.all).toHaveLength(1))
    const next = openPage(server.fetch, replicate({ interval: 5, headers }), page.close())
    expect(await next.end()).toMatchObject({ status: 'interrupted' })
    expect(server.count('create')).toBe(1)
  })

  it('cancels at Replicate what an earlier page has begun', async () => {
    const { server, page, client } = await setUp({ script: [{ status: 'processing' }] })
    await client.predictions.create({ model: 'acme/painter', input })
    await until(() => expect(page.tasks()[0]).toMatchObject({ job: prediction }))
    const next = openPage(server.fetch, replicate({ interval: 5, headers: () => headers }), page.close())
    next.tracker.cancel({ showId: 's1' })
    await until(() => expect(server.all[0]?.state.status).toBe('canceled'))
    expect(await next.end()).toMatchObject({ status: 'canceled' })
  })

  it('is interrupted where it has no token', async () => {
    const { server, page, client } = await setUp({ script: [{ status: 'processing' }] })
    await client.predictions.create({ model: 'acme/painter', input })
    await until(() => expect(page.tasks()[0]).toMatchObject({ job: prediction }))
    const next = openPage(server.fetch, replicate({ interval: 5 }), page.close())
    next.skip(60_000)
    expect(await next.end()).toMatchObject({ status: 'interrupted' })
    expect(server.count('create')).toBe(1)
  })

  it('sends the token nowhere but to Replicate, whatever a record says', async () => {
    const { server, page, client } = await setUp({ script: painting.slice(-1) })
    await client.predictions.create({ model: 'acme/painter', input: { ...input } })
    await page.end()
    const asked: string[] = []
    const spy: typeof globalThis.fetch = (url, init) => {
      asked.push(url as string)
      return server.fetch(url as string, init)
    }
    const { tracker } = openPage(server.fetch, replicate())
    tracker.addTask({
      showId: 's1',
      type: 'trailer',
      status: 'processing',
      job: { provider: 'replicate', id: '../../evil?', url: 'https://evil.example' },
    })
    const next = openPage(spy, replicate({ interval: 5, headers }), JSON.stringify(tracker.serialize()))
    next.skip(60_000)
    expect(await next.end()).toMatchObject({ status: 'interrupted' })
    expect(asked).toEqual(['https://api.replicate.com/v1/predictions/..%2F..%2Fevil%3F'])
  })
})
