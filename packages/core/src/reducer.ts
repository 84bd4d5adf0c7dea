import { canonicalJson } from './json.ts'
import type { Pipeline } from './pipeline.ts'
import { mergeShows, readShows, type ShowInfo } from './show.ts'
import {
  type Chain,
  type Counts,
  countedType,
  createShow,
  createStep,
  currentTask,
  emptyShow,
  finalShowId,
  noCounts,
  overallOf,
  percentOf,
  placed,
  type Place,
  placeOf,
  seenIds,
  type ShowState,
  type State,
  type StepState,
  sumUp,
  taskAt,
  tally,
  totalOf,
} from './state.ts'
import { emptyTable, get, place as placeIn, put } from './table.ts'
import {
  compareTasks,
  compareVersions,
  isActive,
  isRemoved,
  type ShowRecord,
  type TaskRecord,
  type TaskVersion,
} from './task.ts'
import { at, items, push, set, type Vector } from './vector.ts'

/** Merges one version of a task into the state: the newest wins. Gives the state itself when nothing changes. */
export function applyTask(state: State, version: TaskVersion): State {
  const place = placeOf(state, version.id)
  if (place === undefined) return addVersion(state, version)
  const step = at(state.shows.values, place.show).steps[place.step]!
  const held = at(step.tasks, place.task)!
  if (isNextOf(version, held)) return replace(state, place, held as TaskRecord, version as TaskRecord)
  if (compareVersions(version, held) <= 0) return state
  if (!isRemoved(held) && !isRemoved(version)) return replace(state, place, held, version)
  const tasks = set(step.tasks, place.task, version)
  return isRemoved(held) ? putStep(state, place, sameStep(step, tasks)) : unchain(state, place, tasks)
}

/**
 * The common case, told without `compareVersions`, which is three times as dear: a running task goes on. What has
 * been removed has neither status nor attempt.
 */
const isNextOf = (version: Partial<TaskRecord>, held: Partial<TaskRecord>): boolean =>
  (held.status === 'processing' || held.status === 'starting') &&
  version.rev! > held.rev! &&
  version.attempt! >= held.attempt!

/** A newer version in the place of a living one. */
function replace(state: State, place: Place, held: TaskRecord, version: TaskRecord): State {
  const show = at(state.shows.values, place.show)
  const step = show.steps[place.step]!
  if (hasMoved(held, version)) {
    // The new place first, so that no total goes down and up again.
    const added = addVersion(state, version)
    const left = at(added.shows.values, place.show).steps[place.step]!
    return unchain(added, place, set<TaskVersion | undefined>(left.tasks, place.task, undefined))
  }
  const tasks = set(step.tasks, place.task, version)
  const { slots } = step
  // Each slot began with a task: while there are no more tasks than slots, each task is its slot's current one.
  const isCurrent =
    step.tasks.size === slots.values.size || at(slots.values, place.slot).chain!.task === place.task
  const next = isCurrent
    ? recount(state.pipeline, show, place.step, version.characterId, tasks, slots, held, version)
    : createStep(step, tasks, slots)
  return putStep(state, place, next)
}

/** A step that shows the same as before. */
function sameStep(step: StepState, tasks: StepState['tasks']): StepState {
  const next = createStep(step, tasks, step.slots)
  next.memo = step.memo
  return next
}

/** Merges one record of a show into the state, register by register. */
export function applyShow(state: State, record: ShowRecord): State {
  const held = get(state.records, record.showId)
  const merged = mergeShows(held, record)
  if (merged === held) return state
  const before = finalShowId(state, record.showId)
  const next = { ...state, records: put(state.records, record.showId, merged) }
  const isRenamed = merged.renamedTo?.value !== held?.renamedTo?.value
  if (isRenamed) return regroup(next, [before, finalShowId(next, record.showId)])
  const [opened, place] = openShow(next, before)
  const show = at(opened.shows.values, place)
  const info = readShow(opened, show)
  const isTitleOnly = held !== undefined && changedRegisters(held, merged).every((name) => name === 'title')
  return withShow(
    opened,
    place,
    isTitleOnly ? createShow({ ...show, info }) : countAll(state.pipeline, show, info),
  )
}

const changedRegisters = (a: ShowRecord, b: ShowRecord) =>
  (['title', 'characters', 'facts', 'unavailable'] as const).filter((name) => a[name] !== b[name])

const hasMoved = (held: TaskRecord, version: TaskRecord): boolean =>
  held.showId !== version.showId ||
  held.type !== version.type ||
  held.characterId !== version.characterId ||
  held.startedAt !== version.startedAt

// --- one task more -------------------------------------------------------------------------------------------------

function addVersion(given: State, version: TaskVersion): State {
  const [state, showPlace] = openShow(ownIndex(given), finalShowId(given, version.showId))
  const show = at(state.shows.values, showPlace)
  if (isRemoved(version)) {
    const step = show.steps.length - 1
    const others = show.steps[step]!
    const place = { show: showPlace, step, task: others.tasks.size, slot: -1 }
    const next = sameStep(others, push(others.tasks, version))
    return putStep(indexed(state, version.id, place), place, next)
  }
  const stepPlace = stepOf(state.pipeline, version)
  const step = show.steps[stepPlace]!
  const key = slotKey(state.pipeline, stepPlace, version)
  const { characterId } = version
  const found = placeIn(step.slots, key)
  const slot = found < 0 ? undefined : at(step.slots.values, found)
  const place = {
    show: showPlace,
    step: stepPlace,
    task: step.tasks.size,
    slot: found < 0 ? step.slots.values.size : found,
  }
  const tasks = push(step.tasks, version)
  const chain = link(slot?.chain, place.task, tasks)
  const before = currentTask(step, slot)
  const after = taskAt(tasks, chain.task)
  const slots = put(step.slots, key, { characterId, chain }, found)
  const counted = recount(state.pipeline, show, stepPlace, characterId, tasks, slots, before, after)
  let next = withStep(state.pipeline, show, stepPlace, counted)
  if (slot?.chain === undefined) next = withSeen(state.pipeline, next, stepPlace, characterId, 1)
  return withShow(indexed(state, version.id, place), showPlace, next)
}

function link(chain: Chain | undefined, task: number, tasks: Vector<TaskVersion | undefined>): Chain {
  const isNewer =
    chain === undefined ||
    compareTasks(at(tasks, task) as TaskRecord, at(tasks, chain.task) as TaskRecord) > 0
  return isNewer ? { task, next: chain } : { task: chain.task, next: link(chain.next, task, tasks) }
}

/** The place of the step that a task counts in; one past the last for a task that is in no step. */
export function stepOf(pipeline: Pipeline, task: Pick<TaskRecord, 'type' | 'characterId'>): number {
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

function unchain(state: State, place: Place, tasks: Vector<TaskVersion | undefined>): State {
  const show = at(state.shows.values, place.show)
  const step = show.steps[place.step]!
  const slot = at(step.slots.values, place.slot)
  const chain = without(slot.chain, place.task)
  const slots = { ...step.slots, values: set(step.slots.values, place.slot, { ...slot, chain }) }
  const counted = recount(
    state.pipeline,
    show,
    place.step,
    slot.characterId,
    tasks,
    slots,
    currentTask(step, slot),
    taskAt(step.tasks, chain?.task),
  )
  let next = withStep(state.pipeline, show, place.step, counted)
  if (chain === undefined) next = withSeen(state.pipeline, next, place.step, slot.characterId, -1)
  return withShow(state, place.show, next)
}

function without(chain: Chain | undefined, task: number): Chain | undefined {
  if (chain === undefined || chain.task === task) return chain?.next
  return { task: chain.task, next: without(chain.next, task) }
}

// --- counting ------------------------------------------------------------------------------------------------------

/** A step after its slot of one character went from one current task to another. */
function recount(
  pipeline: Pipeline,
  { info, seen, steps }: ShowState,
  place: number,
  characterId: string | undefined,
  tasks: StepState['tasks'],
  slots: StepState['slots'],
  before: TaskRecord | undefined,
  after: TaskRecord | undefined,
): StepState {
  const step = steps[place]!
  const next = createStep(step, tasks, slots)
  const definition = pipeline.steps[place]
  // Where nothing active is outside, an active slot is not either: no need to look into the roster.
  const isInside = step.outside === 0 && before !== undefined && isActive(before)
  const type = isInside ? definition?.type : countedType(definition, info, characterId)
  tally(next, info, type, characterId, before, -1)
  tally(next, info, type, characterId, after, 1)
  if (definition?.optional) next.total = totalOf(pipeline, place, info, seen, next)
  return next
}

/** A character is seen in one slot more or less; where the roster is unknown, that is what totals are made of. */
function withSeen(
  pipeline: Pipeline,
  show: ShowState,
  place: number,
  characterId: string | undefined,
  by: 1 | -1,
): ShowState {
  if (characterId === undefined || place === pipeline.steps.length) return show
  const { info } = show
  const found = placeIn(show.characters, characterId)
  const count = found < 0 ? 0 : at(show.characters.values, found)
  const characters = put(show.characters, characterId, count + by, found)
  const isNews = by === 1 ? count === 0 : count === 1
  const seen = isNews && !info.named.has(characterId) ? show.seen + by : show.seen
  const next = createShow({ ...show, characters, seen })
  if (seen === show.seen || info.roster) return next
  const factsNameAll = pipeline.steps.some(({ per, type }) => per !== 'show' && info.done.get(type) === true)
  if (factsNameAll) return countAll(pipeline, next)
  const steps = show.steps.map((step, index) => {
    const total = totalOf(pipeline, index, info, seen, step)
    return total === step.total ? step : createStep({ ...step, total }, step.tasks, step.slots)
  })
  return sumUp(pipeline, { ...next, steps })
}

/** A show counted anew, for the rare changes that concern all of it: characters, facts, availability. */
function countAll(pipeline: Pipeline, show: ShowState, info: ShowInfo = show.info): ShowState {
  const known = seenIds(show.characters, info)
  const steps = show.steps.map((step, place) => {
    const counts: Counts = { ...noCounts }
    const definition = pipeline.steps[place]
    for (const slot of items(step.slots.values)) {
      const type = countedType(definition, info, slot.characterId)
      tally(counts, info, type, slot.characterId, currentTask(step, slot), 1)
    }
    if (definition) {
      for (const characterId of namedItems(info, definition, known)) {
        if (placeIn(step.slots, characterId ?? '') >= 0) continue
        tally(counts, info, countedType(definition, info, characterId), characterId, undefined, 1)
      }
    }
    counts.total = totalOf(pipeline, place, info, known.size, counts)
    const isSame =
      (Object.keys(counts) as (keyof Counts)[]).every((name) => counts[name] === step[name]) &&
      (definition === undefined || showsTheSame(show.info, info, definition))
    return isSame ? step : createStep(counts, step.tasks, step.slots)
  })
  return sumUp(pipeline, { ...show, info, steps, seen: known.size })
}

/** Whether a step whose counts stay shows the same slots too. (A later `at` alone would change a count.) */
function showsTheSame(a: ShowInfo, b: ShowInfo, { type, per }: Pipeline['steps'][number]): boolean {
  if (a.unavailable.has(type) !== b.unavailable.has(type)) return false
  if (per === 'show') return true
  // While the roster is unknown, those whom the facts name have slots in every step.
  const isSameCast =
    isEqual(a.characters, b.characters) && (b.characters !== undefined || isEqual(a.named, b.named))
  return isSameCast && isEqual(a.done.get(type), b.done.get(type))
}

function isEqual(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => (value instanceof Set ? [...value] : value)
  return a === b || canonicalJson([plain(a)]) === canonicalJson([plain(b)])
}

/** The items whose slots the facts say to be done; undefined stands for the whole show. */
function namedItems(
  info: ShowInfo,
  { type, per }: Pipeline['steps'][number],
  known: ReadonlySet<string>,
): Iterable<string | undefined> {
  const done = info.done.get(type)
  if (done === undefined) return []
  if (per === 'show') return done === true ? [undefined] : []
  return done === true ? (info.roster ?? known) : done
}

// --- the way back to the root --------------------------------------------------------------------------------------

const putStep = (state: State, place: Place, step: StepState): State =>
  withShow(state, place.show, withStep(state.pipeline, at(state.shows.values, place.show), place.step, step))

function withShow(state: State, place: number, show: ShowState): State {
  const { keys, values, index } = state.shows
  return {
    pipeline: state.pipeline,
    shows: { keys, values: set(values, place, show), index },
    records: state.records,
    index: state.index,
    stamp: state.stamp,
    size: state.size,
  }
}

function withStep(pipeline: Pipeline, show: ShowState, place: number, step: StepState): ShowState {
  const { info } = show
  const old = show.steps[place]!
  const steps = show.steps.slice()
  steps[place] = step
  const definition = pipeline.steps[place]
  const percent = definition && percentOf(definition, info, step)
  let { overall } = show
  if (percent !== undefined && percent !== overall.percents[place]) {
    const percents = overall.percents.slice()
    percents[place] = percent
    overall = overallOf(pipeline, percents)
  }
  return createShow({
    showId: show.showId,
    members: show.members,
    info,
    steps,
    characters: show.characters,
    seen: show.seen,
    active: show.active + step.active - old.active + step.outside - old.outside,
    failed: show.failed + step.failed - old.failed,
    overall,
  })
}

function openShow(state: State, showId: string): [State, number] {
  const found = placeIn(state.shows, showId)
  if (found >= 0) return [state, found]
  const show = countAll(
    state.pipeline,
    emptyShow(state.pipeline, showId, readShow(state, { showId, members: [showId] })),
  )
  return [{ ...state, shows: put(state.shows, showId, show) }, state.shows.values.size]
}

function readShow(state: State, show: Pick<ShowState, 'showId' | 'members'>): ShowInfo {
  const records = show.members.map((id) => get(state.records, id)).filter((record) => record !== undefined)
  return readShows(show.showId, records)
}

/** The index, for writing: an older state that grows anew gets one of its own. */
function ownIndex(state: State): State {
  if (state.index.stamp === state.stamp) return state
  const places = new Map<string, Place>()
  for (const [version, place] of placed(state)) places.set(version.id, place)
  return { ...state, index: { places, stamp: 0 }, stamp: 0 }
}

function indexed(state: State, id: string, place: Place): State {
  const { index } = state
  const isNew = !index.places.has(id)
  index.places.set(id, place)
  index.stamp += 1
  return {
    pipeline: state.pipeline,
    shows: state.shows,
    records: state.records,
    index,
    stamp: index.stamp,
    size: isNew ? state.size + 1 : state.size,
  }
}

/** Lays the shows that a rename joins or parts together anew. */
function regroup(given: State, finalIds: readonly string[]): State {
  let state = ownIndex(given)
  const members = new Set<string>(finalIds)
  const tasks: TaskVersion[] = []
  for (const finalId of finalIds) {
    const place = placeIn(state.shows, finalId)
    if (place < 0) continue
    const show = at(state.shows.values, place)
    for (const member of show.members) members.add(member)
    for (const step of show.steps) for (const version of items(step.tasks)) if (version) tasks.push(version)
    const bare = createShow({ ...emptyShow(state.pipeline, finalId), members: [], characters: emptyTable })
    state = withShow(state, place, bare)
  }
  const groups = new Map<string, string[]>()
  for (const member of members) {
    const finalId = finalShowId(state, member)
    groups.set(finalId, [...(groups.get(finalId) ?? []), member])
  }
  for (const [finalId, joined] of groups) {
    const [opened, place] = openShow(state, finalId)
    const show = createShow({ ...at(opened.shows.values, place), members: joined.toSorted() })
    state = withShow(opened, place, countAll(state.pipeline, show, readShow(opened, show)))
  }
  return tasks.reduce(addVersion, state)
}
