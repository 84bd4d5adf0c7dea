import type { StepView } from '@callsheet/core'

/** How a step or a slot looks: its status, and the ways of being pending that deserve a look of their own. */
export type Face =
  'pending' | 'active' | 'succeeded' | 'failed' | 'canceled' | 'interrupted' | 'unavailable' | 'optional'

type Shown = Pick<
  StepView,
  'status' | 'unavailable' | 'interrupted' | 'canceled' | 'completed' | 'total' | 'optional' | 'per'
>

export function faceOf(step: Shown): Face {
  if (step.status !== 'pending') return step.status
  if (step.unavailable) return 'unavailable'
  if (step.interrupted > 0) return 'interrupted'
  // While other slots still wait, the step as a whole does too.
  if (step.canceled > 0 && step.canceled + step.completed === step.total) return 'canceled'
  return step.optional && step.total === 0 ? 'optional' : 'pending'
}
