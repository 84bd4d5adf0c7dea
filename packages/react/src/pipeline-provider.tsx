import { createTracker, type ParsedSnapshot, type Pipeline, type Tracker } from '@callsheet/core'
import { type ReactElement, type ReactNode, useEffect, useLayoutEffect, useMemo, useState } from 'react'
import { TrackerContext } from './tracker-context.ts'

/** The props of `PipelineProvider`. */
interface PipelineProviderProps<P extends Pipeline> {
  readonly tracker: Tracker<P>
  /**
   * The state that the server renders and the browser hydrates, from `parseSnapshot`. It is merged into the tracker before
   * any `useEffect` runs, and so is a later one. @default an empty state
   */
  readonly serverSnapshot?: ParsedSnapshot | undefined
  readonly children?: ReactNode
}

export interface PipelineProviderComponent<P extends Pipeline> {
  /**
   * Provides a tracker to the components below it.
   *
   * Create the tracker once, outside of components, or with `usePageTracker`: the provider neither creates nor closes it. A
   * component uses the nearest provider above it, from any `createHooks`.
   *
   * @example
   * const tracker = createTracker({ pipeline: showPipeline })
   * const App = () => <PipelineProvider tracker={tracker}>…</PipelineProvider>
   */
  (props: PipelineProviderProps<P>): ReactElement
}

// React 18 warns about a layout effect on the server.
const useEffectBeforeOthers = typeof document === 'undefined' ? useEffect : useLayoutEffect

export const PipelineProvider: PipelineProviderComponent<Pipeline> = ({
  tracker,
  serverSnapshot,
  children,
}) => {
  // The first snapshot stays: boundaries that hydrate late were rendered from it.
  const [rendered] = useState(() => once(() => trackerOf(tracker.pipeline, serverSnapshot)))
  useEffectBeforeOthers(() => {
    if (serverSnapshot) tracker.restore(serverSnapshot)
  }, [tracker, serverSnapshot])
  const provided = useMemo(() => ({ tracker, rendered }), [tracker, rendered])
  return <TrackerContext.Provider value={provided}>{children}</TrackerContext.Provider>
}

/** Makes a tracker with a snapshot's state, at the time of the snapshot. */
function trackerOf(pipeline: Pipeline, snapshot: ParsedSnapshot | undefined): Tracker {
  const time = snapshot?.savedAt ?? 0
  const tracker = createTracker({ pipeline, by: 'server', clock: () => time })
  if (snapshot) tracker.restore(snapshot)
  return tracker
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
