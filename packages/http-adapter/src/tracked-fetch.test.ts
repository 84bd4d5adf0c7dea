import { AlreadyRunningError, createTracker, showPipeline, type TaskRecord } from '@callsheet/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createTrackedFetch, type TrackedFetchOptions } from './index.ts'
import type { RouteKey } from './match.ts'
import type { Fetch, FetchArguments } from './request.ts'

type Routes = NonNullable<TrackedFetchOptions<typeof showPipeline, RouteKey>['routes']>
type Options = Partial<Parameters<typeof createTracker<typeof showPipeline>>[0]>

const routes: Routes = {
  'POST /api/characters/portrait': {
    type: 'portrait',
    scope: ({ json }) => json() as { showId: string; characterId: string },
  },
  'POST /api/trailer': {
    type: 'trailer',
    scope: ({ headers }) => ({ showId: headers.get('x-show') ?? 's1' }),
  },
}

/** A tracked fetch over a fake one, each of whose calls is settled by hand. */
function setUp(extra: Routes = {}, options: Options = {}) {
  const tracker = createTracker({ pipeline: showPipeline, ...options })
  const errors: Error[] = []
  tracker.on('error', ({ error }) => errors.push(error))
  const sent: { args: FetchArguments; answer: (response: Response) => void; promise: Promise<Response> }[] =
    []
  const fake: Fetch = function (this: unknown, ...args: FetchArguments) {
    // As a browser's: "Illegal invocation" for whoever calls it as a method.
    if (this !== undefined) throw new TypeError('Illegal invocation')
    let answer = (_response: Response) => {}
    const promise = new Promise<Response>((resolve, reject) => {
      answer = resolve
      const signal = args[1]?.signal
      if (signal?.aborted) reject(signal.reason)
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
    sent.push({ args, answer, promise })
    return promise
  }
  const fetch = createTrackedFetch({ tracker, routes: { ...routes, ...extra }, fetch: fake })
  const tasks = (showId = 's1') => tracker.getTasks({ showId }) as readonly TaskRecord[]
  return { tracker, fetch, sent, errors, tasks, task: () => tasks()[0] }
}

const portrait = (showId: string, characterId: string): RequestInit => ({
  method: 'POST',
  body: JSON.stringify({ showId, characterId }),
})

const post: RequestInit = { method: 'POST' }
const soon = () => new Promise((resolve) => setTimeout(resolve))

/** Unhandled rejections while a test runs. */
function unhandled(): unknown[] {
  const seen: unknown[] = []
  const note = (reason: unknown) => seen.push(reason)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  return seen
}

describe('a call that matches no route', () => {
  it('is passed on with the very arguments and gives the very promise', () => {
    const { fetch, sent, tracker } = setUp()
    const inputs: FetchArguments[] = [
      ['/api/other'],
      ['/api/other', undefined],
      [new URL('http://app.test/x'), { body: new ReadableStream(), method: 'POST' }],
      [new Request('http://app.test/x', { method: 'POST', body: 'text' })],
      ['http://[bad', { method: 'POST' }],
    ]
    for (const [index, args] of inputs.entries()) {
      expect(fetch(...args)).toBe(sent[index]!.promise)
      expect(sent[index]!.args).toHaveLength(args.length)
      expect(sent[index]!.args[0]).toBe(args[0])
      expect(sent[index]!.args[1]).toBe(args[1])
    }
    expect(tracker.getPipelines()).toEqual([])
  })

  it('is passed on when its scope says so', () => {
    const { fetch, sent, tasks } = setUp({ 'POST /maybe': { type: 'trailer', scope: () => undefined } })
    expect(fetch('/maybe', post)).toBe(sent[0]!.promise)
    expect(sent[0]!.args[1]).toBe(post)
    expect(tasks()).toEqual([])
  })

  it('is passed on when its scope throws or names no show, and that is reported', () => {
    const { fetch, sent, errors } = setUp({
      'POST /throws': {
        type: 'trailer',
        scope: () => {
          throw new Error('no scope')
        },
      },
      'POST /nothing': { type: 'trailer', scope: () => ({ showId: undefined as never }) },
      'POST /bad-metadata': {
        type: 'trailer',
        scope: () => ({ showId: 's1' }),
        metadata: () => {
          throw new Error('no metadata')
        },
      },
    })
    for (const [index, path] of ['/throws', '/nothing', '/bad-metadata'].entries()) {
      expect(fetch(path, post)).toBe(sent[index]!.promise)
      expect(sent[index]!.args[1]).toBe(post)
    }
    expect(errors.map(({ message }) => message)).toEqual([
      'no scope',
      expect.stringContaining('showId'),
      'no metadata',
    ])
  })
})

describe('a tracked call', () => {
  it("gives fetch's own promise and response, and ends the task", async () => {
    const { fetch, sent, task } = setUp()
    const promise = fetch('/api/characters/portrait', portrait('s1', 'c1'))
    expect(promise).toBe(sent[0]!.promise)
    expect(task()).toMatchObject({ type: 'portrait', characterId: 'c1', status: 'processing' })
    const response = new Response('image')
    sent[0]!.answer(response)
    expect(await promise).toBe(response)
    expect(response.bodyUsed).toBe(false)
    expect(task()?.status).toBe('succeeded')
  })

  it('changes nothing of the call but the signal', () => {
    class Init {
      method = 'POST'
      get keepalive() {
        return true
      }
    }
    Object.defineProperty(Init.prototype, 'keepalive', { enumerable: true })
    const { fetch, sent } = setUp()
    const init = { ...portrait('s1', 'c1'), next: { revalidate: 1 } }
    void fetch('/api/characters/portrait', init)
    void fetch('/api/trailer', new Init())
    expect(sent[0]!.args).toEqual(['/api/characters/portrait', { ...init, signal: expect.any(AbortSignal) }])
    expect(sent[1]!.args[1]).toMatchObject({ method: 'POST', keepalive: true })
    expect(init).not.toHaveProperty('signal')
  })

  it('takes URLs, Requests, and headers of all forms', () => {
    const { fetch, sent, tasks } = setUp()
    const request = new Request('http://app.test/api/trailer', { ...post, headers: { 'x-show': 's2' } })
    void fetch(new URL('http://app.test/api/trailer'), { ...post, headers: [['x-show', 's1']] })
    void fetch(request)
    void fetch(request.url, { method: 'post', headers: new Headers({ 'x-show': 's3' }) })
    expect(sent[1]!.args[0]).toBe(request)
    expect([tasks('s1'), tasks('s2'), tasks('s3')].map(({ length }) => length)).toEqual([1, 1, 1])
  })

  it('leaves an iterator of headers to fetch', () => {
    const { fetch, sent } = setUp()
    const headers = new Map([['x-show', 's2']]).entries()
    void fetch('/api/trailer', { ...post, headers: headers as unknown as [string, string][] })
    expect([...(sent[0]!.args[1]!.headers as [string, string][])]).toEqual([['x-show', 's2']])
  })

  it('keeps the referrer that a Request was made with', () => {
    const { fetch, sent } = setUp()
    const request = new Request('http://app.test/api/trailer', {
      ...post,
      referrer: '',
      referrerPolicy: 'origin',
    })
    void fetch(request)
    expect(sent[0]!.args[1]).toMatchObject({ referrer: request.referrer, referrerPolicy: 'origin' })
    void fetch(new Request(request, { headers: { 'x-show': 's2' } }), { keepalive: true })
    expect(sent[1]!.args[1]).not.toHaveProperty('referrerPolicy')
  })

  it('reads no body but a text of JSON', () => {
    const seen: unknown[] = []
    const { fetch } = setUp({
      'POST /see': { type: 'trailer', scope: ({ json }) => void seen.push(json()) },
    })
    const stream = new ReadableStream()
    const request = new Request('http://app.test/see', { ...post, body: '{"a":1}' })
    void fetch('/see', { ...post, body: '{"a":1}' })
    void fetch('/see', { ...post, body: 'no JSON' })
    void fetch('/see', { ...post, body: stream })
    void fetch('/see', { ...post, body: new FormData() })
    void fetch('/see', { ...post, body: new Blob(['{}']) })
    void fetch(request)
    expect(seen).toEqual([{ a: 1 }, undefined, undefined, undefined, undefined, undefined])
    expect([stream.locked, request.bodyUsed]).toEqual([false, false])
  })

  it('keeps two shows apart, whichever answers first', async () => {
    const { fetch, sent, tasks } = setUp({
      'POST /api/characters/portrait': {
        ...(routes['POST /api/characters/portrait'] as Extract<
          Routes[RouteKey],
          { readonly type: 'portrait' }
        >),
        read: (body) => ({ outputUrl: (body as { url: string }).url }),
      },
    })
    const a = fetch('/api/characters/portrait', portrait('a', 'c1'))
    const b = fetch('/api/characters/portrait', portrait('b', 'c1'))
    sent[1]!.answer(Response.json({ url: 'https://b.test/1.png' }))
    expect(await (await b).json()).toEqual({ url: 'https://b.test/1.png' })
    sent[0]!.answer(Response.json({ url: 'https://a.test/1.png' }))
    expect(await (await a).json()).toEqual({ url: 'https://a.test/1.png' })
    await soon()
    expect(tasks('a')).toMatchObject([{ status: 'succeeded', outputUrl: 'https://a.test/1.png' }])
    expect(tasks('b')).toMatchObject([{ status: 'succeeded', outputUrl: 'https://b.test/1.png' }])
  })

  it('reads a relative address against its page, where there is one', () => {
    const seen: string[] = []
    const { fetch } = setUp({ '* /*': { type: 'trailer', scope: ({ url }) => void seen.push(url.href) } })
    onTestFinished(() => void vi.unstubAllGlobals())
    void fetch('portrait')
    for (const baseURI of ['https://app.test/shows/1', 'about:blank']) {
      vi.stubGlobal('document', { baseURI })
      void fetch('portrait')
    }
    const nowhere = 'http://relative.invalid/portrait'
    expect(seen).toEqual([nowhere, 'https://app.test/shows/portrait', nowhere])
  })

  it('takes of a scope only what names the item', () => {
    const { fetch, task } = setUp()
    const body = JSON.stringify({ showId: 's1', characterId: 'c1', id: 'mine', timeout: 1, stage: 'x' })
    void fetch('/api/characters/portrait', { ...post, body })
    expect(task()).toMatchObject({ characterId: 'c1' })
    expect(task()?.id).not.toBe('mine')
    expect(task()).not.toHaveProperty('stage')
  })

  it('records metadata, given or made from the request', () => {
    const { fetch, tasks } = setUp({
      'POST /a': { type: 'trailer', scope: () => ({ showId: 'a' }), metadata: { model: 'veo' } },
      'POST /b': {
        type: 'trailer',
        scope: () => ({ showId: 'b' }),
        metadata: ({ url }) => ({ model: url.searchParams.get('model') }),
      },
    })
    void fetch('/a', post)
    void fetch('/b?model=sora', post)
    expect(tasks('a')[0]?.metadata).toEqual({ model: 'veo' })
    expect(tasks('b')[0]?.metadata).toEqual({ model: 'sora' })
  })

  it('goes on when sinks and listeners throw', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    const { fetch, sent, tracker } = setUp({}, { sinks: [{ name: 'broken', write: broken } as never] })
    tracker.on('taskChanged', broken)
    tracker.subscribe(broken)
    const promise = fetch('/api/trailer', post)
    const response = new Response()
    sent[0]!.answer(response)
    expect(await promise).toBe(response)
  })

  it('passes on what is no promise, and what throws', () => {
    const tracker = createTracker({ pipeline: showPipeline })
    const error = new Error('no network here')
    const plain = createTrackedFetch({ tracker, routes, fetch: (() => undefined) as never })
    const throwing = createTrackedFetch({
      tracker,
      routes,
      fetch: () => {
        throw error
      },
    })
    expect(plain('/api/trailer', post)).toBeUndefined()
    expect(() => throwing('/api/trailer', post)).toThrow(error)
  })
})

describe('an abort', () => {
  it('by the caller rejects with its reason and cancels the task', async () => {
    for (const reason of [undefined, new Error('left the page'), 'unmounted']) {
      const { fetch, task, errors } = setUp()
      const controller = new AbortController()
      const promise = fetch('/api/trailer', { ...post, signal: controller.signal })
      controller.abort(reason)
      await expect(promise).rejects.toBe(controller.signal.reason)
      await soon()
      expect(task()?.status).toBe('canceled')
      expect(errors).toEqual([])
    }
  })

  it('by a time limit of the caller fails the task', async () => {
    const { fetch, task } = setUp()
    const promise = fetch('/api/trailer', { ...post, signal: AbortSignal.timeout(1) })
    await expect(promise).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(task()?.status).toBe('failed')
  })

  it('before the call is the same', async () => {
    const { fetch, task } = setUp()
    const signal = AbortSignal.abort()
    await expect(fetch('/api/trailer', { ...post, signal })).rejects.toBe(signal.reason)
    expect(task()?.status).toBe('canceled')
  })

  it("of a Request's own signal is followed, unless init has another", async () => {
    const { fetch, sent } = setUp()
    const controller = new AbortController()
    const request = new Request('http://app.test/api/trailer', { ...post, signal: controller.signal })
    const promise = fetch(request)
    void fetch(request, { headers: { 'x-show': 's2' }, signal: null })
    controller.abort()
    await expect(promise).rejects.toMatchObject({ name: 'AbortError' })
    expect(sent[1]!.args[1]!.signal?.aborted).toBe(false)
  })

  it('by the tracker aborts the call with its reason', async () => {
    const { fetch, tracker, task } = setUp()
    const controller = new AbortController()
    const promise = fetch('/api/trailer', { ...post, signal: controller.signal })
    tracker.cancel({ showId: 's1' }, 'not needed')
    await expect(promise).rejects.toMatchObject({ name: 'CanceledError', message: 'not needed' })
    expect(task()).toMatchObject({ status: 'canceled', error: { message: 'not needed' } })
    expect(controller.signal.aborted).toBe(false)
  })

  it('by the timeout of a route', async () => {
    let ring = () => {}
    const { fetch, task } = setUp(
      { 'POST /slow': { type: 'trailer', scope: () => ({ showId: 's1' }), timeout: 50 } },
      { schedule: (callback) => ((ring = callback), () => {}) },
    )
    const promise = fetch('/slow', post)
    ring()
    await expect(promise).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(task()).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
  })

  it('works where AbortSignal.any does not exist', async () => {
    const any = Object.getOwnPropertyDescriptor(AbortSignal, 'any')!
    onTestFinished(() => void Object.defineProperty(AbortSignal, 'any', any))
    Reflect.deleteProperty(AbortSignal, 'any')
    const { fetch, tracker } = setUp()
    const controller = new AbortController()
    const first = fetch('/api/trailer', { ...post, signal: controller.signal })
    controller.abort('mine')
    await expect(first).rejects.toBe('mine')
    const second = fetch('/api/trailer', { ...post, signal: new AbortController().signal })
    tracker.cancel({ showId: 's1' })
    await expect(second).rejects.toMatchObject({ name: 'CanceledError' })
    await expect(fetch('/api/trailer', { ...post, signal: controller.signal })).rejects.toBe('mine')
  })

  it("of another library's signal is followed", async () => {
    const { fetch, task } = setUp()
    const polyfill = Object.assign(new EventTarget(), { aborted: false }) as unknown as AbortSignal
    const promise = fetch('/api/trailer', { ...post, signal: polyfill })
    polyfill.dispatchEvent(new Event('abort'))
    await expect(promise).rejects.toMatchObject({ name: 'AbortError' })
    expect(task()?.status).toBe('canceled')
  })

  it('of what is no signal is left to fetch', () => {
    const { tracker, errors } = setUp()
    const sent: FetchArguments[] = []
    const fetch = createTrackedFetch({
      tracker,
      routes,
      fetch: (...args) => (sent.push(args), new Promise(() => {})),
    })
    const init = { ...post, signal: {} as AbortSignal }
    void fetch('/api/trailer', init)
    expect(sent[0]?.[1]).toBe(init)
    expect(errors).toHaveLength(1)
  })
})

describe('a slot that is being worked on', () => {
  const both = (fetch: Fetch) => [fetch('/api/trailer', post), fetch('/api/trailer', post)] as const

  it('is joined: one call, and a body for each', async () => {
    const { fetch, sent, tasks } = setUp()
    const [first, second] = both(fetch)
    const third = fetch('/api/trailer', post)
    const texts = [first, second, third].map(async (promise) => (await promise).text())
    const response = new Response('one body')
    sent[0]!.answer(response)
    expect(await first).toBe(response)
    expect(await Promise.all(texts)).toEqual(['one body', 'one body', 'one body'])
    expect([sent.length, tasks().length]).toEqual([1, 1])
  })

  it('is joined by two tracked fetches of one tracker', async () => {
    const { fetch, sent, tracker } = setUp()
    const other = createTrackedFetch({ tracker, routes, fetch: () => expect.unreachable() })
    const first = fetch('/api/trailer', post)
    const second = other('/api/trailer', post)
    sent[0]!.answer(new Response('body'))
    expect(await (await first).text()).toBe('body')
    expect(await (await second).text()).toBe('body')
  })

  it('gives all who joined the same error', async () => {
    const { fetch, tracker } = setUp()
    const [first, second] = both(fetch)
    tracker.cancel({ showId: 's1' })
    const error: unknown = await first.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'CanceledError' })
    await expect(second).rejects.toBe(error)
  })

  it('lets one who joined leave alone', async () => {
    const { fetch, sent, task } = setUp()
    const controller = new AbortController()
    const first = fetch('/api/trailer', post)
    const second = fetch('/api/trailer', { ...post, signal: controller.signal })
    const third = fetch('/api/trailer', { ...post, signal: AbortSignal.abort('before') })
    controller.abort('gone')
    await expect(second).rejects.toBe('gone')
    await expect(third).rejects.toBe('before')
    expect(task()?.status).toBe('processing')
    sent[0]!.answer(new Response('body'))
    expect(await (await first).text()).toBe('body')
  })

  it('makes the call of the next when the first has left', async () => {
    const { fetch, sent, tasks } = setUp()
    const controller = new AbortController()
    const first = fetch('/api/trailer', { ...post, signal: controller.signal })
    const [second, third] = both(fetch)
    controller.abort()
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    await soon()
    expect(sent).toHaveLength(2)
    sent[1]!.answer(new Response('again'))
    expect(await (await second).text()).toBe('again')
    expect(await (await third).text()).toBe('again')
    expect(tasks().map(({ status }) => status)).toEqual(['succeeded', 'canceled'])
  })

  it('starts anew at once after the first has left, as when a component is mounted twice', async () => {
    const { fetch, sent, tasks } = setUp()
    const controller = new AbortController()
    const first = fetch('/api/trailer', { ...post, signal: controller.signal })
    controller.abort()
    const second = fetch('/api/trailer', post)
    expect(sent).toHaveLength(2)
    sent[1]!.answer(new Response('again'))
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    expect(await (await second).text()).toBe('again')
    expect(tasks().map(({ status }) => status)).toEqual(['succeeded', 'canceled'])
  })

  it('is not joined by a fetch when something else is running there', async () => {
    const seen = unhandled()
    const { fetch, sent, tracker, task } = setUp()
    const other = tracker.show('s1').track('trailer', async () => soon())
    await expect(fetch('/api/trailer', post)).rejects.toMatchObject({
      name: 'AlreadyRunningError',
      taskId: task()?.id,
    })
    await other
    tracker.addTask({ showId: 's2', type: 'trailer', status: 'processing' })
    const elsewhere = fetch('/api/trailer', { ...post, headers: { 'x-show': 's2' } })
    await expect(elsewhere).rejects.toBeInstanceOf(AlreadyRunningError)
    await soon()
    expect([sent, seen]).toEqual([[], []])
  })

  it('is not waited for from inside itself', async () => {
    const { fetch, tracker } = setUp()
    const outer = tracker.show('s1').track('trailer', async () => {
      await soon()
      return fetch('/api/trailer', post)
    })
    await expect(outer).rejects.toBeInstanceOf(AlreadyRunningError)
  })

  it('rejects or is superseded on request', async () => {
    const scope = () => ({ showId: 's1' })
    const { fetch, sent, tasks } = setUp({
      'POST /reject': { type: 'trailer', scope, onConflict: 'reject' },
      'POST /supersede': { type: 'trailer', scope, onConflict: 'supersede' },
    })
    const first = fetch('/api/trailer', post)
    await expect(fetch('/reject', post)).rejects.toBeInstanceOf(AlreadyRunningError)
    const second = fetch('/supersede', post)
    await expect(first).rejects.toMatchObject({ name: 'CanceledError' })
    sent[1]!.answer(new Response('second'))
    expect(await (await second).text()).toBe('second')
    expect(tasks().map(({ status }) => status)).toEqual(['succeeded', 'canceled'])
  })

  it('is free again when the call has ended', async () => {
    const { fetch, sent, tasks } = setUp()
    const first = fetch('/api/trailer', post)
    sent[0]!.answer(new Response('1'))
    await first
    void fetch('/api/trailer', post)
    expect([sent.length, tasks().length]).toEqual([2, 2])
  })
})

describe('a route that reads', () => {
  const reading = (read: (body: unknown) => object | undefined): Routes => ({
    'POST /read': { type: 'trailer', scope: () => ({ showId: 's1' }), read },
  })
  const url = (body: unknown) => ({ outputUrl: (body as { url: string }).url })
  const call = async (fetch: Fetch, sent: ReturnType<typeof setUp>['sent'], response: Response) => {
    const promise = fetch('/read', post)
    expect(promise).toBe(sent.at(-1)!.promise)
    sent.at(-1)!.answer(response)
    expect(await promise).toBe(response)
    return response
  }

  it('records what the body says, and leaves the body to the caller', async () => {
    const { fetch, sent, task } = setUp(reading(url))
    const response = await call(fetch, sent, Response.json({ url: 'https://x.test/a.mp4' }))
    expect(task()?.status).toBe('processing')
    expect(await response.json()).toEqual({ url: 'https://x.test/a.mp4' })
    await soon()
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/a.mp4' })
  })

  it('records a failure that came as a success', async () => {
    const { fetch, sent, task } = setUp(
      reading((body) => ({ status: 'failed', error: (body as { detail: string }).detail })),
    )
    await call(fetch, sent, Response.json({ status: null, detail: 'GPU lost' }))
    await soon()
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'GPU lost' } })
  })

  it('describes a data: URL and does not store it', async () => {
    const { fetch, sent, task } = setUp(reading(url))
    const data = `data:image/png;base64,${'A'.repeat(400_000)}`
    await call(fetch, sent, Response.json({ url: data }))
    await soon()
    expect(task()).toMatchObject({
      status: 'succeeded',
      metadata: { output: [{ type: 'image/png', bytes: 300_000 }] },
    })
    expect(JSON.stringify(task())).not.toContain('AAAA')
  })

  it('leaves large bodies alone, announced or not', async () => {
    const read = vi.fn(url)
    const { fetch, sent, task, errors } = setUp(reading(read))
    const text = JSON.stringify({ url: 'x'.repeat(1_100_000) })
    const headers = { 'content-type': 'application/json' }
    const first = await call(
      fetch,
      sent,
      new Response(text, { headers: { ...headers, 'content-length': '1100010' } }),
    )
    await soon()
    expect(task()?.status).toBe('succeeded')
    const second = await call(fetch, sent, new Response(new Blob([text]).stream(), { headers }))
    expect([await first.text(), await second.text()]).toEqual([text, text])
    await soon()
    expect(task()?.status).toBe('succeeded')
    expect(read).not.toHaveBeenCalled()
    expect(errors.map(({ message }) => message)).toEqual(
      Array(2).fill(expect.stringContaining('above 1048576 bytes')),
    )
  })

  it('reads nothing that is not JSON', async () => {
    const read = vi.fn(url)
    const { fetch, sent, task, errors } = setUp(reading(read))
    for (const type of ['text/html', 'application/x-ndjson', 'text/event-stream; x=/json']) {
      await call(fetch, sent, new Response('{}', { headers: { 'content-type': type } }))
      expect(task()?.status).toBe('succeeded')
    }
    expect([read.mock.calls, errors]).toEqual([[], []])
  })

  it('reports a broken body or a broken read, and the task succeeded', async () => {
    const { fetch, sent, task, errors } = setUp(reading((body) => (body as { no: { no: object } }).no.no))
    for (const text of ['{', '{}']) {
      await call(fetch, sent, new Response(text, { headers: { 'content-type': 'application/problem+json' } }))
      await soon()
      expect(task()?.status).toBe('succeeded')
    }
    expect(errors).toHaveLength(2)
  })

  it('records what the server says of a failure, while the caller reads it', async () => {
    const { fetch, sent, task } = setUp(reading(url))
    const body = { error: 'schema', details: 'no hook' }
    const response = await call(fetch, sent, Response.json(body, { status: 422 }))
    expect(await response.json()).toEqual(body)
    await soon()
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'schema: no hook', httpStatus: 422 } })
  })

  it('fails the task when the body breaks off, as it does for the caller', async () => {
    const seen = unhandled()
    const { fetch, sent, task } = setUp(reading(url))
    const error = new TypeError('terminated')
    const body = new ReadableStream({ pull: (controller) => controller.error(error) }, { highWaterMark: 0 })
    const response = await call(
      fetch,
      sent,
      new Response(body, { headers: { 'content-type': 'application/json' } }),
    )
    await expect(response.text()).rejects.toBe(error)
    await soon()
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
    expect(seen).toEqual([])
  })

  it('is joined also while the body is read', async () => {
    const { fetch, sent, task } = setUp(reading(url))
    const body = new TransformStream<Uint8Array, Uint8Array>()
    const response = new Response(body.readable, { headers: { 'content-type': 'application/json' } })
    const early = fetch('/read', post)
    const earlyToo = fetch('/read', post)
    sent[0]!.answer(response)
    const text = (await early).text()
    const late = await fetch('/read', post)
    const writer = body.writable.getWriter()
    await writer.write(new TextEncoder().encode('{"url":"https://x.test/a"'))
    const later = await fetch('/read', post)
    void writer.write(new TextEncoder().encode('}'))
    void writer.close()
    const whole = '{"url":"https://x.test/a"}'
    expect(await text).toBe(whole)
    expect(await Promise.all([earlyToo, late, later].map(async (it) => (await it).text()))).toEqual(
      Array(3).fill(whole),
    )
    await soon()
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/a' })
    expect(sent).toHaveLength(1)
  })

  it('does without a copy where none can be made', async () => {
    const { fetch, sent, task, errors } = setUp(reading(url))
    const response = Response.json({ url: 'https://x.test/a' })
    await response.text()
    await call(fetch, sent, response)
    await soon()
    expect(task()?.status).toBe('succeeded')
    expect(errors).toHaveLength(1)
  })
})

describe("a tracker whose promises are 'derived'", () => {
  it.each(['/api/trailer', '/read'])('keeps an unhandled rejection of %s visible', async (path) => {
    const seen = unhandled()
    const { fetch, tracker } = setUp(
      { 'POST /read': { type: 'trailer', scope: () => ({ showId: 's1' }), read: () => undefined } },
      { promises: 'derived' },
    )
    void fetch(path, post)
    tracker.cancel({ showId: 's1' })
    await soon()
    expect(seen).toEqual([expect.objectContaining({ name: 'CanceledError' })])
  })
})
