import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createTracker, showPipeline } from '@callsheet/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTrackedFetch } from '../index.ts'
import { soon } from '../testing/tracked-calls.ts'
import { unhandled } from '../testing/unhandled.ts'
import { until } from '../testing/until.ts'

/** A tracked fetch of a real server. */
async function setUp(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const tracker = createTracker({ pipeline: showPipeline })
  const scope = () => ({ showId: 's1' })
  const fetch = createTrackedFetch({
    tracker,
    routes: {
      'POST /plain': { type: 'trailer', scope },
      'POST /read': {
        type: 'trailer',
        scope,
        read: (body) => ({ outputUrl: (body as { url: string }).url }),
      },
    },
  })
  const { port } = server.address() as AddressInfo
  const task = () => tracker.getTasks({ showId: 's1' })[0]
  return {
    tracker,
    task,
    post: (path: string, init?: RequestInit) =>
      fetch(`http://127.0.0.1:${port}${path}`, { ...init, method: 'POST' }),
  }
}

/** A call that the server has been asked for, and has not answered yet. */
async function ask(path: string, init?: RequestInit) {
  const responses: ServerResponse[] = []
  const set = await setUp((_request, response) => void responses.push(response))
  const promise = set.post(path, init)
  const server = await until(() => responses[0] ?? expect.unreachable())
  return { ...set, promise, server }
}

describe('createTrackedFetch against a server', () => {
  it('passes a streamed body on chunk by chunk', async () => {
    const { promise, server, task } = await ask('/plain')
    server.write('one')
    const reader = (await promise).body!.getReader()
    expect(task()?.status).toBe('succeeded')
    for (const chunk of ['one', 'two', 'three']) {
      const { value } = await reader.read()
      expect(new TextDecoder().decode(value)).toBe(chunk)
      if (chunk === 'one') server.write('two')
      if (chunk === 'two') server.end('three')
    }
    expect((await reader.read()).done).toBe(true)
  })

  it('gives the headers and each chunk at once also where the body is read', async () => {
    const { promise, server, task } = await ask('/read')
    server.writeHead(200, { 'content-type': 'application/json' })
    server.write('{"url":')
    const reader = (await promise).body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"url":')
    expect(task()?.status).toBe('processing')
    server.end('"https://x.test/a.mp4"}')
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('"https://x.test/a.mp4"}')
    await until(() =>
      expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/a.mp4' }),
    )
  })

  it('aborts the request for its caller', async () => {
    const controller = new AbortController()
    const { promise, server, task } = await ask('/plain', { signal: controller.signal })
    controller.abort()
    await expect(promise).rejects.toBe(controller.signal.reason)
    expect(task()?.status).toBe('canceled')
    await until(() => expect(server.destroyed).toBe(true))
  })

  it('aborts the request for the tracker', async () => {
    const { promise, server, tracker } = await ask('/plain')
    tracker.cancel({ showId: 's1' })
    await expect(promise).rejects.toMatchObject({ name: 'CanceledError' })
    await until(() => expect(server.destroyed).toBe(true))
  })

  it.each(['/plain', '/read'])('breaks the body of %s off when its caller aborts', async (path) => {
    const controller = new AbortController()
    const { promise, server, task } = await ask(path, { signal: controller.signal })
    server.writeHead(200, { 'content-type': 'application/json' })
    server.write('{')
    const text = (await promise).text()
    controller.abort()
    await expect(text).rejects.toMatchObject({ name: 'AbortError' })
    await until(() => expect(task()?.status).toBe(path === '/read' ? 'canceled' : 'succeeded'))
    await until(() => expect(server.destroyed).toBe(true))
  })

  it('fails the task when the connection breaks in the body that is read', async () => {
    const { promise, server, task } = await ask('/read')
    server.writeHead(200, { 'content-type': 'application/json' })
    server.write('{')
    const response = await promise
    server.destroy()
    await expect(response.text()).rejects.toBeInstanceOf(TypeError)
    await until(() => expect(task()?.status).toBe('failed'))
  })

  it("fails the task with the connection's own error", async () => {
    const { post, task } = await setUp((request) => request.socket.destroy())
    const error: unknown = await post('/plain').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed' })
    expect(task()).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/^fetch failed: ./) as string },
    })
  })

  it('survives an error body that breaks off', async () => {
    const seen = unhandled()
    const { promise, server, task } = await ask('/plain')
    server.writeHead(500)
    server.write('half of')
    const response = await promise
    server.destroy()
    await expect(response.text()).rejects.toBeInstanceOf(TypeError)
    await until(() => expect(task()).toMatchObject({ status: 'failed', error: { httpStatus: 500 } }))
    await soon()
    expect(seen).toEqual([])
  })
})
