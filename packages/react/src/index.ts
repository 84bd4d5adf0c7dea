'use client'

import { showPipeline } from '@callsheet/core'
import { createHooks } from './create-hooks.ts'

export { createHooks, type Hooks } from './create-hooks.ts'
export type { UseTrackOptions } from './use-track.ts'

/** The provider and the hooks for the eight steps of an AI show. */
export const { PipelineProvider, useTracker, usePipeline, usePipelines, useStep, useTask, useTrack } =
  createHooks(showPipeline)
