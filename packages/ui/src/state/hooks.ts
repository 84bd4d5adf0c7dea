import { type Pipeline, showPipeline } from '@callsheet/core'
import { createHooks, type Hooks } from '@callsheet/react'
import { totalsOf } from './totals.ts'

// The components show any pipeline, so step ids are plain strings here.
const hooks: Hooks<Pipeline> = createHooks<Pipeline>(showPipeline)

// Annotated, because the declarations cannot name the inferred types.
export const useTracker: Hooks<Pipeline>['useTracker'] = hooks.useTracker
export const usePipeline: Hooks<Pipeline>['usePipeline'] = hooks.usePipeline
export const usePipelines: Hooks<Pipeline>['usePipelines'] = hooks.usePipelines
export const useStep: Hooks<Pipeline>['useStep'] = hooks.useStep

/** Returns the number of active slots of all shows; renders only when it changes. */
export const useActiveCount = (): number => usePipelines((shows) => totalsOf(shows).active)
