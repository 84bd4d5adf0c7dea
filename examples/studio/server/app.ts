import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import type { ShowGenerator } from './generator.ts'
import { addMaking } from './making.ts'
import { controlsBody, readBody, refusal } from './requests.ts'
import { summaryOf, viewOf } from './show-record.ts'
import type { Shows } from './shows.ts'

export interface AppOptions {
  readonly generator: ShowGenerator
  readonly shows: Shows
  /** The built page, if there is one. */
  readonly staticDir?: string
  /** Waits for ms, or rejects when the signal aborts. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** Receives unexpected errors. */
  readonly report?: (error: unknown) => void
}

const bodyBytes = 256 * 1024
const defaultSleep = (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, { signal })
const unknownShow = (showId: string) =>
  refusal(404, { error: 'Not found', details: `Unknown show "${showId}".` })

/** The studio's server: produces shows, stores them, and serves them and the page. */
export function createApp(options: AppOptions): Hono {
  const { generator, shows, staticDir, sleep = defaultSleep, report } = options
  const app = new Hono()

  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    // The client is gone. Proxies log this status for that.
    if (c.req.raw.signal.aborted) return new Response(null, { status: 499 })
    report?.(error)
    return c.json({ error: 'Server error', details: error.message }, 500)
  })
  app.notFound((c) => c.json({ error: 'Not found', details: `${c.req.method} ${c.req.path}` }, 404))
  app.use(async (c, next) => {
    await next()
    c.header('X-Content-Type-Options', 'nosniff')
  })
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: bodyBytes,
      onError: (c) => c.json({ error: 'Too large', details: `A body may have ${bodyBytes} bytes.` }, 413),
    }),
  )

  addMaking(app, { generator, shows, sleep })

  app.get('/api/shows', async (c) => c.json((await shows.list()).map(summaryOf)))
  app.get('/api/shows/:id', async (c) => {
    const show = await shows.read(c.req.param('id'))
    if (!show) throw unknownShow(c.req.param('id'))
    return c.json(viewOf(show))
  })
  app.patch('/api/shows/:id', async (c) => {
    const { speed, faults } = await readBody(c, controlsBody)
    const showId = c.req.param('id')
    const show = await shows.update(showId, (current) => {
      if (!current) throw unknownShow(showId)
      return { ...current, speed: speed ?? current.speed, faults: faults ?? current.faults }
    })
    return c.json({ showId, speed: show.speed, faults: show.faults })
  })

  app.get(
    '/media/:folder{[0-9a-f]{64}}/:file{[a-z-]+-[0-9]+\\.[a-z0-9]+}',
    serveStatic({ root: shows.folder, rewriteRequestPath: (path) => path.slice('/media'.length) }),
  )

  if (staticDir !== undefined && existsSync(staticDir)) addPage(app, staticDir)
  return app
}

function addPage(app: Hono, root: string): void {
  const page = serveStatic({ root, path: 'index.html' })
  app.get('*', async (c, next) => {
    await next()
    // Built files carry a hash in their names; the page itself does not.
    if (c.res.headers.get('Content-Type')?.startsWith('text/html')) c.header('Cache-Control', 'no-cache')
  })
  app.get('*', serveStatic({ root }))
  // Any address without a dot is the page's own; a missing script stays missing.
  app.get('*', (c, next) => (/^\/(?:api|media)(?:\/|$)|\.[^/]*$/.test(c.req.path) ? next() : page(c, next)))
}
