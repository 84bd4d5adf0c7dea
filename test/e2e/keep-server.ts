import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The application's server, which counts what is paid for. Each origin is a fresh one for a browser. */
export async function startApp(script: string) {
  /** The keys of the calls that have arrived, by host and slot. */
  const paid = new Map<string, string[]>()
  /** The same key is the same work, as providers with idempotency keys have it. */
  const idOf = new Map<string, string>()
  const held: ServerResponse[] = []
  let isHolding = false
  let jobs = 0
  const html = '<!doctype html><title>App</title><script type="module" src="/page.js"></script>'
  const server = createServer((request, response) => {
    const url = new URL(request.url!, `http://${request.headers.host}`)
    response.shouldKeepAlive = false
    const say = (body: string, type: string) =>
      void response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
    const json = (body: unknown) => say(JSON.stringify(body), 'application/json')
    if (url.pathname === '/') say(html, 'text/html')
    else if (url.pathname === '/page.js') say(script, 'text/javascript')
    else if (url.pathname === '/other') say('<!doctype html><title>Other</title>', 'text/html')
    else if (url.pathname === '/pay') {
      const slot = `${url.hostname} ${url.searchParams.get('slot')}`
      const key = url.searchParams.get('key')!
      paid.set(slot, [...(paid.get(slot) ?? []), key])
      const id = idOf.get(`${slot} ${key}`) ?? `j${(jobs += 1)}`
      idOf.set(`${slot} ${key}`, id)
      if (url.searchParams.get('kind') === 'call' && isHolding) held.push(response)
      else json({ id, url: `/files/${id}.png` })
    } else if (url.pathname.startsWith('/jobs/')) {
      const id = url.pathname.slice('/jobs/'.length)
      if (isHolding) json({ status: 'running' })
      else json({ status: 'succeeded', outputUrl: new URL(`/files/${id}.png`, url).href })
    } else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let origins = 0
  return {
    hold: () => void (isHolding = true),
    /** Answers all calls that are held, and ends all jobs. */
    release() {
      isHolding = false
      for (const response of held.splice(0))
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"url":"/files/late.png"}')
    },
    /** The address of a fresh origin. Every name under localhost leads here, and is a secure context. */
    origin(domain = 'localhost') {
      origins += 1
      const host = `app-${origins}.${domain}`
      return { url: `http://${host}:${port}/`, keysOf: (slot: string) => paid.get(`${host} ${slot}`) ?? [] }
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
