import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sourceContract } from '@callsheet/core/test'
import { describe, it } from 'vitest'
import { liveSource } from '../index.ts'

/** A collector's live stream over real sockets. */
async function startStream(snapshot: () => string) {
  const open = new Set<ServerResponse>()
  let [isDown, seq] = [false, 0]
  const frame = (event: string, text: string) =>
    `id: a.${(seq += 1)}\nevent: ${event}\n${text
      .split('\n')
      .map((line) => `data: ${line}\n`)
      .join('')}\n`
  const server = createServer((request, response) => {
    if (isDown) return void request.socket.destroy()
    if (!request.url!.endsWith('/live')) {
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(snapshot())
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`retry: 100\n\n${frame('snapshot', snapshot())}`)
    open.add(response)
    response.on('close', () => open.delete(response))
    return undefined
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    send: (text: string) => {
      for (const response of open) response.write(frame('change', text))
    },
    connections: () => open.size,
    interrupt: (next: boolean) => {
      isDown = next
      if (next) server.closeAllConnections()
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('liveSource', () => {
  const cases = sourceContract(
    async ({ tracker, showId, snapshot }) => {
      const { url, ...origin } = await startStream(snapshot)
      const source = liveSource({
        tracker,
        url,
        showId,
        // Pauses are shorter than in life; what is waited for in vain is not.
        schedule: (callback, ms) => {
          const timer = setTimeout(callback, ms < 5_000 ? ms / 20 : ms)
          return () => clearTimeout(timer)
        },
      })
      return { open: source.open, ...origin }
    },
    { timeout: 20_000 },
  )
  it.each(cases.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => run())
})
