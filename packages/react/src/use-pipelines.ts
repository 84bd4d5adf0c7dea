import type { Pipeline, PipelineView } from '@callsheet/core'
import { useSyncExternalStore } from 'react'
import { useTrackerOf } from './tracker-context.ts'

export interface UsePipelines<P extends Pipeline> {
  /**
   * Returns the views of all known shows, the last begun first, and renders at each change of any of them.
   *
   * @example
   * const shows = usePipelines()
   * return shows.map(({ showId, progress }) => <Row key={showId} {...{ showId, progress }} />)
   */
  (): readonly PipelineView<P>[]
}

export const usePipelines: UsePipelines<Pipeline> = () => {
  const { subscribe, getPipelines } = useTrackerOf('usePipelines')
  return useSyncExternalStore(subscribe, getPipelines, getPipelines)
}
