type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | '*'

/**
 * What a route is for: a method (`*` for any) and a path or a whole address. A path segment is literal, or
 * `:name`, or at the end `*` for all the rest.
 */
export type RouteKey = `${Method} ${'/' | 'http://' | 'https://'}${string}`

/** The names of a key's parameters; `*` for the rest of an open path. */
export type ParamName<K extends string> = K extends `${string}/:${infer Name}/${infer Rest}`
  ? Name | ParamName<`/${Rest}`>
  : K extends `${string}/:${infer Name}`
    ? Name
    : K extends `${string}/*`
      ? '*'
      : never

/** What relative addresses are read against where there is no page. */
export const nowhere = 'http://relative.invalid'

interface Pattern<R> {
  readonly method: string
  readonly origin: string | undefined
  readonly segments: readonly string[]
  readonly route: R
}

/** The route of a call. */
export interface Match<R> {
  readonly route: R
  readonly params: Readonly<Record<string, string>>
}

/**
 * Makes a function which finds the first route, in the order written, for a method and an address.
 *
 * Not `URLPattern`, which Node 20 and Safari before 26 do not have. Throws a TypeError for a key that cannot match.
 */
export function createMatcher<R>(
  routes: readonly (readonly [key: string, route: R])[],
): (method: string, url: URL) => Match<R> | undefined {
  const patterns = routes.map(([key, route]) => parseKey(key, route))
  return (method, url) => {
    for (const pattern of patterns) {
      if (pattern.method !== '*' && pattern.method !== method) continue
      if (pattern.origin !== undefined && pattern.origin !== url.origin) continue
      const params = matchPath(pattern.segments, url.pathname.split('/'))
      if (params) return { route: pattern.route, params }
    }
    return undefined
  }
}

function parseKey<R>(key: string, route: R): Pattern<R> {
  const [, method, address] = /^([A-Z]+|\*) ((?:\/|https?:\/\/)[^\s?#]*)$/.exec(key) ?? []
  if (method === undefined || address === undefined) {
    throw new TypeError(
      `createTrackedFetch: the route "${key}" is no method and path, such as "POST /api/shows/:id".`,
    )
  }
  // The same spelling that addresses get: "ö" is "%C3%B6".
  const url = new URL(address, nowhere)
  const segments = url.pathname.split('/')
  if (segments.slice(0, -1).includes('*')) {
    throw new TypeError(`createTrackedFetch: in the route "${key}" a "*" stands before the end; use ":name".`)
  }
  return { method, origin: address.startsWith('/') ? undefined : url.origin, segments, route }
}

function matchPath(
  pattern: readonly string[],
  path: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const isOpen = pattern.at(-1) === '*'
  if (isOpen ? path.length < pattern.length : path.length !== pattern.length) return undefined
  const params: Record<string, string> = {}
  for (const [place, segment] of pattern.entries()) {
    const given = path[place]!
    if (isOpen && place === pattern.length - 1) params['*'] = path.slice(place).map(decode).join('/')
    else if (segment.startsWith(':') && given !== '') params[segment.slice(1)] = decode(given)
    else if (segment !== given) return undefined
  }
  return params
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
