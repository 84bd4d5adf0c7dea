import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { done, job } from '../index.ts'
import type { Fetch } from '../route/request.ts'
import { post, type Routes, setUp, soon } from '../testing/tracked-calls.ts'
import { unhandled } from '../testing/unhandled.ts'

describe('a route that reads', () => {
  const reading = (read: (body: unknown) => object | undefined): Routes => ({
    'POST /read': { type: 'trailer', scope: () => ({ showId: 's1' }), read },
  })
  const url = (body: unknown) => ({ outputUrl: (body as { url: string }).url })
  const call = async (fetch: Fetch, sent: ReturnType<typeof setUp>['sent'], response: Response) => {
    const promise = fetch('/read', post)
    sent.at(-1)!.answer(response)
    return promise
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
      Array(2).fill(expect.stringContaining('longer than 1048576 bytes')),
    )
  })

  it('reads nothing that is not JSON', async () => {
    const read = vi.fn(url)
    const { fetch, sent, task, errors } = setUp(reading(read))
    for (const type of ['image/png', 'application/x-ndjson', 'text/event-stream; x=/json']) {
      await call(fetch, sent, new Response('{}', { headers: { 'content-type': type } }))
      expect(task()?.status).toBe('succeeded')
    }
    expect([read.mock.calls, errors]).toEqual([[], []])
  })

  it('fails with a host’s HTML page in place of its JSON', async () => {
    const { fetch, sent, task } = setUp(reading(url))
    const response = new Response('<h1>Sign in</h1>', { headers: { 'content-type': 'text/html' } })
    expect(await (await call(fetch, sent, response)).text()).toBe('<h1>Sign in</h1>')
    await soon()
    expect(task()).toMatchObject({
      status: 'failed',
      error: { message: 'Cannot understand the answer of /read.', retryable: false },
    })
  })

  it('fails with a body that is not valid JSON, and reports its address', async () => {
    const { fetch, sent, task, errors } = setUp(reading(url))
    const response = new Response('{', { headers: { 'content-type': 'application/problem+json' } })
    Object.defineProperty(response, 'url', { value: 'https://own.test/read?token=secret' })
    await call(fetch, sent, response)
    await soon()
    expect(task()).toMatchObject({
      status: 'failed',
      error: { message: 'Cannot understand the answer of /read.', retryable: false },
    })
    expect(errors.map(({ message }) => message)).toEqual([
      'The response body of https://own.test/read was not read: it is not valid JSON.',
    ])
  })

  it('quotes nothing of a body that is not valid JSON, not even in the cause of the report', async () => {
    const { fetch, sent, errors } = setUp(reading(url))
    const response = new Response('hunter2', { headers: { 'content-type': 'application/json' } })
    await call(fetch, sent, response)
    await soon()
    expect(errors).toHaveLength(1)
    expect(inspect(errors)).not.toContain('hunter')
  })

  it.each<[string, (body: unknown) => object | undefined]>([
    ['done() without an address', (body) => done((body as { url?: string }).url)],
    ['nothing', () => undefined],
    ['a job without an id', (body) => job({ provider: 'ours', id: (body as { id: string }).id })],
  ])('fails in the words of the server when its read makes of an error %s', async (_what, read) => {
    const { fetch, sent, task } = setUp(reading(read))
    await call(fetch, sent, Response.json({ error: { message: 'quota exhausted' } }))
    await soon()
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'quota exhausted' } })
  })

  it.each<[object, (body: unknown) => object | undefined]>([
    [{ error: null }, () => done()],
    [{ errors: [] }, () => undefined],
    [{ error: 'one of two', url: 'https://x.test/a' }, url],
    [{ error: 'kept in metadata' }, () => done({ metadata: { warnings: 1 } })],
  ])('succeeds where the answer has a result, or no error: %j', async (body, read) => {
    const { fetch, sent, task } = setUp(reading(read))
    await call(fetch, sent, Response.json(body))
    await soon()
    expect(task()?.status).toBe('succeeded')
  })

  it('follows a job whose id is a number', async () => {
    const { fetch, sent, task } = setUp(
      reading((body) => job({ provider: 'ours', id: (body as { id: string }).id })),
    )
    await call(fetch, sent, Response.json({ id: 42 }))
    await soon()
    expect(task()).toMatchObject({ status: 'processing', job: { provider: 'ours', id: '42' } })
  })

  it.each([
    [{ error: { message: 'quota exhausted', code: 'quota' } }, { message: 'quota exhausted', code: 'quota' }],
    [null, { message: 'Cannot understand the answer of /read.', retryable: false }],
    [[], { message: 'Cannot understand the answer of /read.', retryable: false }],
    [{}, { message: 'Cannot understand the answer of /read.', retryable: false }],
  ])('fails with an answer that its read does not understand, and reports why: %j', async (body, error) => {
    const { fetch, sent, task, errors } = setUp(
      reading((it) => ({ outputUrl: (it as { images: { url: string }[] }).images[0]!.url })),
    )
    const response = await call(fetch, sent, Response.json(body))
    expect(await response.json()).toEqual(body)
    await soon()
    expect(task()).toMatchObject({ status: 'failed', error })
    expect(errors).toHaveLength(1)
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
