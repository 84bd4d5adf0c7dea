import type { Pipeline, StepType, StepView } from '@callsheet/core'
import { useCallback, useSyncExternalStore } from 'react'
import { type ShowId, subscribeToNothing } from './show-id.ts'
import { useProvided } from './tracker-context.ts'

export interface UseStep<P extends Pipeline> {
  /**
   * Returns one step of a show. Changes of other steps do not call its listener.
   *
   * The step is pending for `null`, before a show exists. Throws for a step that the tracker's pipeline does not have.
   *
   * @example
   * const { completed, total } = useStep('neon-noir', 'portrait')
   */
  <T extends StepType<P>>(showId: ShowId, type: T): StepView<P, T>
}

export const useStep: UseStep<Pipeline> = (given, type) => {
  const { tracker, rendered } = useProvided('useStep')
  const showId = given ?? ''
  const subscribe = useCallback(
    (listener: () => void) => tracker.subscribe(listener, { showId, type }),
    [tracker, showId, type],
  )
  const read = useCallback(() => tracker.getPipeline(showId).step(type), [tracker, showId, type])
  const readRendered = () => rendered().getPipeline(showId).step(type)
  return useSyncExternalStore(showId === '' ? subscribeToNothing : subscribe, read, readRendered)
}
