import { describe, expect, it } from 'vitest'
import { headersOf, type Mode, modes, pulledBody, trackedIn } from '../testing/body-modes.ts'
import { unhandled } from '../testing/unhandled.ts'
import { until } from '../testing/until.ts'

const bytes = (size: number, fill = 32) => new Uint8Array(size).fill(fill)
const mebibyte = 1_048_576
const turn = () => new Promise((resolve) => setTimeout(resolve))
const turns = async () => {
  for (let left = 20; left > 0; left -= 1) await turn()
}

/** One call in a mode, whose body gives these chunks. */
async function call(mode: Mode, chunks: Iterable<Uint8Array<ArrayBuffer> | Error>, isByteStream = false) {
  const { seen, body } = pulledBody(chunks, isByteStream)
  const tracked = trackedIn(mode, async () => new Response(body, { headers: headersOf(mode) }))
  const response = await tracked.fetch('http://app.test/a')
  return { ...tracked, seen, response }
}

function* endless(chunk = bytes(65_536)) {
  for (;;) yield chunk.slice()
}

describe.each(modes)('the body of a tracked call: %s', (mode) => {
  it('is read ahead by at most 1 MiB while its caller waits', async () => {
    const { response, seen } = await call(mode, endless())
    const reader = response.body!.getReader()
    await reader.read()
    await turns()
    expect(seen.bytes).toBeLessThanOrEqual(65_536 + mebibyte)
    const before = seen.bytes
    for (let count = 0; count < 3; count += 1) await reader.read()
    await turns()
    expect(seen.bytes - before).toBeLessThanOrEqual(4 * 65_536)
    await reader.cancel()
  })

  it('gives a slow caller every event that came before the connection broke', async () => {
    const error = new TypeError('terminated')
    const events = Array.from({ length: 30 }, (_, place) => new TextEncoder().encode(`data: ${place}\n\n`))
    const { response } = await call(mode, [...events, error])
    const reader = response.body!.getReader()
    let count = 0
    const broken = (async () => {
      for (;;) {
        await turns()
        if ((await reader.read()).done) return
        count += 1
      }
    })()
    await expect(broken).rejects.toBe(error)
    expect(count).toBe(30)
  })

  it.each(['the body', 'a reader', 'a loop', 'a pipe'])(
    'is canceled at once by %s, while it stalls',
    async (by) => {
      const seen = unhandled()
      const stalled = new ReadableStream({ start: (controller) => controller.enqueue(bytes(1)) })
      const tracked = trackedIn(mode, async () => new Response(stalled, { headers: headersOf(mode) }))
      const { body } = await tracked.fetch('http://app.test/a')
      const reason = new Error('enough')
      if (by === 'the body') await body!.cancel(reason)
      if (by === 'a reader') await body!.getReader().cancel(reason)
      if (by === 'a loop') for await (const _ of body!) break
      if (by === 'a pipe') {
        const closed = new WritableStream({
          write: () => {
            throw reason
          },
        })
        await expect(body!.pipeTo(closed)).rejects.toBe(reason)
      }
      await turns()
      expect(seen).toEqual([])
    },
  )

  it('is a byte stream where it came as one', async () => {
    const { response } = await call(mode, [bytes(5, 1), bytes(3, 2)], true)
    const reader = response.body!.getReader({ mode: 'byob' })
    const read: number[] = []
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(4))
      if (done) break
      read.push(...value)
    }
    expect(read).toEqual([1, 1, 1, 1, 1, 2, 2, 2])
  })

  it('keeps the chunks of another stream as they are', async () => {
    const chunk = bytes(5, 1)
    const { response } = await call(mode, [chunk, bytes(0)])
    const reader = response.body!.getReader()
    expect((await reader.read()).value).toBe(chunk)
    expect((await reader.read()).value).toHaveLength(0)
    expect(() => response.body!.getReader({ mode: 'byob' })).toThrow(TypeError)
  })

  // A fake's own fields are lost when a plain response is cloned.
  it.skipIf(mode === 'plain' || mode === 'resend')('is that of a real response', async () => {
    const text = '{"a":1}'
    const of = async () =>
      (await trackedIn(mode, async () => {
        const response = new Response(text, { status: 201, statusText: 'Made', headers: headersOf(mode) })
        return Object.defineProperties(response, {
          url: { value: 'https://app.test/b' },
          redirected: { value: true },
          type: { value: 'basic' },
        })
      }).fetch('http://app.test/a')) as Response
    const response = await of()
    expect(response).toBeInstanceOf(Response)
    expect(response.body).toBeInstanceOf(ReadableStream)
    expect(response.bodyUsed).toBe(false)
    for (const one of [response, response.clone(), response.clone().clone()]) {
      const { ok, status, statusText, url, redirected, type, headers } = one
      expect({ ok, status, statusText, url, redirected, type }).toEqual({
        ok: true,
        status: 201,
        statusText: 'Made',
        url: 'https://app.test/b',
        redirected: true,
        type: 'basic',
      })
      expect(headers.get('content-type')).toBe(headersOf(mode)['content-type'])
      expect(await one.text()).toBe(text)
      expect(one.bodyUsed).toBe(true)
    }
    expect(() => response.clone()).toThrow(TypeError)
    expect(await (await of()).json()).toEqual({ a: 1 })
    expect(await (await of()).blob()).toMatchObject({ size: 7, type: headersOf(mode)['content-type'] })
    expect((await (await of()).arrayBuffer()).byteLength).toBe(7)
    const [one, two] = (await of()).body!.tee()
    expect(await new Response(one).text()).toBe(text)
    expect(await new Response(two).text()).toBe(text)
    const piped = (await of()).body!.pipeThrough(new TextDecoderStream())
    expect((await piped.getReader().read()).value).toBe(text)
  })
})

describe('a body that its caller does not read', () => {
  it.each(['read', 'events'] as const)('ends the task all the same: %s', async (mode) => {
    const { task } = await call(mode, [new TextEncoder().encode('{}')])
    await until(() => expect(task()?.status).toBe('succeeded'))
  })

  it.each(['read', 'events', 'download'] as const)(
    'is left at 1 MiB, and the stage says so: %s',
    async (mode) => {
      const { task, response, seen } = await call(mode, endless())
      await until(() => expect(task()?.stage).toBe('waiting for the response to be read'))
      expect(seen.bytes).toBeLessThanOrEqual(mebibyte)
      const reader = response.body!.getReader()
      for (let count = 0; count < 20; count += 1) await reader.read()
      await until(() => expect(seen.bytes).toBeGreaterThan(mebibyte))
      if (mode !== 'read') expect(task()?.status).toBe('processing')
      await reader.cancel()
    },
  )

  it('shows again what was shown before when it is read on', async () => {
    const large = new TextEncoder().encode(`data: drawing\n\n:${' '.repeat(700_000)}\n\n`)
    const { task, response } = await call('events', [large, bytes(400_000, 10), bytes(1, 10), bytes(1, 10)])
    await until(() => expect(task()?.stage).toBe('waiting for the response to be read'))
    const reader = response.body!.getReader()
    await reader.read()
    await until(() => expect(task()?.stage).toBe('drawing'))
  })
})

describe('an answer that its caller cancels', () => {
  it('is still read by the tracker, for it may name a paid job', async () => {
    let answer!: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (answer = controller) })
    const { fetch, task, clock } = trackedIn(
      'read',
      async () => new Response(body, { headers: headersOf('read') }),
    )
    await (await fetch('http://app.test/a')).body!.cancel()
    answer.enqueue(new TextEncoder().encode('{}'))
    answer.close()
    await until(() => expect(task()).toMatchObject({ status: 'succeeded', metadata: { isRead: true } }))
    expect(clock.pending).toBe(0)
  })

  it('is let go after 2 s', async () => {
    const { seen, body } = pulledBody([bytes(1)])
    const stalled = body.pipeThrough(new TransformStream({ flush: () => new Promise(() => {}) }))
    const { fetch, task, clock } = trackedIn(
      'read',
      async () => new Response(stalled, { headers: headersOf('read') }),
    )
    await (await fetch('http://app.test/a')).body!.cancel('enough')
    await clock.advance(1_999)
    await turns()
    expect(task()?.status).toBe('processing')
    await clock.advance(1)
    await until(() => expect(task()?.status).toBe('canceled'))
    void seen
  })
})

describe('a reader of a route', () => {
  it.each(['sync', 'async'])('that throws (%s) is reported, and does not fail the task', async (when) => {
    const { createTrackedFetch } = await import('../index.ts')
    const { createTestTracker } = await import('@callsheet/core/test')
    const { tracker, errors } = createTestTracker()
    const fetch = createTrackedFetch({
      tracker,
      fetch: async () => new Response('a film'),
      routes: {
        'GET /a': {
          type: 'trailer',
          scope: () => ({ showId: 's1' }),
          stream: (copy) => {
            copy()
            if (when === 'sync') throw new Error('a mistake')
            return Promise.reject(new Error('a mistake'))
          },
        },
      },
    })
    expect(await (await fetch('/a')).text()).toBe('a film')
    await turns()
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })?.status).toBe('succeeded')
    expect(errors.map(({ message }) => message)).toEqual(['a mistake'])
  })

  it('that falls too far behind loses its copy, and its caller loses nothing', async () => {
    const { createTrackedFetch } = await import('../index.ts')
    const { createTestTracker } = await import('@callsheet/core/test')
    const { tracker, errors } = createTestTracker()
    const total = 40
    const { body } = pulledBody(Array.from({ length: total }, () => bytes(mebibyte)))
    let read = () => {}
    const fetch = createTrackedFetch({
      tracker,
      fetch: async () => new Response(body),
      routes: {
        'GET /a': {
          type: 'trailer',
          scope: () => ({ showId: 's1' }),
          async stream(copy) {
            const reader = copy()!.getReader()
            await reader.read()
            await new Promise<void>((resolve) => void (read = resolve))
            while (!(await reader.read()).done);
            return undefined
          },
        },
      },
    })
    const response = await fetch('/a')
    expect((await response.arrayBuffer()).byteLength).toBe(total * mebibyte)
    read()
    await until(() =>
      expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('too slowly')]),
    )
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })?.status).toBe('succeeded')
  })
})
