import type { Pipeline, StepType, StepView } from '@callsheet/core'
import { useCallback, useSyncExternalStore } from 'react'
import { useTrackerOf } from './tracker-context.ts'

export interface UseStep<P extends Pipeline> {
  /**
   * One step of a show; a change of any other step does not even call this one's listener.
   *
   * Throws a TypeError when the tracker's pipeline has no such step.
   *
   * @example
   * const { completed, total } = useStep('neon-noir', 'portrait')
   */
  <T extends StepType<P>>(showId: string, type: T): StepView<P, T>
}

export const useStep: UseStep<Pipeline> = (showId, type) => {
  const tracker = useTrackerOf('useStep')
  const subscribe = useCallback(
    (listener: () => void) => tracker.subscribe(listener, { showId, type }),
    [tracker, showId, type],
  )
  const read = useCallback(() => tracker.getPipeline(showId).step(type), [tracker, showId, type])
  return useSyncExternalStore(subscribe, read, read)
}
