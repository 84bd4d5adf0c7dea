/** The page that a live source lives in, as far as it watches it. */
export interface LivePage {
  readonly document: EventTarget & { readonly visibilityState: string }
  readonly window: EventTarget
}

/** The page around, if there is one. */
export function thisPage(): LivePage | undefined {
  const { document, window } = globalThis as Partial<typeof globalThis>
  return document?.addEventListener && window?.addEventListener && { document, window }
}

/** Calls back when the page is seen, online, or out of the back-forward cache again; gives the undo. */
export function watchReturn({ document, window }: LivePage, onReturn: () => void): () => void {
  const undo = new AbortController()
  const handler = () => document.visibilityState === 'hidden' || onReturn()
  for (const event of ['visibilitychange', 'pageshow', 'online']) {
    const target = event === 'visibilitychange' ? document : window
    target.addEventListener(event, handler, { signal: undo.signal })
  }
  return () => undo.abort()
}
