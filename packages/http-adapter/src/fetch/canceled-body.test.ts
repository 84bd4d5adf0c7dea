import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { createTrackedFetch, readDownload, readEvents } from '../index.ts'

const bytes = new TextEncoder().encode('data: 1\n\n')

/** A tracked fetch of one stream that never ends. */
async function setUp(
  stream = readEvents(() => undefined),
  headers = { 'content-type': 'text/event-stream' },
) {
  const made = createTestTracker()
  const canceled: unknown[] = []
  const fetch = createTrackedFetch({
    tracker: made.tracker,
    fetch: async () =>
      new Response(
        new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(bytes),
          cancel: (reason) => void canceled.push(reason),
        }),
        { headers },
      ),
    routes: { 'GET /a': { type: 'trailer', scope: () => ({ showId: 's1' }), stream } },
  })
  const response = await fetch('/a')
  await made.clock.advance(0)
  const task = () => made.tracker.getTask({ showId: 's1', type: 'trailer' })
  return { ...made, body: response.body!, canceled, task }
}

type Leave = (body: ReadableStream<Uint8Array>) => Promise<unknown>

const ways: Record<string, Leave> = {
  'the body': (body) => body.cancel('enough'),
  'its reader': (body) => body.getReader().cancel('enough'),
  'a reader that has read': async (body) => {
    const reader = body.getReader()
    await reader.read()
    const left = reader.cancel('enough')
    reader.releaseLock()
    await left
  },
  'a loop': async (body) => {
    for await (const chunk of body) return chunk
    return undefined
  },
}

describe('a body that is read along', () => {
  it.each(Object.entries(ways))(
    'lets a caller leave at once who cancels %s, and ends the call',
    async (_, leave) => {
      const { body, canceled, task, clock } = await setUp()
      expect(task()?.status).toBe('processing')
      await leave(body)
      await clock.advance(0)
      expect(canceled).toHaveLength(1)
      expect(task()).toMatchObject({
        status: 'canceled',
        error: { message: 'The response body was canceled.' },
      })
    },
  )

  it('lets the caller of a download leave', async () => {
    const { body, canceled, task, clock } = await setUp(readDownload(), {
      'content-type': 'video/mp4',
      'content-length': '1000',
    } as never)
    await body.cancel()
    await clock.advance(0)
    expect([canceled.length, task()?.status]).toEqual([1, 'canceled'])
  })

  it('stays where a cancel is refused or a loop leaves the body open', async () => {
    const { body, canceled, task, clock } = await setUp()
    for await (const chunk of body.values({ preventCancel: true })) {
      expect(chunk).toEqual(bytes)
      break
    }
    const reader = body.getReader()
    await expect(body.cancel()).rejects.toThrow(TypeError)
    await clock.advance(0)
    expect([canceled.length, task()?.status]).toEqual([0, 'processing'])
    await reader.cancel()
  })
})

describe('a failure whose body never ends', () => {
  it('is let go at once when its caller cancels it', async () => {
    const { tracker, clock } = createTestTracker()
    let canceled = 0
    const fetch = createTrackedFetch({
      tracker,
      fetch: async () =>
        new Response(
          new ReadableStream<Uint8Array>({
            start: (controller) => controller.enqueue(new TextEncoder().encode('{"error":"')),
            cancel: () => void (canceled += 1),
          }),
          { status: 503, headers: { 'content-type': 'application/json' } },
        ),
      routes: { 'GET /a': { type: 'trailer', scope: () => ({ showId: 's1' }) } },
    })
    const response = await fetch('/a')
    await response.body!.cancel()
    await clock.advance(0)
    expect(canceled).toBe(1)
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })).toMatchObject({
      status: 'failed',
      error: { httpStatus: 503 },
    })
  })
})
