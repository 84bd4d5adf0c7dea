import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request, as a scripted server sees it. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** The body, where it is JSON. */
  readonly json: unknown
  /** The body as it came. */
  readonly bytes: Uint8Array
  /** Settles when the client has left. */
  readonly left: Promise<unknown>
}

/** What is answered: a text, bytes or JSON at once, or a text piece by piece. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly pieces?: AsyncIterable<string>
}

/**
 * What goes wrong with a request: `refused` is dropped before anything is done; of `lost` and `torn` all is done, but
 * nothing, or one half, of the answer arrives; an answer is given in place of the true one.
 */
export type Fault = 'refused' | 'lost' | 'torn' | Answer

/** One endpoint: a name to count it by, a method, and what its path looks like. */
export interface Endpoint {
  readonly name: string
  readonly method: string
  readonly path: RegExp
  readonly answer: (asked: Asked, params: Readonly<Record<string, string>>) => Answer | Promise<Answer>
}

/** A server on this machine that stands for a provider. */
export interface LocalServer {
  readonly origin: string
  /** Sends what is meant for the provider's hosts to this server; the network is never asked. */
  readonly fetch: typeof globalThis.fetch
  /** How many requests an endpoint has seen, faults included. */
  readonly count: (endpoint: string) => number
  /** The next requests of an endpoint go wrong, in this order. */
  readonly fault: (endpoint: string, ...faults: readonly Fault[]) => void
  readonly close: () => void
}

/** Starts a server of these endpoints; `hosts` says under which prefix each address of the provider is found here. */
export async function startLocalServer(
  hosts: Readonly<Record<string, string>>,
  endpoints: readonly Endpoint[],
): Promise<LocalServer> {
  const counts = new Map<string, number>()
  const faults = new Map<string, Fault[]>()
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(request.url!, 'http://server')
    const method = request.method!
    const endpoint = endpoints.find((it) => it.method === method && it.path.test(path))
    if (!endpoint) return send(response, { status: 404, body: { detail: `No endpoint: ${method} ${path}` } })
    counts.set(endpoint.name, (counts.get(endpoint.name) ?? 0) + 1)
    const fault = faults.get(endpoint.name)?.shift()
    const bytes = await bytesOf(request)
    if (fault === 'refused') return void request.socket.destroy()
    if (typeof fault === 'object') return send(response, fault)
    const { headers } = request
    const asked = { method, path, query, headers, json: jsonOf(bytes), bytes, left: once(response, 'close') }
    const answer = await endpoint.answer(asked, endpoint.path.exec(path)!.groups ?? {})
    if (fault === 'lost') return void request.socket.destroy()
    return send(response, answer, fault === 'torn')
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    fetch: redirect({ ...hosts, [origin]: '' }, origin),
    count: (endpoint) => counts.get(endpoint) ?? 0,
    fault: (endpoint, ...more) => faults.set(endpoint, [...(faults.get(endpoint) ?? []), ...more]),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function send(response: ServerResponse, answer: Answer, isTorn = false): Promise<void> {
  const { status, headers, body, pieces } = answer
  if (pieces) {
    response.writeHead(status, { 'content-type': 'text/event-stream', ...headers })
    for await (const piece of pieces) {
      if (response.destroyed) return
      response.write(piece)
      if (isTorn) return tear(response)
    }
    return void response.end()
  }
  const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
  const bytes = Buffer.from(isJson ? JSON.stringify(body) : ((body ?? '') as string))
  const type = isJson ? 'application/json' : 'text/html'
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers })
  if (!isTorn) return void response.end(bytes)
  response.write(bytes.subarray(0, bytes.length / 2))
  tear(response)
}

/** What was written has to arrive first. */
const tear = (response: ServerResponse): void =>
  response.write('', () => response.destroy()) as unknown as void

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

function redirect(hosts: Readonly<Record<string, string>>, origin: string): typeof globalThis.fetch {
  const { fetch } = globalThis
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const prefix = hosts[url.origin]
    if (prefix === undefined)
      return Promise.reject(new Error(`A test asked for ${url.href}, which this server does not host.`))
    const here = `${origin}${prefix}${url.pathname}${url.search}`
    return fetch(input instanceof Request ? new Request(here, input) : here, init)
  }
}
