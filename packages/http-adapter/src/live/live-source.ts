import type { Pipeline, Tracker } from '@callsheet/core'
import { type Channel, createChannel, idle } from './channel.ts'
import { collectorUrl } from '../world/collector-url.ts'
import type { LiveState } from './connection.ts'
import { type HostPage, thisPage } from '../world/page.ts'
import { type GivenHeaders, type World, worldOf } from '../world/world.ts'

/** How a live source is made. */
export interface LiveSourceOptions<P extends Pipeline> extends Partial<World> {
  /** What the records are merged into. */
  readonly tracker: Tracker<P>
  /** The collector's address: the show is at `{url}/shows/:id`. Relative to the page, where there is one. */
  readonly url: string | URL
  readonly showId: string
  /** Sent with every request; a function is asked for them each time. */
  readonly headers?: GivenHeaders
  /** How often snapshots are asked for where the stream is held back, in ms, from 100. Default 5,000. */
  readonly pollInterval?: number
  /** The page whose return is watched; null for none. Default: the page around. */
  readonly page?: HostPage | null
}

/** Where a show's records come in. Its functions need no `this`. */
export interface LiveSource {
  /** Connects, and stays connected until the function that it gives is called; or goes on where it had stopped. */
  readonly open: () => () => void
  /** Calls back whenever `state` has changed; gives the undo. It does not connect. */
  readonly subscribe: (listener: () => void) => () => void
  /** Tries now instead of later, unless the server has said how much later; and goes on after a 401, 403 or 204. */
  readonly resume: () => void
  /** The same object until it changes. */
  readonly state: LiveState
}

const channels = new WeakMap<object, Map<string, Channel>>()

/**
 * Makes a source of a show's records: what the collector knows of the show, and then each change as it happens, is
 * merged into the tracker. Sources of the same tracker, address and show share one connection, made when the first is
 * opened; it ends 1 s after the last was released.
 *
 * The connection is a stream of server-sent events. When it breaks off, or is silent for 45 s, a new one goes on where
 * it ended, after 1 s, 2 s … up to 60 s, or as the server says by `retry:` or Retry-After; at once when the page is seen
 * or online again. Where something on the way holds the stream back, the source asks for snapshots, and tries the stream
 * again each 5 min. After a 401, a 403 or a 204 it stops until it is opened anew or resumed.
 *
 * What goes wrong is told on the tracker's `error` event, once until all is well again. The first snapshot completes no
 * step; changes do. Throws a CallsheetError for a showId that cannot be, a TypeError for such a url or
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
  // Each throws for what cannot be: a mistake that should be seen at once.
  tracker.show(showId)
  if (!(pollInterval >= 100))
    throw new TypeError(`liveSource: pollInterval is ${pollInterval}; give ms from 100.`)
  const url = `${collectorUrl(options.url, 'liveSource')}/shows/${encodeURIComponent(showId)}`
  const ask = () => (typeof headers === 'function' ? headers() : headers)
  const host = { ...worldOf(options), tracker, url, headers: ask, pollInterval }
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
