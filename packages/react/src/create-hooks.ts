import type { Pipeline } from '@callsheet/core'
import { PipelineProvider, type PipelineProviderComponent } from './pipeline-provider.tsx'
import { useOnStepComplete, type UseOnStepComplete } from './use-on-step-complete.ts'
import { usePipeline, type UsePipeline } from './use-pipeline.ts'
import { usePipelines, type UsePipelines } from './use-pipelines.ts'
import { useStep, type UseStep } from './use-step.ts'
import { useTask, type UseTask } from './use-task.ts'
import { useTrack, type UseTrack } from './use-track.ts'
import { useTracker, type UseTracker } from './use-tracker.ts'

/** The provider and the hooks with the types of a pipeline. */
export interface Hooks<P extends Pipeline> {
  readonly PipelineProvider: PipelineProviderComponent<P>
  readonly useTracker: UseTracker<P>
  readonly usePipeline: UsePipeline<P>
  readonly usePipelines: UsePipelines<P>
  readonly useStep: UseStep<P>
  readonly useTask: UseTask<P>
  readonly useTrack: UseTrack<P>
  readonly useOnStepComplete: UseOnStepComplete<P>
}

const hooks: Hooks<Pipeline> = {
  PipelineProvider,
  useTracker,
  usePipeline,
  usePipelines,
  useStep,
  useTask,
  useTrack,
  useOnStepComplete,
}

/**
 * Returns the provider and the hooks with the types of your own pipeline: its step names, item ids and metadata.
 *
 * Only the types differ. The functions and the context are the same for every pipeline, so a component that is written for
 * any pipeline works below every provider.
 *
 * @example
 * export const { PipelineProvider, useStep, useTrack } = createHooks(storyboard)
 */
export function createHooks<P extends Pipeline>(_pipeline: P): Hooks<P> {
  return hooks as unknown as Hooks<P>
}
