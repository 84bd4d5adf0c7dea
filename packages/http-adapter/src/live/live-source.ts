import { CallsheetError, type Pipeline, type Tracker } from '@callsheet/core'
import { type Channel, createChannel, idle } from './channel.ts'
import { collectorUrl } from '../platform/collector-url.ts'
import type { LiveState } from './connection.ts'
import { type HostPage, thisPage } from '../platform/page-events.ts'
import { type GivenHeaders, type Platform, platformOf } from '../platform/platform.ts'

/** Options of `liveSource`. */
export interface LiveSourceOptions<P extends Pipeline> extends Partial<Platform> {
  /** The tracker that gets the records. */
  readonly tracker: Tracker<P>
  /** The collector's address: the show is at `{url}/shows/:id`. Relative to the page, where there is one. */
  readonly url: string | URL
  /** The show to follow. */
  readonly showId: string
  /** Headers of every request, or a function that is called for each. @default none */
  readonly headers?: GivenHeaders
  /** Milliseconds between polls where the stream is blocked, from 100. @default 5,000 */
  readonly pollInterval?: number
  /** The page to watch; null for none. @default the current page */
  readonly page?: HostPage | null
}

/** A live source of one show's records. Its functions work without `this`. */
export interface LiveSource {
  /** Connects, or continues after a stop. Returns the function that disconnects. */
  readonly open: () => () => void
  /** Calls back whenever `state` has changed; returns the undo. It does not connect. */
  readonly subscribe: (listener: () => void) => () => void
  /** Reconnects now, unless the server asked to wait; also after a 401, 403 or 204. */
  readonly resume: () => void
  /** The same object until it changes. */
  readonly state: LiveState
}

const channels = new WeakMap<object, Map<string, Channel>>()

/**
 * Creates a live source: it merges the collector's records of a show into the tracker, and then each change as it
 * happens. Sources of the same tracker, address and show share one connection. It opens with the first source and closes
 * 1 s after the last one is released.
 *
 * The connection is a stream of server-sent events. When it breaks off, or is silent for 45 s, a new one continues where
 * it ended, after 1 s, 2 s … up to 60 s, or as the server says by `retry:` or Retry-After; at once when the page is visible
 * or online again. Where a proxy blocks the stream, the source polls snapshots and tries the stream again every 5 min.
 * After a 401, a 403 or a 204 it stops until it is opened again or resumed.
 *
 * Each kind of failure is reported on the tracker's `error` event, once until the source is live again. The first snapshot completes no
 * step; changes do. Throws a CallsheetError for an invalid showId, url or
 * pollInterval, and nothing later.
 *
 * @example
 * const source = liveSource({ tracker, url: '/api', showId: 'neon-noir' })
 * const release = source.open()
 * source.subscribe(() => console.log(source.state.status)) // 'connecting', 'live'
 * release()
 */
export function liveSource<P extends Pipeline>(options: LiveSourceOptions<P>): LiveSource {
  const { tracker, showId, headers, pollInterval = 5_000, page = thisPage() } = options
  // Each throws for an invalid option: a mistake that should be seen at once.
  tracker.show(showId)
  if (!(pollInterval >= 100))
    throw new CallsheetError(
      `Invalid "pollInterval" of liveSource: expected milliseconds from 100, got ${String(pollInterval)}.`,
      { code: 'invalid_option' },
    )
  const url = `${collectorUrl(options.url, 'liveSource')}/shows/${encodeURIComponent(showId)}`
  const ask = () => (typeof headers === 'function' ? headers() : headers)
  const host = { ...platformOf(options), tracker, url, headers: ask, pollInterval }
  const known = channels.get(tracker) ?? new Map<string, Channel>()
  channels.set(tracker, known)
  const find = () => known.get(url)

  function channel(): Channel {
    const found = find()
    if (found) return found
    const made = createChannel(tracker.report, () => find() === made && known.delete(url))
    known.set(url, made)
    return made
  }

  return {
    open: () => channel().open(host, page ?? undefined),
    subscribe: (listener) => channel().subscribe(listener),
    resume: () => find()?.resume(),
    get state() {
      return find()?.state ?? idle
    },
  }
}
