import { type Counts, slotStatus, stepProgress, type StepStatus, stepStatus } from './counts.ts'
import type { Step } from './pipeline.ts'
import { type ShowBase, seenIds, type SlotState, type Slots, type Versions } from './show-base.ts'
import { emptyTable, get } from './table.ts'
import { isActive, type TaskRecord, type TaskVersion } from './task.ts'
import { at, emptyVector, items, push, set } from './vector.ts'
import type { SlotView, StepError } from './views.ts'

interface Lists {
  readonly slots: readonly SlotView[]
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
  #running: number
  #outside: number
  readonly #versions: Versions
  readonly #size: number
  readonly #slotTable: Slots
  // Not the whole show: a step that is kept must not keep older states of the other steps alive.
  readonly #base: ShowBase
  #lists: Lists | undefined
  #isSealed: boolean

  private constructor(from: Figures, base: ShowBase, versions: Versions, size: number, slotTable: Slots) {
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
    this.#running = from.running
    this.#outside = from.outside
    this.#versions = versions
    this.#size = size
    this.#slotTable = slotTable
    this.#base = base
    this.#lists = undefined
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
      running: 0,
      outside: 0,
    }
    const step = new StepState(from, base, emptyVector, 0, emptyTable)
    step.settle()
    return step
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
    return new StepState(this, base, this.#versions, this.#size, this.#slotTable)
  }

  /** The same figures with one version replaced, yet to be changed. */
  withVersion(
    base: ShowBase,
    place: number,
    version: TaskVersion | undefined,
    slotTable: Slots = this.#slotTable,
  ): StepState {
    const versions = set(this.#versions, this.#size, place, version)
    return new StepState(this, base, versions, this.#size, slotTable)
  }

  /** The same figures with one version more, yet to be changed. */
  withMore(base: ShowBase, version: TaskVersion, slotTable: Slots = this.#slotTable): StepState {
    const versions = push(this.#versions, this.#size, version)
    return new StepState(this, base, versions, this.#size + 1, slotTable)
  }

  /** The same figures over other versions, yet to be counted. */
  withAll(base: ShowBase, versions: Versions, size: number, slotTable: Slots): StepState {
    return new StepState(this, base, versions, size, slotTable)
  }

  /** The same step with nothing counted, yet to be changed. */
  cleared(base: ShowBase): StepState {
    const step = this.copy(base)
    step.completed = 0
    step.active = 0
    step.failed = 0
    step.canceled = 0
    step.interrupted = 0
    step.#running = 0
    step.#outside = 0
    return step
  }

  /** The slot of a character went from one current task to another. */
  exchange(
    characterId: string | undefined,
    before: TaskRecord | undefined,
    after: TaskRecord | undefined,
  ): void {
    // Where nothing active is outside, an active slot is not either: no need to look into the roster.
    const wasInside = this.#outside === 0 && before !== undefined && isActive(before)
    if (wasInside && after !== undefined && isActive(after)) {
      this.#running += (after.progress ?? 0) - (before.progress ?? 0)
      this.progress = stepProgress(this)
      return
    }
    const isInside = wasInside || this.counts(characterId)
    this.tally(isInside, characterId, before, -1)
    this.tally(isInside, characterId, after, 1)
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
  tally(isInside: boolean, characterId: string | undefined, task: TaskRecord | undefined, by: 1 | -1): void {
    if (!isInside) {
      if (task !== undefined && isActive(task)) this.#outside += by
      return
    }
    switch (slotStatus(this.#base.info, this.type, characterId, task)) {
      case 'active':
        this.active += by
        this.#running += by * (task?.progress ?? 0)
        break
      case 'done':
        this.completed += by
        break
      case 'failed':
        this.failed += by
        break
      case 'canceled':
        this.canceled += by
        break
      case 'interrupted':
        this.interrupted += by
        break
      case 'pending':
        break
    }
  }

  /** Works out what follows from the counts. */
  settle(): void {
    const { info, cast } = this.#base
    const { optional, per } = this
    const isPerShow = per === 'show'
    const touched = this.completed + this.active + this.failed + this.canceled + this.interrupted
    this.unavailable = info.unavailable.has(this.type)
    this.total = optional ? touched : isPerShow ? 1 : cast
    this.status = stepStatus(this)
    this.progress = stepProgress(this)
    this.counted =
      this.stepNumber > 0 &&
      !this.unavailable &&
      (optional ? this.canceled < this.total : isPerShow || info.roster?.size !== 0)
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
    return this.currentTask(get(this.#slotTable, characterId ?? ''))
  }

  get slots(): readonly SlotView[] {
    return (this.#lists ??= listAll(this, this.#base, this.#slotTable)).slots
  }

  get tasks(): readonly TaskRecord[] {
    return (this.#lists ??= listAll(this, this.#base, this.#slotTable)).tasks
  }

  get errors(): readonly StepError[] {
    return (this.#lists ??= listAll(this, this.#base, this.#slotTable)).errors
  }

  get startedAt(): number | undefined {
    return earliest(this.tasks.map((task) => task.startedAt))
  }

  get completedAt(): number | undefined {
    return this.status === 'succeeded' ? latest(this.tasks.map((task) => task.completedAt)) : undefined
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

  /** The task that a slot stands for: it is a living one, for a tombstone leaves its slot. */
  currentTask(slot: SlotState | undefined): TaskRecord | undefined {
    return slot?.task === undefined ? undefined : (this.versionAt(slot.task) as TaskRecord)
  }
}

function listAll(step: StepState, base: ShowBase, slotTable: Slots): Lists {
  const slots = Object.freeze(listSlots(step, base, slotTable))
  const tasks = Object.freeze(slots.flatMap(({ task }) => (task ? [task as TaskRecord] : [])))
  const errors = slots.flatMap(({ status, task, characterId }) =>
    status === 'failed' && task
      ? [
          {
            taskId: task.id,
            ...(characterId === undefined ? {} : { characterId }),
            ...(task.error ?? { message: 'failed' }),
          },
        ]
      : [],
  )
  return { slots, tasks, errors: Object.freeze(errors) }
}

function listSlots(step: StepState, { info, seen }: ShowBase, slotTable: Slots): SlotView[] {
  const view = (characterId: string | undefined, name: string | undefined): SlotView => {
    const task = step.currentTask(get(slotTable, characterId ?? ''))
    const state = slotStatus(info, step.type, characterId, task)
    const status = state === 'done' ? 'succeeded' : state
    const progress = status === 'succeeded' ? 100 : (task?.progress ?? 0)
    return Object.freeze({ characterId, name, status, progress, task: task as SlotView['task'] })
  }
  if (step.per === 'show') return step.optional && step.total === 0 ? [] : [view(undefined, undefined)]
  // Before the roster is known: those that any step has seen or that facts name.
  const listed = info.characters ?? [...seenIds(seen, info)].toSorted().map((id) => ({ id, name: id }))
  return listed
    .map(({ id, name }) => view(id, name ?? id))
    .filter((slot) => !step.optional || slot.status !== 'pending')
}

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
