import type { Internals } from './internals.ts'
import { problem } from '../records/errors.ts'
import { definitionOf } from '../records/pipeline.ts'
import { isInSlot, isRemoved, type SlotTask, type TaskRecord, type TaskVersion } from '../records/task.ts'
import { isDone, slotStatus, type SlotTasks } from '../state/status.ts'
import { entriesOf } from '../state/state.ts'
import { livingOf } from '../state/step-counts.ts'
import { tasksOf } from '../state/slot-tasks.ts'
import { assertId, assertObject, assertType, itemName, type LooseSlot, shown } from '../write/input.ts'

/** All of a show, of a step, of an item or of a slot; or one task by its id. */
export type LooseFilter = string | (Partial<LooseSlot> & { readonly [key: string]: unknown })

const questions = ['tried', 'failed', 'done', 'running'] as const

export type TaskQueries = ReturnType<typeof createTaskQueries>

/** Finds tasks. Throws a CallsheetError for an invalid id or step. */
export function createTaskQueries({ pipeline, state, report }: Internals) {
  const versionOf = (id: string): TaskVersion | undefined => state.tasks.get(id)?.version

  const tasksIn = (slot: LooseSlot): SlotTasks | undefined => {
    const found = state.slotOf(slot)
    return found && tasksOf(found)
  }

  /** The tasks of a filter, dismissed ones included. */
  function selectAll(filter: LooseFilter): SlotTask[] {
    if (typeof filter === 'string') {
      assertId(filter, 'id')
      const version = versionOf(filter)
      return version && isInSlot(version) ? [version] : []
    }
    assertObject(filter, 'filter')
    const { showId, type, ...items } = filter
    assertId(showId, 'showId')
    const kinds = [...pipeline.steps, ...pipeline.extra]
      .filter(({ per }) => per !== undefined && per !== 'show')
      .map(itemName)
    const known = type === undefined ? kinds : [itemName(assertType(pipeline, type))]
    const why = mistakeIn(filter, items, known)
    if (why !== undefined) {
      report(problem('invalid_field', `Invalid filter: ${why}`))
      return []
    }
    // Without a type, the name of an item's kind selects the steps that run once per such an item.
    const hasItem = (task: SlotTask, name: string): boolean =>
      items[name] === task.characterId &&
      (type !== undefined || !kinds.includes(name) || itemName(definitionOf(pipeline, task.type)) === name)
    const show = state.shows.get(showId)
    return (show ? entriesOf(show) : []).flatMap(({ version }) => {
      const isMeant =
        isInSlot(version) &&
        (type ?? version.type) === version.type &&
        Object.keys(items).every((name) => hasItem(version, name))
      return isMeant ? [version] : []
    })
  }

  return {
    versionOf,
    tasksIn,
    selectAll,
    select: (filter: LooseFilter): TaskRecord[] => selectAll(filter).filter(isLiving),
    newest: (id: string): TaskRecord | undefined => {
      const version = versionOf(id)
      return version && isLiving(version) ? version : undefined
    },
    living: (): TaskRecord[] => Array.from(state.tasks.values(), ({ version }) => version).filter(isLiving),
    /** The task that a slot shows. */
    currentIn: (slot: LooseSlot): TaskRecord | undefined => {
      const tasks = tasksIn(slot)
      return livingOf(tasks?.latest) ?? livingOf(tasks?.result)
    },
    has: (slot: LooseSlot, what: (typeof questions)[number]): boolean => {
      if (!questions.includes(what)) {
        const message = `Invalid question ${shown(what)}: expected "tried", "failed", "done" or "running".`
        throw problem('invalid_option', message)
      }
      const { showId, type, characterId } = slot
      const info = state.infoOf(showId)
      if (!info) return false
      const tasks = tasksIn(slot)
      if (what === 'tried' && tasks) return true
      if (what === 'tried' || what === 'done') return isDone(info, type, characterId, tasks)
      return slotStatus(info, type, characterId, tasks) === (what === 'running' ? 'active' : what)
    },
  }
}

const isLiving = (version: TaskVersion): version is TaskRecord => !isRemoved(version)

/** Why a filter matches nothing: a key without a value, or an unknown one. */
function mistakeIn(
  filter: Readonly<Record<string, unknown>>,
  items: object,
  known: readonly string[],
): string | undefined {
  const missing = Object.keys(filter).find((key) => (filter[key] ?? undefined) === undefined)
  if (missing !== undefined)
    return `"${missing}" is ${String(filter[missing])}, so it matches no task. Leave the key out to match all.`
  const wrong = Object.keys(items).find((key) => key !== 'characterId' && !known.includes(key))
  if (wrong === undefined) return undefined
  const keys = [...new Set(['showId', 'type', 'characterId', ...known])].join(', ')
  return `unknown key ${shown(wrong)}, so it matches no task. Known keys: ${keys}.`
}
