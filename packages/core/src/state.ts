import type { Pipeline } from './pipeline.ts'
import { readShows, type ShowInfo } from './show.ts'
import { isActive, type ShowRecord, type TaskRecord, type TaskVersion } from './task.ts'
import { emptyTable, get, type Table } from './table.ts'
import { at, emptyVector, items, type Vector } from './vector.ts'

/** Everything that is known: the newest version of every task and show, with what the views need kept counted. */
export interface State {
  readonly pipeline: Pipeline
  /** By final show id: shows that renames have joined are one. */
  readonly shows: Table<ShowState>
  /** By own show id. */
  readonly records: Table<ShowRecord>
  readonly index: TaskIndex
  /** The index is this state's own while the stamps agree; older states check what they find. */
  readonly stamp: number
  /** How many tasks are held, tombstones included. */
  readonly size: number
}

/** Where each task is. Shared by all versions of a state, and written by the newest one alone. */
export interface TaskIndex {
  readonly places: Map<string, Place>
  stamp: number
}

/** A task's place: which show, which step of it, which task of that, and its slot (-1 for a tombstone without one). */
export interface Place {
  readonly show: number
  readonly step: number
  readonly task: number
  readonly slot: number
}

/** One show, with all that was joined to it. */
export interface ShowState {
  readonly showId: string
  /** The ids whose records are in here: its own and those that were renamed to it. */
  readonly members: readonly string[]
  readonly info: ShowInfo
  /** One for each step of the pipeline, and a last one for what is in no step. */
  readonly steps: readonly StepState[]
  /** In how many slots each character is seen. */
  readonly characters: Table<number>
  /** How many characters are seen in any step or named by facts. */
  readonly seen: number
  /** How many slots are worked on and how many have failed, in all steps. */
  readonly active: number
  readonly failed: number
  /** Shared by all versions between which no step gained or lost a whole percent. */
  readonly overall: Overall
  /** The view of this very object, once somebody looked. */
  memo: unknown
}

/** How far all steps of a show have come together. */
export interface Overall {
  /** By step: its progress, or `uncounted`. */
  readonly percents: readonly number[]
  readonly progress: number
  readonly completedSteps: number
  readonly totalSteps: number
}

/** How many slots are in which state. Slots outside a known roster are in none of them. */
export interface Counts {
  total: number
  completed: number
  active: number
  failed: number
  canceled: number
  interrupted: number
  /** The sum of the running slots' progress, in percent. */
  running: number
  /** Active slots that count in no step. */
  outside: number
}

/** One step of one show. */
export interface StepState extends Readonly<Counts> {
  /** By place; a hole is left where a task moved away. */
  readonly tasks: Vector<TaskVersion | undefined>
  readonly slots: Table<SlotState>
  /** The view of this very object, once somebody looked. */
  memo: unknown
}

/** The tasks of one slot. */
export interface SlotState {
  readonly characterId: string | undefined
  /** The places of its tasks, the current one first. */
  readonly chain: Chain | undefined
}

export interface Chain {
  readonly task: number
  readonly next: Chain | undefined
}

export const noCounts: Counts = {
  total: 0,
  completed: 0,
  active: 0,
  failed: 0,
  canceled: 0,
  interrupted: 0,
  running: 0,
  outside: 0,
}

export const emptyState = (pipeline: Pipeline): State => ({
  pipeline,
  shows: emptyTable,
  records: emptyTable,
  index: { places: new Map(), stamp: 0 },
  stamp: 0,
  size: 0,
})

/** What a slot is: active if its task is, else done if that succeeded or facts say so, else as its task is. */
export function slotStatus(
  info: ShowInfo,
  type: string,
  characterId: string | undefined,
  task: TaskRecord | undefined,
): 'active' | 'done' | 'failed' | 'canceled' | 'interrupted' | 'pending' {
  if (task !== undefined) {
    const { status } = task
    if (status === 'starting' || status === 'processing') return 'active'
    if (status === 'succeeded') return 'done'
  }
  if (info.facts !== undefined) {
    const done = info.done.get(type)
    const named = done === true || (characterId !== undefined && done?.has(characterId) === true)
    if (named && (task === undefined || info.facts.at > (task.completedAt ?? task.updatedAt))) return 'done'
  }
  // What is left of the statuses: active and succeeded have been answered.
  return task === undefined ? 'pending' : (task.status as 'failed' | 'canceled' | 'interrupted')
}

/** Of a step, and of a show as a whole. */
export type StepStatus = 'pending' | 'active' | 'succeeded' | 'failed'

/** Active if any slot is; else failed if any is; else succeeded if all are done and there is one. */
export function stepStatus(step: Readonly<Counts>): StepStatus {
  if (step.active > 0) return 'active'
  if (step.failed > 0) return 'failed'
  return step.total > 0 && step.completed === step.total ? 'succeeded' : 'pending'
}

/** The step that a slot counts in; undefined for what is in no step and for a character outside the roster. */
export const countedType = (
  definition: Pipeline['steps'][number] | undefined,
  info: ShowInfo,
  characterId: string | undefined,
): string | undefined =>
  characterId === undefined || info.roster === undefined || info.roster.has(characterId)
    ? definition?.type
    : undefined

/** Adds (`by` 1) or takes out (`by` -1) what one slot counts for in its `countedType`. */
export function tally(
  counts: Counts,
  info: ShowInfo,
  type: string | undefined,
  characterId: string | undefined,
  task: TaskRecord | undefined,
  by: 1 | -1,
): void {
  if (type === undefined) {
    if (task !== undefined && isActive(task)) counts.outside += by
    return
  }
  switch (slotStatus(info, type, characterId, task)) {
    case 'active':
      counts.active += by
      counts.running += by * (task?.progress ?? 0)
      break
    case 'done':
      counts.completed += by
      break
    case 'failed':
      counts.failed += by
      break
    case 'canceled':
      counts.canceled += by
      break
    case 'interrupted':
      counts.interrupted += by
      break
    case 'pending':
      break
  }
}

/** How many slots a step has in all. */
export function totalOf(
  pipeline: Pipeline,
  step: number,
  info: ShowInfo,
  seen: number,
  counts: Counts,
): number {
  const definition = pipeline.steps[step]
  if (definition === undefined) return 0
  if (definition.optional) {
    return counts.completed + counts.active + counts.failed + counts.canceled + counts.interrupted
  }
  return definition.per === 'show' ? 1 : (info.roster?.size ?? seen)
}

/** The living task at a place of a step's tasks. */
export function taskAt(tasks: StepState['tasks'], place: number | undefined): TaskRecord | undefined {
  if (place === undefined) return undefined
  const version = at(tasks, place)
  return version === undefined || 'removed' in version ? undefined : version
}

/** The current task of a slot. */
export const currentTask = (step: StepState, slot: SlotState | undefined): TaskRecord | undefined =>
  taskAt(step.tasks, slot?.chain?.task)

/** The items that any step has seen, and those that the facts name. */
export function seenIds(characters: Table<number>, info: ShowInfo): Set<string> {
  const ids = new Set(info.named)
  for (let place = 0; place < characters.keys.size; place += 1) {
    if (at(characters.values, place) > 0) ids.add(at(characters.keys, place))
  }
  return ids
}

/**
 * A step of these counts, which may still be changed. Every step is made here: one hidden class for all of them
 * keeps every later read fast.
 */
export const createStep = (
  counts: Readonly<Counts>,
  tasks: StepState['tasks'],
  slots: StepState['slots'],
): StepState & Counts => ({
  total: counts.total,
  completed: counts.completed,
  active: counts.active,
  failed: counts.failed,
  canceled: counts.canceled,
  interrupted: counts.interrupted,
  running: counts.running,
  outside: counts.outside,
  tasks,
  slots,
  memo: undefined,
})

/** Floored, and under 100 until the step succeeded. */
export function stepProgress(step: Readonly<Counts>): number {
  const { completed, total } = step
  if (total === 0) return 0
  return completed === total && stepStatus(step) === 'succeeded'
    ? 100
    : Math.min(99, Math.floor((100 * completed + step.running) / total))
}

/** Whether a step has a part in the overall progress. */
export function isCounted(
  { type, optional, per }: Pipeline['steps'][number],
  info: ShowInfo,
  step: Readonly<Counts>,
): boolean {
  if (info.unavailable.size > 0 && info.unavailable.has(type)) return false
  return optional ? step.total > 0 && step.canceled < step.total : per === 'show' || info.roster?.size !== 0
}

/** What stands among a show's percents for a step that does not count. */
const uncounted = -1

/** What a step adds to the percents of its show. */
export const percentOf = (
  definition: Pipeline['steps'][number],
  info: ShowInfo,
  step: Readonly<Counts>,
): number => (isCounted(definition, info, step) ? stepProgress(step) : uncounted)

/** The weighted mean of the counted steps; 100 only when all of them succeeded. */
export function overallOf(pipeline: Pipeline, percents: readonly number[]): Overall {
  let completedSteps = 0
  let totalSteps = 0
  let work = 0
  let weights = 0
  for (let place = 0; place < percents.length; place += 1) {
    const percent = percents[place]!
    if (percent === uncounted) continue
    const { weight } = pipeline.steps[place]!
    totalSteps += 1
    if (percent === 100) completedSteps += 1
    work += weight * percent
    weights += weight
  }
  const isDone = totalSteps > 0 && completedSteps === totalSteps
  const progress = isDone ? 100 : weights === 0 ? 0 : Math.min(99, Math.floor(work / weights))
  return { percents, progress, completedSteps, totalSteps }
}

/** A show whose view is not made yet. Every show is made here, as every step is in `createStep`. */
export const createShow = (show: Omit<ShowState, 'memo'>): ShowState => ({
  showId: show.showId,
  members: show.members,
  info: show.info,
  steps: show.steps,
  characters: show.characters,
  seen: show.seen,
  active: show.active,
  failed: show.failed,
  overall: show.overall,
  memo: undefined,
})

/** A show with the figures of all its steps summed up anew. */
export function sumUp(
  pipeline: Pipeline,
  show: Omit<ShowState, 'memo' | 'active' | 'failed' | 'overall'>,
): ShowState {
  let active = 0
  let failed = 0
  for (const step of show.steps) {
    active += step.active + step.outside
    failed += step.failed
  }
  const percents = pipeline.steps.map((definition, place) =>
    percentOf(definition, show.info, show.steps[place]!),
  )
  return createShow({ ...show, active, failed, overall: overallOf(pipeline, percents) })
}

/** A show of which nothing is known but its id and, where given, its records. */
export function emptyShow(
  pipeline: Pipeline,
  showId: string,
  info: ShowInfo = readShows(showId, []),
): ShowState {
  const steps = [...pipeline.steps.keys(), pipeline.steps.length].map((step) =>
    createStep({ ...noCounts, total: totalOf(pipeline, step, info, 0, noCounts) }, emptyVector, emptyTable),
  )
  return sumUp(pipeline, { showId, members: [showId], info, steps, characters: emptyTable, seen: 0 })
}

/** The id under which a show is found today: renames followed to their end, a cycle to its smallest id. */
export function finalShowId(state: Pick<State, 'records'>, showId: string): string {
  let id = showId
  if (get(state.records, id)?.renamedTo === undefined) return id
  const passed = new Set<string>()
  for (;;) {
    const next = get(state.records, id)?.renamedTo?.value
    if (next === undefined || next === id) return id
    if (passed.has(next)) break
    passed.add(id).add(next)
    id = next
  }
  // Going round once more from inside the cycle finds all of it.
  let smallest = id
  for (let next = id; ;) {
    next = get(state.records, next)?.renamedTo?.value ?? id
    if (next === id) return smallest
    if (next < smallest) smallest = next
  }
}

/** Where a task is, or undefined. */
export function placeOf(state: State, id: string): Place | undefined {
  const place = state.index.places.get(id)
  if (place === undefined || state.index.stamp === state.stamp) return place
  if (holds(state, place, id)) return place
  // This is an older state, and the task has moved since.
  return [...placed(state)].find(([version]) => version.id === id)?.[1]
}

function holds(state: State, place: Place, id: string): boolean {
  if (place.show >= state.shows.values.size) return false
  const step = at(state.shows.values, place.show).steps[place.step]
  return step !== undefined && place.task < step.tasks.size && at(step.tasks, place.task)?.id === id
}

/** The newest version of a task, or its tombstone, or undefined. */
export function versionOf(state: State, id: string): TaskVersion | undefined {
  const place = placeOf(state, id)
  return place && at(at(state.shows.values, place.show).steps[place.step]!.tasks, place.task)
}

/** Every task with its place. */
export function* placed(state: State): Generator<[TaskVersion, Place]> {
  for (let show = 0; show < state.shows.values.size; show += 1) {
    for (const [step, { tasks, slots }] of at(state.shows.values, show).steps.entries()) {
      const slotOf = new Map<number, number>()
      let slot = 0
      for (const { chain } of items(slots.values)) {
        for (let link = chain; link; link = link.next) slotOf.set(link.task, slot)
        slot += 1
      }
      let task = 0
      for (const version of items(tasks)) {
        if (version) yield [version, { show, step, task, slot: slotOf.get(task) ?? -1 }]
        task += 1
      }
    }
  }
}

/** The newest versions of all tasks, tombstones included. */
export function* versions(state: State): Generator<TaskVersion> {
  for (const show of items(state.shows.values)) {
    for (const step of show.steps) {
      for (const version of items(step.tasks)) if (version) yield version
    }
  }
}
