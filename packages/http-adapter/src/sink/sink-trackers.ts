import { CallsheetError } from '@callsheet/core'
import type { PageEvent, SinkHost } from '@callsheet/core/provider'
import { createGuard } from '@callsheet/core/provider'

/** The trackers that a sink belongs to. Nothing here throws. */
export interface SinkTrackers {
  readonly add: (tracker: SinkHost) => void
  readonly page: (event: PageEvent) => void
  /** Reports each kind of trouble once, until `calm`. */
  readonly tell: (what: string, cause: unknown) => void
  /** All is well again. */
  readonly calm: () => void
}

interface Held {
  readonly report: WeakRef<SinkHost['report']>
  readonly page: WeakRef<SinkHost['page']>
}

/** What is left of a tracker. */
type Reached = { readonly [K in keyof SinkHost]: SinkHost[K] | undefined }

/** What fails here has nowhere to be reported. */
const quietly = createGuard(() => {})

/** @param name Of the sink, in what is reported. */
export function createSinkTrackers(name: string): SinkTrackers {
  // Weakly, since a sink of a server outlives the trackers of its requests.
  const trackers = new Set<Held>()
  const gone = new FinalizationRegistry<Held>((held) => trackers.delete(held))
  const told = new Set<string>()
  /** Reported before there was a tracker. */
  const early: Error[] = []

  function forEach(action: (tracker: Reached) => unknown): void {
    for (const { report, page } of trackers)
      quietly(() => action({ report: report.deref(), page: page.deref() }))
  }

  return {
    add({ report, page }) {
      const held = { report: new WeakRef(report), page: new WeakRef(page) }
      trackers.add(held)
      gone.register(report, held)
      for (const error of early.splice(0)) forEach((tracker) => tracker.report?.(error))
    },
    page: (event) => forEach(({ page }) => page?.(event)),
    tell(what, cause) {
      if (told.has(what)) return
      told.add(what)
      const why = cause instanceof Error ? cause.message : String(cause)
      const error = new CallsheetError(`${name}: ${what}: ${why}`, { code: 'sink_failed', cause })
      if (trackers.size === 0) early.push(error)
      forEach(({ report }) => report?.(error))
    },
    calm: () => told.clear(),
  }
}
