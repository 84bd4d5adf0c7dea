import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { AlreadyRunningError } from '@callsheet/core'
import { createTrackedFetch, done, readDownload, type ReadStream } from '../index.ts'

/** A tracked fetch of one response, whose body a hand writes. */
function setUp(stream: ReadStream, headers: Record<string, string> = {}) {
  const made = createTestTracker()
  let body!: ReadableStreamDefaultController<Uint8Array>
  const fetch = createTrackedFetch({
    tracker: made.tracker,
    fetch: async () =>
      new Response(new ReadableStream<Uint8Array>({ start: (controller) => void (body = controller) }), {
        headers,
      }),
    routes: { 'GET /a': { type: 'trailer', scope: () => ({ showId: 's1' }), stream } },
  })
  const task = () => made.tracker.getTask({ showId: 's1', type: 'trailer' })
  const write = async (size: number) => {
    body.enqueue(new Uint8Array(size))
    await made.clock.advance(1_000)
  }
  return { ...made, fetch, task, write, body: () => body }
}

describe('readDownload', () => {
  it('shows how much has come, and ends the task with the body', async () => {
    const { fetch, task, write, body, clock } = setUp(readDownload(), { 'content-length': '200' })
    const response = await fetch('/a')
    for (const [size, progress] of [
      [50, 25],
      [99, 74],
      [51, 100],
    ] as const) {
      await write(size)
      expect(task()).toMatchObject({ status: 'processing', progress })
    }
    body().close()
    await clock.advance(0)
    expect(task()?.status).toBe('succeeded')
    expect((await response.arrayBuffer()).byteLength).toBe(200)
  })

  it('fails the task when the body breaks off', async () => {
    const { fetch, task, write, body, clock } = setUp(readDownload(), { 'content-length': '200' })
    const response = await fetch('/a')
    await write(50)
    body().error(new TypeError('terminated'))
    await clock.advance(0)
    expect(task()).toMatchObject({ status: 'failed', progress: 25 })
    await expect(response.arrayBuffer()).rejects.toThrow('terminated')
  })

  it.each([{}, { 'content-length': '200', 'content-encoding': 'gzip' }])(
    'leaves alone what has no known length: %j',
    async (headers) => {
      const { fetch, task, clock } = setUp(readDownload(), headers as Record<string, string>)
      await fetch('/a')
      await clock.advance(0)
      expect(task()?.status).toBe('succeeded')
    },
  )
})

describe('a stream', () => {
  it('is read whole by callers that join later', async () => {
    const { fetch, write, body } = setUp(readDownload(), { 'content-length': '200' })
    const response = await fetch('/a')
    const reader = response.body!.getReader()
    await write(50)
    await reader.read()
    const other = await fetch('/a')
    await write(150)
    body().close()
    expect((await other.arrayBuffer()).byteLength).toBe(200)
    expect((await reader.read()).value).toHaveLength(150)
  })

  it('cannot be joined after its first MiB: the caller is told that it runs', async () => {
    const { fetch, write } = setUp(readDownload(), { 'content-length': '20000000' })
    const response = await fetch('/a')
    await write(1_048_576)
    expect((await fetch('/a')).status).toBe(200)
    const reader = response.body!.getReader()
    await write(1)
    while ((await reader.read()).value!.byteLength > 1);
    await expect(fetch('/a')).rejects.toThrow(AlreadyRunningError)
  })

  it('ends for a caller that joined and falls too far behind, and for no other', async () => {
    const { fetch, write, body } = setUp(readDownload(), { 'content-length': '80000000' })
    const response = await fetch('/a')
    const [behind, slow] = [await fetch('/a'), await fetch('/a')]
    const reader = response.body!.getReader()
    const slowReader = slow.body!.getReader()
    let read = 0
    for (let place = 0; place < 10; place += 1) {
      await write(8_000_000)
      read += (await reader.read()).value!.byteLength
      if (place < 5) await slowReader.read()
    }
    body().close()
    expect((await reader.read()).done).toBe(true)
    expect(read).toBe(80_000_000)
    await expect(behind.arrayBuffer()).rejects.toThrow('fell more than 67108864 bytes behind')
    for (let place = 5; place < 10; place += 1)
      expect((await slowReader.read()).value).toHaveLength(8_000_000)
    expect((await slowReader.read()).done).toBe(true)
  })

  it('waits for its first caller, however fast those read that have joined', async () => {
    const { fetch, write } = setUp(readDownload(), { 'content-length': '80000000' })
    const response = await fetch('/a')
    const joined = (await fetch('/a')).body!.getReader()
    let [read, isWaiting] = [0, false]
    void (async () => {
      for (;;) {
        isWaiting = true
        const { value } = await joined.read()
        isWaiting = false
        if (!value) return
        read += value.byteLength
      }
    })()
    for (let place = 0; place < 10; place += 1) await write(8_000_000)
    expect({ read, isWaiting }).toEqual({ read: 72_000_000, isWaiting: true })
    const reader = response.body!.getReader()
    expect((await reader.read()).value).toHaveLength(8_000_000)
    expect((await reader.read()).value).toHaveLength(8_000_000)
    await expect.poll(() => read).toBe(80_000_000)
  })

  it('succeeds with what its reader says, and a reader that throws harms no task', async () => {
    const one = setUp(async () => Promise.resolve(done('https://x.test/a.mp4')))
    await one.fetch('/a')
    await one.clock.advance(0)
    expect(one.task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/a.mp4' })
    const two = setUp(() => {
      throw new Error('a broken reader')
    })
    await two.fetch('/a')
    await two.clock.advance(0)
    expect(two.task()?.status).toBe('succeeded')
    expect(two.errors.map(({ message }) => message)).toEqual(['a broken reader'])
  })
})

describe('redact', () => {
  it('sees all that is about to be recorded', async () => {
    const { tracker, clock } = createTestTracker()
    const fetch = createTrackedFetch({
      tracker,
      fetch: async () => Response.json({ url: 'https://x.test/private/a.mp4' }),
      routes: {
        'POST /a': {
          type: 'trailer',
          scope: () => ({ showId: 's1' }),
          metadata: { user: 'eve' },
          read: (body) => done((body as { url: string }).url),
          redact: ({ outputUrl, metadata, ...patch }) => ({
            ...patch,
            ...(outputUrl && { outputUrl: outputUrl.replace('private', '-') }),
            ...(metadata && { metadata: { user: 'ada' } }),
          }),
        },
      },
    })
    await fetch('/a', { method: 'POST' })
    await clock.advance(0)
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })).toMatchObject({
      outputUrl: 'https://x.test/-/a.mp4',
      metadata: { user: 'ada' },
    })
    expect(JSON.stringify(tracker.serialize())).not.toMatch(/eve|private/)
  })
})
