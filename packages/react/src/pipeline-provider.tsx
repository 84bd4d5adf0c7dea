import type { Pipeline, Tracker } from '@callsheet/core'
import type { ReactElement, ReactNode } from 'react'
import { TrackerContext } from './tracker-context.ts'

export interface PipelineProviderComponent<P extends Pipeline> {
  /**
   * Provides a tracker to the components below it.
   *
   * Create the tracker once, outside of components: the provider neither creates nor closes it. A component uses the
   * nearest provider above it, from any `createHooks`.
   *
   * @example
   * const tracker = createTracker({ pipeline: showPipeline })
   * const App = () => <PipelineProvider tracker={tracker}>…</PipelineProvider>
   */
  (props: { readonly tracker: Tracker<P>; readonly children?: ReactNode }): ReactElement
}

export const PipelineProvider: PipelineProviderComponent<Pipeline> = ({ tracker, children }) => (
  <TrackerContext.Provider value={tracker}>{children}</TrackerContext.Provider>
)
