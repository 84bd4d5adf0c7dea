import { canonicalJson } from '../records/json.ts'
import type { Pipeline, Step } from '../records/pipeline.ts'
import { mergeShows, readShows, type ShowInfo } from '../records/show.ts'
import { type Chain, createShowBase, seenIds, type ShowBase, type SlotState } from './show-base.ts'
import { ShowState } from './show-state.ts'
import {
  allShows,
  createBase,
  createState,
  followRenames,
  type Place,
  placed,
  placeOf,
  showAt,
  showOf,
  showPlaceOf,
  type State,
  type StateBase,
  withShow,
} from './state.ts'
import type { StepState } from './step-state.ts'
import {
  emptyTable,
  extended,
  get,
  placeOfKey,
  put,
  replaceAt,
  type Table,
  valueAt,
  values,
} from './table.ts'
import {
  compareTasks,
  compareVersions,
  isInSlot,
  type ShowRecord,
  type SlotTask,
  type TaskRecord,
  type TaskVersion,
  type Tombstone,
} from '../records/task.ts'
import { push, set, vectorOf } from './vector.ts'

/** Merges one version of a task into the state: the newest wins. Gives the state itself when nothing changes. */
export function applyTask(state: State, version: TaskVersion): State {
  const place = placeOf(state, version.id)
  if (place === undefined) return addVersion(state, version)
  const show = showAt(state, place.show)
  const step = show.stepStates[place.step]!
  const held = step.versionAt(place.task)!
  if (!isNextOf(version, held)) {
    if (compareVersions(version, held) <= 0) return state
    if (!isInSlot(version)) {
      if (isInSlot(held)) return unchain(state, place, version)
      return withStep(state, place, show, step.withVersion(show.base, place.task, version))
    }
    if (!isInSlot(held)) return moveTo(state, place, version)
  }
  return replace(state, place, show, step, held as SlotTask, version as SlotTask)
}

/**
 * The common case, told without `compareVersions`, which is three times as dear: a running task goes on. What has been
 * removed is never active and has no attempt.
 */
const isNextOf = (version: Partial<TaskRecord>, held: Partial<TaskRecord>): boolean =>
  (held.status === 'processing' || held.status === 'starting') &&
  version.rev! > held.rev! &&
  version.attempt! >= held.attempt!

/** A newer version in the place of one that is in a slot. */
function replace(
  state: State,
  place: Place,
  show: ShowState,
  step: StepState,
  held: SlotTask,
  version: SlotTask,
): State {
  // Each slot began with a task: while there are no more tasks than slots, no slot has two to be put in order.
  const isAlone = step.size === step.slotTable.size
  if (hasMoved(held, version) || (!isAlone && held.startedAt !== version.startedAt)) {
    // The new place first, so that no total goes down and up again.
    const added = addVersion(state, version)
    return unchain(added, place, undefined)
  }
  const next = step.withVersion(show.base, place.task, version)
  const slot = isAlone ? undefined : valueAt(step.slotTable, place.slot)
  if (slot === undefined || slot.task === place.task) {
    const hasOlderResult = slot?.result !== undefined
    next.exchange(version.characterId, held, version, hasOlderResult, hasOlderResult)
    return withStep(state, place, show, next)
  }
  if (held.status === version.status || (held.status !== 'succeeded' && version.status !== 'succeeded'))
    return withStep(state, place, show, next)
  // An older task has become a result, or is none any more.
  const chained = rechained(next, slot)
  const slots = replaceAt(step.slotTable, place.slot, chained)
  const grown = step.withVersion(show.base, place.task, version, slots)
  const latest = step.latestOf(slot)
  grown.exchange(version.characterId, latest, latest, slot.result !== undefined, chained.result !== undefined)
  return withStep(state, place, show, grown)
}

/** A version that is in another place than what was held of its task, which nothing is left of. */
function moveTo(state: State, { show, step, task }: Place, version: SlotTask): State {
  const added = addVersion(state, version)
  const held = showAt(added, show)
  const left = held.stepStates[step]!.withVersion(held.base, task, undefined)
  return withShow(added, show, held.withStep(step, left))
}

export const hasMoved = (held: SlotTask, version: SlotTask): boolean =>
  held.showId !== version.showId || held.type !== version.type || held.characterId !== version.characterId

/** Merges one record of a show into the state, register by register. */
export function applyShow(given: State, record: ShowRecord): State {
  const held = get(given.base.records, record.showId)
  const merged = mergeShows(held, record)
  if (merged === held) return given
  const { pipeline, records, index, stamp, showCount, size } = given.base
  const base = createBase(pipeline, put(records, record.showId, merged), index, stamp, showCount, size)
  const state = createState(base, given.shows, undefined)
  if (merged.renamedTo?.value !== held?.renamedTo?.value) {
    return regroup(state, [
      followRenames(given.base.records, record.showId),
      followRenames(state.base.records, record.showId),
    ])
  }
  const [opened, place] = openShow(state, record.showId)
  const show = showAt(opened, place)
  const { showId, members, seen, cast } = show.base
  const info = readInfo(opened, show.base)
  const isTitleOnly = held !== undefined && changedRegisters(held, merged).every((name) => name === 'title')
  const next = isTitleOnly
    ? show.withBase(createShowBase(pipeline, showId, members, info, seen, cast))
    : countAll(show, members, info)
  return withShow(opened, place, next)
}

const changedRegisters = (a: ShowRecord, b: ShowRecord) =>
  (['title', 'characters', 'facts', 'unavailable'] as const).filter((name) => a[name] !== b[name])

// --- one task more -------------------------------------------------------------------------------------------------

function addVersion(given: State, version: TaskVersion): State {
  const [state, showPlace] = openShow(ownIndex(given), version.showId)
  const show = showAt(state, showPlace)
  if (!isInSlot(version)) {
    const step = show.stepStates.length - 1
    const others = show.stepStates[step]!
    const place = { show: showPlace, step, task: others.size, slot: -1 }
    const next = others.withMore(show.base, version)
    return indexed(state, version.id, place, show.withStep(step, next))
  }
  const stepPlace = stepOf(state.base.pipeline, version)
  const step = show.stepStates[stepPlace]!
  const key = slotKey(state.base.pipeline, stepPlace, version)
  const { characterId } = version
  const found = placeOfKey(step.slotTable, key)
  const slot = found < 0 ? undefined : valueAt(step.slotTable, found)
  const place = {
    show: showPlace,
    step: stepPlace,
    task: step.size,
    slot: found < 0 ? step.slotTable.size : found,
  }
  const next = linked(slot, characterId, place.task, version, (task) => step.versionAt(task) as SlotTask)
  const slots = put(step.slotTable, key, next, found)
  const seen = slot?.task === undefined ? withSeen(show, stepPlace, characterId, 1) : show
  const grown = seen.stepStates[stepPlace]!.withMore(seen.base, version, slots)
  grown.exchange(
    characterId,
    step.latestOf(slot),
    grown.latestOf(next),
    slot?.result !== undefined,
    next.result !== undefined,
  )
  return indexed(state, version.id, place, seen.withStep(stepPlace, grown))
}

/** A slot with one task more, which is its latest when it is newer than that. */
export function linked(
  slot: SlotState | undefined,
  characterId: string | undefined,
  task: number,
  version: SlotTask,
  versionAt: (task: number) => SlotTask,
): SlotState {
  if (slot?.task === undefined) return { characterId, task, result: undefined, older: undefined }
  const { task: latest, result, older } = slot
  const held = versionAt(latest)
  const isNewer = compareTasks(version, held) > 0
  const [other, otherVersion] = isNewer ? [latest, held] : [task, version]
  const isResult =
    otherVersion.status === 'succeeded' &&
    (result === undefined || compareTasks(otherVersion, versionAt(result)) > 0)
  return {
    characterId,
    task: isNewer ? task : latest,
    result: isResult ? other : result,
    older: { task: other, next: older },
  }
}

const chainOf = (slot: SlotState | undefined): Chain | undefined =>
  slot?.task === undefined ? undefined : { task: slot.task, next: slot.older }

/** The place of the step that a task counts in; one past the last for a task that is in no step. */
export function stepOf(pipeline: Pipeline, task: Pick<SlotTask, 'type' | 'characterId'>): number {
  const place = pipeline.indexOf(task.type)
  if (place === undefined) return pipeline.steps.length
  const isPerItem = pipeline.steps[place]!.per !== 'show'
  return isPerItem === (task.characterId !== undefined) ? place : pipeline.steps.length
}

/** A slot's key within its step: no id is empty or holds a NUL. */
export const slotKey = (
  pipeline: Pipeline,
  step: number,
  task: { readonly type: string; readonly characterId?: string },
): string => {
  const item = task.characterId ?? ''
  return step === pipeline.steps.length ? `${task.type}\0${item}` : item
}

// --- one task less -------------------------------------------------------------------------------------------------

/** A task of its slot less: its place is left empty, or to its tombstone. */
function unchain(state: State, place: Place, left: Tombstone | undefined): State {
  const show = showAt(state, place.show)
  const step = show.stepStates[place.step]!
  const slot = valueAt(step.slotTable, place.slot)
  const { characterId } = slot
  const unlinked = rechained(step, slot, place.task)
  const slots = replaceAt(step.slotTable, place.slot, unlinked)
  const next = step.withVersion(show.base, place.task, left, slots)
  next.exchange(
    characterId,
    step.latestOf(slot),
    next.latestOf(unlinked),
    slot.result !== undefined,
    unlinked.result !== undefined,
  )
  const changed = show.withStep(place.step, next)
  const isGone = unlinked.task === undefined
  return withShow(state, place.show, isGone ? withSeen(changed, place.step, characterId, -1) : changed)
}

/** A slot put in order anew, without one of its tasks: its latest, and the newest other one that succeeded. */
function rechained(step: StepState, slot: SlotState, without?: number): SlotState {
  const { characterId } = slot
  const versionAt = (task: number) => step.versionAt(task) as SlotTask
  let next: SlotState = { characterId, task: undefined, result: undefined, older: undefined }
  for (let link = chainOf(slot); link; link = link.next) {
    if (link.task !== without) next = linked(next, characterId, link.task, versionAt(link.task), versionAt)
  }
  return next
}

// --- counting ------------------------------------------------------------------------------------------------------

/** A character is seen in one slot more or less; while the roster is unknown, that is what totals are made of. */
function withSeen(show: ShowState, place: number, characterId: string | undefined, by: 1 | -1): ShowState {
  const { pipeline, showId, members, info, seen: table, cast } = show.base
  if (info.roster || characterId === undefined || place === pipeline.steps.length) return show
  const found = placeOfKey(table, characterId)
  const count = found < 0 ? 0 : valueAt(table, found)
  const seen = put(table, characterId, count + by, found)
  const isNews = (by === 1 ? count === 0 : count === 1) && !info.named.has(characterId)
  if (!isNews) return show.withBase(createShowBase(pipeline, showId, members, info, seen, cast))
  const base = createShowBase(pipeline, showId, members, info, seen, cast + by)
  const factsNameAll = pipeline.steps.some(({ per, type }) => per !== 'show' && info.done.get(type) === true)
  if (factsNameAll) return recount(show, base)
  return ShowState.of(
    base,
    show.stepStates.map((step) => resettled(step, base)),
  )
}

/** A step whose slots stay, while there are more or fewer characters. */
function resettled(step: StepState, base: ShowBase): StepState {
  // Their totals are no number of characters.
  if (step.per === 'show' || step.optional) return step
  const next = step.copy(base)
  next.settle()
  return next.total === step.total ? step : next
}

/** A show counted anew, for the rare changes that concern all of it: characters, facts, availability. */
const countAll = (show: ShowState, members: readonly string[], info: ShowInfo): ShowState =>
  recount(
    show,
    createShowBase(show.base.pipeline, show.base.showId, members, info, countSeen(show.stepStates, info)),
  )

/** In how many slots each character is seen; nobody asks once the roster is known. */
function countSeen(stepStates: readonly StepState[], info: ShowInfo): Table<number> {
  if (info.roster) return emptyTable
  const counts = new Map<string, number>()
  for (const step of stepStates.slice(0, -1)) {
    for (const { characterId, task } of values(step.slotTable)) {
      if (task !== undefined && characterId !== undefined)
        counts.set(characterId, (counts.get(characterId) ?? 0) + 1)
    }
  }
  return extended<number>(emptyTable, [...counts.values()], counts.keys())
}

/** A show after some of its steps got other tasks; what changed in the others follows from the characters alone. */
export function withLists(show: ShowState, stepStates: readonly StepState[]): ShowState {
  const { pipeline, showId, members, info } = show.base
  const base = createShowBase(pipeline, showId, members, info, countSeen(stepStates, info))
  if (info.done.size > 0) return recount(show.withSteps(stepStates), base)
  const steps = stepStates.map((step, place) =>
    step === show.stepStates[place] ? resettled(step, base) : counted(step, base, undefined),
  )
  return ShowState.of(base, steps)
}

function recount(show: ShowState, base: ShowBase): ShowState {
  const { pipeline, info, seen } = base
  const known = info.roster ?? seenIds(seen, info)
  const steps = show.stepStates.map((step, place) => {
    const definition = pipeline.steps[place]
    const next = counted(step, base, definition && namedItems(info, definition, known))
    const isSame =
      next.hasCountsOf(step) && (definition === undefined || showsTheSame(show.base.info, info, definition))
    return isSame ? step : next
  })
  return ShowState.of(base, steps)
}

/** A step counted anew; `named` are the items whose slots the facts may say to be done. */
function counted(step: StepState, base: ShowBase, named: Iterable<string | undefined> = []): StepState {
  const next = step.cleared(base)
  for (const slot of values(step.slotTable)) {
    const { characterId, task, result } = slot
    if (task === undefined) continue
    next.tally(next.counts(characterId), characterId, step.latestOf(slot), result !== undefined, 1)
  }
  for (const characterId of named) {
    if (get(step.slotTable, characterId ?? '')?.task !== undefined) continue
    next.tally(next.counts(characterId), characterId, undefined, false, 1)
  }
  next.settle()
  return next
}

/** Whether a step whose counts stay shows the same slots too. (A later `at` alone would change a count.) */
function showsTheSame(a: ShowInfo, b: ShowInfo, { type, per }: Step): boolean {
  if (a.unavailable.has(type) !== b.unavailable.has(type)) return false
  if (per === 'show') return true
  // While the roster is unknown, those whom the facts name have slots in every step.
  const isSameCast =
    isEqual(a.characters, b.characters) && (b.characters !== undefined || isEqual(a.named, b.named))
  return isSameCast && isEqual(a.done.get(type), b.done.get(type))
}

function isEqual(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => (value instanceof Set ? [...value] : value)
  if (a === b || a === undefined || b === undefined) return a === b
  return canonicalJson([plain(a)]) === canonicalJson([plain(b)])
}

/** The items whose slots the facts may say to be done; undefined stands for the whole show. */
function namedItems(
  info: ShowInfo,
  { type, per }: Step,
  known: ReadonlySet<string>,
): Iterable<string | undefined> {
  const done = info.done.get(type)
  if (done === undefined) return []
  if (per === 'show') return [undefined]
  return done === true ? known : done
}

// --- the way back to the root --------------------------------------------------------------------------------------

const withStep = (state: State, place: Place, show: ShowState, step: StepState): State =>
  withShow(state, place.show, show.withStep(place.step, step))

/** The show of a final id, and its place; where it is not known, what it begins as and where it will be. */
export function showFor(state: State, showId: string): [ShowState, number] {
  const found = showPlaceOf(state, showId)
  if (found !== undefined) return [showAt(state, found), found]
  // Whoever brings the first record of a show reads it right after; without one there is nothing to read.
  return [ShowState.empty(state.base.pipeline, showId), state.base.showCount]
}

/** The show of a final id, begun where it is not known; and its place. */
function openShow(given: State, showId: string): [State, number] {
  const found = showPlaceOf(given, showId)
  if (found !== undefined) return [given, found]
  const state = ownIndex(given)
  const [show, place] = showFor(state, showId)
  return [withLaidOut(state, place, show, 0), place]
}

/** The state with a show put at its place, known or new, and so many tasks more; the index is its own. */
export function withLaidOut({ base, shows }: State, place: number, show: ShowState, more: number): State {
  const { showCount, size, index } = base
  if (place < showCount)
    return stamped(base, set(shows, showCount, place, show), show, showCount, size + more)
  index.shows.set(show.showId, place)
  return stamped(base, push(shows, place, show), show, place + 1, size + more)
}

function readInfo(state: State, { showId, members }: Pick<ShowBase, 'showId' | 'members'>): ShowInfo {
  const records = members.map((id) => get(state.base.records, id)).filter((record) => record !== undefined)
  return readShows(showId, records)
}

/** The index, for writing: an older state that grows anew gets one of its own. */
export const ownIndex = (state: State): State =>
  state.base.index.stamp === state.base.stamp ? state : withNewIndex(state)

function withNewIndex(state: State): State {
  const tasks = new Map<string, Place>()
  for (const [version, place] of placed(state)) tasks.set(version.id, place)
  const shows = new Map<string, number>()
  let place = 0
  for (const { base } of allShows(state)) {
    for (const member of base.members) shows.set(member, place)
    place += 1
  }
  const { pipeline, records, showCount, size } = state.base
  const index = { tasks, shows, stamp: 0 }
  return createState(createBase(pipeline, records, index, 0, showCount, size), state.shows, undefined)
}

/** A state of some of a state's shows, which hold `size` tasks: older states keep what they have. */
export function rebuilt({ base }: State, kept: readonly ShowState[], size: number): State {
  let records: StateBase['records'] = emptyTable
  for (const show of kept) {
    for (const member of show.base.members) {
      const record = get(base.records, member)
      if (record) records = put(records, member, record)
    }
  }
  const { pipeline, index, stamp } = base
  return withNewIndex(
    createState(createBase(pipeline, records, index, stamp, kept.length, size), vectorOf(kept), undefined),
  )
}

/** The newest owner of an index that has just been written to. */
function stamped(
  { pipeline, records, index }: StateBase,
  shows: State['shows'],
  changed: ShowState | undefined,
  showCount: number,
  size: number,
): State {
  index.stamp += 1
  return createState(createBase(pipeline, records, index, index.stamp, showCount, size), shows, changed)
}

const restamped = ({ base, shows }: State): State =>
  stamped(base, shows, undefined, base.showCount, base.size)

/** A task's place kept, and its show put where it is. */
function indexed({ base, shows }: State, id: string, place: Place, show: ShowState): State {
  const { tasks } = base.index
  const before = tasks.size
  tasks.set(id, place)
  const size = base.size + tasks.size - before
  return stamped(base, set(shows, base.showCount, place.show, show), show, base.showCount, size)
}

/** Lays the shows that a rename joins or parts together anew. */
function regroup(given: State, finalIds: readonly string[]): State {
  let state = ownIndex(given)
  const members = new Set<string>(finalIds)
  const tasks: TaskVersion[] = []
  for (const finalId of finalIds) {
    const place = showPlaceOf(state, finalId)
    if (place === undefined) continue
    const show = showAt(state, place)
    for (const member of show.base.members) members.add(member)
    for (const step of show.stepStates) for (const version of step.listed()) tasks.push(version)
    const bare = ShowState.empty(state.base.pipeline, show.base.showId)
    state = withShow(
      state,
      place,
      bare.withBase(createShowBase(state.base.pipeline, show.base.showId, [], bare.base.info)),
    )
  }
  state = restamped(state)
  const groups = new Map<string, string[]>()
  for (const member of members) {
    const finalId = followRenames(state.base.records, member)
    groups.set(finalId, [...(groups.get(finalId) ?? []), member])
  }
  for (const [finalId, joined] of groups) {
    // An id that had been joined to another show gets one of its own again.
    if (showOf(state, finalId)?.base.showId !== finalId) state.base.index.shows.delete(finalId)
    const [opened, place] = openShow(state, finalId)
    const show = showAt(opened, place)
    const info = readInfo(opened, { showId: finalId, members: joined })
    for (const member of joined) opened.base.index.shows.set(member, place)
    state = withShow(restamped(opened), place, countAll(show, joined.toSorted(), info))
  }
  return tasks.reduce(addVersion, state)
}
