import type { Pipeline, Tracker } from '@callsheet/core'
import { useTrackerOf } from './tracker-context.ts'

export interface UseTracker<P extends Pipeline> {
  /**
   * The tracker of the nearest provider, for handlers: to cancel, to dismiss, to set characters.
   *
   * Subscribes to nothing. Throws a CallsheetError, as all hooks do, when there is no provider.
   *
   * @example
   * const tracker = useTracker()
   * return <button onClick={() => tracker.cancel({ showId })}>Cancel</button>
   */
  (): Tracker<P>
}

export const useTracker: UseTracker<Pipeline> = () => useTrackerOf('useTracker')
