// The status of a slot, and the status and progress of a step and of a show. See docs/guide/what-counts.md.
import { isRemoved, type SlotTask } from '../records/task.ts'
import type { ShowInfo } from './show-info.ts'

/** Of a step, and of a show as a whole. */
export type StepStatus = 'pending' | 'active' | 'succeeded' | 'failed'

/** The tasks that decide a slot. */
export interface SlotTasks {
  /** The newest task, perhaps a dismissed one. */
  readonly latest: SlotTask
  /** The newest task that succeeded, perhaps a dismissed one. */
  readonly result: SlotTask | undefined
}

/** Whether facts name a slot as done. */
function isNamed({ done }: ShowInfo, type: string, characterId: string | undefined): boolean {
  if (done.size === 0) return false
  const named = done.get(type)
  return named === true || (characterId !== undefined && named?.has(characterId) === true)
}

/** Whether a slot has a result: one of its tasks succeeded, or facts name it. */
export const isDone = (
  info: ShowInfo,
  type: string,
  characterId: string | undefined,
  tasks: SlotTasks | undefined,
): boolean => tasks?.result !== undefined || isNamed(info, type, characterId)

/** The status of a slot's latest task; where that is dismissed or there is none, whether the slot is done. */
export function slotStatus(
  info: ShowInfo,
  type: string,
  characterId: string | undefined,
  tasks: SlotTasks | undefined,
): 'active' | 'succeeded' | 'failed' | 'canceled' | 'interrupted' | 'pending' {
  const latest = tasks?.latest
  if (latest === undefined || isRemoved(latest))
    return isDone(info, type, characterId, tasks) ? 'succeeded' : 'pending'
  const { status } = latest
  if (status === 'starting' || status === 'processing') return 'active'
  if (status === 'succeeded') return 'succeeded'
  // Later facts outdate a failure.
  const isOutdated = info.facts !== undefined && info.facts.at > (latest.completedAt ?? latest.updatedAt)
  return isOutdated && isNamed(info, type, characterId) ? 'succeeded' : status
}

/** Active if any slot is; else failed if any is without a result; else succeeded if all slots are done. */
export function stepStatus(
  total: number,
  completed: number,
  active: number,
  failedWithoutResult: number,
): StepStatus {
  if (active > 0) return 'active'
  if (failedWithoutResult > 0) return 'failed'
  return total > 0 && completed === total ? 'succeeded' : 'pending'
}

/** Floored, and under 100 until all slots are done. */
export function stepProgress(total: number, completed: number, running: number): number {
  if (total === 0) return 0
  if (completed === total) return 100
  return Math.min(99, Math.floor((100 * completed + running) / total))
}

/** Active if any slot is; else failed if a counted step is; else succeeded if all counted steps are complete. */
export const showStatus = (active: number, failedSteps: number, isComplete: boolean): StepStatus =>
  active > 0 ? 'active' : failedSteps > 0 ? 'failed' : isComplete ? 'succeeded' : 'pending'

/**
 * The weighted mean of the counted steps' progress, floored, and under 100 until all of them are complete.
 *
 * @param work The sum of weight times progress.
 */
export const showProgress = (isComplete: boolean, work: number, weights: number): number =>
  isComplete ? 100 : weights === 0 ? 0 : Math.min(99, Math.floor(work / weights))
