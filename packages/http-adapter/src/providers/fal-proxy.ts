import { type Fetch, urlOf } from '../route/request.ts'

/**
 * Makes a fetch that asks fal through the proxy on your own server, where the key is, as the `proxyUrl` of fal's client
 * does. Give it to the tracked fetch, and no `proxyUrl` to the client: so the calls are understood, and followed after a
 * reload without a key in the page. What goes to other hosts is left alone.
 *
 * @param send Default: the global fetch as it is now.
 * @example
 * const fetch = createTrackedFetch({ tracker, providers: [fal()], fetch: falProxy('/api/fal/proxy') })
 */
export function falProxy(proxyUrl: string, send: Fetch = globalThis.fetch): Fetch {
  return (input, init) => {
    const url = urlOf([input, init])
    if (!url || !/(?:^|\.)fal\.(?:ai|run)$/.test(url.hostname)) return send(input, init)
    // Also a Request of another realm or library.
    const request = typeof input === 'object' && 'url' in input ? input : undefined
    const headers = new Headers(init?.headers ?? request?.headers)
    headers.set('x-fal-target-url', url.href)
    return send(request ? new Request(proxyUrl, request) : proxyUrl, { ...init, headers })
  }
}
