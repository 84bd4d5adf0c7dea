import { createTracker, showPipeline } from '@callsheet/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createTrackedFetch, resend } from '../index.ts'
import type { RouteKey } from '../route/match.ts'
import type { FetchArguments } from '../route/request.ts'
import { post, type Routes, routes, setUp, soon } from '../testing/tracked-calls.ts'
import { unhandled } from '../testing/unhandled.ts'

const portrait = (showId: string, characterId: string): RequestInit => ({
  method: 'POST',
  body: JSON.stringify({ showId, characterId }),
})

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
    })
    for (const [index, path] of ['/throws', '/nothing'].entries()) {
      expect(fetch(path, post)).toBe(sent[index]!.promise)
      expect(sent[index]!.args[1]).toBe(post)
    }
    expect(errors.map(({ message }) => message)).toEqual(['no scope', expect.stringContaining('showId')])
  })
})

describe('a tracked call', () => {
  it("gives fetch's own response, and ends the task", async () => {
    const { fetch, sent, task } = setUp()
    const promise = fetch('/api/characters/portrait', portrait('s1', 'c1'))
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

  it('passes on a plain value, and what throws', () => {
    const tracker = createTracker({ pipeline: showPipeline })
    tracker.on('error', () => {})
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

  it.each(['same', 'derived'] as const)('does so also with resend (%s)', async (promises) => {
    const seen = unhandled()
    const error = new TypeError('Failed to fetch')
    const tracker = createTracker({ pipeline: showPipeline, promises })
    const fetch = createTrackedFetch({
      tracker,
      fetch: () => Promise.reject(error),
      routes: {
        'POST /a': { type: 'trailer', scope: () => ({ showId: 's1' }), retry: resend({ attempts: 1 }) },
      },
    })
    void fetch('/a', { method: 'POST' })
    await soon()
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })?.status).toBe('failed')
    expect(seen).toEqual(promises === 'derived' ? [error] : [])
    await expect(fetch('/a', { method: 'POST' })).rejects.toBe(error)
    await soon()
    expect(seen).toHaveLength(promises === 'derived' ? 1 : 0)
  })
})
