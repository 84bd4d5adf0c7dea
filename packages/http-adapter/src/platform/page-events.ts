import type { Tracker } from '@callsheet/core'
import { cutTime, type PageEvent } from '@callsheet/core/provider'

/** The page around a sink or a source. */
export interface HostPage {
  readonly document: EventTarget & { readonly visibilityState: string }
  readonly window: EventTarget
  /** Used by a sink where fetch cannot outlive the page. It sends no headers and gets no answer. */
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

/** Where each event is fired. `unload` would keep the page out of the back-forward cache; `beforeunload` does not. */
const targets = {
  visibilitychange: 'document',
  freeze: 'document',
  resume: 'document',
  beforeunload: 'window',
  pagehide: 'window',
  pageshow: 'window',
  online: 'window',
} as const

/** What happens to a page. `hidden` and `visible` are its visibility. */
export type PageNews = Exclude<keyof typeof targets, 'visibilitychange'> | 'hidden' | 'visible'

const eventOf: { readonly [N in PageNews]?: PageEvent } = {
  beforeunload: 'may-leave',
  freeze: 'left',
  pagehide: 'left',
  pageshow: 'returned',
  resume: 'returned',
}

/** A page that is listened to. */
export interface FollowedPage {
  /** Whether the browser cuts the page's connections now, since the page is left. */
  readonly isLeaving: () => boolean
  /** Stops listening. In a page that was left, only when it returns: what waits for that would wait for ever. */
  readonly stop: () => void
}

/** Calls back with what happens to a page, and with what that means to a tracker, if anything. */
export function followPage(
  page: HostPage,
  clock: () => number,
  onNews: (news: PageNews, event: PageEvent | undefined) => void,
): FollowedPage {
  const undo = new AbortController()
  let [isLeft, isStopping, mayLeaveAt] = [false, false, -Infinity]
  const stop = () => {
    isStopping = true
    if (!isLeft) undo.abort()
  }
  const tell = ({ type }: Event) => {
    const news = (type === 'visibilitychange' ? page.document.visibilityState : type) as PageNews
    const event = eventOf[news]
    if (event === 'may-leave') mayLeaveAt = clock()
    else if (event) isLeft = event === 'left'
    onNews(news, event)
    if (isStopping) stop()
  }
  for (const [type, target] of Object.entries(targets)) {
    page[target].addEventListener(type, tell, { signal: undo.signal })
  }
  return {
    isLeaving: () => isLeft || Math.abs(clock() - mayLeaveAt) < cutTime,
    stop,
  }
}

/**
 * Tells a tracker when its page is left and when it returns, so that calls that the browser cuts then do not count as
 * failed. An `httpSink` in the page does that by itself. Does nothing without a page. Returns the undo.
 *
 * @example
 * const tracker = createTracker({ pipeline: showPipeline })
 * watchPage(tracker)
 */
export function watchPage(
  tracker: Pick<Tracker, 'page'>,
  page: HostPage | null | undefined = thisPage(),
): () => void {
  if (!page) return () => {}
  tracker.page('watched')
  return followPage(page, Date.now, (_news, event) => event && tracker.page(event)).stop
}
