import type { Snapshot } from './snapshot.ts'
import { followRenames } from '../state/shows.ts'
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
  const groups = [...groupsOf(snapshot)].toSorted(
    (a, b) => Number(b.isActive) - Number(a.isActive) || b.updatedAt - a.updatedAt,
  )
  const kept = new Set<object>()
  let tasks = 0
  let length = JSON.stringify({ ...snapshot, tasks: [], shows: [] }).length
  for (const group of groups) {
    // A show without tasks counts as well.
    const counted = Math.max(1, group.tasks)
    const isTooMuch = tasks + counted > maxTasks || length + group.length > maxLength
    if (isTooMuch) continue
    tasks += counted
    length += group.length
    for (const record of group.records) kept.add(record)
  }
  return {
    ...snapshot,
    tasks: snapshot.tasks.filter((task) => kept.has(task)),
    shows: snapshot.shows.filter((show) => kept.has(show)),
  }
}

/** A show with the shows that were renamed to it. */
interface Group {
  readonly records: object[]
  tasks: number
  length: number
  updatedAt: number
  isActive: boolean
}

function groupsOf({ tasks, shows }: Snapshot): Iterable<Group> {
  const records = new Map(shows.map((show) => [show.showId, show]))
  const groups = new Map<string, Group>()
  const add = (record: ShowRecord | TaskVersion): Group => {
    const finalId = followRenames(records, record.showId)
    const group = groups.get(finalId) ?? { records: [], tasks: 0, length: 0, updatedAt: 0, isActive: false }
    groups.set(finalId, group)
    group.records.push(record)
    // With its comma.
    group.length += JSON.stringify(record).length + 1
    return group
  }
  for (const show of shows) add(show)
  for (const task of tasks) {
    const group = add(task)
    group.tasks += 1
    group.updatedAt = Math.max(group.updatedAt, task.updatedAt)
    group.isActive ||= !isRemoved(task) && isActive(task)
  }
  return groups.values()
}
