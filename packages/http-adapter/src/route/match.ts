import { CallsheetError } from '@callsheet/core'

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | '*'

/**
 * A method (`*` for any) and a path or a whole address. A path segment is literal, `:name`, or at the end `*` for the
 * rest. A name ends at a further `:`, after which the segment is literal: `/models/:model:predict`.
 */
export type RouteKey = `${Method} ${'/' | 'http://' | 'https://'}${string}`

/** The names of a key's parameters; `*` for the rest of an open path. */
export type ParamName<K extends string> = K extends `${string}/:${infer Name}/${infer Rest}`
  ? NameIn<Name> | ParamName<`/${Rest}`>
  : K extends `${string}/:${infer Name}`
    ? NameIn<Name>
    : K extends `${string}/*`
      ? '*'
      : never

type NameIn<Segment extends string> = Segment extends `${infer Name}:${string}` ? Name : Segment

/** The base of relative addresses outside a page. */
export const nowhere = 'http://relative.invalid'

interface Pattern<R> {
  readonly method: string
  readonly origin: string | undefined
  readonly path: RegExp
  readonly names: readonly string[]
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
 * Written by hand: Node 20 and Safari before 26 have no `URLPattern`, and routers such as rou3 prefer the most specific route
 * to the first one and know no hosts. Throws a CallsheetError for an invalid key.
 */
export function createMatcher<R>(
  routes: readonly (readonly [key: string, route: R])[],
): (method: string, url: URL) => Match<R> | undefined {
  const patterns = routes.map(([key, route]) => parseKey(key, route))
  return (method, url) => {
    for (const pattern of patterns) {
      if (pattern.method !== '*' && pattern.method !== method) continue
      if (pattern.origin !== undefined && pattern.origin !== url.origin) continue
      const found = pattern.path.exec(url.pathname)
      if (!found) continue
      const params = pattern.names.map((name, place) => [name, decode(found[place + 1]!)] as const)
      return { route: pattern.route, params: Object.fromEntries(params) }
    }
    return undefined
  }
}

function parseKey<R>(key: string, route: R): Pattern<R> {
  const [, method, address] = /^([A-Z]+|\*) (?!.*\/\*\/)((?:\/|https?:\/\/)[^\s?#]*)$/.exec(key) ?? []
  if (method === undefined || address === undefined) {
    throw new CallsheetError(
      `Invalid route "${key}": expected "METHOD /path", such as "POST /shows/:id" or "GET /files/*".`,
      { code: 'invalid_option' },
    )
  }
  // The same spelling that addresses get: "ö" is "%C3%B6".
  const url = new URL(address, nowhere)
  const names: string[] = []
  const path = url.pathname.replaceAll(
    /(?<=\/):([^/:]+)|(?<=\/)(\*)$|[.*+?^${}()|[\]\\]/g,
    (sign, name?: string, rest?: string) => {
      if (!name && !rest) return `\\${sign}`
      names.push(name ?? '*')
      return name ? '([^/]+)' : '(.*)'
    },
  )
  return {
    method,
    origin: address.startsWith('/') ? undefined : url.origin,
    path: new RegExp(`^${path}$`),
    names,
    route,
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
