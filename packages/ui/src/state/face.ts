import type { SlotView, StepView } from '@callsheet/core'

/** The appearance of a step or a slot: its status, or a special case of pending. */
export type Face =
  'pending' | 'active' | 'succeeded' | 'failed' | 'canceled' | 'interrupted' | 'unavailable' | 'optional'

export function faceOf(step: StepView): Face {
  if (step.status !== 'pending') return step.status
  if (step.unavailable) return 'unavailable'
  if (openIn(step, 'interrupted') > 0) return 'interrupted'
  // While other slots are pending, the step is too.
  const canceled = openIn(step, 'canceled')
  if (canceled > 0 && canceled + step.completed === step.total) return 'canceled'
  return step.optional && step.total === 0 ? 'optional' : 'pending'
}

/** A slot with a result looks finished, whatever the outcome of its remake; an active one looks active. */
export const slotFaceOf = ({ done, status }: SlotView): SlotView['status'] =>
  done && status !== 'active' ? 'succeeded' : status

/** The number of slots of a step with a status and without a result. */
export function openIn(step: StepView, status: 'failed' | 'canceled' | 'interrupted'): number {
  if (step[status] === 0 || step.completed === 0) return step[status]
  return step.slots.filter((slot) => slot.status === status && !slot.done).length
}
