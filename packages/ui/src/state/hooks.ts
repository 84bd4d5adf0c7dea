import { type Pipeline, showPipeline } from '@callsheet/core'
import { createHooks, type Hooks } from '@callsheet/react'
import { useSyncExternalStore } from 'react'
import { totalsOf } from './totals.ts'

// The components show any pipeline, so the hooks are typed by any: step ids are plain strings here.
const hooks: Hooks<Pipeline> = createHooks<Pipeline>(showPipeline)

// Annotated, for the declarations cannot name the types that are inferred.
export const useTracker: Hooks<Pipeline>['useTracker'] = hooks.useTracker
export const usePipeline: Hooks<Pipeline>['usePipeline'] = hooks.usePipeline
export const usePipelines: Hooks<Pipeline>['usePipelines'] = hooks.usePipelines
export const useStep: Hooks<Pipeline>['useStep'] = hooks.useStep

/** How many slots are being worked on over all shows; renders only when the number changes. */
export function useActiveCount(): number {
  const tracker = useTracker()
  const read = () => totalsOf(tracker.getPipelines()).active
  return useSyncExternalStore(tracker.subscribe, read, read)
}
