import type { Pipeline, Tracker } from '@callsheet/core'
import { useTrackerOf } from './tracker-context.ts'

export interface UseTracker<P extends Pipeline> {
  /**
   * Returns the tracker of the nearest provider, for event handlers that cancel, dismiss or set characters.
   *
   * Does not subscribe. Like every hook, it throws a CallsheetError without a provider.
   *
   * @example
   * const tracker = useTracker()
   * return <button onClick={() => tracker.cancel({ showId })}>Cancel</button>
   */
  (): Tracker<P>
}

export const useTracker: UseTracker<Pipeline> = () => useTrackerOf('useTracker')
