import type { Pipeline } from '../records/pipeline.ts'
import type { ShowState } from './show-state.ts'
import { emptyTable, get, type Table, values } from './table.ts'
import type { ShowRecord, TaskVersion } from '../records/task.ts'
import { at, emptyVector, items, set, type Vector } from './vector.ts'

/** Everything that is known: the newest version of every task and show, with what the views need kept counted. */
export interface State {
  readonly base: StateBase
  /** Shows that renames have joined are one; what they leave behind is a show without members. */
  readonly shows: Vector<ShowState>
  /** The show that changed last, which is mostly the one that is asked for next. */
  readonly changed: ShowState | undefined
}

/** What most events leave as it is in a state. */
export interface StateBase {
  readonly pipeline: Pipeline
  /** By own show id. */
  readonly records: Table<ShowRecord>
  readonly index: Index
  /** The index is this state's own while the stamps agree; older states look for themselves. */
  readonly stamp: number
  /** How many places there are in `shows`. */
  readonly showCount: number
  /** How many tasks are held, tombstones included. */
  readonly size: number
}

/** Where each task and each show is. Shared by all versions of a state, and written by the newest one alone. */
export interface Index {
  readonly tasks: Map<string, Place>
  /** By every id that a show has or had. */
  readonly shows: Map<string, number>
  stamp: number
}

/** A task's place: which show, which step of it, which task of that, and its slot (-1 for a tombstone without one). */
export interface Place {
  readonly show: number
  readonly step: number
  readonly task: number
  readonly slot: number
}

/** Every base is made here: one hidden class keeps reading it fast. */
export const createBase = (
  pipeline: Pipeline,
  records: StateBase['records'],
  index: Index,
  stamp: number,
  showCount: number,
  size: number,
): StateBase => ({ pipeline, records, index, stamp, showCount, size })

/** Every state is made here, too. */
export const createState = (
  base: StateBase,
  shows: State['shows'],
  changed: ShowState | undefined,
): State => ({ base, shows, changed })

/** The state with the show at a place replaced. */
export const withShow = ({ base, shows }: State, place: number, show: ShowState): State =>
  createState(base, set(shows, base.showCount, place, show), show)

export const emptyState = (pipeline: Pipeline): State =>
  createState(
    createBase(pipeline, emptyTable, { tasks: new Map(), shows: new Map(), stamp: 0 }, 0, 0, 0),
    emptyVector,
    undefined,
  )

export const showAt = ({ base, shows }: State, place: number): ShowState => at(shows, base.showCount, place)

/** Every show, and what renames have left behind. */
export const allShows = ({ base, shows }: State): ShowState[] => items(shows, base.showCount)

/** A show by any id that it has or had, or undefined. */
export function showOf(state: State, showId: string): ShowState | undefined {
  if (state.changed?.showId === showId) return state.changed
  const place = showPlaceOf(state, showId)
  return place === undefined ? undefined : showAt(state, place)
}

/** Where a show is, or undefined. */
export function showPlaceOf(state: State, showId: string): number | undefined {
  const { index, stamp } = state.base
  const place = index.shows.get(showId)
  if (index.stamp === stamp) return place
  const isHere = (one: number) => showAt(state, one).base.members.includes(showId)
  if (place !== undefined && place < state.base.showCount && isHere(place)) return place
  // This is an older state, and the show has been joined to another since, or was not known yet.
  for (let one = 0; one < state.base.showCount; one += 1) if (isHere(one)) return one
  return undefined
}

/** The id under which a show is found today. */
export const finalShowId = (state: State, showId: string): string =>
  showOf(state, showId)?.base.showId ?? showId

/** The id that renames lead to: followed to their end, a cycle to its smallest id. */
export function followRenames(records: Table<ShowRecord>, showId: string): string {
  const next = (id: string): string => get(records, id)?.renamedTo?.value ?? id
  const passed = new Set<string>()
  let id = showId
  while (!passed.has(id)) {
    passed.add(id)
    id = next(id)
  }
  // The end leads to itself; going round once more from inside a cycle finds all of it.
  let smallest = id
  for (let other = next(id); other !== id; other = next(other)) if (other < smallest) smallest = other
  return smallest
}

/** Where a task is, or undefined. */
export function placeOf(state: State, id: string): Place | undefined {
  const { index, stamp } = state.base
  if (index.stamp === stamp) return index.tasks.get(id)
  // This is an older state: the task may have moved since, or not have been known yet.
  for (const [version, place] of placed(state)) if (version.id === id) return place
  return undefined
}

/** The newest version of a task, or its tombstone, or undefined. */
export function versionOf(state: State, id: string): TaskVersion | undefined {
  const place = placeOf(state, id)
  return place && showAt(state, place.show).stepStates[place.step]!.versionAt(place.task)
}

/** Every task with its place. */
export function* placed(state: State): Generator<[TaskVersion, Place]> {
  for (let show = 0; show < state.base.showCount; show += 1) {
    for (const [step, held] of showAt(state, show).stepStates.entries()) {
      const slotOf = new Map<number, number>()
      let slot = 0
      for (const { task, older } of values(held.slotTable)) {
        if (task !== undefined) slotOf.set(task, slot)
        for (let link = older; link; link = link.next) slotOf.set(link.task, slot)
        slot += 1
      }
      for (let task = 0; task < held.size; task += 1) {
        const version = held.versionAt(task)
        if (version) yield [version, { show, step, task, slot: slotOf.get(task) ?? -1 }]
      }
    }
  }
}

/** The newest versions of all tasks, tombstones included. */
export function* versions(state: State): Generator<TaskVersion> {
  for (const show of allShows(state)) for (const step of show.stepStates) yield* step.listed()
}
