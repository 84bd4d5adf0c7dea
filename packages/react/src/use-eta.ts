'use client'

import { type Durations, type Eta, eta } from '@callsheet/core/eta'
import { useMemo } from 'react'
import type { ShowId } from './show-id.ts'
import { useTicks } from './ticker.ts'
import { useProvided } from './tracker-context.ts'
import { usePipeline } from './use-pipeline.ts'

/**
 * Returns the remaining time of a show, `eta` of `@callsheet/core/eta`, and renders at each change of the show and each second
 * while it is active. Undefined for `null`, on the server, while hydrating, and as long as too few durations are known.
 *
 * @param durations Those that the tracker learns, from `createDurations`.
 * @example
 * const remaining = useEta('neon-noir', durations)
 * return remaining && <p>{Math.ceil(remaining.to / 60_000)} min at most</p>
 */
export function useEta(showId: ShowId, durations: Durations): Eta | undefined {
  const { tracker } = useProvided('useEta')
  const view = usePipeline(showId)
  const ticks = useTicks(view.active > 0)
  return useMemo(
    () =>
      showId && ticks >= 0 ? eta(view, tracker.now(), { pipeline: tracker.pipeline, durations }) : undefined,
    [showId, ticks, view, tracker, durations],
  )
}
