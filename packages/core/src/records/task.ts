import { canonicalJson } from './json.ts'
import type { ItemScope, MetadataOf, Pipeline, TaskType } from './pipeline.ts'
import type { TaskFields, TaskRecord, TaskStatus, Tombstone } from './record-types.ts'

export type {
  Character,
  DurationsRecord,
  Facts,
  Job,
  Register,
  ShowRecord,
  TaskError,
  TaskRecord,
  TaskStatus,
  Tombstone,
} from './record-types.ts'

/** The tombstone of a dismissed task. The task is hidden; its slot still counts as tried, and as done if it had succeeded. */
export type Dismissed = Tombstone & Required<Pick<Tombstone, 'type' | 'startedAt' | 'status'>>

/** What a slot holds: its tasks, and what is left of those that were dismissed. */
export type SlotTask = TaskRecord | Dismissed

/** A version of a task: living or removed. */
export type TaskVersion = TaskRecord | Tombstone

/** A task of a given pipeline, with its metadata typed by its step. */
export type Task<P extends Pipeline = Pipeline, T extends TaskType<P> = TaskType<P>> = T extends unknown
  ? StepTask<T, MetadataOf<P, T>>
  : never

/** A task by its step and metadata, so that hovers begin with the step and not with the pipeline. */
export interface StepTask<T extends string, M> extends TaskFields {
  /** The step, or the extra task. */
  readonly type: T
  /** The application's own JSON, typed by the step; fields that the step calls `secret` are left out. */
  readonly metadata?: M
}

/** What a task is for: a step of a show, and the item where the step is per item. */
export type Slot<P extends Pipeline = Pipeline, T extends TaskType<P> = TaskType<P>> = T extends unknown
  ? StepSlot<T, ItemScope<P, T>>
  : never

/** A slot by its parts, so that a compiler's message begins with the step and not with the pipeline. */
export type StepSlot<T extends string, Item> = {
  /** The show. */
  readonly showId: string
  /** The step, or the extra task. */
  readonly type: T
} & Item

export const isRemoved = (version: TaskVersion): version is Tombstone => 'removed' in version

/** False for the tombstone of a task that was reset. */
export const isInSlot = (version: TaskVersion): version is SlotTask => version.type !== undefined

/** True while the task is starting or processing. */
export const isActive = (task: { readonly status: TaskStatus }): boolean =>
  task.status === 'starting' || task.status === 'processing'

/** True for succeeded, failed (another attempt may follow) and canceled; not for interrupted, whose outcome is unknown. */
export const isFinished = (task: { readonly status: TaskStatus }): boolean =>
  task.status === 'succeeded' || task.status === 'failed' || task.status === 'canceled'

// Removed wins over succeeded, that over canceled, that over all others: after a failure, another attempt may succeed.
const rank = (version: TaskVersion): number =>
  isRemoved(version) ? 3 : version.status === 'succeeded' ? 2 : version.status === 'canceled' ? 1 : 0

const failed = (version: TaskRecord): number => (version.status === 'failed' ? 1 : 0)

/** Compares two texts by UTF-16 units, as `<` does. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * The order of two versions of one task: above 0 when `a` wins, 0 only when they are the same. The one that wins is called
 * the newest, whenever it was written.
 *
 * Strongest first: removed, succeeded, canceled, the higher attempt, failed over unfinished, the higher `rev`, the
 * higher `by`, the greater canonical JSON. The order is total, so keeping the newest is a merge that does not
 * depend on order or repetition.
 */
export function compareVersions(a: TaskVersion, b: TaskVersion): number {
  if (a === b) return 0
  const ranks = rank(a) - rank(b)
  if (ranks !== 0) return ranks
  if (!isRemoved(a) && !isRemoved(b)) {
    const attempts = a.attempt - b.attempt || failed(a) - failed(b)
    if (attempts !== 0) return attempts
  }
  return a.rev - b.rev || compareText(a.by, b.by) || compareText(canonicalJson(a), canonicalJson(b))
}

/** What a slot is called in messages. */
export const labelOf = ({ type, characterId }: Pick<TaskRecord, 'type' | 'characterId'>): string =>
  characterId === undefined ? type : `${type} of ${characterId}`

/** The order of a slot's tasks: the newest by (`startedAt`, `id`) is the latest. */
export const compareTasks = (a: SlotTask, b: SlotTask): number =>
  a.startedAt - b.startedAt || compareText(a.id, b.id)
