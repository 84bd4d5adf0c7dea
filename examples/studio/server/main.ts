import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createAdaptorServer } from '@hono/node-server'
import { createApp } from './app.ts'
import { createLocalGenerator } from './local-generator.ts'
import { createShows } from './shows.ts'

// Seen from dist/server/main.js, where this file is when it runs.
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const { values } = parseArgs({ options: { port: { type: 'string' }, dir: { type: 'string' } } })
const wanted = values.port ?? process.env['PORT'] ?? '5173'
const first = Number(wanted)
if (!/^\d+$/.test(wanted) || first > 65_535) throw new Error(`Invalid port "${wanted}": expected 0 to 65535.`)
const folder = values.dir === undefined ? here('../../shows') : resolve(values.dir)
mkdirSync(folder, { recursive: true })

const app = createApp({
  generator: createLocalGenerator(),
  shows: createShows(folder),
  staticDir: here('../client'),
  report: (error) => console.error(error),
})
const server = createAdaptorServer({ fetch: app.fetch })

/** Listens on the port, or on the next free one. */
function listen(port: number): void {
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || port >= Math.min(first + 100, 65_535)) throw error
    listen(port + 1)
  }
  server.once('error', onError)
  // Without a callback, since those of failed attempts would be called too.
  server.listen(port, '127.0.0.1')
}

server.once('listening', () => {
  server.removeAllListeners('error')
  console.log(`Studio: http://localhost:${(server.address() as AddressInfo).port}`)
})
const stop = () => {
  server.close()
  if ('closeAllConnections' in server) server.closeAllConnections()
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
listen(first)
