import { definitionOf, type Pipeline } from './pipeline.ts'
import { showPipeline } from './show-pipeline.ts'
import { isActive, type TaskRecord } from './task.ts'

/** What time makes of a task: how long ago in ms a sign of life was, or it finished. Never below 0. */
const since = (time: number, now: number) => Math.max(0, now - time)

/**
 * True when an active task has been silent for longer than its step allows. A stale task is shown, never deleted;
 * the next sign of life revives it.
 *
 * @param pipeline Says how long a step may be silent. Default: showPipeline; a type that it does not know may be for
 * two minutes.
 * @example
 * isStale(task, Date.now())
 */
export function isStale(
  task: Pick<TaskRecord, 'type' | 'status' | 'updatedAt'>,
  now: number,
  pipeline: Pipeline = showPipeline,
): boolean {
  const { stallAfter = 120_000 } = definitionOf(pipeline, task.type) ?? {}
  return isActive(task) && since(task.updatedAt, now) > stallAfter
}

/**
 * How long a task has been running, or ran, in ms; never below 0.
 *
 * @example
 * elapsed({ startedAt: 1_000 }, 4_500) // 3500
 */
export const elapsed = (
  task: { readonly startedAt: number | undefined; readonly completedAt?: number | undefined },
  now: number,
): number => (task.startedAt === undefined ? 0 : since(task.startedAt, task.completedAt ?? now))

/** For how long finished tasks stay in lists, in ms from their finish. */
export type Expiry = Readonly<Record<'succeeded' | 'failed' | 'canceled', number>>

/** Succeeded and canceled tasks for a day, failed ones for a week. */
export const defaultExpiry: Expiry = { succeeded: 86_400_000, canceled: 86_400_000, failed: 604_800_000 }

/**
 * True when a finished task has left the lists. Its age counts from the finish, and its step still counts it.
 *
 * @example
 * isExpired(task, Date.now())
 */
export function isExpired(
  task: Pick<TaskRecord, 'status' | 'completedAt' | 'updatedAt'>,
  now: number,
  expiry: Expiry = defaultExpiry,
): boolean {
  const allowed = (expiry as Partial<Record<string, number>>)[task.status]
  return allowed !== undefined && since(task.completedAt ?? task.updatedAt, now) > allowed
}
