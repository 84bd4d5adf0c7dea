import { CallsheetError, type Tracker } from '@callsheet/core'
import { createContext, useContext } from 'react'

/** One for all pipelines, so that a component library can read whichever tracker stands above it. */
export const TrackerContext = createContext<Tracker | undefined>(undefined)

/** The tracker from above; `hook` is named in the error when there is none. */
export function useTrackerOf(hook: string): Tracker {
  const tracker = useContext(TrackerContext)
  if (tracker) return tracker
  throw new CallsheetError(
    `${hook}: no <PipelineProvider tracker={…}> above this component; put one around your app, with the tracker that createTracker gave.`,
    { code: 'missing_provider' },
  )
}
