import type { Pipeline } from '../records/pipeline.ts'
import { definitionOf } from '../records/pipeline.ts'
import type { Slot, Task } from '../records/task.ts'
import type { PipelineView, SlotView, StepView } from '../state/view-types.ts'
import { itemName } from '../write/input.ts'

/** The id of the slot's item. */
const itemOf = (pipeline: Pipeline, slot: Slot): string | undefined =>
  (slot as unknown as Record<string, string | undefined>)[itemName(definitionOf(pipeline, slot.type))]

/** Names a slot of a show. */
export const keyOf = (pipeline: Pipeline, slot: Slot): string =>
  JSON.stringify([slot.type, itemOf(pipeline, slot)])

export const slotView = (view: PipelineView, pipeline: Pipeline, slot: Slot): SlotView =>
  view.step(slot.type).slot(itemOf(pipeline, slot))

/** Whether a slot has all values of a filter. The show may have been renamed since. */
export const isMeant = (slot: Slot, { showId: _, ...values }: Partial<Slot>): boolean =>
  Object.entries(values).every(([name, value]) => slot[name as keyof Slot] === value)

/** Slots without a result that a task has ended in, by its status. */
export function endedSlots(
  view: PipelineView,
  pipeline: Pipeline,
  status: SlotView['status'],
): { readonly slot: Slot; readonly task: Task | undefined }[] {
  return view.steps.flatMap((step) =>
    step.slots
      .filter((one) => one.status === status && !one.done)
      .map((one) => ({ slot: slotOf(step, view.showId, one, pipeline), task: one.task })),
  )
}

function slotOf({ type }: StepView, showId: string, { characterId }: SlotView, pipeline: Pipeline): Slot {
  const item = characterId === undefined ? {} : { [itemName(definitionOf(pipeline, type))]: characterId }
  return { showId, type, ...item } as Slot
}

/**
 * Whether a task was lost with its page before anything told how it ended. The call is made again with the same idempotency
 * key. A job is followed instead, and what was lost with an error may have been paid for.
 */
export const isLost = ({ status, job, error }: Task): boolean =>
  status === 'interrupted' && job === undefined && error === undefined
