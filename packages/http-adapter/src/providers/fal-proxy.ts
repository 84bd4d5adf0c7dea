import { type Fetch, urlOf } from '../route/request.ts'

/**
 * Creates a fetch that sends calls to fal through the proxy on your own server, which holds the key. It replaces the
 * `proxyUrl` of fal's client, which must be left out. Calls to other hosts pass unchanged.
 *
 * @param send Makes the requests. Default: the global fetch at creation.
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
