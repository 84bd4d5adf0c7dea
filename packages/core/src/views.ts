import type { ExtraDefinition, Pipeline, Step, StepType } from './pipeline.ts'
import { showPipeline } from './show-pipeline.ts'
import type { ShowInfo } from './show.ts'
import {
  currentTask,
  emptyShow,
  isCounted,
  seenIds,
  type ShowState,
  type SlotState,
  slotStatus,
  stepProgress,
  type StepState,
  stepStatus,
  type StepStatus,
} from './state.ts'
import { get, type Table } from './table.ts'
import { type Character, isActive, type Task, type TaskError, type TaskRecord } from './task.ts'

/** One slot of a step, as it is shown: what one character is at. */
export interface SlotView<T = Task> {
  /** The item's id; undefined in a step that runs once per show. */
  readonly characterId: string | undefined
  /** The character's name where it is known, else its id. */
  readonly name: string | undefined
  readonly status: 'pending' | 'active' | 'succeeded' | 'failed' | 'canceled' | 'interrupted'
  /** 0 to 100. */
  readonly progress: number
  /** The current task; undefined when nothing ran, or when only facts know of it. */
  readonly task: T | undefined
}

/** A failed slot, and why. */
export type StepError = TaskError & { readonly taskId: string; readonly characterId?: string }

/** One step of one show, frozen. The same object until something in the step changes. */
export interface StepView<P extends Pipeline = Pipeline, T extends StepType<P> = StepType<P>> {
  readonly type: T
  readonly label: string
  readonly stepNumber: number
  readonly per: string
  readonly icon: string | undefined
  readonly optional: boolean
  readonly unavailable: boolean
  readonly status: StepStatus
  /** How many slots there are; see `completed`, `active`, `failed`, `canceled`, `interrupted`. */
  readonly total: number
  readonly completed: number
  readonly active: number
  readonly failed: number
  readonly canceled: number
  readonly interrupted: number
  /** 0 to 100, whole percent; 100 only when the step succeeded. */
  readonly progress: number
  /** Whether the step has a part in the overall progress. */
  readonly counted: boolean
  // Methods, so that a view of one pipeline can stand for a view of any.
  /** The current task of a slot. */
  task(characterId?: string): Task<P, T> | undefined
  /** The current tasks of the step's slots, in the order of the characters. Computed on first read. */
  readonly tasks: readonly Task<P, T>[]
  /** Every slot of the step, the pending ones too, in the order of the characters. Computed on first read. */
  readonly slots: readonly SlotView<Task<P, T>>[]
  /** The failed slots. Computed on first read. */
  readonly errors: readonly StepError[]
  /** Epoch ms of the first start. Computed on first read. */
  readonly startedAt: number | undefined
  /** Epoch ms of the last finish, once the step succeeded. Computed on first read. */
  readonly completedAt: number | undefined
}

/** One show as a viewer sees it, frozen. The same object until something in the show changes. */
export interface PipelineView<P extends Pipeline = Pipeline> {
  /** The show's final id, also when it was asked for by an id that it had before. */
  readonly showId: string
  readonly title: string | undefined
  readonly status: StepStatus
  /** In the pipeline's order. */
  readonly steps: readonly StepView<P>[]
  /** 0 to 100, whole percent: the weighted mean of the counted steps; 100 only when all of them succeeded. */
  readonly progress: number
  readonly completedSteps: number
  /** How many steps count. */
  readonly totalSteps: number
  /** How many slots are being worked on, outside the steps too. */
  readonly active: number
  readonly failed: number
  /** One step by its type. */
  step<T extends StepType<P>>(type: T): StepView<P, T>
  /** The known characters, in order. */
  readonly characters: readonly Character[]
  /** Epoch ms of the first start. Computed on first read. */
  readonly startedAt: number | undefined
  /** Epoch ms of the last finish, once the show succeeded. Computed on first read. */
  readonly completedAt: number | undefined
}

// A class because only private fields can be filled in on a frozen object, and only accessors of a prototype cost
// nothing at each event.
class ShownStep {
  readonly type: string
  readonly label: string
  readonly stepNumber: number
  readonly per: string
  readonly icon: string | undefined
  readonly optional: boolean
  readonly unavailable: boolean
  readonly status: StepStatus
  readonly total: number
  readonly completed: number
  readonly active: number
  readonly failed: number
  readonly canceled: number
  readonly interrupted: number
  readonly progress: number
  readonly counted: boolean
  readonly #state: StepState
  // Not the whole show: a view kept by its step must not keep older states of the others alive.
  readonly #info: ShowInfo
  readonly #characters: Table<number>
  #slots: readonly SlotView[] | undefined
  #tasks: readonly TaskRecord[] | undefined
  #errors: readonly StepError[] | undefined

  constructor(definition: Step, state: StepState, show: ShowState) {
    const { total, completed, active } = state
    const { info } = show
    this.type = definition.type
    this.label = definition.label
    this.stepNumber = definition.stepNumber
    this.per = definition.per
    this.icon = definition.icon
    this.optional = definition.optional
    this.unavailable = info.unavailable.has(definition.type)
    this.status = stepStatus(state)
    this.total = total
    this.completed = completed
    this.active = active
    this.failed = state.failed
    this.canceled = state.canceled
    this.interrupted = state.interrupted
    this.progress = stepProgress(state)
    this.counted = isCounted(definition, info, state)
    this.#state = state
    this.#info = info
    this.#characters = show.characters
    Object.freeze(this)
  }

  task(characterId?: string): TaskRecord | undefined {
    return currentTask(this.#state, get(this.#state.slots, characterId ?? ''))
  }

  get slots(): readonly SlotView[] {
    return (this.#slots ??= Object.freeze(this.#listSlots()))
  }

  get tasks(): readonly TaskRecord[] {
    return (this.#tasks ??= Object.freeze(
      this.slots.flatMap(({ task }) => (task ? [task as TaskRecord] : [])),
    ))
  }

  get errors(): readonly StepError[] {
    return (this.#errors ??= Object.freeze(
      this.slots.flatMap(({ status, task, characterId }) =>
        status === 'failed' && task
          ? [
              {
                taskId: task.id,
                ...(characterId === undefined ? {} : { characterId }),
                ...(task.error ?? { message: 'failed' }),
              },
            ]
          : [],
      ),
    ))
  }

  get startedAt(): number | undefined {
    return earliest(this.tasks.map((task) => task.startedAt))
  }

  get completedAt(): number | undefined {
    return this.status === 'succeeded' ? latest(this.tasks.map((task) => task.completedAt)) : undefined
  }

  #listSlots(): SlotView[] {
    if (this.per === 'show') {
      const slot = get(this.#state.slots, '')
      if (this.optional && this.total === 0) return []
      return [this.#slot(undefined, undefined, slot)]
    }
    // Before the roster is known: those that any step has seen or that facts name.
    const listed =
      this.#info.characters ??
      [...seenIds(this.#characters, this.#info)].toSorted().map((id) => ({ id, name: id }))
    return listed
      .map(({ id, name }) => this.#slot(id, name ?? id, get(this.#state.slots, id)))
      .filter((slot) => !this.optional || slot.status !== 'pending')
  }

  #slot(characterId: string | undefined, name: string | undefined, slot: SlotState | undefined): SlotView {
    const task = currentTask(this.#state, slot)
    const state = slotStatus(this.#info, this.type, characterId, task)
    const status = state === 'done' ? 'succeeded' : state
    const progress = status === 'succeeded' ? 100 : (task?.progress ?? 0)
    return Object.freeze({ characterId, name, status, progress, task: task as SlotView['task'] })
  }
}

class ShownPipeline {
  readonly showId: string
  readonly title: string | undefined
  readonly status: StepStatus
  readonly progress: number
  readonly completedSteps: number
  readonly totalSteps: number
  readonly active: number
  readonly failed: number
  readonly characters: readonly Character[]
  readonly #pipeline: Pipeline
  readonly #show: ShowState
  #steps: readonly ShownStep[] | undefined

  constructor(pipeline: Pipeline, show: ShowState) {
    const { active, failed, overall } = show
    const { progress, completedSteps, totalSteps } = overall
    this.showId = show.showId
    this.title = show.info.title
    this.status = active > 0 ? 'active' : failed > 0 ? 'failed' : progress === 100 ? 'succeeded' : 'pending'
    this.progress = progress
    this.completedSteps = completedSteps
    this.totalSteps = totalSteps
    this.active = active
    this.failed = failed
    this.characters = show.info.characters ?? none
    this.#pipeline = pipeline
    this.#show = show
    Object.freeze(this)
  }

  // Made on first read: an event does not pay for a frozen array that nobody reads.
  get steps(): readonly ShownStep[] {
    return (this.#steps ??= Object.freeze(this.#pipeline.steps.map((_step, place) => this.#step(place))))
  }

  /** What an accessor of the prototype gives is left out of JSON otherwise. */
  toJSON(): object {
    return Object.assign({}, this, { steps: this.steps })
  }

  step(type: string): ShownStep {
    const place = this.#pipeline.indexOf(type)
    if (place !== undefined) return this.#step(place)
    const known = this.#pipeline.steps.map((step) => step.type).join(', ')
    throw new TypeError(`The pipeline has no step "${type}"; it has ${known}.`)
  }

  #step(place: number): ShownStep {
    const state = this.#show.steps[place]!
    return (state.memo ??= new ShownStep(this.#pipeline.steps[place]!, state, this.#show)) as ShownStep
  }

  get startedAt(): number | undefined {
    return earliest(this.steps.map((step) => step.startedAt))
  }

  get completedAt(): number | undefined {
    return this.status === 'succeeded' ? latest(this.steps.map((step) => step.completedAt)) : undefined
  }
}

const none: readonly never[] = Object.freeze([])

const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  times.reduce(
    (best, time) => (best === undefined || (time !== undefined && time < best) ? time : best),
    undefined,
  )

const latest = (times: readonly (number | undefined)[]): number | undefined =>
  times.reduce(
    (best, time) => (best === undefined || (time !== undefined && time > best) ? time : best),
    undefined,
  )

/** The view of a show: computed once for each state of it. */
export const viewOf = <P extends Pipeline>(pipeline: P, show: ShowState): PipelineView<P> =>
  (show.memo ??= new ShownPipeline(pipeline, show)) as PipelineView<P>

/** The view of a show of which nothing is known. */
export const emptyView = <P extends Pipeline>(pipeline: P, showId: string): PipelineView<P> =>
  viewOf(pipeline, emptyShow(pipeline, showId))

/** What time makes of a task: how long ago in ms a sign of life was, or it finished. Never below 0. */
const since = (time: number, now: number) => Math.max(0, now - time)

/**
 * True when an active task has been silent for longer than its step allows. A stale task is shown, never deleted;
 * the next sign of life revives it.
 *
 * @example
 * isStale(task, Date.now())
 */
export function isStale(
  task: Pick<TaskRecord, 'type' | 'status' | 'updatedAt'>,
  now: number,
  pipeline: Pipeline = showPipeline,
): boolean {
  const definition: Pick<ExtraDefinition, 'stallAfter'> | undefined =
    pipeline.steps[pipeline.indexOf(task.type) ?? -1] ?? pipeline.extra.find(({ type }) => type === task.type)
  return isActive(task) && since(task.updatedAt, now) > (definition?.stallAfter ?? 120_000)
}

/**
 * How long a task has been running, or ran, in ms; never below 0.
 *
 * @example
 * elapsed({ startedAt: 1_000 }, 4_500) // 3500
 */
export const elapsed = (
  task: { readonly startedAt: number | undefined; readonly completedAt?: number | undefined },
  now: number,
): number => (task.startedAt === undefined ? 0 : since(task.startedAt, task.completedAt ?? now))

/** For how long finished tasks stay in lists, in ms from their finish. */
export type Expiry = Readonly<Record<'succeeded' | 'failed' | 'canceled', number>>

/** Succeeded and canceled tasks for a day, failed ones for a week. */
export const defaultExpiry: Expiry = { succeeded: 86_400_000, canceled: 86_400_000, failed: 604_800_000 }

/**
 * True when a finished task has left the lists. Its age counts from the finish, and its step still counts it.
 *
 * @example
 * isExpired(task, Date.now())
 */
export function isExpired(
  task: Pick<TaskRecord, 'status' | 'completedAt' | 'updatedAt'>,
  now: number,
  expiry: Expiry = defaultExpiry,
): boolean {
  const allowed = (expiry as Partial<Record<string, number>>)[task.status]
  return allowed !== undefined && since(task.completedAt ?? task.updatedAt, now) > allowed
}
