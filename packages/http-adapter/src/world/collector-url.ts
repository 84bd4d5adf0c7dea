import { nowhere } from '../route/match.ts'

/**
 * A collector's address, without a slash at its end. A path is one of the page around; where there is none, it stays a
 * path.
 *
 * Throws a TypeError for what has more than a host and a path, for fetch takes no password, and a query would stand in
 * the middle of what is asked. It does not say what was given, which may be secret.
 */
export function collectorUrl(given: string | URL, who: string): string {
  let url: URL | undefined
  try {
    url = new URL(given, globalThis.location?.href ?? nowhere)
  } catch {
    // No address at all.
  }
  if (url?.protocol.startsWith('http') && url.href === url.origin + url.pathname) {
    return url.href.replace(nowhere, '').replace(/\/$/, '')
  }
  throw new TypeError(`${who}: give as url an address of a host and a path, such as "https://host/path".`)
}
