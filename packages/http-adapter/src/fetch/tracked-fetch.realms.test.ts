import { createContext, runInContext } from 'node:vm'
import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { createTrackedFetch, liveSource, readDownload, readEvents, resend } from '../index.ts'
import { openai } from '../providers/openai.ts'
import type { Fetch } from '../route/request.ts'
import { frame } from '../testing/live-network.ts'
import { unhandled } from '../testing/unhandled.ts'
import { until } from '../testing/until.ts'

const scope = () => ({ showId: 's1' })

function setUp(fetch: Fetch) {
  const made = createTestTracker()
  const tracked = createTrackedFetch({
    tracker: made.tracker,
    fetch,
    routes: {
      'POST /read': { type: 'trailer', scope, read: (body) => ({ metadata: body as object }) },
      'POST /events': { type: 'trailer', scope, stream: readEvents(({ data }) => ({ metadata: { data } })) },
      'POST /film': { type: 'trailer', scope, stream: readDownload() },
      'POST /film/plain': { type: 'trailer', scope, stream: readDownload({ isUncompressed: true }) },
      'POST /again': { type: 'trailer', scope, retry: resend({ attempts: 2 }) },
      'POST /plain': { type: 'trailer', scope },
    },
  })
  const task = () => made.tracker.getTask({ showId: 's1', type: 'trailer' })
  return { ...made, fetch: tracked, task }
}

const post = { method: 'POST' }
const json = { 'content-type': 'application/json' }

interface StreamlessOptions {
  readonly ok?: boolean
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly clone?: unknown
}

/** A response whose body is not a web stream, as React Native and node-fetch have it. */
function streamless(
  text: string,
  { ok = true, status = 200, body = undefined as unknown, headers = json, ...more }: StreamlessOptions = {},
) {
  let isUsed = false
  const response = {
    ok,
    status,
    statusText: '',
    url: 'http://app.test/read',
    type: 'default',
    headers: new Headers(headers),
    body,
    clone() {
      if (isUsed) throw new TypeError('Already read')
      return streamless(text, { ok, status, body, headers })
    },
    async text() {
      isUsed = true
      return text
    },
    [Symbol.toStringTag]: 'Response',
    ...more,
  }
  return response as unknown as Response
}

describe('a response without a web stream', () => {
  it.each([undefined, { pipe: () => {} }])('is read by its text: body %s', async (body) => {
    const given = streamless('{"url":"x"}', { body })
    const { fetch, task } = setUp(async () => given)
    const response = await fetch('/read', post)
    expect(response).toBe(given)
    expect(await response.text()).toBe('{"url":"x"}')
    await until(() => expect(task()).toMatchObject({ status: 'succeeded', metadata: { url: 'x' } }))
  })

  it('says why it failed', async () => {
    const { fetch, task } = setUp(async () => streamless('{"error":"busy"}', { ok: false, status: 503 }))
    expect(await (await fetch('/plain', post)).text()).toBe('{"error":"busy"}')
    await until(() => expect(task()).toMatchObject({ status: 'failed', error: { message: 'busy' } }))
  })

  it('is read as server-sent events once it is there', async () => {
    const headers = { 'content-type': 'text/event-stream' }
    const { fetch, task } = setUp(async () => streamless('data: 1\n\ndata: 2\n\n', { headers }))
    expect(await (await fetch('/events', post)).text()).toBe('data: 1\n\ndata: 2\n\n')
    await until(() => expect(task()).toMatchObject({ status: 'succeeded', metadata: { data: '2' } }))
  })

  it('of OpenAI is read as the stream of its answer', async () => {
    const { tracker } = createTestTracker()
    const events = [
      { type: 'response.created', response: { id: 'r1', status: 'in_progress' } },
      {
        type: 'response.completed',
        response: {
          id: 'r1',
          status: 'completed',
          model: 'gpt-5',
          output: [{ type: 'message', content: [{ type: 'output_text', text: 'cut' }] }],
        },
      },
    ]
    const text = events.map((it) => `event: ${it.type}\ndata: ${JSON.stringify(it)}\n\n`).join('')
    const send: Fetch = async () => streamless(text, { headers: { 'content-type': 'text/event-stream' } })
    const fetch = createTrackedFetch({ tracker, providers: [openai()], fetch: send }).for({
      showId: 's1',
      type: 'trailer',
    })
    const init = { method: 'POST', body: JSON.stringify({ model: 'gpt-5', stream: true }) }
    expect(await (await fetch('https://api.openai.com/v1/responses', init)).text()).toBe(text)
    const task = () => tracker.getTask({ showId: 's1', type: 'trailer' })
    await until(() => expect(task()).toMatchObject({ status: 'succeeded', metadata: { outputType: 'text' } }))
  })

  it.each<[string, string, Record<string, string>, unknown]>([
    ['JSON without a clone', '/read', json, undefined],
    ['events without a clone', '/events', { 'content-type': 'text/event-stream' }, undefined],
    [
      'a film',
      '/film',
      { 'content-type': 'video/mp4', 'content-length': '2', 'content-encoding': 'identity' },
      undefined,
    ],
    [
      'JSON whose clone cannot be read',
      '/read',
      json,
      () => Object.assign(streamless('{}'), { text: async () => Promise.reject(new Error('no text')) }),
    ],
  ])(
    'is not read, which is reported, and does not fail the task: %s',
    async (_what, path, headers, clone) => {
      const seen = unhandled()
      const { fetch, task, errors } = setUp(async () => streamless('{}', { headers, clone }))
      expect(await (await fetch(path, post)).text()).toBe('{}')
      await until(() => expect(task()?.status).toBe('succeeded'))
      expect(errors.map(({ message }) => message)).toEqual([
        expect.stringContaining('app.test/read was not read'),
      ])
      expect(seen).toEqual([])
    },
  )

  it('fails the task when its connection breaks while the clone is read', async () => {
    const broken = () => Promise.reject(new Error('Invalid response body: Premature close'))
    const clone = () => Object.assign(streamless('{}'), { text: broken })
    const { fetch, task } = setUp(async () => streamless('{}', { clone }))
    await fetch('/read', post)
    await until(() => expect(task()).toMatchObject({ status: 'failed' }))
  })

  it('is joined', async () => {
    const { fetch } = setUp(async () => streamless('{}'))
    const both = await Promise.all([fetch('/read', post), fetch('/read', post)])
    expect(await Promise.all(both.map(async (one) => one.text()))).toEqual(['{}', '{}'])
  })
})

describe('a promise of another realm', () => {
  it('is followed to its end', async () => {
    const context = createContext({ Response })
    const send = runInContext(
      `(async () => new Response('{"error":"busy"}', { status: 503 }))`,
      context,
    ) as Fetch
    expect(send('/a') instanceof Promise).toBe(false)
    const { fetch, task } = setUp(send)
    const both = [fetch('/plain', post), fetch('/plain', post)]
    const texts = await Promise.all(both.map(async (one) => (await one).text()))
    expect(texts).toEqual(Array(2).fill('{"error":"busy"}'))
    await until(() => expect(task()).toMatchObject({ status: 'failed', error: { message: 'busy' } }))
  })
})

describe('a request of another library', () => {
  it('is sent again with its body', async () => {
    const bodies: string[] = []
    const { fetch, clock } = setUp(async (input) => {
      bodies.push(await (input as Request).text())
      return new Response('', { status: bodies.length > 1 ? 200 : 503 })
    })
    // Not an instance of the global class, as that of undici or node-fetch.
    const request = new Proxy(new Request('http://app.test/again', { ...post, body: 'a duel' }), {
      getPrototypeOf: () => Object.prototype,
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    expect(request instanceof Request).toBe(false)
    const answered = fetch(request)
    for (let count = 0; count < 5; count += 1) await clock.advance(10_000)
    expect((await answered).status).toBe(200)
    expect(bodies).toEqual(['a duel', 'a duel'])
  })

  it.each([
    async function* () {
      yield 'a'
    },
    () => ({ pipe: () => {} }),
  ])('with a body that can be read once is sent once', async (bodyOf) => {
    let sent = 0
    const { fetch, clock } = setUp(async () => {
      sent += 1
      return new Response('', { status: 503 })
    })
    const answered = fetch('/again', { ...post, body: bodyOf() as never })
    for (let count = 0; count < 5; count += 1) await clock.advance(10_000)
    expect([(await answered).status, sent]).toEqual([503, 1])
  })
})

describe('readDownload of another origin', () => {
  /** A compressed body, as a browser shows it: the length is visible, and the encoding is not. */
  const compressed = async () => {
    const response = new Response('x'.repeat(200), { headers: { 'content-length': '100' } })
    return Object.defineProperty(response, 'type', { value: 'cors' })
  }

  it('shows nothing, for its length may be that of fewer, compressed bytes', async () => {
    const { fetch, tracker, task } = setUp(compressed)
    const seen: unknown[] = []
    tracker.on('taskChanged', () => void seen.push(task()?.progress))
    await (await fetch('/film', post)).text()
    await until(() => expect(task()?.status).toBe('succeeded'))
    expect(seen.filter((progress) => progress !== undefined)).toEqual([])
  })

  it('shows it where the server does not compress', async () => {
    const { fetch, task } = setUp(async () => {
      const response = new Response('x'.repeat(100), { headers: { 'content-length': '100' } })
      return Object.defineProperty(response, 'type', { value: 'cors' })
    })
    await (await fetch('/film/plain', post)).text()
    await until(() => expect(task()).toMatchObject({ status: 'succeeded', progress: 100 }))
  })
})

describe('a stream that ends in a lone CR', () => {
  it.each(['data: last\r\r', 'data: last\n\r', 'data: last\r\n\r', 'data: first\r\rdata: last\r\r'])(
    'keeps its last event: %j',
    async (text) => {
      const { fetch, task } = setUp(
        async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
      )
      await (await fetch('/events', post)).text()
      await until(() => expect(task()).toMatchObject({ status: 'succeeded', metadata: { data: 'last' } }))
    },
  )

  it.each(['data: last\r', 'data: last\n', 'data: last'])(
    'has no event that is not complete: %j',
    async (text) => {
      const { fetch, task } = setUp(
        async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
      )
      await (await fetch('/events', post)).text()
      await until(() => expect(task()?.status).toBe('succeeded'))
      expect(task()?.metadata ?? {}).toEqual({})
    },
  )

  it('is taken in by the live source', async () => {
    const there = createTestTracker({ by: 'elsewhere' }).tracker
    there.addTask({ id: 't1', showId: 's1', type: 'trailer', status: 'processing' })
    const text = frame('snapshot', there.serialize(), '1').replace(/\n\n$/, '\r\r')
    const { tracker, clock } = createTestTracker()
    const source = liveSource({
      tracker,
      url: 'https://collector.test/api',
      showId: 's1',
      clock: clock.now,
      schedule: clock.schedule,
      fetch: async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
    })
    const release = source.open()
    await clock.advance(0)
    await until(() => expect(tracker.getTask('t1')?.status).toBe('processing'))
    release()
  })
})
