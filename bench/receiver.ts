import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** What has come to a server. */
export interface Received {
  readonly requests: number
  /** All bytes, the requests' heads included. */
  readonly bytes: number
  /** Different events that arrived, however often. */
  readonly events: number
}

/** What shows an event in a request's text: its id, or the id of a task that has reached its last version. */
const marks = {
  versions: /task-[0-9a-f]{16}/g,
  tasks: /"id":"task-[0-9a-f]{16}"[^{}]*"status":"succeeded"/g,
}

/** A server that answers at once and keeps what it was sent; what that is, it looks at when all is over. */
export async function createReceiver() {
  const bodies: { readonly body: Buffer; readonly isZipped: boolean }[] = []
  const sockets = new Set<Socket>()
  let closedBytes = 0
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      bodies.push({ body: Buffer.concat(parts), isZipped: request.headers['content-encoding'] === 'gzip' })
      const isJson = request.headers['content-type'] !== 'application/x-protobuf'
      if (isJson) response.setHeader('content-type', 'application/json')
      response.end(isJson ? '{}' : '')
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      closedBytes += socket.bytesRead
    })
  })

  const listen = (port: number) =>
    new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve)
    })
  await listen(0)
  const { port } = server.address() as AddressInfo

  /** Closes every connection, and refuses others. */
  const refuse = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })

  return {
    url: `http://127.0.0.1:${port}`,
    refuse,
    listen: () => listen(port),
    received(delivers: keyof typeof marks): Received {
      const found = new Set<string>()
      for (const { body, isZipped } of bodies) {
        const text = (isZipped ? gunzipSync(body) : body).toString('latin1')
        for (const [mark] of text.matchAll(marks[delivers])) found.add(mark)
      }
      const open = Array.from(sockets, ({ bytesRead }) => bytesRead)
      return {
        requests: bodies.length,
        bytes: open.reduce((sum, bytes) => sum + bytes, closedBytes),
        events: found.size,
      }
    },
  }
}

export type Receiver = Awaited<ReturnType<typeof createReceiver>>

/** Asks for the url of a new server, or something of the one with a url. */
export type ReceiverQuestion =
  | { readonly ask: 'open' }
  | { readonly ask: 'refuse' | 'listen'; readonly url: string }
  | { readonly ask: 'received'; readonly url: string; readonly delivers: keyof typeof marks }

export type ReceiverAnswer = string | Received
