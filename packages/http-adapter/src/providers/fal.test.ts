import { createTestTracker } from '@callsheet/core/test'
import { createFalClient, type FalClient, type QueueStatus } from '@fal-ai/client'
import { describe, expect, it, vi } from 'vitest'
import { createTrackedFetch } from '../index.ts'
import { fal, type FalOptions, falProxy } from './fal.ts'
import { type FalServer, type FalState, startFalServer, tooMany } from '../testing/servers/fal-server.ts'
import { hurry } from '../testing/hurry.ts'
import { endOf, openPage } from '../testing/open-page.ts'
import { providerTests } from '../testing/provider-tests.ts'
import { until } from '../testing/until.ts'

type Use = (client: FalClient, server: FalServer) => Promise<unknown>

const picture = 'https://v3.fal.media/files/1.png'
const made = { images: [{ url: picture, width: 512, height: 512 }], seed: 7 }
const done: FalState = {
  status: 'COMPLETED',
  logs: ['loading the model', '100%|##########| 10/10 [00:10<00:00,  1.00it/s]'],
  result: { status: 200, body: made },
}
const painting: readonly FalState[] = [
  { status: 'IN_QUEUE', queue_position: 2 },
  { status: 'IN_QUEUE', queue_position: 0 },
  { status: 'IN_PROGRESS', logs: ['loading the model'] },
  { status: 'IN_PROGRESS', logs: ['loading the model', ' 40%|####      | 4/10 [00:04<00:06,  1.00it/s]'] },
  done,
]
const app = 'fal-ai/painter/fast'
const input = { prompt: 'a portrait of Ada' }
const subscribe: Use = (client) => client.subscribe(app, { input, logs: true, pollInterval: 5 })
const clientOf = (fetch: typeof globalThis.fetch) => createFalClient({ credentials: 'key:test', fetch })

interface Given extends FalOptions {
  readonly script?: readonly FalState[]
}

const { setUp, compare } = providerTests({
  start: ({ script = painting }: Given) => startFalServer(script),
  provider: (given) => fal({ interval: 60_000, ...given }),
  clientOf,
  paid: (server) => [server.count('submit'), server.all.length],
})

const request = {
  provider: 'fal',
  id: 'request-1',
  url: 'https://queue.fal.run/fal-ai/painter/requests/request-1',
}

describe('fal with the client of fal', () => {
  it('follows a subscription by what its client is told, and asks nothing itself', async () => {
    const { server, page, bare } = await compare(subscribe)
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: picture,
      job: request,
      metadata: { model: app },
    })
    expect(page.looks()).toEqual([
      'processing',
      'processing 3rd in the queue',
      'processing 1st in the queue',
      'processing running',
      'processing running 40',
      'succeeded  40',
    ])
    expect([server.count('submit'), server.count('status'), server.count('result')]).toEqual([1, 4, 1])
    expect(bare.count('status')).toBe(4)
    expect(page.errors).toEqual([])
  })

  it('keeps what the client tells its caller on the way', async () => {
    const { page } = await compare(async (client) => {
      const seen: QueueStatus[] = []
      await client.subscribe(app, {
        input,
        logs: true,
        pollInterval: 5,
        onQueueUpdate: (it) => seen.push(it),
      })
      return seen
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded' })
  })

  it('follows a subscription to a stream', async () => {
    const { page } = await compare((client) => client.subscribe(app, { input, mode: 'streaming' }))
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
  })

  it('polls by itself when no client does', async () => {
    const { page, server } = await compare((client) => client.queue.submit(app, { input }), { interval: 5 })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect([server.count('submit'), server.count('status'), server.count('result')]).toEqual([1, 4, 1])
  })

  it('fetches the result itself when its caller only waits for the end', async () => {
    const { page } = await compare(
      async (client) => {
        const { request_id: requestId } = await client.queue.submit(app, { input })
        return client.queue.subscribeToStatus(app, { requestId, pollInterval: 5 })
      },
      { interval: 30 },
    )
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
  })

  it('finds the request of a workflow', async () => {
    const { server, page, client } = await setUp({ interval: 5 })
    server.fault('submit', { status: 200, body: { status: 'IN_QUEUE', request_id: 'r1', queue_position: 0 } })
    await client.queue.submit('workflows/acme/poster', { input })
    await until(() =>
      expect(page.tasks()[0]?.job?.url).toBe('https://queue.fal.run/workflows/acme/poster/requests/r1'),
    )
  })

  describe('streams', () => {
    const preview = 'https://v3.fal.media/files/preview.png'
    const draft: FalState = {
      status: 'IN_PROGRESS',
      result: { status: 200, body: { images: [{ url: preview }] } },
    }
    const stream: Use = async (client) => {
      const seen: unknown[] = []
      const events = await client.stream(app, { input })
      const end = events.done()
      // The client rejects it before a test could wait for it.
      end.catch(() => {})
      for await (const event of events) seen.push(event)
      return [seen, await end]
    }

    it('follows one to its end, whose last event is the result', async () => {
      const { page } = await compare(stream, { script: [draft, done] })
      expect(await page.end()).toMatchObject({
        status: 'succeeded',
        outputUrl: picture,
        metadata: { model: app },
      })
      expect(page.looks()).toContain('processing running')
      expect(page.errors).toEqual([])
    })

    it('fails where an event says so, and where none came', async () => {
      const refusal = {
        detail: [{ loc: ['body', 'prompt'], msg: 'is flagged', type: 'content_policy_violation' }],
      }
      const refused: FalState = { status: 'COMPLETED', result: { status: 200, body: refusal } }
      const { page } = await compare(stream, { script: [draft, refused] })
      expect(await page.end()).toMatchObject({
        status: 'failed',
        error: { message: 'prompt: is flagged', code: 'content_policy_violation' },
      })
      const silent = await compare(stream, { script: [{ status: 'COMPLETED' }] })
      expect(await silent.page.end()).toMatchObject({
        status: 'failed',
        error: { message: 'The job succeeded without an output.' },
      })
    })

    it('fails when it breaks off, whatever it has shown', async () => {
      const { page } = await compare(stream, {
        script: [draft, done],
        faults: (server) => server.fault('play', 'torn'),
      })
      expect(await page.end()).toMatchObject({ status: 'failed' })
    })
  })

  it('tracks a direct call', async () => {
    const { page } = await compare(async (client, server) => {
      const result = client.run(app, { input })
      await until(() => expect(server.all).toHaveLength(1))
      server.set(done)
      return result
    })
    expect(await page.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: picture,
      metadata: { model: app },
    })
    expect(page.tasks()[0]).not.toHaveProperty('job')
  })
})

describe('fal, asked twice', () => {
  it('pays once for two subscriptions to one portrait, at the same time or later', async () => {
    const { server, page, client } = await setUp({ script: [painting[0]!] })
    const first = subscribe(client, server)
    const second = subscribe(client, server)
    await until(() => expect(server.count('status')).toBeGreaterThan(2))
    const third = subscribe(clientOf(page.fetchFor()), server)
    await until(() => expect(server.count('status')).toBeGreaterThan(6))
    server.set(done)
    const result = { data: made, requestId: 'request-1' }
    expect(await Promise.all([first, second, third])).toEqual([result, result, result])
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect([server.count('submit'), page.tasks().length]).toEqual([1, 1])
  })
})

describe('fal, when it goes wrong', () => {
  const detail = [{ loc: ['body', 'prompt'], msg: 'flagged by a content checker', type: 'content_policy' }]
  const broken: FalState = { status: 'COMPLETED', result: { status: 422, body: { detail } } }

  it('fails with a request whose result is an error', async () => {
    const { page } = await compare(subscribe, { interval: 20, script: [painting[0]!, broken] })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: 'prompt: flagged by a content checker' },
    })
  })

  it('fails with a request whose status says so', async () => {
    const { page } = await compare(subscribe, {
      script: [
        painting[0]!,
        {
          status: 'COMPLETED',
          error: 'Runner disconnected',
          error_type: 'runner_disconnected',
          result: { status: 422, body: { detail: 'Runner disconnected', error_type: 'runner_disconnected' } },
        },
      ],
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'Runner disconnected' } })
  })

  it('fails with a submit that is refused', async () => {
    const { page } = await compare(subscribe, {
      faults: (at) =>
        at.fault('submit', { status: 403, body: { detail: 'User is locked. Reason: Exhausted balance.' } }),
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { httpStatus: 403 } })
  })

  it('is canceled by its client', async () => {
    const { page, server } = await compare(
      async (client) => {
        const { request_id: requestId } = await client.queue.submit(app, { input })
        await client.queue.cancel(app, { requestId })
      },
      { script: [painting[0]!] },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect(server.count('cancel')).toBe(1)
  })

  it('is canceled when it takes longer than its caller waits', async () => {
    const { page } = await compare(
      (client) => client.subscribe(app, { input, pollInterval: 5, timeout: 60 }),
      {
        script: [painting[0]!],
      },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('goes on when its caller aborts, as the request does', async () => {
    const { page, server } = await compare(
      (client, at) => {
        const controller = new AbortController()
        void until(() => expect(at.count('status')).toBeGreaterThan(1)).then(() => controller.abort())
        return client.subscribe(app, { input, pollInterval: 5, abortSignal: controller.signal })
      },
      { script: [painting[0]!], interval: 20 },
    )
    server.set(done)
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
  })

  it('is canceled by the tracker, at fal too', async () => {
    const { server, page, client } = await setUp({ script: [painting[0]!] })
    const result = endOf(subscribe(client, server))
    await until(() => expect(server.count('status')).toBeGreaterThan(1))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    expect(await result).toMatchObject({ name: 'ApiError', status: 499 })
    expect(await page.end()).toMatchObject({ status: 'canceled', error: { message: 'another prompt' } })
    expect([server.count('submit'), server.count('cancel')]).toEqual([1, 1])
  })

  it('sends no submit again that was canceled by the tracker', async () => {
    hurry()
    const { server, page, client } = await setUp({ script: [{ status: 'IN_PROGRESS' }] })
    const result = client.run(app, { input })
    await until(() => expect(server.all).toHaveLength(1))
    page.tracker.cancel({ showId: 's1' }, 'another prompt')
    await expect(result).rejects.toMatchObject({ name: 'CanceledError' })
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect([server.count('run'), page.tasks().length]).toEqual([1, 1])
  })

  it('lets the client come back when fal is too busy', async () => {
    hurry()
    const { page, server } = await compare(subscribe, {
      faults(at) {
        at.fault('submit', tooMany(1), tooMany(1))
        at.fault('status', tooMany(1), { status: 503, body: 'upstream' })
        at.fault('result', tooMany(1))
      },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture, attempt: 3 })
    expect(page.tasks()).toHaveLength(1)
    expect([server.count('submit'), server.all.length]).toEqual([3, 1])
  })

  it.each(['refused', 'lost', 'torn'] as const)(
    'lets the client make a %s submit again, and adds none',
    async (fault) => {
      hurry()
      const { page } = await compare(subscribe, { faults: (at) => at.fault('submit', fault) })
      expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    },
  )

  it.each(['status', 'result'])(
    'stays with the request when the answer of %s breaks off',
    async (endpoint) => {
      hurry()
      const { page, server } = await compare(subscribe, { faults: (at) => at.fault(endpoint, 'torn') })
      expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
      expect(server.count('submit')).toBe(1)
    },
  )

  it('asks again itself whatever breaks', async () => {
    const { page, server } = await compare((client) => client.queue.submit(app, { input }), {
      interval: 5,
      faults(at) {
        at.fault('status', tooMany(0), 'torn', 'refused', { status: 502, body: '<html>Bad gateway</html>' })
        at.fault('result', 'lost', tooMany(0), { status: 503, body: { detail: 'no runner' } })
      },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(server.count('submit')).toBe(1)
  })

  it('is interrupted when fal does not know the request any more', async () => {
    const { page } = await compare((client) => client.queue.submit(app, { input }), {
      interval: 5,
      faults: (at) => at.fault('status', { status: 404, body: { detail: 'Request not found' } }),
    })
    page.skip(60_000)
    expect(await page.end()).toMatchObject({ status: 'interrupted' })
  })
})

describe('falProxy', () => {
  /** A proxy on a server of one's own: it knows the key. */
  const proxyOf =
    (send: typeof globalThis.fetch): typeof globalThis.fetch =>
    async (input, init) => {
      const given = new Request(input, init)
      expect(given.url).toBe('https://shows.example/api/fal/proxy')
      expect(given.headers.has('authorization')).toBe(false)
      const { method } = given
      const body = method === 'POST' ? await given.text() : null
      return send(given.headers.get('x-fal-target-url')!, {
        method,
        body,
        headers: { authorization: 'Key key:test', 'content-type': 'application/json' },
      })
    }
  const proxyUrl = 'https://shows.example/api/fal/proxy'

  it('tracks a page that has no key, and follows its request after a reload', async () => {
    const { server } = await setUp({ script: painting.slice(0, 1) })
    const send = falProxy(proxyUrl, proxyOf(server.fetch))
    const page = openPage(send, fal({ interval: 5 }))
    const client = createFalClient({ credentials: () => undefined, fetch: page.fetch })
    await client.queue.submit(app, { input })
    await until(() => expect(page.tasks()[0]).toMatchObject({ job: request }))
    const next = openPage(send, fal({ interval: 5 }), page.close())
    server.set(done)
    expect(await next.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(server.count('submit')).toBe(1)
  })

  it('takes a Request, too', async () => {
    const { server } = await setUp()
    const send = falProxy(proxyUrl, proxyOf(server.fetch))
    const response = await send(
      new Request(`https://queue.fal.run/${app}`, { method: 'POST', body: '{"prompt":"Ada"}' }),
    )
    expect([response.status, server.all[0]?.input]).toEqual([200, { prompt: 'Ada' }])
  })

  it.each(['https://files.example/a.png', 'https://notfal.run/a', 'https://fal.run.example/a', 'http://['])(
    'leaves %s alone',
    async (address) => {
      const send = vi.fn(() => Promise.resolve(new Response()))
      const init = { method: 'PUT' }
      await falProxy(proxyUrl, send)(address, init)
      expect(send).toHaveBeenCalledExactlyOnceWith(address, init)
    },
  )
})

describe('fal after a reload', () => {
  const headers = { authorization: 'Key key:test' }

  it.each([0, 1, 3])('follows a request that was told of %i times, and pays nothing again', async (asked) => {
    const { server, page, client } = await setUp({ script: painting.slice(0, asked + 1) })
    subscribe(client, server).catch(() => {})
    await until(() => expect(page.tasks()[0]).toMatchObject({ job: request }))
    await until(() => expect(server.count('status')).toBeGreaterThanOrEqual(asked))
    const saved = page.close()
    expect(saved).not.toContain('key:test')
    const next = openPage(server.fetch, fal({ interval: 5, headers }), saved)
    await until(() => expect(server.count('status')).toBeGreaterThan(asked + 2))
    server.set(done)
    expect(await next.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: picture,
      id: page.tasks()[0]?.id,
    })
    expect([server.count('submit'), server.all.length, next.tasks().length]).toEqual([1, 1, 1])
    expect(next.errors).toEqual([])
  })

  it('cancels at fal what an earlier page has begun', async () => {
    const { server, page, client } = await setUp({ script: [painting[0]!] })
    await client.queue.submit(app, { input })
    await until(() => expect(page.tasks()[0]).toMatchObject({ job: request }))
    const next = openPage(server.fetch, fal({ interval: 5, headers }), page.close())
    next.tracker.cancel({ showId: 's1' })
    await until(() => expect(server.count('cancel')).toBe(1))
    expect(await next.end()).toMatchObject({ status: 'canceled' })
  })

  it.each([
    'https://evil.example/fal-ai/painter/requests/r1',
    'https://queue.fal.run.evil.example/fal-ai/painter/requests/r1',
    'https://queue.fal.run/../requests/r1',
    'https://queue.fal.run/fal-ai/painter/requests/r2',
    undefined,
  ])('takes the key not to %s', async (url) => {
    const { server } = await setUp()
    const asked = vi.fn(server.fetch)
    const { tracker } = openPage(server.fetch, fal())
    const job = { provider: 'fal', id: 'r1', ...(url && { url }) }
    tracker.addTask({ showId: 's1', type: 'trailer', status: 'processing', job })
    const next = openPage(asked, fal({ interval: 5, headers }), JSON.stringify(tracker.serialize()))
    expect(await next.end()).toMatchObject({ status: 'interrupted' })
    expect(asked).not.toHaveBeenCalled()
  })
})

describe("a record's address", () => {
  it.each([
    'https://queue.fal.run/admin/delete?x=/requests/r1',
    'https://queue.fal.run/admin/delete#/requests/r1',
    'https://queue.fal.run/a/b/../../admin/requests/r1',
    'https://queue.fal.run.evil.test/a/b/requests/r1',
  ])('leads the key nowhere else: %s', async (url) => {
    const { tracker, clock } = createTestTracker()
    const asked: unknown[] = []
    const send: typeof globalThis.fetch = async (input) => {
      asked.push(input)
      return Response.json({ status: 'COMPLETED' })
    }
    const fetch = createTrackedFetch({
      tracker,
      fetch: send,
      providers: [fal({ headers: { authorization: 'Key key:test' } })],
    })
    tracker.addTask({
      id: 't1',
      showId: 's1',
      type: 'trailer',
      job: { provider: 'fal', id: 'r1', url },
    } as never)
    tracker.resume(fetch.followers)
    await clock.advance(10_000)
    tracker.cancel('t1')
    await clock.advance(0)
    expect(asked).toEqual([])
    expect(tracker.getTask('t1')?.status).toMatch(/interrupted|canceled/)
  })
})
