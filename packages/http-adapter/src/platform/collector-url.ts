import { CallsheetError } from '@callsheet/core'
import { nowhere } from '../route/match.ts'

/**
 * A collector's address, without a slash at its end. In a page, a path is resolved against the page.
 *
 * Throws a CallsheetError for anything but a host and a path: fetch takes no password, and a query would end up in the
 * middle of an address. The message leaves out the value, which may be secret.
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
  const message = `Invalid "url" of ${who}: expected an address of a host and a path, such as "https://host/path".`
  throw new CallsheetError(message, { code: 'invalid_option' })
}
