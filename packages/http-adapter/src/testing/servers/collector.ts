// A collector over real sockets that merges by core's own rule, and can be told to go wrong.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createTracker, type ShowPipeline, showPipeline, type Tracker } from '@callsheet/core'
import { parseRecords } from '@callsheet/core/schema'

/** What goes wrong with one request. */
export const faults = [
  '503',
  '503 with Retry-After',
  '429 with a Retry-After date',
  '500 as a page',
  '200 as a page',
  '204',
  'reset in the request',
  'reset in the answer',
  'acknowledgement lost',
  'never answered',
  'slow loris',
  'answer in gzip',
  'answer in truncated gzip',
  'stored twice',
  'stored late',
  '413',
  '401',
  'every other record wanted again',
] as const
export type Fault = (typeof faults)[number] | 'first record refused'

/** What a collector has got at one address. */
export interface Inbox {
  readonly url: string
  readonly tracker: Tracker<ShowPipeline>
  /** What goes wrong with the next requests, in turn. */
  readonly faults: Fault[]
  /** Every request that was read to its end: its headers, and its text. */
  readonly requests: { readonly headers: IncomingMessage['headers']; readonly text: string }[]
  /** Stores what is still to be stored late. */
  readonly settle: () => void
  /** Called when a request is left hanging. */
  onHang?: () => void
}

/** @param pages What else is served, by path: pages, and scripts where the path ends in `.js`. */
export async function startCollector(pages: Readonly<Record<string, string>> = {}) {
  const inboxes = new Map<string, Inbox & { readonly late: string[] }>()
  /** The methods and paths of all requests. */
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'content-type, content-encoding')
    response.setHeader('access-control-expose-headers', 'retry-after')
    const page = pages[request.url!.split('?')[0]!]
    const inbox = inboxes.get(request.url!.split('/')[1]!)
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    if (page !== undefined) {
      const type = request.url!.endsWith('.js') ? 'text/javascript' : 'text/html'
      return void response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(page)
    }
    if (inbox && request.url!.endsWith('/tasks')) receive(inbox, request, response).catch(() => {})
    else response.writeHead(404).end()
    return undefined
  })
  server.listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    seen,
    /** Of its pages; for them, its inboxes are another origin. */
    pages: `http://localhost:${port}`,
    open(name: string): Inbox {
      const late: string[] = []
      const tracker = createTracker({ pipeline: showPipeline, by: 'collector' })
      const settle = () => {
        for (const text of late.splice(0)) tracker.merge(parseRecords(text))
      }
      const url = `http://127.0.0.1:${port}/${name}`
      const inbox = { url, tracker, faults: [], requests: [], late, settle }
      inboxes.set(name, inbox)
      return inbox
    },
    forget: (name: string) => void inboxes.delete(name),
    close(): void {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function receive(
  inbox: Inbox & { readonly late: string[] },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { tracker, faults, requests, late, settle } = inbox
  const fault = faults.shift()
  if (fault === 'reset in the request') return void request.once('data', () => request.socket.destroy())
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const text = String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
  requests.push({ headers: request.headers, text })
  const { tasks, shows } = JSON.parse(text) as { tasks: unknown[]; shows: unknown[] }
  const size = tasks.length + shows.length
  /** Takes in the records whose place passes; gives the answer. */
  const store = (isTaken: (place: number) => boolean = () => true) => {
    const { accepted, ignored, rejected } = tracker.merge(
      parseRecords({
        v: 1,
        tasks: tasks.filter((_task, place) => isTaken(place)),
        shows: shows.filter((_show, place) => isTaken(tasks.length + place)),
      }),
    )
    return { accepted, ignored, rejected, retry: [] as number[] }
  }
  const say = (status: number, answer: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(answer))
  }
  const page = (status: number) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end('<!doctype html><h1>Sorry</h1>')
  const begin = (headers: Record<string, string>, part: string | Buffer) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).write(part)
  }
  const places = Array.from({ length: size }, (_one, place) => place)
  switch (fault) {
    case '503':
      return say(503, {})
    case '503 with Retry-After':
      return say(503, {}, { 'retry-after': '7' })
    case '429 with a Retry-After date':
      return say(429, {}, { 'retry-after': new Date(Date.now() + 20_000).toUTCString() })
    case '401':
      return say(401, {})
    case '413':
      return size > 1 ? say(413, {}) : say(200, store())
    case '500 as a page':
      return void page(500)
    case '200 as a page':
      return void page(200)
    case '204':
      store()
      return void response.writeHead(204).end()
    case 'reset in the answer':
      begin({ 'content-length': '100' }, JSON.stringify(store()).slice(0, 9))
      return void setImmediate(() => request.socket.destroy())
    case 'acknowledgement lost':
      store()
      return void request.socket.destroy()
    case 'never answered':
      return inbox.onHang?.()
    case 'slow loris':
      begin({}, JSON.stringify(store()).slice(0, 3))
      return inbox.onHang?.()
    case 'answer in gzip':
      return void response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify(store())))
    case 'answer in truncated gzip':
      return void response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify(store())).subarray(0, 15))
    case 'stored late':
      late.push(text)
      return say(200, { accepted: size })
    case 'every other record wanted again':
      return say(200, {
        ...store((place) => place % 2 === 1),
        retry: places.filter((place) => place % 2 === 0),
      })
    case 'first record refused':
      return say(200, { ...store((place) => place > 0), rejected: [{ index: 0, reason: 'not today' }] })
    case 'stored twice':
      store()
      break
    case undefined:
      break
  }
  say(200, store())
  settle()
}
