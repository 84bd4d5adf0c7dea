import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTestTracker } from '../test/test.ts'

/** A server that answers 503 with the beginning of a body and goes on when it is told to. */
async function serve(headers: Record<string, string> = {}) {
  let end = (_rest: string) => {}
  const server = createServer((_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json', ...headers })
    response.write('{"error":')
    end = (rest) => void response.end(rest)
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { url, end: (rest: string) => end(rest) }
}

function setUp() {
  const made = createTestTracker()
  const task = () => made.tracker.getTask({ showId: 's1', type: 'trailer' })
  return { ...made, show: made.tracker.show('s1'), task }
}

/** A Response as node-fetch makes it: its body is a stream of Node, its clone a second pipe. */
class NodeResponse {
  readonly ok: boolean
  readonly statusText = ''
  readonly type = 'default'
  readonly url = 'https://x.test/'
  readonly status: number
  readonly headers: Headers
  body: Readable
  constructor(body: Readable | ArrayBuffer, { status, headers }: { status: number; headers: Headers }) {
    this.ok = status < 400
    this.status = status
    this.headers = headers
    this.body = body instanceof Readable ? body : Readable.from([Buffer.from(body)])
  }
  clone() {
    const [mine, others] = [new PassThrough(), new PassThrough()]
    this.body.pipe(mine)
    this.body.pipe(others)
    this.body = mine
    return new NodeResponse(others, this)
  }
  async arrayBuffer() {
    const chunks: Buffer[] = []
    for await (const chunk of this.body) chunks.push(chunk as Buffer)
    return new Uint8Array(Buffer.concat(chunks)).buffer
  }
  async text() {
    return new TextDecoder().decode(await this.arrayBuffer())
  }
}

const nodeResponse = (status: number, kilobytes: number, headers: Record<string, string> = {}) =>
  new NodeResponse(Readable.from(Array.from({ length: kilobytes }, () => Buffer.alloc(1_024, 'a'))), {
    status,
    headers: new Headers(headers),
  })

describe('a failed Response that track gives', () => {
  it('rejects with the AbortError of fetch when it is aborted before it is read', async () => {
    const { show, task } = setUp()
    const { url } = await serve()
    const own = new AbortController()
    const response = await show.track('trailer', () => fetch(url, { signal: own.signal }))
    own.abort()
    await expect(response.text()).rejects.toMatchObject({ name: 'AbortError' })
    expect(task()).toMatchObject({ status: 'failed', error: { httpStatus: 503 } })
  })

  it('is canceled at once, though its body stalls', async () => {
    const { show, clock } = setUp()
    const { url } = await serve()
    // The clock stands still.
    await (await show.track('trailer', () => fetch(url))).body!.cancel()
    const made = await show.track(
      'library-poster',
      async () => new Response(new ReadableStream(), { status: 503 }),
    )
    const canceled = made.body!.cancel()
    await clock.advance(100)
    await canceled
  })

  it.each(['text', 'json'] as const)('records its message when the caller reads its %s', async (method) => {
    const { show, task } = setUp()
    const { url, end } = await serve()
    const response = await show.track('trailer', () => fetch(url))
    const reading = response[method]()
    end('"no seeds"}')
    expect(await reading).toEqual(method === 'text' ? '{"error":"no seeds"}' : { error: 'no seeds' })
    expect(task()?.error).toMatchObject({ message: 'no seeds', httpStatus: 503 })
  })

  it('records its message unread if its Content-Length is short', async () => {
    const { show, task } = setUp()
    const { url, end } = await serve({ 'content-length': '20' })
    const response = await show.track('trailer', () => fetch(url))
    end('"no seeds"}')
    await expect.poll(() => task()?.error?.message).toBe('no seeds')
    expect(await response.json()).toEqual({ error: 'no seeds' })
  })

  it('of node-fetch is read whole by its caller', async () => {
    const { show, task } = setUp()
    const response = await show.track('trailer', async () => nodeResponse(500, 200))
    expect(await response.text()).toHaveLength(204_800)
    const short = await show.track('library-poster', async () =>
      nodeResponse(500, 1, { 'content-length': '1024' }),
    )
    expect(await short.text()).toHaveLength(1_024)
    expect(task()?.error?.message).toBe('a'.repeat(500))
  })
})

describe('a Response that several callers get', () => {
  it('is canceled by the first although another has not read it', async () => {
    const { show } = setUp()
    for (const cancel of [
      (response: Response) => response.body!.cancel(),
      (response: Response) => response.body!.getReader().cancel(),
    ]) {
      const { url, end } = await serve()
      const call = () => show.track('trailer', () => fetch(url))
      const [first, joined] = await Promise.all([call(), call()])
      await cancel(first)
      await expect(first.text()).rejects.toThrow(TypeError)
      end('1}')
      expect(await joined.json()).toEqual({ error: 1 })
    }
  })

  it('still refuses to be canceled while a reader has it', async () => {
    const { show } = setUp()
    const call = () => show.track('trailer', async () => new Response('a film'))
    const [first] = await Promise.all([call(), call()])
    first.body!.getReader()
    await expect(first.body!.cancel()).rejects.toThrow(TypeError)
  })

  it('that the function throws is readable for every caller, too', async () => {
    const { show } = setUp()
    const call = () =>
      show
        .track('trailer', async (): Promise<string> => {
          // oxlint-disable-next-line typescript/only-throw-error -- some clients do
          throw Response.json({ error: 'busy' }, { status: 503 })
        })
        .catch((error: unknown) => (error as Response).json())
    expect(await Promise.all([call(), call(), call()])).toEqual([1, 2, 3].map(() => ({ error: 'busy' })))
  })

  it('of node-fetch is read whole by the first, and by the others', async () => {
    const { show } = setUp()
    const call = () => show.track('trailer', async () => nodeResponse(200, 200))
    const [first, joined] = [call(), call()]
    expect(await (await first).text()).toHaveLength(204_800)
    const other = await joined
    expect(other.status).toBe(200)
    expect(await other.text()).toHaveLength(204_800)
  })
})
