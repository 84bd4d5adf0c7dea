import {
  applyTask,
  hasMoved,
  linked,
  showFor,
  ownIndex,
  slotKey,
  stepOf,
  withLaidOut,
  withLists,
} from './reducer.ts'
import type { ShowBase, SlotState } from './show-base.ts'
import { showAt, showPlaceOf, type State, versionOf } from './state.ts'
import type { StepState } from './step-state.ts'
import { extended, placeOfKey, valueAt, values } from './table.ts'
import { compareVersions, isInSlot, type SlotTask, type TaskVersion } from '../records/task.ts'
import { vectorOf } from './vector.ts'

/** A version that is newer than what was held of its task. */
export interface News {
  readonly version: TaskVersion
  readonly held: TaskVersion | undefined
}

/** With fewer for one show, laying it out anew costs more than one event after the other. */
const few = 8

/**
 * Merges many versions at once, with the result that `applyTask` has one after the other: the order in which they come
 * does not matter. A show that gets many is laid out anew: its lists are written once, and its slots counted once.
 */
export function applyTasks(
  given: State,
  versions: readonly TaskVersion[],
): { readonly state: State; readonly news: readonly News[] } {
  const news: News[] = []
  if (versions.length < few) return { state: applyEach(given, versions, news), news }
  // By the show's place, or by its id where it is not known yet.
  const groups = new Map<number | string, TaskVersion[]>()
  for (const version of versions) {
    const place = showPlaceOf(given, version.showId) ?? version.showId
    const group = groups.get(place)
    if (group) group.push(version)
    else groups.set(place, [version])
  }
  let state = given
  const rest: TaskVersion[] = []
  for (const [place, group] of groups) {
    const held = typeof place === 'number' ? showAt(state, place).taskCount : 0
    const isWorthIt = group.length >= few && group.length * 4 >= held
    if (isWorthIt) state = layOut(ownIndex(state), group, news, rest)
    else state = applyEach(state, group, news)
  }
  return { state: applyEach(state, rest, news), news }
}

function applyEach(given: State, versions: readonly TaskVersion[], news: News[]): State {
  let state = given
  for (const version of versions) {
    const held = versionOf(state, version.id)
    const next = applyTask(state, version)
    if (next === state) continue
    state = next
    news.push({ version, held })
  }
  return state
}

/** A step while many versions are put into it. */
interface Layout {
  readonly step: StepState
  readonly versions: (TaskVersion | undefined)[]
  /** Once a task is added. */
  added: { readonly slots: SlotState[]; readonly newKeys: Map<string, number> } | undefined
}

/** A show with many versions merged into it; what does not simply add a task or go on with one is left to the rest. */
function layOut(state: State, group: readonly TaskVersion[], news: News[], rest: TaskVersion[]): State {
  const { tasks } = state.base.index
  const { pipeline } = state.base
  const [show, place] = showFor(state, group[0]!.showId)
  const layouts: (Layout | undefined)[] = show.stepStates.map(() => undefined)
  const layoutOf = (step: number): Layout => (layouts[step] ??= layoutFor(show.stepStates[step]!))
  const before = { tasks: tasks.size, news: news.length }
  for (const version of group) {
    const at = tasks.get(version.id)
    if (!isInSlot(version) || (at && at.show !== place)) {
      rest.push(version)
      continue
    }
    if (!at) {
      const step = stepOf(pipeline, version)
      const layout = layoutOf(step)
      const slot = addTo(layout, version, slotKey(pipeline, step, version))
      tasks.set(version.id, { show: place, step, task: layout.versions.length - 1, slot })
      news.push({ version, held: undefined })
      continue
    }
    const held = layouts[at.step]?.versions[at.task] ?? show.stepStates[at.step]!.versionAt(at.task)!
    if (compareVersions(version, held) <= 0) continue
    if (!isInSlot(held) || held.startedAt !== version.startedAt || hasMoved(held, version)) {
      rest.push(version)
      continue
    }
    const layout = layoutOf(at.step)
    const { older } = layout.added?.slots[at.slot] ?? valueAt(layout.step.slotTable, at.slot)
    const isOther =
      held.status !== version.status && (held.status === 'succeeded' || version.status === 'succeeded')
    // Which of a slot's tasks is its result is not put in order here.
    if (older !== undefined && isOther) {
      rest.push(version)
      continue
    }
    layout.versions[at.task] = version
    news.push({ version, held })
  }
  if (news.length === before.news) return state
  const stepStates = show.stepStates.map((step, at) => (layouts[at] ? laidOut(layouts[at], show.base) : step))
  return withLaidOut(state, place, withLists(show, stepStates), tasks.size - before.tasks)
}

const layoutFor = (step: StepState): Layout => ({ step, versions: step.versionList(), added: undefined })

function laidOut({ step, versions, added }: Layout, base: ShowBase): StepState {
  const slotTable = added ? extended(step.slotTable, added.slots, added.newKeys.keys()) : step.slotTable
  return step.withAll(base, vectorOf(versions), versions.length, slotTable)
}

/** Adds a task to a step; gives its slot's place. */
function addTo(layout: Layout, version: SlotTask, key: string): number {
  const { step, versions } = layout
  const { slots, newKeys } = (layout.added ??= { slots: values(step.slotTable), newKeys: new Map() })
  const found = placeOfKey(step.slotTable, key)
  const slot = found >= 0 ? found : (newKeys.get(key) ?? slots.length)
  if (slot === slots.length) newKeys.set(key, slot)
  const before = slots[slot]
  const versionAt = (task: number) => versions[task] as SlotTask
  slots[slot] = linked(before, version.characterId, versions.length, version, versionAt)
  versions.push(version)
  return slot
}
