import { CallsheetError, type Tracker } from '@callsheet/core'
import { createContext, useContext } from 'react'

/** The same context for all pipelines, so that a component library can read any tracker above it. */
export const TrackerContext = createContext<Tracker | undefined>(undefined)

/** Returns the tracker of the nearest provider. `hook` is the name of the calling hook for the error. */
export function useTrackerOf(hook: string): Tracker {
  const tracker = useContext(TrackerContext)
  if (tracker) return tracker
  throw new CallsheetError(
    `${hook}: missing <PipelineProvider tracker={…}> above this component. Wrap your app in one, with a tracker from createTracker.`,
    { code: 'missing_provider' },
  )
}
