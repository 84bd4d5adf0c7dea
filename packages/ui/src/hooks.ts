import { type Pipeline, showPipeline } from '@callsheet/core'
import { createHooks } from '@callsheet/react'
import { useSyncExternalStore } from 'react'
import { totalsOf } from './totals.ts'

// The components show any pipeline, so the hooks are typed by any: step ids are plain strings here.
export const { useTracker, usePipeline, usePipelines, useStep } = createHooks<Pipeline>(showPipeline)

/** How many slots are being worked on over all shows; renders only when the number changes. */
export function useActiveCount(): number {
  const tracker = useTracker()
  const read = () => totalsOf(tracker.getPipelines()).active
  return useSyncExternalStore(tracker.subscribe, read, read)
}
