import type { Internals } from './internals.ts'
import type { TaskQueries, LooseFilter } from './task-queries.ts'
import { CanceledError, problem } from '../records/errors.ts'
import { answerOf } from '../records/guard.ts'
import { definitionOf } from '../records/pipeline.ts'
import {
  type Dismissed,
  isActive,
  isInSlot,
  labelOf,
  type SlotTask,
  type TaskRecord,
  type TaskStatus,
  type Tombstone,
} from '../records/task.ts'
import { limits } from '../records/text.ts'
import { toTaskError } from '../records/thrown.ts'
import { assertId, conflictIn, type LooseSlot, readSlot } from '../write/input.ts'
import { firstVersion, nextVersion, type TaskPatch } from '../write/next-version.ts'

type Patch = TaskPatch<never>

export type TaskCommands = ReturnType<typeof createTaskCommands>

/** Writes the versions of tasks. Throws a CallsheetError for an invalid id or step; reports other mistakes. */
export function createTaskCommands(
  internals: Internals,
  { versionOf, newest, tasksIn, select, selectAll }: TaskQueries,
) {
  const { pipeline, by, now, newId, redactor, state, runs, apply, report } = internals

  const writing = (type: string) => ({
    now: now(),
    by,
    definition: definitionOf(pipeline, type),
    redactor,
    report,
  })

  /** @param onMade Called before anyone is told. */
  function begin(slot: LooseSlot, id: string, patch: Patch, onMade?: (task: TaskRecord) => void): TaskRecord {
    const { showId, type, characterId } = slot
    assertId(id, 'id')
    if (versionOf(id))
      throw problem('duplicate_id', `Task "${id}" is known already; ids are never used again.`)
    if (state.records.get(showId)?.removed)
      throw problem('removed_show', `Show "${showId}" was removed. Use another id.`)
    const startedAt = Math.max(now(), (tasksIn(slot)?.latest.startedAt ?? -1) + 1)
    if (startedAt > limits.time) {
      const message = `Cannot add a task to ${labelOf(slot)} of "${showId}": its latest task starts at the maximum time.`
      throw problem('limit_reached', message)
    }
    const place = pipeline.indexOf(type)
    const stepNumber = place === undefined ? undefined : place + 1
    const task = firstVersion({ id, showId, type, characterId, stepNumber, startedAt }, patch, writing(type))
    onMade?.(task)
    apply([task], [])
    return task
  }

  /** @param otherwise The status if the patch has no valid one. */
  function update(id: string, patch: Patch, otherwise?: TaskStatus): TaskRecord | undefined {
    const held = newest(id)
    if (!held) {
      const message = `updateTask ignored: unknown task "${id}". Use the id that addTask was given or returned.`
      report(problem('unknown_task', message))
      return undefined
    }
    const next = nextVersion(held, patch, writing(held.type), otherwise)
    if (next === held || apply([next], []) > 0) return next
    const message = `Task "${id}" has ${held.status} already, so its update to ${next.status} changes nothing.`
    report(problem('task_ended', message))
    return undefined
  }

  function cancel(filter: LooseFilter, given: unknown = 'canceled'): number {
    const reason = typeof given === 'string' ? given : toTaskError(given).message
    const tasks = select(filter).filter(isActive)
    for (const { id } of tasks) {
      runs.get(id)?.stop(new CanceledError(reason))
      update(id, { status: 'canceled', error: { message: reason, code: 'canceled' } })
    }
    return tasks.length
  }

  /** A tombstone that names no slot. It outranks every version of its task, so it can do without a higher `rev`. */
  const tombstoneOf = ({ id, showId, rev }: SlotTask) => ({
    id,
    showId,
    removed: true as const,
    updatedAt: now(),
    rev: Math.min(rev + 1, limits.count),
    by,
  })

  /** Replaces the tasks that are not active with tombstones; those of dismissed tasks name their slots. */
  function remove(tasks: readonly SlotTask[], isDismissal: boolean): number {
    const tombstones = tasks.flatMap(({ id }): Tombstone[] => {
      // A failure that is held back is recorded first.
      runs.get(id)?.settleNow()
      const task = versionOf(id)
      // A listener who is told of it may have removed the task.
      if (!task || !isInSlot(task) || isActive(task)) return []
      const { type, characterId, startedAt } = task
      const status = task.status as Dismissed['status']
      const bare = tombstoneOf(task)
      const item = characterId === undefined ? {} : { characterId }
      return [Object.freeze(isDismissal ? { ...bare, type, ...item, startedAt, status } : bare)]
    })
    return apply(tombstones, [])
  }

  return {
    begin,
    update,
    cancel,
    /** Removes a task, as if it had never been. */
    forget: (task: TaskRecord): void => void apply([Object.freeze(tombstoneOf(task))], []),
    dismiss: (filter: LooseFilter): number => remove(select(filter), true),
    reset: (filter: LooseFilter): number => remove(selectAll(filter), false),
    /** Adds a task by hand. */
    add(given: LooseSlot & Patch & { readonly id?: string }): TaskRecord {
      const { id = newId() } = given ?? {}
      return begin(readSlot(pipeline, given), id, given)
    },
    /** Updates a task by hand. */
    change(id: string, patch: Patch): TaskRecord | undefined {
      assertId(id, 'id')
      const held = newest(id)
      const conflict = held && answerOf(() => conflictIn(pipeline, held, patch ?? {}), report)
      if (conflict === undefined) return update(id, patch)
      report(problem('fixed_field', `updateTask ignored: ${conflict} (task "${id}").`))
      return undefined
    },
  }
}
