/** The page that a sink or a source lives in, as far as it is watched. */
export interface HostPage {
  readonly document: EventTarget & { readonly visibilityState: string }
  readonly window: EventTarget
  /** Of a sink: given where fetch cannot outlive the page, and then used instead. It sends no headers, and hears no answer. */
  readonly sendBeacon?: ((url: string, body: string) => boolean) | undefined
}

/** Bytes that may be on their way when a page ends: a browser refuses more than 64 KiB, of all requests together. */
export const room = { left: 60_000 }

/** The page around, if there is one. */
export function thisPage(): HostPage | undefined {
  const { document, window, navigator } = globalThis
  if (!document?.addEventListener || !window.addEventListener) return undefined
  const canOutlive = 'keepalive' in Request.prototype
  return { document, window, ...(!canOutlive && { sendBeacon: (...args) => navigator.sendBeacon(...args) }) }
}

/**
 * Tells when the page may be about to end, and when it is back; gives the undo.
 *
 * `pagehide` comes to the window alone, `freeze` to the document; `beforeunload` and `unload` would keep the page out of
 * the back-forward cache.
 */
export function watchPage(
  { document, window }: HostPage,
  onLeave: (event: string) => void,
  onReturn: () => void,
) {
  const undo = new AbortController()
  const tell = ({ type }: Event) =>
    /hid|freeze/.test(type === 'visibilitychange' ? document.visibilityState : type)
      ? onLeave(type)
      : onReturn()
  for (const event of ['visibilitychange', 'freeze', 'pagehide', 'pageshow', 'online']) {
    const target = /^[vf]/.test(event) ? document : window
    target.addEventListener(event, tell, { signal: undo.signal })
  }
  return () => undo.abort()
}
