import type { Pipeline, PipelineView } from '@callsheet/core'
import { useProvided } from './tracker-context.ts'
import { useSelection } from './use-selection.ts'

export interface UsePipelines<P extends Pipeline> {
  /**
   * Returns the views of all known shows, the last begun first, and renders at each change of any of them.
   *
   * @example
   * const shows = usePipelines()
   * return shows.map(({ showId, progress }) => <Row key={showId} {...{ showId, progress }} />)
   */
  (): readonly PipelineView<P>[]
  /**
   * Returns a selection from all known shows and renders only when the selection changes, like `usePipeline`.
   *
   * @example
   * const count = usePipelines((shows) => shows.length)
   */
  <T>(select: (shows: readonly PipelineView<P>[]) => T, isEqual?: (a: T, b: T) => boolean): T
}

const all = (shows: readonly PipelineView[]) => shows

export const usePipelines: UsePipelines<Pipeline> = <T>(
  select = all as (shows: readonly PipelineView[]) => T,
  isEqual: (a: T, b: T) => boolean = Object.is,
): T => {
  const { tracker, rendered } = useProvided('usePipelines')
  const readRendered = () => rendered().getPipelines()
  return useSelection(tracker.subscribe, tracker.getPipelines, readRendered, select, isEqual)
}
