import type { SlotView, StepView } from '@callsheet/core'

/** How a step or a slot looks: its status, and the ways of being pending that deserve a look of their own. */
export type Face =
  'pending' | 'active' | 'succeeded' | 'failed' | 'canceled' | 'interrupted' | 'unavailable' | 'optional'

export function faceOf(step: StepView): Face {
  if (step.status !== 'pending') return step.status
  if (step.unavailable) return 'unavailable'
  if (openIn(step, 'interrupted') > 0) return 'interrupted'
  // While other slots still wait, the step as a whole does too.
  const canceled = openIn(step, 'canceled')
  if (canceled > 0 && canceled + step.completed === step.total) return 'canceled'
  return step.optional && step.total === 0 ? 'optional' : 'pending'
}

/** A slot with a result looks finished, whatever its latest try came to; while one runs, that is shown. */
export const slotFaceOf = ({ done, status }: SlotView): SlotView['status'] =>
  done && status !== 'active' ? 'succeeded' : status

/** How many slots of a step have a status and no result. */
export function openIn(step: StepView, status: 'failed' | 'canceled' | 'interrupted'): number {
  if (step[status] === 0 || step.completed === 0) return step[status]
  return step.slots.filter((slot) => slot.status === status && !slot.done).length
}
