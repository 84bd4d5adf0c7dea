import type { Pipeline, PipelineView } from '@callsheet/core'
import { useCallback } from 'react'
import { type ShowId, subscribeToNothing } from './show-id.ts'
import { useTrackerOf } from './tracker-context.ts'
import { useSelection } from './use-selection.ts'

export interface UsePipeline<P extends Pipeline> {
  /**
   * A show as a viewer sees it; renders at each change of the show. An unknown show is all pending, and so is `null`,
   * before a show exists.
   *
   * @example
   * const { progress, steps } = usePipeline('neon-noir')
   */
  (showId: ShowId): PipelineView<P>
  /**
   * What `select` takes from a show; renders only when that changes by `isEqual` (default: Object.is).
   *
   * `select` may be inline. One that makes a new object each time wants an `isEqual` of its own.
   *
   * @example
   * const progress = usePipeline('neon-noir', (pipeline) => pipeline.progress)
   */
  <T>(showId: ShowId, select: (pipeline: PipelineView<P>) => T, isEqual?: (a: T, b: T) => boolean): T
}

const all = (pipeline: PipelineView): PipelineView => pipeline

export const usePipeline: UsePipeline<Pipeline> = <T>(
  given: ShowId,
  select = all as (pipeline: PipelineView) => T,
  isEqual: (a: T, b: T) => boolean = Object.is,
): T => {
  const tracker = useTrackerOf('usePipeline')
  const showId = given ?? ''
  const subscribe = useCallback(
    (listener: () => void) => tracker.subscribe(listener, { showId }),
    [tracker, showId],
  )
  const read = useCallback(() => tracker.getPipeline(showId), [tracker, showId])
  return useSelection(showId === '' ? subscribeToNothing : subscribe, read, select, isEqual)
}
