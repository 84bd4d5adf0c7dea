import { AlreadyRunningError } from '@callsheet/core'
import { describe, expect, it } from 'vitest'
import { createTrackedFetch } from '../index.ts'
import type { Fetch } from '../route/request.ts'
import { post, routes, setUp, soon } from '../testing/tracked-calls.ts'
import { unhandled } from '../testing/unhandled.ts'

describe('a slot that is being worked on', () => {
  const both = (fetch: Fetch) => [fetch('/api/trailer', post), fetch('/api/trailer', post)] as const

  it('is joined: one call, and a body for each', async () => {
    const { fetch, sent, tasks } = setUp()
    const [first, second] = both(fetch)
    const third = fetch('/api/trailer', post)
    const texts = [first, second, third].map(async (promise) => (await promise).text())
    sent[0]!.answer(new Response('one body'))
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
