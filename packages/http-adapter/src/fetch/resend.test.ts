import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it, vi } from 'vitest'
import { createTrackedFetch, type CallOptions, failed, resend, type ResendPolicy } from '../index.ts'
import type { Fetch, FetchArguments } from '../route/request.ts'
import { until } from '../testing/until.ts'

type Answer = Response | Error | 'hang'

/** A tracked fetch whose server gives these answers, one after the other. */
function setUp(answers: readonly Answer[], policy: ResendPolicy = {}, options: CallOptions = {}) {
  const made = createTestTracker({ random: () => 1 })
  const sent: FetchArguments[] = []
  const bodies: string[] = []
  const fake: Fetch = async function (this: unknown, ...args: FetchArguments) {
    // As a browser's: "Illegal invocation" when it is called as a method.
    if (this !== undefined) throw new TypeError('Illegal invocation')
    sent.push(args)
    const [input, init] = args
    bodies.push(input instanceof Request && !init?.body ? await input.text() : (init?.body as string))
    const answer = answers[sent.length - 1] ?? expect.unreachable('nothing more is to be sent')
    if (answer === 'hang') {
      return new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal!.reason as Error))
      })
    }
    if (answer instanceof Error) throw answer
    return answer
  }
  const fetch = createTrackedFetch({
    tracker: made.tracker,
    fetch: fake,
    routes: {
      'POST /plain': { type: 'trailer', scope: () => ({ showId: 's1' }), retry: resend(policy), ...options },
      'POST /read': {
        type: 'trailer',
        scope: () => ({ showId: 's1' }),
        retry: resend(policy),
        read: (body) => ((body as { detail?: string }).detail ? failed('busy, try again') : undefined),
      },
    },
  })
  const task = () => made.tracker.getTask({ showId: 's1', type: 'trailer' })
  return { ...made, fetch, sent, bodies, task }
}

const ok = () => new Response('image')
const busy = (headers: HeadersInit = {}) => new Response('{"error":"busy"}', { status: 503, headers })
const post = { method: 'POST', body: 'a duel at dawn' }

describe('resend', () => {
  it('sends a call again that hangs for longer than attemptTimeout', async () => {
    const good = ok()
    const { fetch, clock, sent, task } = setUp(['hang', good], { delay: () => 0 }, { attemptTimeout: 5_000 })
    const promise = fetch('/plain', post)
    await clock.advance(5_000)
    expect(await promise).toBe(good)
    await clock.advance(0)
    expect(sent).toHaveLength(2)
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 2 })
  })

  it('sends a failed call again, as attempts of one task, and gives the first good response', async () => {
    const good = ok()
    const { fetch, clock, sent, task, sink } = setUp([
      busy({ 'retry-after': '7' }),
      new TypeError('fetch failed'),
      good,
    ])
    const promise = fetch('/plain', post)
    await clock.advance(0)
    expect(task()).toMatchObject({ attempt: 2, maxAttempts: 3, stage: 'busy (attempt 2 of 3 in 7 s)' })
    await clock.advance(6_999)
    expect(sent).toHaveLength(1)
    await clock.advance(10_000)
    expect(await promise).toBe(good)
    expect(good.bodyUsed).toBe(false)
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 3 })
    expect(sent.map(([, init]) => init?.body)).toEqual([post.body, post.body, post.body])
    expect(sink.tasks.size).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('gives the last response, unread, when no attempt is left', async () => {
    const last = busy()
    const { fetch, clock, task } = setUp([busy(), last], { attempts: 2 })
    const promise = fetch('/plain', post)
    await clock.advance(60_000)
    const response = await promise
    expect([response.status, response.bodyUsed]).toEqual([503, false])
    expect(await response.json()).toEqual({ error: 'busy' })
    expect(task()).toMatchObject({
      status: 'failed',
      attempt: 2,
      error: { message: 'busy', httpStatus: 503 },
    })
  })

  it('rejects with the last error', async () => {
    const error = new TypeError('fetch failed')
    const { fetch, clock } = setUp([busy(), error], { attempts: 2 })
    const promise = expect(fetch('/plain', post)).rejects.toBe(error)
    await clock.advance(60_000)
    await promise
  })

  it('does not send again what is wrong in itself', async () => {
    const bad = new Response('no', { status: 400 })
    const { fetch, clock, task } = setUp([bad])
    expect((await fetch('/plain', post)).status).toBe(400)
    await clock.advance(60_000)
    expect(task()?.status).toBe('failed')
  })

  it('sends again after a failure that came as a success', async () => {
    const json = { headers: { 'content-type': 'application/json' } }
    const good = Response.json({ url: 'x' })
    const { fetch, clock, task } = setUp([new Response('{"detail":"busy"}', json), good])
    const promise = fetch('/read', post)
    await clock.advance(60_000)
    expect(await (await promise).json()).toEqual({ url: 'x' })
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 2 })
  })

  it('gives a body that is too long to be read', async () => {
    const text = JSON.stringify({ url: 'x'.repeat(3_000_000) })
    const { fetch, clock, task } = setUp([
      new Response(text, { headers: { 'content-type': 'application/json' } }),
    ])
    const promise = fetch('/read', post)
    await clock.advance(0)
    expect(await (await promise).text()).toBe(text)
    expect(task()?.status).toBe('succeeded')
  })

  it('may change what is sent, knowing why', async () => {
    const filtered = Response.json({ error: 'flagged as sensitive by content policy' }, { status: 422 })
    const { fetch, clock, bodies } = setUp([filtered, ok()], {
      before: ({ lastError }) => ({ body: `softer, for: ${lastError?.message}` }),
    })
    const promise = fetch('/plain', post)
    await clock.advance(60_000)
    await promise
    expect(bodies).toEqual([post.body, 'softer, for: flagged as sensitive by content policy'])
  })

  it('sends a Request with a body again, too', async () => {
    const { fetch, clock, bodies } = setUp([busy(), ok()])
    const promise = fetch(new Request('http://app.test/plain', post))
    await until(() => expect(bodies).toHaveLength(1))
    for (let i = 0; i < 5; i += 1) await clock.advance(10_000)
    await promise
    expect(bodies).toEqual([post.body, post.body])
  })

  it('sends a stream once, for it can be read only once', async () => {
    const { fetch, sent, clock, task } = setUp([busy()])
    const body = new ReadableStream()
    expect((await fetch('/plain', { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(503)
    await clock.advance(60_000)
    expect(sent).toHaveLength(1)
    expect(task()?.status).toBe('failed')
  })

  it.each(['in flight', 'in the pause'])('ends with the reason when its caller leaves %s', async (when) => {
    const { fetch, clock, sent, task } = setUp([
      when === 'in flight' ? 'hang' : busy({ 'retry-after': '60' }),
    ])
    const controller = new AbortController()
    const reason = new Error('left the page')
    const promise = expect(fetch('/plain', { ...post, signal: controller.signal })).rejects.toBe(reason)
    await clock.advance(100)
    controller.abort(reason)
    await promise
    await clock.advance(200_000)
    expect(sent).toHaveLength(1)
    expect(task()?.status).toBe('canceled')
    expect(clock.pending).toBe(0)
  })

  it('ends when it is canceled in the pause', async () => {
    const { fetch, clock, sent, tracker, task } = setUp([busy({ 'retry-after': '60' })])
    const promise = expect(fetch('/plain', post)).rejects.toThrow('enough')
    await clock.advance(100)
    tracker.cancel({ showId: 's1' }, 'enough')
    await promise
    await clock.advance(200_000)
    expect(sent).toHaveLength(1)
    expect(task()?.status).toBe('canceled')
  })

  it('gives those who join a copy of the good response', async () => {
    const { fetch, clock, sent } = setUp([busy(), ok()])
    const both = [fetch('/plain', post), fetch('/plain', post)]
    await clock.advance(60_000)
    const texts = await Promise.all(both.map(async (one) => (await one).text()))
    expect(texts).toEqual(['image', 'image'])
    expect(sent).toHaveLength(2)
  })

  it('pays once for a job that fails later, for the caller has its answer', async () => {
    const { tracker, clock } = createTestTracker()
    const fake = vi.fn(async () => Response.json({ id: 'j' }))
    const fetch = createTrackedFetch({
      tracker,
      fetch: fake,
      jobs: { ours: async () => Promise.reject(new Error('fetch failed')) },
      routes: {
        'POST /a': {
          type: 'trailer',
          scope: () => ({ showId: 's1' }),
          retry: resend({ when: () => true }),
          read: () => ({ status: 'processing', job: { provider: 'ours', id: 'j' } }),
        },
      },
    })
    await fetch('/a', { method: 'POST' })
    await clock.advance(200_000)
    expect(fake).toHaveBeenCalledTimes(1)
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })?.status).toBe('failed')
  })
})
