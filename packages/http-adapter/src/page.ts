/** The page that a sink lives in, as far as it watches it. */
export interface SinkPage {
  readonly document: EventTarget & { readonly visibilityState: string }
  readonly window: EventTarget
  /** Given where fetch cannot outlive the page, and then used instead. It sends no headers, and hears no answer. */
  readonly sendBeacon?: ((url: string, body: string) => boolean) | undefined
}

/** Bytes that may be on their way when a page ends: a browser refuses more than 64 KiB, of all requests together. */
export const room = { left: 60_000 }

/** The page around, if there is one. */
export function thisPage(): SinkPage | undefined {
  const { document, window, navigator } = globalThis
  if (!document?.addEventListener || !window.addEventListener) return undefined
  const hasKeepalive = 'keepalive' in Request.prototype
  return { document, window, sendBeacon: hasKeepalive ? undefined : navigator.sendBeacon?.bind(navigator) }
}

/**
 * Tells when the page may be about to end, and when it is back; gives the undo.
 *
 * `pagehide` comes to the window alone; `beforeunload` and `unload` would keep the page out of the back-forward cache.
 */
export function watchPage({ document, window }: SinkPage, onLeave: () => void, onReturn: () => void) {
  const undo = new AbortController()
  const on = (target: EventTarget, event: string, handler: () => void) =>
    target.addEventListener(event, handler, { signal: undo.signal })
  on(document, 'visibilitychange', () => (document.visibilityState === 'hidden' ? onLeave() : onReturn()))
  on(document, 'freeze', onLeave)
  on(window, 'pagehide', onLeave)
  on(window, 'pageshow', onReturn)
  on(window, 'online', onReturn)
  return () => undo.abort()
}
