// The tasks of one slot in their order, and the counts that follow from them: kept by difference, since counting anew
// costs more the more there is.
import { compareTasks, isActive, isRemoved, type SlotTask, type TaskRecord } from '../records/task.ts'
import type { Entry, Slot, Step } from './entities.ts'
import { isDone, type SlotTasks, slotStatus } from './rules.ts'

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
  update(slot)
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
  update(slot)
}

/** A task of the slot has another version, with the same start. */
export function replace(slot: Slot, entry: Entry): void {
  if (slot.latest !== entry) noteResult(slot, entry)
  update(slot)
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

// --- counting --------------------------------------------------------------------------------------------------------

/** Brings a step up to date with what one of its slots is now. */
function update(slot: Slot): void {
  const { step, place, isCounted } = slot
  const before = step.slotTasks[place]
  const after = tasksOf(slot)
  if (before?.latest === after?.latest && before?.result === after?.result) return
  write(step, place, after)
  changed(step)
  const { isStale, info } = step.show
  if (isStale) return
  if (!before) see(step, slot.characterId)
  // Most events: a running task goes on.
  const goesOn = before && after && isActive(before.latest) && isActive(after.latest)
  if (isCounted) time(step, before, after)
  if (goesOn && isCounted && before.result === after.result) {
    if (!isDone(info, step.definition!.type, slot.characterId, after))
      step.running += progressOf(after.latest) - progressOf(before.latest)
  } else {
    count(step, slot.characterId, isCounted, before, -1)
    count(step, slot.characterId, isCounted, after, 1)
  }
  if (!after) unsee(step, slot.characterId)
}

/** Writes a step's list, so that views of it can undo it. */
function write(step: Step, place: number, tasks: SlotTasks | undefined): void {
  const { undo, slotTasks } = step
  if (undo && undo.length < 16 + (slotTasks.length >> 2)) undo.push(place, slotTasks[place])
  else if (undo) {
    // A copy now and then costs less than keeping all that ever was; old views go on with the old list.
    step.slotTasks = slotTasks.slice()
    step.undo = undefined
  }
  step.slotTasks[place] = tasks
}

/** Adds (`by` 1) or takes out (`by` -1) what one slot counts for. */
export function count(
  step: Step,
  characterId: string | undefined,
  isCounted: boolean,
  tasks: SlotTasks | undefined,
  by: 1 | -1,
): void {
  const { show, definition } = step
  if (!isCounted || !definition) {
    if (tasks && isActive(tasks.latest)) show.outside += by
    return
  }
  const { type } = definition
  const done = isDone(show.info, type, characterId, tasks)
  const status = slotStatus(show.info, type, characterId, tasks)
  if (done) step.completed += by
  if (status === 'pending') return
  step.begun += by
  if (status === 'succeeded') return
  step[status] += by
  if (done) return
  if (status === 'active') step.running += by * progressOf(tasks!.latest)
  else if (status === 'failed') step.stuck += by
}

/** Keeps the times of a step while one of its slots changes. */
function time(step: Step, before: SlotTasks | undefined, after: SlotTasks | undefined): void {
  const [start, end] = [startOf(after), endOf(after)]
  if (start <= step.startedAt) step.startedAt = start
  else if (startOf(before) === step.startedAt) step.isTimed = false
  if (end >= step.endedAt) step.endedAt = end
  else if (endOf(before) === step.endedAt) step.isTimed = false
}

/** Finds the times of a step anew. */
export function timeAll(step: Step): void {
  step.isTimed = true
  step.startedAt = Infinity
  step.endedAt = -Infinity
  for (const { isCounted, place } of step.slots.values())
    if (isCounted) time(step, undefined, step.slotTasks[place])
}

const startOf = (tasks: SlotTasks | undefined): number =>
  Math.min(livingOf(tasks?.latest)?.startedAt ?? Infinity, livingOf(tasks?.result)?.startedAt ?? Infinity)

const endOf = (tasks: SlotTasks | undefined): number => livingOf(tasks?.result)?.completedAt ?? -Infinity

export const livingOf = (task: SlotTask | undefined): TaskRecord | undefined =>
  task === undefined || isRemoved(task) ? undefined : task

export const progressOf = (task: SlotTask): number => (task as TaskRecord).progress ?? 0

/** A step's view is out of date, and its show's. */
export function changed(step: Step): void {
  const { show, definition } = step
  show.view = undefined
  if (step.isChanged || !definition) return
  step.isChanged = true
  step.nextChanged = show.changed
  show.changed = step
}

/** One more slot of an item has tasks: while the roster is unknown, the items seen are what totals are made of. */
function see({ show, items }: Step, id: string | undefined): void {
  if (!items || id === undefined || items.roster) return
  const times = items.seen.get(id) ?? 0
  items.seen.set(id, times + 1)
  if (times > 0 || items.named.has(id)) return
  items.list.push({ id })
  for (const step of show.steps) {
    if (step.items !== items) continue
    // Facts that name all of a step name the new item too.
    const isNamed = show.info.done.get(step.definition!.type) === true
    if (isNamed) count(step, id, true, undefined, 1)
    if (isNamed || !step.definition!.optional) changed(step)
  }
}

/** One slot of an item less. */
function unsee({ show, items }: Step, id: string | undefined): void {
  if (!items || id === undefined || items.roster) return
  const times = items.seen.get(id)! - 1
  items.seen.set(id, times)
  if (times === 0 && !items.named.has(id)) show.isStale = true
}
