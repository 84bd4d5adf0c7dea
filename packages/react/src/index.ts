'use client'

import { type ShowPipeline, showPipeline } from '@callsheet/core'
import { createHooks, type Hooks } from './create-hooks.ts'

export { createHooks, type Hooks } from './create-hooks.ts'
export type { ShowId } from './show-id.ts'
export { useElapsed } from './use-elapsed.ts'
export { usePageTracker } from './use-page-tracker.ts'
export type { UseTrackOptions } from './use-track.ts'

const hooks = createHooks(showPipeline)

// Exported one by one, so that the declarations name the pipeline and do not repeat its definition.
export const PipelineProvider: Hooks<ShowPipeline>['PipelineProvider'] = hooks.PipelineProvider
export const useTracker: Hooks<ShowPipeline>['useTracker'] = hooks.useTracker
export const usePipeline: Hooks<ShowPipeline>['usePipeline'] = hooks.usePipeline
export const usePipelines: Hooks<ShowPipeline>['usePipelines'] = hooks.usePipelines
export const useStep: Hooks<ShowPipeline>['useStep'] = hooks.useStep
export const useTask: Hooks<ShowPipeline>['useTask'] = hooks.useTask
export const useTrack: Hooks<ShowPipeline>['useTrack'] = hooks.useTrack
export const useOnStepComplete: Hooks<ShowPipeline>['useOnStepComplete'] = hooks.useOnStepComplete
