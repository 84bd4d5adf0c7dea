import type { Pipeline } from '../records/pipeline.ts'
import type { Slot } from '../records/task.ts'
import type { PipelineView } from '../state/view-types.ts'
import type { Stuck } from './autopilot-types.ts'
import { endedSlots } from './slots.ts'

/** Why a show does not go on, apart from what was ready. */
export function reasonsOf(
  view: PipelineView,
  pipeline: Pipeline,
  found: Pick<Stuck<Pipeline>, 'waiting' | 'unhandled'>,
): Stuck<Pipeline> {
  const ended = (status: 'failed' | 'canceled' | 'interrupted'): Slot[] =>
    endedSlots(view, pipeline, status).map(({ slot }) => slot)
  return {
    failed: ended('failed'),
    canceled: ended('canceled'),
    interrupted: ended('interrupted'),
    ...found,
    unavailable: view.steps.filter(({ unavailable }) => unavailable).map(({ type }) => type),
    withoutItems: view.steps
      .filter(({ counted, optional, total }) => counted && !optional && total === 0)
      .map(({ type }) => type),
  }
}
