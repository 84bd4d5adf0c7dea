import type { Tracker } from '@callsheet/core'
import type { PageEvent } from '@callsheet/core/provider'

/** Where each event is fired. `unload` would keep the page out of the back-forward cache; `beforeunload` does not. */
const events: Readonly<Record<string, readonly [target: 'window' | 'document', event: PageEvent]>> = {
  beforeunload: ['window', 'may-leave'],
  pagehide: ['window', 'left'],
  freeze: ['document', 'left'],
  pageshow: ['window', 'returned'],
  resume: ['document', 'returned'],
}

/** What is done when the page is left for good, cached or frozen, and when it returns. */
export interface PageListener {
  /** Has to do all at once: nothing asynchronous is sure to end. */
  readonly onLeft: () => void
  readonly onReturned: () => void
}

/** Tells a tracker what its page does, before the listener. Returns the undo. */
export function watchPage(tracker: Pick<Tracker, 'page'>, { onLeft, onReturned }: PageListener): () => void {
  let isLeft = false
  const undo = new AbortController()
  const tell = ({ type }: Event) => {
    const [, event] = events[type]!
    tracker.page(event)
    if (event === 'left' && !isLeft) {
      isLeft = true
      onLeft()
    } else if (event === 'returned' && isLeft) {
      isLeft = false
      onReturned()
    }
  }
  tracker.page('watched')
  for (const [type, [target]] of Object.entries(events)) {
    globalThis[target].addEventListener(type, tell, { signal: undo.signal })
  }
  return () => undo.abort()
}
