import { type Counts, isDone, slotStatus, stepProgress, type StepStatus, stepStatus } from './counts.ts'
import type { Step } from '../records/pipeline.ts'
import { type ShowBase, seenIds, type SlotState, type Slots, type Versions } from './show-base.ts'
import { emptyTable, get } from './table.ts'
import {
  type Character,
  isActive,
  isRemoved,
  type SlotTask,
  type TaskRecord,
  type TaskVersion,
} from '../records/task.ts'
import { at, emptyVector, items, push, set } from './vector.ts'
import type { SlotView, StepError } from './views.ts'

interface Lists {
  readonly slots: readonly SlotView[]
  readonly byItem: ReadonlyMap<string | undefined, SlotView>
  readonly tasks: readonly TaskRecord[]
  readonly errors: readonly StepError[]
}

type Figures = Counts &
  Pick<StepState, 'unavailable' | 'status' | 'progress' | 'counted'> &
  Pick<Step, 'type' | 'label' | 'stepNumber' | 'per' | 'optional'> & { readonly icon?: string | undefined }

const countNames = [
  'total',
  'completed',
  'active',
  'failed',
  'canceled',
  'interrupted',
  'begun',
  'stuck',
  'running',
  'outside',
] as const satisfies readonly (keyof Counts)[]

/** Stands where a definition would, for what is in no step. */
const nowhere = { type: '', label: '', stepNumber: 0, per: 'show', icon: undefined, optional: false }

/**
 * One step of one show: what a viewer sees of it, and in private what the reducer goes on from.
 *
 * Both are one object because a step is made anew at every event. It may be changed until it is sealed, which is when
 * it is first shown to anybody; what is private can be filled in later.
 */
export class StepState implements Counts {
  // `declare`, so that the constructor alone writes them, and once.
  declare type: string
  declare label: string
  declare stepNumber: number
  declare per: string
  declare icon: string | undefined
  declare optional: boolean
  declare unavailable: boolean
  declare status: StepStatus
  declare total: number
  declare completed: number
  declare active: number
  declare failed: number
  declare canceled: number
  declare interrupted: number
  declare progress: number
  declare counted: boolean
  #begun: number
  #stuck: number
  #running: number
  #outside: number
  readonly #versions: Versions
  readonly #size: number
  readonly #slotTable: Slots
  // Not the whole show: a step that is kept must not keep older states of the other steps alive.
  readonly #base: ShowBase
  #lists: Lists | undefined
  // Shared with the steps that this one was made from: a slot that stays as it was shown stays the same object.
  readonly #shown: { lists: Lists | undefined }
  #isSealed: boolean

  private constructor(
    from: Figures,
    base: ShowBase,
    versions: Versions,
    size: number,
    slotTable: Slots,
    shown: { lists: Lists | undefined },
  ) {
    this.type = from.type
    this.label = from.label
    this.stepNumber = from.stepNumber
    this.per = from.per
    this.icon = from.icon
    this.optional = from.optional
    this.unavailable = from.unavailable
    this.status = from.status
    this.total = from.total
    this.completed = from.completed
    this.active = from.active
    this.failed = from.failed
    this.canceled = from.canceled
    this.interrupted = from.interrupted
    this.progress = from.progress
    this.counted = from.counted
    this.#begun = from.begun
    this.#stuck = from.stuck
    this.#running = from.running
    this.#outside = from.outside
    this.#versions = versions
    this.#size = size
    this.#slotTable = slotTable
    this.#base = base
    this.#lists = undefined
    this.#shown = shown
    this.#isSealed = false
  }

  /** A step without tasks; with no definition, the place of all tasks that are in no step. */
  static empty(definition: Step | undefined, base: ShowBase): StepState {
    const { type, label, stepNumber, per, icon, optional } = definition ?? nowhere
    // Spelt out: a spread would give each step a hidden class of its own, and all copying of steps be slow.
    const from: Figures = {
      type,
      label,
      stepNumber,
      per,
      icon,
      optional,
      unavailable: false,
      status: 'pending',
      total: 0,
      completed: 0,
      active: 0,
      failed: 0,
      canceled: 0,
      interrupted: 0,
      progress: 0,
      counted: false,
      begun: 0,
      stuck: 0,
      running: 0,
      outside: 0,
    }
    const step = new StepState(from, base, emptyVector, 0, emptyTable, { lists: undefined })
    step.settle()
    return step
  }

  get begun(): number {
    return this.#begun
  }

  get stuck(): number {
    return this.#stuck
  }

  get running(): number {
    return this.#running
  }

  get outside(): number {
    return this.#outside
  }

  /** How many places there are in `versions`. */
  get size(): number {
    return this.#size
  }

  get slotTable(): Slots {
    return this.#slotTable
  }

  // --- making the next one -------------------------------------------------------------------------------------------

  /** The same figures over another base, yet to be changed. */
  copy(base: ShowBase): StepState {
    return this.withAll(base, this.#versions, this.#size, this.#slotTable)
  }

  /** The same figures with one version replaced, yet to be changed. */
  withVersion(
    base: ShowBase,
    place: number,
    version: TaskVersion | undefined,
    slotTable: Slots = this.#slotTable,
  ): StepState {
    const versions = set(this.#versions, this.#size, place, version)
    return this.withAll(base, versions, this.#size, slotTable)
  }

  /** The same figures with one version more, yet to be changed. */
  withMore(base: ShowBase, version: TaskVersion, slotTable: Slots = this.#slotTable): StepState {
    const versions = push(this.#versions, this.#size, version)
    return this.withAll(base, versions, this.#size + 1, slotTable)
  }

  /** The same figures over other versions, yet to be counted. */
  withAll(base: ShowBase, versions: Versions, size: number, slotTable: Slots): StepState {
    return new StepState(this, base, versions, size, slotTable, this.#shown)
  }

  /** The same step with nothing counted, yet to be changed. */
  cleared(base: ShowBase): StepState {
    const step = this.copy(base)
    step.completed = 0
    step.active = 0
    step.failed = 0
    step.canceled = 0
    step.interrupted = 0
    step.#begun = 0
    step.#stuck = 0
    step.#running = 0
    step.#outside = 0
    return step
  }

  /** The slot of a character went from one latest task to another; whether an older one is a result, stays or changed. */
  exchange(
    characterId: string | undefined,
    before: SlotTask | undefined,
    after: SlotTask | undefined,
    hadOlderResult: boolean,
    hasOlderResult: boolean,
  ): void {
    // Where nothing active is outside, an active slot is not either: no need to look into the roster.
    const wasInside = this.#outside === 0 && before !== undefined && isActive(before)
    if (wasInside && after !== undefined && isActive(after) && hadOlderResult === hasOlderResult) {
      if (isDone(this.#base.info, this.type, characterId, after, hasOlderResult)) return
      this.#running += progressOf(after) - progressOf(before)
      this.progress = stepProgress(this)
      return
    }
    const isInside = wasInside || this.counts(characterId)
    this.tally(isInside, characterId, before, hadOlderResult, -1)
    this.tally(isInside, characterId, after, hasOlderResult, 1)
    this.settle()
  }

  /** Whether a slot of this character counts here: not in no step, nor outside the roster. */
  counts(characterId: string | undefined): boolean {
    const { roster } = this.#base.info
    return (
      this.stepNumber > 0 && (characterId === undefined || roster === undefined || roster.has(characterId))
    )
  }

  /** Adds (`by` 1) or takes out (`by` -1) what one slot counts for. */
  tally(
    isInside: boolean,
    characterId: string | undefined,
    latest: SlotTask | undefined,
    hasOlderResult: boolean,
    by: 1 | -1,
  ): void {
    if (!isInside) {
      if (latest !== undefined && isActive(latest)) this.#outside += by
      return
    }
    const { info } = this.#base
    const done = isDone(info, this.type, characterId, latest, hasOlderResult)
    if (done) this.completed += by
    const status = slotStatus(info, this.type, characterId, latest, done)
    if (status === 'pending') return
    this.#begun += by
    if (status === 'succeeded') return
    this[status] += by
    if (done) return
    if (status === 'active') this.#running += by * progressOf(latest!)
    else if (status === 'failed') this.#stuck += by
  }

  /** Works out what follows from the counts. */
  settle(): void {
    const { info, cast } = this.#base
    const { optional, per } = this
    const isPerShow = per === 'show'
    this.unavailable = info.unavailable.has(this.type)
    this.total = optional ? this.#begun : isPerShow ? 1 : cast
    this.status = stepStatus(this)
    this.progress = stepProgress(this)
    this.counted =
      this.stepNumber > 0 &&
      !this.unavailable &&
      (optional
        ? this.completed + this.active + this.failed + this.interrupted > 0
        : isPerShow || info.roster?.size !== 0)
  }

  hasCountsOf(other: StepState): boolean {
    return countNames.every((name) => this[name] === other[name])
  }

  // --- being looked at -----------------------------------------------------------------------------------------------

  /** Shown from now on, and so never changed again. */
  seal(): this {
    if (!this.#isSealed) {
      this.#isSealed = true
      Object.freeze(this)
    }
    return this
  }

  task(characterId?: string): TaskRecord | undefined {
    return this.taskOf(get(this.#slotTable, characterId ?? ''))
  }

  result(characterId?: string): TaskRecord | undefined {
    return livingOf(this.resultOf(get(this.#slotTable, characterId ?? '')))
  }

  slot(characterId?: string): SlotView {
    return this.#listed().byItem.get(characterId) ?? viewOfSlot(this, this.#base, characterId, characterId)
  }

  get slots(): readonly SlotView[] {
    return this.#listed().slots
  }

  get tasks(): readonly TaskRecord[] {
    return this.#listed().tasks
  }

  get errors(): readonly StepError[] {
    return this.#listed().errors
  }

  get startedAt(): number | undefined {
    return earliest(this.slots.flatMap(({ task, result }) => [task?.startedAt, result?.startedAt]))
  }

  get completedAt(): number | undefined {
    return this.progress === 100 ? latest(this.slots.map(({ result }) => result?.completedAt)) : undefined
  }

  #listed(): Lists {
    return (this.#lists ??= this.#shown.lists = listAll(this, this.#base, this.#shown.lists))
  }

  /** Every version that is there, tombstones too. */
  *listed(): Generator<TaskVersion> {
    for (const version of items(this.#versions, this.#size)) if (version) yield version
  }

  /** Every version at its place, holes too. */
  versionList(): (TaskVersion | undefined)[] {
    return items(this.#versions, this.#size)
  }

  versionAt(place: number): TaskVersion | undefined {
    return at(this.#versions, this.#size, place)
  }

  /** The latest task of a slot, perhaps a dismissed one. */
  latestOf(slot: SlotState | undefined): SlotTask | undefined {
    return slot?.task === undefined ? undefined : (this.versionAt(slot.task) as SlotTask)
  }

  /** All tasks of a slot, dismissed ones too: the latest, then the others in no order. */
  tasksOf(slot: SlotState | undefined): SlotTask[] {
    const places = slot?.task === undefined ? [] : [slot.task]
    for (let link = slot?.older; link; link = link.next) places.push(link.task)
    return places.map((place) => this.versionAt(place) as SlotTask)
  }

  /** What is shown of a slot's tasks: its latest one, else its result. */
  taskOf(slot: SlotState | undefined): TaskRecord | undefined {
    return livingOf(this.latestOf(slot)) ?? livingOf(this.resultOf(slot))
  }

  /** The newest task of a slot that succeeded, perhaps a dismissed one. */
  resultOf(slot: SlotState | undefined): SlotTask | undefined {
    const latest = this.latestOf(slot)
    if (latest?.status === 'succeeded') return latest
    return slot?.result === undefined ? undefined : (this.versionAt(slot.result) as SlotTask)
  }
}

const progressOf = (task: SlotTask): number => (task as TaskRecord).progress ?? 0

const livingOf = (task: SlotTask | undefined): TaskRecord | undefined =>
  task === undefined || isRemoved(task) ? undefined : task

function listAll(step: StepState, base: ShowBase, earlier: Lists | undefined): Lists {
  const all = listSlots(step, base, earlier?.byItem)
  const slots = Object.freeze(all.filter(({ status }) => !step.optional || status !== 'pending'))
  const tasks = Object.freeze(slots.flatMap(({ task }) => (task ? [task as TaskRecord] : [])))
  const errors = slots.flatMap(({ status, task, characterId }) =>
    status === 'failed' && task
      ? [
          Object.freeze({
            taskId: task.id,
            ...(characterId === undefined ? {} : { characterId }),
            ...(task.error ?? { message: 'failed' }),
          }),
        ]
      : [],
  )
  const byItem = new Map(all.map((slot) => [slot.characterId, slot]))
  return { slots, byItem, tasks, errors: Object.freeze(errors) }
}

function listSlots(step: StepState, base: ShowBase, earlier: Lists['byItem'] | undefined): SlotView[] {
  const view = (characterId: string | undefined, name: string | undefined): SlotView => {
    const slot = viewOfSlot(step, base, characterId, name)
    const before = earlier?.get(characterId)
    return before && isSameSlot(before, slot) ? before : slot
  }
  if (step.per === 'show') return [view(undefined, undefined)]
  const { info, seen } = base
  // Before the roster is known: those that any step has seen or that facts name.
  const listed: readonly Character[] =
    info.characters ?? [...seenIds(seen, info)].toSorted().map((id) => ({ id }))
  return listed.map(({ id, name }) => view(id, name))
}

function viewOfSlot(
  step: StepState,
  { info }: ShowBase,
  characterId: string | undefined,
  name: string | undefined,
): SlotView {
  const slot = get(step.slotTable, characterId ?? '')
  const latest = step.latestOf(slot)
  const found = step.resultOf(slot)
  const done = found !== undefined || isDone(info, step.type, characterId, latest, false)
  const status = slotStatus(info, step.type, characterId, latest, done)
  const result = livingOf(found) as SlotView['result']
  return Object.freeze({
    characterId,
    name: name ?? characterId,
    status,
    progress: status === 'active' ? progressOf(latest!) : done ? 100 : 0,
    done,
    tried: done || latest !== undefined,
    task: (livingOf(latest) as SlotView['task']) ?? result,
    result,
  })
}

const isSameSlot = (a: SlotView, b: SlotView): boolean =>
  a.task === b.task &&
  a.result === b.result &&
  a.status === b.status &&
  a.done === b.done &&
  a.tried === b.tried &&
  a.name === b.name &&
  a.progress === b.progress

export const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  times.reduce(
    (best, time) => (best === undefined || (time !== undefined && time < best) ? time : best),
    undefined,
  )

export const latest = (times: readonly (number | undefined)[]): number | undefined =>
  times.reduce(
    (best, time) => (best === undefined || (time !== undefined && time > best) ? time : best),
    undefined,
  )
