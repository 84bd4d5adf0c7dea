import type { Snapshot } from './snapshot.ts'
import { followRenames } from '../state/state.ts'
import { assertNumber } from '../write/input.ts'
import { isActive, isRemoved, type ShowRecord, type TaskVersion } from '../records/task.ts'

/** The limits of `trimSnapshot`. */
export interface SnapshotBounds {
  /** The maximum number of tasks, tombstones included; a show without tasks counts as one. @default Infinity */
  readonly maxTasks?: number
  /** The maximum length of its JSON in UTF-16 units, as a browser's localStorage counts. @default Infinity */
  readonly maxLength?: number
}

/**
 * Trims a snapshot to limits. It keeps whole shows: those with active work first, then the last updated ones. A part of a
 * show is never kept, since a slot that looks untried would be paid for again.
 *
 * @example
 * const small = trimSnapshot(tracker.serialize(), { maxLength: 2_000_000 })
 * localStorage.setItem('shows', JSON.stringify(small))
 */
export function trimSnapshot(snapshot: Snapshot, bounds: SnapshotBounds): Snapshot {
  const { maxTasks = Infinity, maxLength = Infinity } = bounds
  assertNumber(maxTasks, 'maxTasks', 0)
  assertNumber(maxLength, 'maxLength', 0)
  const groups = groupsOf(snapshot)
    .map(measured)
    .toSorted((a, b) => Number(b.isActive) - Number(a.isActive) || b.updatedAt - a.updatedAt)
  const kept = new Set<Item>()
  let tasks = 0
  let length = JSON.stringify({ ...snapshot, tasks: [], shows: [] }).length
  for (const group of groups) {
    if (tasks + group.tasks > maxTasks || length + group.length > maxLength) continue
    tasks += group.tasks
    length += group.length
    for (const item of group.items) kept.add(item)
  }
  return {
    ...snapshot,
    tasks: snapshot.tasks.filter((task) => kept.has(task)),
    shows: snapshot.shows.filter((show) => kept.has(show)),
  }
}

type Item = ShowRecord | TaskVersion

/** The records of each show, with those of the shows that were renamed to it. */
function groupsOf({ tasks, shows }: Snapshot): Item[][] {
  const records = new Map(shows.map((show) => [show.showId, show]))
  const groups = new Map<string, Item[]>()
  for (const item of [...shows, ...tasks]) {
    const finalId = followRenames(records, item.showId)
    const group = groups.get(finalId)
    if (group) group.push(item)
    else groups.set(finalId, [item])
  }
  return [...groups.values()]
}

function measured(items: readonly Item[]) {
  const tasks = items.filter((item): item is TaskVersion => 'id' in item)
  return {
    items,
    // A show without tasks counts as well.
    tasks: Math.max(1, tasks.length),
    // Each with its comma.
    length: items.reduce((sum, item) => sum + JSON.stringify(item).length + 1, 0),
    updatedAt: tasks.reduce((newest, { updatedAt }) => Math.max(newest, updatedAt), 0),
    isActive: tasks.some((task) => !isRemoved(task) && isActive(task)),
  }
}
