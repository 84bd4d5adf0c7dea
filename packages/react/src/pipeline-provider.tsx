import type { Pipeline, Tracker } from '@callsheet/core'
import type { ReactElement, ReactNode } from 'react'
import { TrackerContext } from './tracker-context.ts'

export interface PipelineProviderComponent<P extends Pipeline> {
  /**
   * Gives the components below it a tracker.
   *
   * Make the tracker outside of components, once: the provider neither makes nor closes it. The nearest provider
   * above a component wins, whichever `createHooks` it comes from.
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
