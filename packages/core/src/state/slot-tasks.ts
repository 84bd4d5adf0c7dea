// The tasks of one slot in their order: the latest decides its status, the newest that succeeded is its result.
import { compareTasks, type SlotTask } from '../records/task.ts'
import { recountSlot } from './step-counts.ts'
import type { Entry, Slot } from './entities.ts'
import type { SlotTasks } from './status.ts'

/** Puts a task into its slot. */
export function enter(slot: Slot, entry: Entry): void {
  entry.slot = slot
  const { latest } = slot
  if (!latest) slot.latest = entry
  else {
    const isNewer = compare(entry, latest) > 0
    if (isNewer) slot.latest = entry
    const other = isNewer ? latest : entry
    const older = (slot.older ??= [])
    older.splice(placeIn(older, other), 0, other)
    noteResult(slot, other)
  }
  recountSlot(slot, tasksOf(slot))
}

/** Takes a task out of its slot. */
export function leave(slot: Slot, entry: Entry): void {
  entry.slot = undefined
  if (slot.latest === entry) {
    slot.latest = slot.older?.pop()
    if (slot.latest && slot.olderResult === slot.latest) slot.olderResult = lastResult(slot)
  } else {
    slot.older!.splice(slot.older!.indexOf(entry), 1)
    if (slot.olderResult === entry) slot.olderResult = lastResult(slot)
  }
  recountSlot(slot, tasksOf(slot))
}

/** A task of the slot has another version, with the same start. */
export function replace(slot: Slot, entry: Entry): void {
  if (slot.latest !== entry) noteResult(slot, entry)
  recountSlot(slot, tasksOf(slot))
}

const taskOf = (entry: Entry): SlotTask => entry.version as SlotTask

const compare = (a: Entry, b: Entry): number => compareTasks(taskOf(a), taskOf(b))

const isResult = (entry: Entry): boolean => taskOf(entry).status === 'succeeded'

const lastResult = ({ older }: Slot): Entry | undefined => older?.findLast(isResult)

/** An older task may have become a result, or is none any more. */
function noteResult(slot: Slot, entry: Entry): void {
  const { olderResult } = slot
  if (!isResult(entry)) {
    if (olderResult === entry) slot.olderResult = lastResult(slot)
  } else if (!olderResult || compare(entry, olderResult) > 0) slot.olderResult = entry
}

/** Where an entry belongs in a list that is oldest first. */
function placeIn(older: readonly Entry[], entry: Entry): number {
  let [low, high] = [0, older.length]
  // Most are newer than all before them.
  if (high > 0 && compare(older[high - 1]!, entry) < 0) return high
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(older[middle]!, entry) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The tasks that decide a slot, now. */
export function tasksOf({ latest, olderResult }: Slot): SlotTasks | undefined {
  if (!latest) return undefined
  const task = taskOf(latest)
  return { latest: task, result: task.status === 'succeeded' ? task : olderResult && taskOf(olderResult) }
}
