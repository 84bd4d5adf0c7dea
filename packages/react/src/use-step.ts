import type { Pipeline, StepType, StepView } from '@callsheet/core'
import { useCallback, useSyncExternalStore } from 'react'
import { type ShowId, subscribeToNothing } from './show-id.ts'
import { useTrackerOf } from './tracker-context.ts'

export interface UseStep<P extends Pipeline> {
  /**
   * One step of a show; a change of any other step does not even call this one's listener.
   *
   * Pending for `null`, before a show exists. Throws a TypeError when the tracker's pipeline has no such step.
   *
   * @example
   * const { completed, total } = useStep('neon-noir', 'portrait')
   */
  <T extends StepType<P>>(showId: ShowId, type: T): StepView<P, T>
}

export const useStep: UseStep<Pipeline> = (given, type) => {
  const tracker = useTrackerOf('useStep')
  const showId = given ?? ''
  const subscribe = useCallback(
    (listener: () => void) => tracker.subscribe(listener, { showId, type }),
    [tracker, showId, type],
  )
  const read = useCallback(() => tracker.getPipeline(showId).step(type), [tracker, showId, type])
  return useSyncExternalStore(showId === '' ? subscribeToNothing : subscribe, read, read)
}
