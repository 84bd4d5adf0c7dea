// From what is held to what is shown.
import type { Pipeline, Step as Definition } from '../records/pipeline.ts'
import type { Character, ShowRecord } from '../records/task.ts'
import type { Items, Show, Step } from './entities.ts'
import { readInfo, type ShowInfo } from './show-info.ts'
import { viewOfShow } from './show-view.ts'
import { changed, count, timeAll } from './slots.ts'
import { hasFiguresOf, viewOfStep } from './step-view.ts'
import type { PipelineView, StepView } from './views.ts'

/** The view of a show as it is now: the same object until something in the show changes. */
export function look(show: Show, pipeline: Pipeline, records: ReadonlyMap<string, ShowRecord>): PipelineView {
  if (show.isStale) recount(show, pipeline, records)
  if (show.view) return show.view
  let isTimed = true
  for (let step = show.changed; step; step = step.nextChanged) {
    const before = show.stepViews[step.place]
    const after = viewOfStep(step)
    if (before) sum(step, before, -1)
    sum(step, after, 1)
    show.stepViews[step.place] = after
    if (before?.startedAt !== after.startedAt || before?.completedAt !== after.completedAt) isTimed = false
    step.isChanged = false
  }
  show.changed = undefined
  if (!isTimed) {
    show.startedAt = earliest(show.stepViews.map((step) => step.startedAt))
    show.completedAt = latest(show.stepViews.map((step) => step.completedAt))
  }
  show.view = viewOfShow(show)
  return show.view
}

/** Adds (`by` 1) or takes out (`by` -1) what one step counts for in its show. */
function sum({ show, definition }: Step, view: StepView, by: 1 | -1): void {
  show.active += by * view.active
  if (!view.counted) return
  const { weight } = definition!
  show.failed += by * view.failed
  if (view.status === 'failed') show.failedSteps += by
  show.work += by * weight * view.progress
  show.weights += by * weight
  show.totalSteps += by
  if (view.progress === 100) show.completedSteps += by
}

/** What the records of a show and of all that renames have joined to it say. */
export const infoOf = (show: Show, pipeline: Pipeline, records: ReadonlyMap<string, ShowRecord>): ShowInfo =>
  readInfo(
    pipeline,
    show.showId,
    show.members.flatMap((id) => records.get(id) ?? []),
  )

/** Counts all of a show anew, for the rare changes that concern all of it. Steps that look as before keep their views. */
export function recount(show: Show, pipeline: Pipeline, records: ReadonlyMap<string, ShowRecord>): void {
  const before = show.info
  show.info = infoOf(show, pipeline, records)
  show.isStale = false
  show.view = undefined
  show.outside = 0
  const changedItems = new Set([...show.items.values()].filter((items) => !list(show, items)))
  /** Of two views with the same figures: whether their slots are the same too. */
  const hasSameSlots = (items: Items, { type, optional }: Definition): boolean => {
    const done = show.info.done.get(type)
    // Without a roster, an optional step lists what has begun and what facts name one by one.
    const isUnlisted = optional && done !== true && !items.roster && !before.rosters.has(items.kind)
    return (isUnlisted || !changedItems.has(items)) && isSameDone(before.done.get(type), done)
  }
  for (const step of show.steps) {
    countAll(step)
    const { definition, items, place, isChanged } = step
    const view = show.stepViews[place]
    if (!definition || isChanged) continue
    if (
      !view ||
      !hasFiguresOf(view, viewOfStep(step)) ||
      !(items === undefined || hasSameSlots(items, definition))
    )
      changed(step)
  }
}

type Done = true | ReadonlySet<string> | undefined

const isSameDone = (a: Done, b: Done): boolean =>
  a === b ||
  (a !== true && b !== true && (a?.size ?? 0) === (b?.size ?? 0) && [...(a ?? [])].every((id) => b?.has(id)))

/** Lists the items of one kind anew. False if they are others, or named otherwise, or in another order. */
function list({ info, steps }: Show, items: Items): boolean {
  const known = info.rosters.get(items.kind)
  const own = steps.filter((step) => step.items === items)
  const done = own.map(({ definition }) => info.done.get(definition!.type))
  const wasKnown = items.roster !== undefined
  items.roster = known && new Set(known.map(({ id }) => id))
  items.named = new Set(done.flatMap((what) => (what instanceof Set ? [...(what as Set<string>)] : [])))
  items.seen.clear()
  for (const { slots } of own)
    for (const { characterId, latest } of slots.values())
      if (latest) items.seen.set(characterId!, (items.seen.get(characterId!) ?? 0) + 1)
  const next = known ? [...known] : [...new Set([...items.named, ...items.seen.keys()])].map((id) => ({ id }))
  const isSame = wasKnown === (known !== undefined) && isSameList(items.list, next, wasKnown)
  if (!isSame) items.list = next
  return isSame
}

/** Whether two lists have the same items; their order counts where it is that of a roster. */
function isSameList(a: readonly Character[], b: readonly Character[], isOrdered: boolean): boolean {
  if (a.length !== b.length) return false
  if (isOrdered) return a.every(({ id, name }, place) => id === b[place]!.id && name === b[place]!.name)
  const ids = new Set(b.map(({ id }) => id))
  return a.every(({ id }) => ids.has(id))
}

function countAll(step: Step): void {
  const { slots, slotTasks, items, definition, show } = step
  step.completed = step.active = step.failed = step.canceled = step.interrupted = 0
  step.begun = step.stuck = step.running = 0
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

/** Whether a slot counts in its step: not where that is none, or a known roster does not name the item. */
export const isCounted = ({ definition, items }: Step, characterId: string | undefined): boolean =>
  definition !== undefined && (characterId === undefined || !items?.roster || items.roster.has(characterId))

type Times = readonly (number | undefined)[]

const extreme = (times: Times, pick: (a: number, b: number) => number): number | undefined =>
  times.reduce((best, time) => (best === undefined || time === undefined ? (best ?? time) : pick(best, time)))

const earliest = (times: Times): number | undefined => extreme(times, Math.min)
const latest = (times: Times): number | undefined => extreme(times, Math.max)
