import { createTestTracker } from '@callsheet/core/test'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createTrackedFetch, done, followHttpJob, job, readEvents, resend } from '../index.ts'
import type { Fetch } from '../route/request.ts'
import { until } from '../testing/until.ts'

const json = (body: unknown, status = 200) => Response.json(body, { status })
const post = { method: 'POST' }

afterEach(() => void vi.useRealTimers())

/** Calls of a trailer, whose answers are given in turn; questions for its job are answered by what it is. */
function setUp(answers: readonly (() => Response | Promise<Response>)[], more: object = {}) {
  const { tracker, clock, errors } = createTestTracker()
  const asked: string[] = []
  const left = [...answers]
  const send: Fetch = async (input, init) => {
    const { method = 'GET', headers, signal } = init ?? {}
    const authorization = new Headers(headers).get('authorization')
    asked.push([method, input as string, authorization].filter(Boolean).join(' '))
    signal?.throwIfAborted()
    if (method === 'POST' && !(input as string).endsWith('cancel')) return left.shift()!()
    return json({ status: 'processing' })
  }
  const fetch = createTrackedFetch({
    tracker,
    fetch: send,
    jobs: {
      ours: followHttpJob({
        fetch: send,
        interval: 1_000,
        url: ({ id }) => `https://app.test/jobs/${id}`,
        cancel: ({ id }) => [`https://app.test/jobs/${id}/cancel`, post],
        read: (body) => body as { status: string },
      }),
    },
    routes: {
      'POST https://app.test/trailer': { type: 'trailer', scope: () => ({ showId: 's1' }), ...more },
    },
  })
  const call = (init: RequestInit = {}) => fetch('https://app.test/trailer', { ...post, ...init })
  const task = () => tracker.getTask({ showId: 's1', type: 'trailer' })
  return { fetch, call, task, tracker, clock, asked, errors }
}

const begun = () => json({ jobId: 'j1' })
const read = (body: unknown) => job({ provider: 'ours', id: (body as { jobId: string }).jobId })

describe('a caller who leaves', () => {
  it.each([{}, { retry: resend() }])('with its answer leaves the job that it has begun: %j', async (more) => {
    const { call, task, clock, asked } = setUp([begun, begun], { read, ...more })
    const controller = new AbortController()
    const response = await call({ signal: controller.signal })
    expect(await response.json()).toEqual({ jobId: 'j1' })
    await clock.advance(1_500)
    controller.abort()
    await clock.advance(1_500)
    expect(task()).toMatchObject({ status: 'processing', job: { id: 'j1' } })
    // The next one joins, and nothing is paid for twice.
    expect(await (await call()).json()).toEqual({ jobId: 'j1' })
    await clock.advance(1_500)
    expect(asked.filter((one) => one.startsWith('POST'))).toEqual(['POST https://app.test/trailer'])
  })

  it('before the call, with a reason of its own, makes no other attempt', async () => {
    const { call, task, clock, asked } = setUp([], { retry: resend({ attempts: 4 }) })
    const reason = new Error('left')
    await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await clock.advance(60_000)
    expect(task()).toMatchObject({ status: 'canceled' })
    expect(asked.length).toBeLessThanOrEqual(1)
  })
})

describe('a failed response of a route that reads', () => {
  it('lets its caller cancel the body at once', async () => {
    const long = () => new Response('x'.repeat(200_000), { status: 503 })
    const { call, task } = setUp([long], { read })
    const response = await call()
    const canceled = response.body!.cancel().then(() => 'canceled')
    expect(await Promise.race([canceled, new Promise((resolve) => setTimeout(resolve, 20_000))])).toBe(
      'canceled',
    )
    expect(task()).toMatchObject({ status: 'failed', error: { httpStatus: 503 } })
  })

  it('is told with what the server says', async () => {
    const { call, task, clock } = setUp([() => json({ error: 'busy', details: 'no GPU' }, 503)], { read })
    const response = await call()
    expect(await response.json()).toEqual({ error: 'busy', details: 'no GPU' })
    await clock.advance(0)
    await until(() => expect(task()?.error?.message).toBe('busy: no GPU'))
  })
})

describe('resend', () => {
  it('gives a stream to its caller as it comes', async () => {
    let events!: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (events = controller) })
    const write = (text: string) => events.enqueue(new TextEncoder().encode(text))
    const headers = { 'content-type': 'text/event-stream' }
    const { call, task, clock } = setUp([() => new Response(body, { headers })], {
      retry: resend(),
      stream: readEvents(({ data }) => ({ stage: data })),
    })
    const response = await call()
    const reader = response.body!.getReader()
    write('data: thinking\n\n')
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: thinking\n\n')
    await until(() => expect(task()).toMatchObject({ status: 'processing', stage: 'thinking' }))
    events.close()
    await clock.advance(0)
    await until(() => expect(task()?.status).toBe('succeeded'))
  })

  it('lets go of what failed before it sends again', async () => {
    const canceled = vi.fn()
    const stuck = () => new Response(new ReadableStream({ cancel: canceled }), { status: 503 })
    const { call, clock } = setUp([stuck, () => json({ url: 'https://x.test/t.mp4' })], {
      read: (body: unknown) => done((body as { url: string }).url),
      retry: resend({ delay: () => 1_000 }),
    })
    const answered = call()
    await clock.advance(10_000)
    expect((await answered).status).toBe(200)
    await until(() => expect(canceled).toHaveBeenCalledOnce())
  })

  it('rejects as fetch does for a Request whose body is used', async () => {
    const { fetch } = setUp([() => json({})], { retry: resend() })
    const request = new Request('https://app.test/trailer', { method: 'POST', body: 'a' })
    await request.text()
    expect(() => void fetch(request).catch(() => {})).not.toThrow()
  })
})

describe('a side poll', () => {
  it('asks after a while, with the credentials of the call', async () => {
    let answer!: (response: Response) => void
    const { call, task, clock, asked } = setUp([() => new Promise((resolve) => void (answer = resolve))], {
      job: () => ({ provider: 'ours', id: 't1' }),
      read: (body: unknown) => done((body as { url: string }).url),
    })
    const answered = call({ headers: { authorization: 'Bearer k' } })
    await clock.advance(500)
    expect(asked).toEqual(['POST https://app.test/trailer Bearer k'])
    await clock.advance(1_000)
    expect(asked).toHaveLength(2)
    expect(asked[1]).toBe('GET https://app.test/jobs/t1 Bearer k')
    answer(json({ url: 'https://x.test/t.mp4' }))
    await answered
    await clock.advance(0)
    await until(() => expect(task()?.status).toBe('succeeded'))
  })
})

describe('redact', () => {
  it('sees the handle that a route knows beforehand', async () => {
    const { call, task, clock } = setUp([() => json({ url: 'https://x.test/t.mp4' })], {
      job: () => ({ provider: 'ours', id: 't1', url: 'https://x.test/?tok=secret' }),
      redact: ({ job: _job, ...patch }: { job?: object }) => patch,
    })
    await call()
    await clock.advance(0)
    expect(task()).toMatchObject({ status: 'succeeded' })
    expect(task()).not.toHaveProperty('job')
  })

  it('that throws is reported, and the job is followed all the same', async () => {
    const { call, task, clock, errors, asked } = setUp([begun], {
      read,
      redact() {
        throw new Error('redact bug')
      },
    })
    await call()
    await clock.advance(2_500)
    expect(task()).toMatchObject({ status: 'processing' })
    expect(task()).not.toHaveProperty('job')
    expect(asked.filter((one) => one.startsWith('GET')).length).toBeGreaterThan(0)
    expect(errors.map(({ message }) => message)).toContain('redact bug')
  })
})
