import type { Pipeline, StepType, StepView } from '@callsheet/core'
import { useEffect, useInsertionEffect, useRef } from 'react'
import type { ShowId } from './show-id.ts'
import { useTrackerOf } from './tracker-context.ts'

export interface UseOnStepComplete<P extends Pipeline> {
  /**
   * Calls the handler of the latest render each time a live change completes the step, like the tracker's `stepCompleted`.
   *
   * Does not render, and subscribes once. Completions before the component is mounted, or while it is hidden by `Activity`,
   * are not told later. Without a show (`null`) it waits.
   *
   * @example
   * useOnStepComplete('neon-noir', 'portrait', ({ step }) => toast(`${step.completed} portraits are ready`))
   */
  <T extends StepType<P>>(
    showId: ShowId,
    type: T,
    handler: (event: { readonly showId: string; readonly type: T; readonly step: StepView<P, T> }) => void,
  ): void
}

export const useOnStepComplete: UseOnStepComplete<Pipeline> = (showId, type, handler) => {
  const tracker = useTrackerOf('useOnStepComplete')
  const latest = useRef(handler)
  useInsertionEffect(() => {
    latest.current = handler
  })
  useEffect(() => {
    if (!showId) return undefined
    // A show that was renamed is known by both of its ids.
    const idOf = (id: string) => tracker.getPipeline(id).showId
    return tracker.on('stepCompleted', (event) => {
      // The type parameter is lost at `on`.
      if (event.type === type && idOf(event.showId) === idOf(showId)) latest.current(event as never)
    })
  }, [tracker, showId, type])
}
