// The counts and times of a step. They are kept by difference: counting anew costs more the more slots there are.
import { isActive, isRemoved, type SlotTask, type TaskRecord } from '../records/task.ts'
import type { Items, Slot, Step } from './entities.ts'
import { isCounted, see, unsee } from './items.ts'
import { isDone, type SlotTasks, slotStatus } from './status.ts'

/** A slot has other tasks than before: brings its step up to date. */
export function recountSlot(
  { step, place, characterId, isCounted }: Slot,
  after: SlotTasks | undefined,
): void {
  const { show, items } = step
  const before = step.slotTasks[place]
  if (before?.latest === after?.latest && before?.result === after?.result) return
  write(step, place, after)
  changed(step)
  if (show.isStale) return
  if (items && !before && characterId !== undefined && see(items, characterId))
    countItem(step, items, characterId)
  // Most events: a running task goes on. Counting it out and in would double the cost of an event.
  if (before?.result === after?.result && isRunning(before) && isRunning(after) && isCounted) {
    if (!isDone(show.info, step.definition!.type, characterId, after))
      step.running += progressOf(after.latest) - progressOf(before.latest)
  } else {
    count(step, characterId, isCounted, before, -1)
    count(step, characterId, isCounted, after, 1)
  }
  if (isCounted) time(step, before, after)
  if (items && !after && characterId !== undefined && unsee(items, characterId)) show.isStale = true
}

const isRunning = (tasks: SlotTasks | undefined): tasks is SlotTasks =>
  tasks !== undefined && isActive(tasks.latest)

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

/** An item is new in the list of its kind. */
function countItem({ show }: Step, items: Items, id: string): void {
  for (const step of show.steps) {
    if (step.items !== items) continue
    // Facts that name all of a step name the new item too.
    const isNamed = show.info.done.get(step.definition!.type) === true
    if (isNamed) count(step, id, true, undefined, 1)
    if (isNamed || !step.definition!.optional) changed(step)
  }
}

/** Adds (`by` 1) or takes out (`by` -1) what one slot counts for. */
function count(
  step: Step,
  characterId: string | undefined,
  isCounted: boolean,
  tasks: SlotTasks | undefined,
  by: 1 | -1,
): void {
  const { show, definition } = step
  if (!isCounted || !definition) {
    if (isRunning(tasks)) show.outside += by
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
  else if (status === 'failed') step.failedWithoutResult += by
}

/** Counts all slots of a step anew. */
export function recountStep(step: Step): void {
  const { slots, slotTasks, items, definition, show } = step
  step.completed = step.active = step.failed = step.canceled = step.interrupted = 0
  step.begun = step.failedWithoutResult = step.running = 0
  for (const slot of slots.values()) {
    slot.isCounted = isCounted(step, slot.characterId)
    const tasks = slotTasks[slot.place]
    if (tasks) count(step, slot.characterId, slot.isCounted, tasks, 1)
  }
  timeAll(step)
  const done = definition && show.info.done.get(definition.type)
  if (!done) return
  // The slots that facts name and that have no task.
  const named = !items ? [undefined] : done === true ? items.list.map(({ id }) => id) : done
  for (const id of named) {
    const slot = slots.get(id ?? '')
    if (!slot || !slotTasks[slot.place]) count(step, id, isCounted(step, id), undefined, 1)
  }
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
  show.changed.push(step)
}
