import { CallsheetError, type Tracker } from '@callsheet/core'
import { createContext, useContext } from 'react'

export interface Provided {
  readonly tracker: Tracker
  /** Returns a tracker that never changes, with the state that the server renders and the browser hydrates. */
  readonly rendered: () => Tracker
}

/** The same context for all pipelines, so that a component library can read any tracker above it. */
export const TrackerContext = createContext<Provided | undefined>(undefined)

/** Returns what the nearest provider gives. `hook` is the name of the calling hook for the error. */
export function useProvided(hook: string): Provided {
  const provided = useContext(TrackerContext)
  if (provided) return provided
  throw new CallsheetError(
    `${hook}: missing <PipelineProvider tracker={…}> above this component. Wrap your app in one, with a tracker from createTracker.`,
    { code: 'missing_provider' },
  )
}

/** Returns the tracker of the nearest provider. */
export const useTrackerOf = (hook: string): Tracker => useProvided(hook).tracker
