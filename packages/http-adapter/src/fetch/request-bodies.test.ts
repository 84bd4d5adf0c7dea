import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CallsheetError } from '@callsheet/core'
import { createTestTracker } from '@callsheet/core/test'
import axios from 'axios'
import ky from 'ky'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createTrackedFetch, type RouteRequest } from '../index.ts'
import type { Fetch, FetchArguments } from '../route/request.ts'

const body = { showId: 's1', characterId: 'ada', prompt: 'Ada' }
const text = JSON.stringify(body)
const json = { 'content-type': 'application/json' }
const address = 'https://app.test/portraits'
const slotIn = ({ json: read }: RouteRequest) => read() as { showId: string; characterId: string }

/** A tracked fetch whose route reads the slot from the body, over a fetch that keeps what it is given. */
function setUp(route: object = {}) {
  const test = createTestTracker()
  const sent: FetchArguments[] = []
  const bodies: string[] = []
  const send: Fetch = async (...args) => {
    sent.push(args)
    const [input, init] = args
    if (input instanceof Request && input.bodyUsed) throw new TypeError('the body was read before')
    bodies.push(input instanceof Request && !init?.body ? await input.text() : (init?.body as string))
    return Response.json({})
  }
  const fetch = createTrackedFetch({
    tracker: test.tracker,
    fetch: send,
    routes: { [`POST ${address}`]: { type: 'portrait', scope: slotIn, ...route } } as never,
  })
  const task = () => test.tracker.getTask({ showId: 's1', type: 'portrait', characterId: 'ada' })
  const codes = () => test.errors.map((error) => (error as CallsheetError).code)
  return { ...test, fetch, sent, bodies, task, codes }
}

/** A server that keeps what it receives. */
async function serve() {
  const received: { body: string; length: string | undefined }[] = []
  const server = createServer((request, response) => {
    let all = ''
    request.on('data', (chunk) => (all += chunk))
    request.on('end', () => {
      received.push({ body: all, length: request.headers['content-length'] })
      response.writeHead(200, json)
      response.end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` as const
  const { tracker, errors } = createTestTracker()
  const fetch = createTrackedFetch({
    tracker,
    routes: { [`POST ${origin}/portraits`]: { type: 'portrait', scope: slotIn } } as never,
  })
  const task = () => tracker.getTask({ showId: 's1', type: 'portrait', characterId: 'ada' })
  return { origin, received, fetch, task, errors }
}

describe('a scope that reads the body', () => {
  it.each([
    ['ky', (fetch: Fetch, url: string) => ky.post(url, { json: body, fetch }).json()],
    [
      'axios',
      (fetch: Fetch, url: string) => axios.create({ adapter: 'fetch', env: { fetch } }).post(url, body),
    ],
    [
      'a Request of your own',
      (fetch: Fetch, url: string) => fetch(new Request(url, { method: 'POST', body: text })),
    ],
  ])('tracks the calls of %s, and sends what was to be sent', async (_what, call) => {
    const { origin, received, fetch, task, errors } = await serve()
    await call(fetch, `${origin}/portraits`)
    expect(task()).toMatchObject({ status: 'succeeded', characterId: 'ada' })
    expect(received).toEqual([{ body: text, length: String(text.length) }])
    expect(errors).toEqual([])
  })

  it('passes the very same Request on, unread', async () => {
    const { fetch, sent, bodies, task } = setUp()
    const request = new Request(address, { method: 'POST', body: text, headers: json })
    const response = fetch(request)
    expect(request.bodyUsed).toBe(false)
    await response
    expect(sent).toHaveLength(1)
    expect(sent[0]![0]).toBe(request)
    expect(bodies).toEqual([text])
    expect(task()?.status).toBe('succeeded')
  })

  it('asks the functions of the route once more, and reports an error once', async () => {
    const scope = vi.fn(slotIn)
    const metadata = ({ json: read }: RouteRequest) => ({ prompt: (read() as typeof body).prompt })
    const broken = () => {
      throw new Error('no job')
    }
    const { fetch, task, errors } = setUp({ scope, metadata, job: broken })
    await fetch(new Request(address, { method: 'POST', body: text, headers: json }))
    expect(task()?.metadata).toEqual({ prompt: 'Ada' })
    expect(scope).toHaveBeenCalledTimes(2)
    expect(errors.map(({ message }) => message)).toEqual(['no job'])
  })

  it('sends a call at once, and asks once, where the body is a string or not asked for', async () => {
    const scope = vi.fn(slotIn)
    const { fetch, sent } = setUp({ scope })
    void fetch(address, { method: 'POST', body: text })
    expect([sent.length, scope.mock.calls.length]).toEqual([1, 1])
    const plain = setUp({ scope: () => body })
    void plain.fetch(new Request(address, { method: 'POST', body: text, headers: json }))
    expect(plain.sent).toHaveLength(1)
  })

  it('serves `fetch.for`, too', async () => {
    const { tracker } = createTestTracker()
    const provider = { name: 'own', starts: { 'POST https://app.test/portraits': {} } } as const
    const fetch = createTrackedFetch({ tracker, providers: [provider], fetch: async () => Response.json({}) })
    const work = fetch.for((request) => ({ type: 'portrait' as const, ...slotIn(request) }))
    await work(new Request(address, { method: 'POST', body: text, headers: json }))
    expect(tracker.getTask({ showId: 's1', type: 'portrait', characterId: 'ada' })?.status).toBe('succeeded')
  })

  it('rejects as fetch does for a call that is aborted meanwhile, or whose body was used', async () => {
    const { origin, received, fetch, task } = await serve()
    const controller = new AbortController()
    const init = { method: 'POST', body: text, signal: controller.signal }
    const aborted = fetch(new Request(`${origin}/portraits`, init))
    controller.abort(new Error('left'))
    await expect(aborted).rejects.toThrow('left')
    expect(task()?.status).toBe('canceled')
    const used = new Request(`${origin}/portraits`, { method: 'POST', body: text })
    await used.text()
    await expect(fetch(used)).rejects.toThrow(TypeError)
    expect(received).toEqual([])
  })

  it('joins the running call of the same slot', async () => {
    const { fetch, sent } = setUp()
    const call = () => fetch(new Request(address, { method: 'POST', body: text, headers: json }))
    expect(await Promise.all([call(), call()].map(async (it) => (await it).json()))).toEqual([{}, {}])
    expect(sent).toHaveLength(1)
  })

  it('prefers a body in `init` to that of the Request', async () => {
    const { fetch, bodies, task } = setUp()
    const other = JSON.stringify({ ...body, characterId: 'bo' })
    await fetch(new Request(address, { method: 'POST', body: other, headers: json }), {
      method: 'POST',
      body: text,
    })
    expect(bodies).toEqual([text])
    expect(task()?.status).toBe('succeeded')
  })

  const form = () => {
    const data = new FormData()
    data.set('showId', 's1')
    return data
  }
  const stream = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode(text))
        controller.close()
      },
    })
  const streamed = () => ({ method: 'POST', body: stream(), duplex: 'half' }) as RequestInit

  it.each<[string, () => FetchArguments]>([
    ['a form', () => [address, { method: 'POST', body: form() }]],
    ['a form in a Request', () => [new Request(address, { method: 'POST', body: form() })]],
    ['a stream', () => [address, streamed()]],
    ['a stream in a Request', () => [new Request(address, streamed())]],
    ['a blob', () => [address, { method: 'POST', body: new Blob([text]) }]],
    ['more than 1 MiB', () => [new Request(address, { method: 'POST', body: `"${'x'.repeat(1_048_576)}"` })]],
  ])('makes the call of %s untracked, says so once, and says what to do', async (_what, argsOf) => {
    const { fetch, sent, errors, codes, tracker } = setUp()
    await fetch(...argsOf())
    await fetch(...argsOf())
    expect(sent).toHaveLength(2)
    expect(tracker.getTasks({ showId: 's1' })).toEqual([])
    expect(codes()).toEqual(['unread_request'])
    expect(errors[0]!.message).toContain('POST /portraits')
    expect(errors[0]!.message).toContain('the path, the query or the headers')
  })

  it.each<[string, () => FetchArguments]>([
    ['no body', () => [address, { method: 'POST' }]],
    ['no body in a Request', () => [new Request(address, { method: 'POST' })]],
    ['another text', () => [address, { method: 'POST', body: 'a=1' }]],
    ['another text in a Request', () => [new Request(address, { method: 'POST', body: 'a=1' })]],
  ])('makes the call of %s untracked, as it was meant', async (_what, argsOf) => {
    const { fetch, sent, errors } = setUp()
    await fetch(...argsOf())
    expect(sent).toHaveLength(1)
    expect(errors).toEqual([])
  })

  it('does not wait for a stream that calls itself JSON and does not end', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort())
    onTestFinished(() => void vi.restoreAllMocks())
    const { tracker, errors } = createTestTracker()
    const send = vi.fn<Fetch>(async () => Response.json({}))
    const fetch = createTrackedFetch({
      tracker,
      fetch: send,
      routes: { [`POST ${address}`]: { type: 'portrait', scope: slotIn } } as never,
    })
    const endless = new ReadableStream({ pull: () => new Promise(() => {}) })
    const init = { method: 'POST', body: endless, duplex: 'half', headers: json } as RequestInit
    const request = new Request(address, init)
    await fetch(request)
    expect(send.mock.calls[0]![0]).toBe(request)
    expect(request.bodyUsed).toBe(false)
    expect(errors).toMatchObject([{ code: 'unread_request' }])
  })
})
