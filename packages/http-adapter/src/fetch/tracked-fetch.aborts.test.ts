import { describe, expect, it, onTestFinished } from 'vitest'
import { createTrackedFetch } from '../index.ts'
import type { FetchArguments } from '../route/request.ts'
import { post, routes, setUp, soon } from '../testing/tracked-calls.ts'

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

  it('rejects the cancel of its body with the reason, as that of fetch', async () => {
    const { fetch, sent } = setUp({
      'POST /read': { type: 'trailer', scope: () => ({ showId: 's1' }), read: () => undefined },
    })
    const controller = new AbortController()
    const call = fetch('/read', { ...post, signal: controller.signal })
    const body = new ReadableStream({
      start: (it) => controller.signal.addEventListener('abort', () => it.error(controller.signal.reason)),
    })
    sent[0]!.answer(new Response(body, { headers: { 'content-type': 'application/json' } }))
    const response = await call
    controller.abort('left')
    await expect(response.body!.cancel()).rejects.toBe('left')
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

  it('of an invalid signal is left to fetch', () => {
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
