import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTracker, showPipeline } from '@callsheet/core'
import type { Change } from '@callsheet/core/provider'
import { createRandom } from '@callsheet/core/test'

/** What goes wrong with streams: their body is held back, a page comes instead, or a status. */
export type LiveFault = 'held' | 'page' | { readonly status: number; readonly retryAfter?: string }

interface LiveServerOptions {
  /** In ms. */
  readonly heartbeat?: number
  /** How many frames are kept for those who come back. */
  readonly ring?: number
  /**
   * After how many bytes a stream is dropped, in mid-character if it comes so; undefined for never. Asked with the name
   * of the reader and how often it was dropped before.
   */
  readonly dropAfter?: (reader: string, drops: number) => number | undefined
  /** Delays changes so that they come in another order, and sends some twice. */
  readonly isScrambled?: boolean
  /** What else it serves, by path: pages, and scripts and JSON where the path ends in `.js` or `.json`. */
  readonly pages?: Readonly<Record<string, string>>
}

interface Frame {
  readonly seq: number
  readonly showId: string
  readonly text: string
}

interface Reader {
  readonly showId: string
  readonly write: (text: string) => void
}

/** A collector of its own for tests: the state is a tracker's, the stream as design.md has it. */
export async function startLiveServer(options: LiveServerOptions = {}) {
  const { heartbeat = 15_000, ring: ringSize = 1_000, dropAfter, isScrambled = false, pages = {} } = options
  const random = createRandom(7)
  const readers = new Set<Reader>()
  const requests: { readonly path: string; readonly lastEventId: string | undefined }[] = []
  const counts = { resumed: 0, reset: 0 }
  const drops = new Map<string, number>()
  let fault: LiveFault | undefined
  let ring: Frame[] = []
  const delayed: { readonly showId: string; readonly data: object }[] = []
  let [epoch, seq] = [1, 0]
  const truth = createTracker({ pipeline: showPipeline, by: 'server', sinks: [{ write: publish }] })

  const frameText = (event: string, data: unknown) =>
    `id: ${epoch}.${seq}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`

  const snapshotOf = (id: string) => {
    const { tasks, shows, ...rest } = truth.serialize()
    const isMeant = ({ showId }: { readonly showId: string }) => showId === id
    return { ...rest, tasks: tasks.filter(isMeant), shows: shows.filter(isMeant) }
  }

  function publish({ tasks, shows }: Change): void {
    const showId = (tasks[0] ?? shows[0])!.showId
    delayed.push({ showId, data: { tasks, shows } })
    while (delayed.length > (isScrambled ? 5 : 0)) release()
  }

  /** Sends one of the delayed changes, and perhaps keeps it to send it again. */
  function release(): void {
    const place = isScrambled ? Math.floor(random() * delayed.length) : 0
    const [change] = isScrambled && random() < 0.3 ? [delayed[place]!] : delayed.splice(place, 1)
    seq += 1
    const frame = { seq, showId: change!.showId, text: frameText('change', change!.data) }
    ring.push(frame)
    if (ring.length > ringSize) ring.shift()
    for (const reader of readers) if (reader.showId === frame.showId) reader.write(frame.text)
  }

  function stream(request: IncomingMessage, response: ServerResponse, showId: string): void {
    if (typeof fault === 'object') {
      const { status, retryAfter } = fault
      response.writeHead(status, retryAfter ? { 'retry-after': retryAfter } : {})
      return void response.end('<!doctype html>')
    }
    const type = fault === 'page' ? 'text/html' : 'text/event-stream'
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache, no-transform' })
    response.flushHeaders()
    if (fault === 'page') return void response.end('<!doctype html>')
    if (fault === 'held') return
    const name = String(request.headers['x-reader'])
    const dropped = drops.get(name) ?? 0
    let left = dropAfter?.(name, dropped) ?? Number.POSITIVE_INFINITY
    const write = (text: string): void => {
      if (response.destroyed || left <= 0) return
      const bytes = Buffer.from(text)
      const part = bytes.subarray(0, left)
      left -= bytes.length
      if (left > 0) {
        // Two pieces, in mid-character if it comes so: each is read by itself.
        const place = Math.floor(random() * part.length)
        response.write(part.subarray(0, place))
        return void response.write(part.subarray(place))
      }
      drops.set(name, dropped + 1)
      // What was written has to arrive first.
      response.write(part, () => response.destroy())
    }
    const [lastEpoch, lastSeq] = String(request.headers['last-event-id'] ?? '')
      .split('.')
      .map(Number)
    const missed = ring.filter((frame) => frame.seq > lastSeq!)
    write('retry: 2000\n\n')
    if (lastEpoch === epoch && missed.length === seq - lastSeq!) {
      counts.resumed += 1
      for (const frame of missed) if (frame.showId === showId) write(frame.text)
    } else {
      if (lastEpoch) {
        counts.reset += 1
        write(frameText('reset', {}))
      }
      write(frameText('snapshot', snapshotOf(showId)))
    }
    const reader = { showId, write }
    readers.add(reader)
    response.on('close', () => readers.delete(reader))
  }

  function snapshot(request: IncomingMessage, response: ServerResponse, showId: string): void {
    const etag = `"${epoch}.${seq}.${delayed.length}"`
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end()
    response.writeHead(200, { 'content-type': 'application/json', etag })
    response.end(JSON.stringify(snapshotOf(showId)))
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url!.split('?')[0]!
    const page = pages[path]
    const [, id, live] = /^\/shows\/([^/]+)(\/live)?$/.exec(path) ?? []
    if (page !== undefined) {
      const type = { js: 'text/javascript', json: 'application/json' }[path.split('.')[1]!] ?? 'text/html'
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(page)
    } else if (id === undefined) response.writeHead(404).end()
    else {
      requests.push({ path, lastEventId: request.headers['last-event-id'] as string | undefined })
      const serve = live ? stream : snapshot
      serve(request, response, decodeURIComponent(id))
    }
  }

  const server = createServer(answer)

  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  async function stop(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  const port = await listen(0)
  const beat = setInterval(() => {
    for (const { write } of readers) write(': heartbeat\n\n')
  }, heartbeat)

  return {
    url: `http://127.0.0.1:${port}`,
    truth,
    requests,
    counts,
    /** How often each reader was dropped. */
    drops: (): readonly number[] => [...drops.values()],
    readers: () => readers.size,
    setFault: (next?: LiveFault) => void (fault = next),
    /** Sends what was delayed. */
    settle() {
      while (delayed.length > 0) release()
    },
    /** Goes away for some ms, and comes back without knowing what it had sent. */
    async restart(ms: number) {
      await stop()
      await new Promise((resolve) => setTimeout(resolve, ms))
      epoch += 1
      ring = []
      await listen(port)
    },
    async close() {
      clearInterval(beat)
      await stop()
    },
  }
}
