import type { StepView } from '@callsheet/core'
import type { ShowId } from '@callsheet/react'
import { type ReactNode, useId, useState } from 'react'
import { Announcer } from './announcer.tsx'
import { usePipeline, useTracker } from '../state/hooks.ts'
import { OverallProgress } from './overall-progress.tsx'
import type { OnRetry } from '../parts/retry.tsx'
import { ShowHeader } from './show-header.tsx'
import { StepCard } from '../step/step-card.tsx'

/** Props of `ProductionPipeline`. */
export interface ProductionPipelineProps {
  /** The id of the show. With `null`, before the show exists, every step is pending. */
  readonly showId: ShowId
  /** The title. @default the show's title, else its id */
  readonly title?: string
  /** Whether the header can collapse the steps; they begin expanded. @default true */
  readonly collapsible?: boolean
  /** Adds content to a step's card. Pass the same function at each render, or every card renders with its parent. */
  readonly renderStepExtra?: (step: StepView) => ReactNode
  /** Adds a retry button to each failed slot. Pass the same function at each render. */
  readonly onRetry?: OnRetry
}

/**
 * The live pipeline of one show: a card for each step, and the overall progress.
 *
 * Requires a `PipelineProvider` of `@callsheet/react` above it. Supports any pipeline.
 *
 * @example
 * <ProductionPipeline showId="neon-noir" onRetry={({ type, characterId }) => start(type, characterId)} />
 */
export function ProductionPipeline(props: ProductionPipelineProps) {
  const { collapsible = true, renderStepExtra, onRetry } = props
  const showId = props.showId ?? ''
  const tracker = useTracker()
  const known = usePipeline(showId, (view) => view.title ?? view.showId)
  const title = props.title ?? known
  const [isOpen, setIsOpen] = useState(true)
  const bodyId = useId()
  const toggle = { isOpen, controls: bodyId, flip: () => setIsOpen((was) => !was) }
  return (
    // A group, not a landmark: a page may show one pipeline twice.
    <div role="group" className="callsheet-pipeline" aria-label={title || undefined}>
      <ShowHeader showId={showId} title={title} toggle={collapsible ? toggle : undefined} />
      <div id={bodyId} className="callsheet-show-body">
        {(isOpen || !collapsible) && (
          <>
            <ol className="callsheet-steps">
              {tracker.pipeline.steps.map(({ type }) => (
                <StepCard
                  key={type}
                  showId={showId}
                  type={type}
                  renderStepExtra={renderStepExtra}
                  onRetry={onRetry}
                />
              ))}
            </ol>
            <OverallProgress showId={showId} />
          </>
        )}
      </div>
      <Announcer showId={showId} title={title} />
    </div>
  )
}
