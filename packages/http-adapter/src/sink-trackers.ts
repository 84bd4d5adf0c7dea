import { CallsheetError, type PageEvent, type SinkHost } from '@callsheet/core'
import { guard } from './guard.ts'

/** The trackers that a sink belongs to. Nothing here throws. */
export interface SinkTrackers {
  readonly add: (tracker: SinkHost) => void
  readonly page: (event: PageEvent) => void
  /** Reports each kind of trouble once, until `calm`. */
  readonly tell: (what: string, cause: unknown) => void
  /** All is well again. */
  readonly calm: () => void
}

/** @param name Of the sink, in what is reported. */
export function createSinkTrackers(name: string): SinkTrackers {
  const trackers = new Set<SinkHost>()
  const told = new Set<string>()
  /** Reported before there was a tracker. */
  const early: Error[] = []

  function forEach(action: (tracker: SinkHost) => unknown): void {
    // What fails here has nowhere to be reported.
    for (const tracker of trackers)
      guard(
        () => action(tracker),
        () => {},
      )
  }

  return {
    add(tracker) {
      trackers.add(tracker)
      for (const error of early.splice(0)) forEach(({ report }) => report(error))
    },
    page: (event) => forEach((tracker) => tracker.page(event)),
    tell(what, cause) {
      if (told.has(what)) return
      told.add(what)
      const why = cause instanceof Error ? cause.message : String(cause)
      const error = new CallsheetError(`${name}: ${what}: ${why}`, { code: 'sink_failed', cause })
      if (trackers.size === 0) early.push(error)
      forEach(({ report }) => report(error))
    },
    calm: () => told.clear(),
  }
}
