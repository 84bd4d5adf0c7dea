import type { Pipeline, PipelineView } from '@callsheet/core'
import { useCallback } from 'react'
import { type ShowId, subscribeToNothing } from './show-id.ts'
import { useProvided } from './tracker-context.ts'
import { useSelection } from './use-selection.ts'

export interface UsePipeline<P extends Pipeline> {
  /**
   * Returns the view of a show and renders at each change of the show. An unknown show is pending, and so is `null`, before
   * a show exists.
   *
   * @example
   * const { progress, steps } = usePipeline('neon-noir')
   */
  (showId: ShowId): PipelineView<P>
  /**
   * Returns a selection from a show and renders only when the selection changes.
   *
   * `select` may be an inline function. If it returns a new object each time, pass an `isEqual` that compares the contents;
   * the default is `Object.is`.
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
  const { tracker, rendered } = useProvided('usePipeline')
  const showId = given ?? ''
  const subscribe = useCallback(
    (listener: () => void) => tracker.subscribe(listener, { showId }),
    [tracker, showId],
  )
  const read = useCallback(() => tracker.getPipeline(showId), [tracker, showId])
  const readRendered = () => rendered().getPipeline(showId)
  return useSelection(showId === '' ? subscribeToNothing : subscribe, read, readRendered, select, isEqual)
}
