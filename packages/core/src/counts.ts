import type { ShowInfo } from './show.ts'
import type { TaskRecord } from './task.ts'

/** How many slots are in which state. Slots outside a known roster are in none of them. */
export interface Counts {
  readonly total: number
  readonly completed: number
  readonly active: number
  readonly failed: number
  readonly canceled: number
  readonly interrupted: number
  /** The sum of the active slots' progress, in percent. */
  readonly running: number
  /** Active slots that count in no step. */
  readonly outside: number
}

/** Of a step, and of a show as a whole. */
export type StepStatus = 'pending' | 'active' | 'succeeded' | 'failed'

/** Active if any slot is; else failed if any is; else succeeded if all are done and there is one. */
export function stepStatus({ total, completed, active, failed }: Counts): StepStatus {
  if (active > 0) return 'active'
  if (failed > 0) return 'failed'
  return total > 0 && completed === total ? 'succeeded' : 'pending'
}

/** Floored, and under 100 until the step succeeded. */
export function stepProgress({ total, completed, running }: Counts): number {
  if (total === 0) return 0
  if (completed === total) return 100
  return Math.min(99, Math.floor((100 * completed + running) / total))
}

/** What a slot is: active if its task is, else done if that succeeded or facts say so, else as its task is. */
export function slotStatus(
  info: ShowInfo,
  type: string,
  characterId: string | undefined,
  task: TaskRecord | undefined,
): 'active' | 'done' | 'failed' | 'canceled' | 'interrupted' | 'pending' {
  if (task !== undefined) {
    const { status } = task
    if (status === 'starting' || status === 'processing') return 'active'
    if (status === 'succeeded') return 'done'
  }
  if (info.facts !== undefined) {
    const done = info.done.get(type)
    const named = done === true || (characterId !== undefined && done?.has(characterId) === true)
    if (named && (task === undefined || info.facts.at > (task.completedAt ?? task.updatedAt))) return 'done'
  }
  // What is left of the statuses: active and succeeded have been answered.
  return task === undefined ? 'pending' : (task.status as 'failed' | 'canceled' | 'interrupted')
}
