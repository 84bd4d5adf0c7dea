import { createTracker, showPipeline } from '@callsheet/core'
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTrackedFetch } from '../index.ts'
import { until } from '../testing/until.ts'

const server = setupServer()
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const address = 'http://app.test/api/characters/portrait'

/** As an application has it: only the fetch is another one. */
function setUp() {
  const tracker = createTracker({ pipeline: showPipeline })
  const fetch = createTrackedFetch({
    tracker,
    routes: {
      'POST /api/characters/portrait': {
        type: 'portrait',
        scope: ({ json }) => json() as { showId: string; characterId: string },
        read: (body) => ({ outputUrl: (body as { imageUrl?: string }).imageUrl ?? '' }),
      },
      'POST http://app.test/api/generate': { type: 'show-generation', scope: () => ({ showId: 's1' }) },
    },
  })
  const task = () => tracker.getTasks({ showId: 's1' })[0]
  const paint = (characterId = 'c1') =>
    fetch(address, { method: 'POST', body: JSON.stringify({ showId: 's1', characterId }) })
  return { tracker, fetch, task, paint }
}

describe('createTrackedFetch with the global fetch', () => {
  it('tracks a success and records its output', async () => {
    server.use(http.post(address, () => HttpResponse.json({ imageUrl: 'https://cdn.test/c1.png' })))
    const { paint, task } = setUp()
    const response = await paint()
    expect(await response.json()).toEqual({ imageUrl: 'https://cdn.test/c1.png' })
    await until(() =>
      expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://cdn.test/c1.png' }),
    )
  })

  it.each(['generate', 'characters/portrait'])(
    'records what the server says of a failed %s; the caller still reads the body',
    async (path) => {
      const body = { error: 'Schema validation failed', details: 'hook is missing' }
      server.use(http.post(`http://app.test/api/${path}`, () => HttpResponse.json(body, { status: 422 })))
      const { fetch, task } = setUp()
      const response = await fetch(`http://app.test/api/${path}`, {
        method: 'POST',
        body: '{"showId":"s1","characterId":"c1"}',
      })
      expect(task()?.status).toBe('failed')
      expect(response.bodyUsed).toBe(false)
      expect(await response.json()).toEqual(body)
      await until(() =>
        expect(task()).toMatchObject({
          status: 'failed',
          error: { message: 'Schema validation failed: hook is missing', httpStatus: 422 },
        }),
      )
    },
  )

  it("gives fetch's own error when the network fails", async () => {
    server.use(http.post(address, () => HttpResponse.error()))
    const { paint, task } = setUp()
    await expect(paint()).rejects.toBeInstanceOf(TypeError)
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'Failed to fetch' } })
  })

  it('starts paid work once for two clicks', async () => {
    const handler = vi.fn(() => HttpResponse.json({ imageUrl: 'https://cdn.test/c1.png' }))
    server.use(http.post(address, handler))
    const { paint, tracker } = setUp()
    const bodies = [paint(), paint(), paint('c2')].map(async (promise): Promise<unknown> =>
      (await promise).json(),
    )
    expect(await Promise.all(bodies)).toHaveLength(3)
    expect(handler).toHaveBeenCalledTimes(2)
    expect(tracker.getTasks({ showId: 's1' })).toHaveLength(2)
  })

  it('sends a Request with its streamed body, once', async () => {
    server.use(
      http.post('http://app.test/api/generate', async ({ request }) =>
        HttpResponse.json({ got: await request.text(), by: request.headers.get('x-by') }),
      ),
    )
    const { fetch, task } = setUp()
    const body = new Blob(['a prompt']).stream()
    const init = { method: 'POST', body, duplex: 'half', headers: { 'x-by': 'me' } }
    const request = new Request('http://app.test/api/generate', init)
    expect(await (await fetch(request)).json()).toEqual({ got: 'a prompt', by: 'me' })
    expect(request.bodyUsed).toBe(true)
    expect(task()?.status).toBe('succeeded')
  })
})
