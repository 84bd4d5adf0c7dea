import type * as z from 'zod/mini'
import { canonicalJson } from './json.ts'
import type { ItemScope, MetadataOf, Pipeline, TaskType } from './pipeline.ts'
import type {
  charactersSchema,
  durationsSchema,
  factsSchema,
  showSchema,
  taskSchema,
  tombstoneSchema,
} from './records.ts'

/** The newest version of one task. Ids are never reused; times are epoch ms; `progress` is whole percent. */
export type TaskRecord = Readonly<z.infer<typeof taskSchema>>

/**
 * What is left of a removed task: its id and version, so that late versions stay away. Of a dismissed task also its slot,
 * when it began and the status that it had; of a reset task none of these.
 */
export type Tombstone = Readonly<z.infer<typeof tombstoneSchema>>

/** The tombstone of a dismissed task: hidden, but tried for good, and done if it had succeeded. */
export type Dismissed = Tombstone & Required<Pick<Tombstone, 'type' | 'startedAt' | 'status'>>

/** What a slot holds: its tasks, and what is left of those that were dismissed. */
export type SlotTask = TaskRecord | Dismissed

/** A version of a task: living or removed. */
export type TaskVersion = TaskRecord | Tombstone

/** A show's own record: registers that are merged one by one. */
export type ShowRecord = Readonly<z.infer<typeof showSchema>>

/** How long the newest tasks of one type (and key, such as the model) took: each when, how long, and whose. */
export type DurationsRecord = Readonly<z.infer<typeof durationsSchema>>

/** A known character of a show. */
export type Character = Readonly<z.infer<typeof charactersSchema>[number]>

/** What the application's database knows to be done, and when it was read (epoch ms). */
export type Facts = Readonly<z.infer<typeof factsSchema>>

/** starting, processing, succeeded, failed, canceled or interrupted. */
export type TaskStatus = TaskRecord['status']

/** A task's error as it is recorded. */
export type TaskError = NonNullable<TaskRecord['error']>

/** The provider's handle of a long-running call. */
export type Job = NonNullable<TaskRecord['job']>

/** A task of a given pipeline, with its metadata typed by its step. */
export type Task<P extends Pipeline = Pipeline, T extends TaskType<P> = TaskType<P>> = T extends unknown
  ? Omit<TaskRecord, 'type' | 'metadata'> & { readonly type: T; readonly metadata?: MetadataOf<P, T> }
  : never

/** What a task is for: a step of a show, and the item where the step is per item. */
export type Slot<P extends Pipeline = Pipeline, T extends TaskType<P> = TaskType<P>> = T extends unknown
  ? { readonly showId: string; readonly type: T } & ItemScope<P, T>
  : never

export const isRemoved = (version: TaskVersion): version is Tombstone => 'removed' in version

/** False for the tombstone of a task that was reset. */
export const isInSlot = (version: TaskVersion): version is SlotTask => version.type !== undefined

/** True while the task is starting or processing. */
export const isActive = (task: { readonly status: TaskStatus }): boolean =>
  task.status === 'starting' || task.status === 'processing'

/** True when the task has ended for all its attempts, or this attempt failed. */
export const isFinished = (task: { readonly status: TaskStatus }): boolean =>
  task.status === 'succeeded' || task.status === 'failed' || task.status === 'canceled'

// Removed over succeeded over canceled over all that may still go on.
const rank = (version: TaskVersion): number =>
  isRemoved(version) ? 3 : version.status === 'succeeded' ? 2 : version.status === 'canceled' ? 1 : 0

const failed = (version: TaskRecord): number => (version.status === 'failed' ? 1 : 0)

/** Compares two texts by UTF-16 units, as `<` does. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * The order of two versions of one task: above 0 when `a` is newer, 0 only when they are the same.
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
