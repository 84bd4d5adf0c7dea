import type { ShowInfo } from '../records/show.ts'
import { isRemoved, type SlotTask } from '../records/task.ts'

/** How many slots are in which state. Slots outside a known roster are in none of them. */
export interface Counts {
  readonly total: number
  /** Slots with a result, whatever their status: one may be in another count as well. */
  readonly completed: number
  readonly active: number
  readonly failed: number
  readonly canceled: number
  readonly interrupted: number
  /** Slots whose status is not pending. */
  readonly begun: number
  /** Failed slots without a result. */
  readonly stuck: number
  /** The sum of the progress of active slots without a result, in percent. */
  readonly running: number
  /** Active slots that count in no step. */
  readonly outside: number
}

/** Of a step, and of a show as a whole. */
export type StepStatus = 'pending' | 'active' | 'succeeded' | 'failed'

const isComplete = ({ total, completed }: Counts): boolean => total > 0 && completed === total

/** Active if any slot is; else failed if any is without a result; else succeeded if complete. */
export function stepStatus(counts: Counts): StepStatus {
  if (counts.active > 0) return 'active'
  if (counts.stuck > 0) return 'failed'
  return isComplete(counts) ? 'succeeded' : 'pending'
}

/** Floored, and under 100 until the step is complete. */
export function stepProgress({ total, completed, running }: Counts): number {
  if (total === 0) return 0
  if (completed === total) return 100
  return Math.min(99, Math.floor((100 * completed + running) / total))
}

/** Whether facts name a slot to be done. */
function isNamed({ done }: ShowInfo, type: string, characterId: string | undefined): boolean {
  if (done.size === 0) return false
  const named = done.get(type)
  return named === true || (characterId !== undefined && named?.has(characterId) === true)
}

/** Whether a slot has a result: its latest task, an older one, or facts say so. */
export const isDone = (
  info: ShowInfo,
  type: string,
  characterId: string | undefined,
  latest: SlotTask | undefined,
  hasOlderResult: boolean,
): boolean => latest?.status === 'succeeded' || hasOlderResult || isNamed(info, type, characterId)

/** What the latest task of a slot is at; where there is none to be seen, whether the slot is done. */
export function slotStatus(
  info: ShowInfo,
  type: string,
  characterId: string | undefined,
  latest: SlotTask | undefined,
  done: boolean,
): 'active' | 'succeeded' | 'failed' | 'canceled' | 'interrupted' | 'pending' {
  if (latest === undefined || isRemoved(latest)) return done ? 'succeeded' : 'pending'
  const { status } = latest
  if (status === 'starting' || status === 'processing') return 'active'
  if (status === 'succeeded') return 'succeeded'
  // Later facts outdate a failure.
  const isOutdated = info.facts !== undefined && info.facts.at > (latest.completedAt ?? latest.updatedAt)
  return isOutdated && isNamed(info, type, characterId) ? 'succeeded' : status
}
