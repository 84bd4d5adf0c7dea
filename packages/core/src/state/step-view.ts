import type { Step } from './entities.ts'
import { stepProgress, stepStatus } from './status.ts'
import { SlotList } from './slot-list.ts'
import { timeAll } from './step-counts.ts'
import type { StepView } from './view-types.ts'

const list = Symbol('list')

/** A step as it is now, frozen. */
export const viewOfStep = (step: Step): StepView => new FrozenStep(step) as unknown as StepView

/** A time, where there is one. */
export const finite = (time: number): number | undefined => (Number.isFinite(time) ? time : undefined)

export type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Its fields are those of `StepView`, which the constructor writes in one order: one hidden class keeps reading it fast. */
class FrozenStep {
  declare readonly [list]: SlotList

  constructor(step: Step) {
    if (!step.isTimed) timeAll(step)
    const {
      items,
      show,
      completed,
      active,
      failed,
      canceled,
      interrupted,
      begun,
      failedWithoutResult,
      running,
    } = step
    const { startedAt, endedAt } = step
    const { type, label, stepNumber, per, icon, optional } = step.definition!
    const total = optional ? begun : items ? items.list.length : 1
    const unavailable = show.info.unavailable.has(type)
    const progress = stepProgress(total, completed, running)
    const view = this as unknown as Writable<StepView>
    view.type = type
    view.label = label
    view.stepNumber = stepNumber
    view.per = per
    view.icon = icon
    view.optional = optional
    view.unavailable = unavailable
    view.status = stepStatus(total, completed, active, failedWithoutResult)
    view.total = total
    view.completed = completed
    view.active = active
    view.failed = failed
    view.canceled = canceled
    view.interrupted = interrupted
    view.progress = progress
    view.counted =
      !unavailable && (optional ? completed + active + failed + interrupted > 0 : items?.roster?.size !== 0)
    view.startedAt = finite(startedAt)
    view.completedAt = progress === 100 ? finite(endedAt) : undefined
    Object.defineProperty(this, list, { value: new SlotList(step) })
    // Computed on first read, and the view's own, so that spreads, JSON, clones and proxies have them.
    Object.defineProperty(this, 'slots', slots)
    Object.defineProperty(this, 'tasks', tasks)
    // Defining an accessor is a tenth of an event, and most steps have none.
    if (failed === 0) view.errors = noErrors
    else Object.defineProperty(this, 'errors', errors)
    Object.freeze(this)
  }

  // Getters, so that the functions work when they are destructured.
  get task() {
    return (characterId?: string) => this[list].task(characterId)
  }

  get result() {
    return (characterId?: string) => this[list].result(characterId)
  }

  get slot() {
    return (characterId?: string) => this[list].slot(characterId)
  }
}

// `this` may be a proxy that stands in for the view.
const lazy = (name: 'slots' | 'tasks' | 'errors'): PropertyDescriptor => ({
  get(this: FrozenStep) {
    return this[list].lists[name]
  },
  enumerable: true,
})
const slots = lazy('slots')
const tasks = lazy('tasks')
const errors = lazy('errors')
const noErrors: StepView['errors'] = Object.freeze([])

/** Whether two views of a step between which no task has changed show the same. */
export const isSameView = (before: StepView, after: StepView): boolean =>
  figures.every((name) => before[name] === after[name]) && listOf(before).equals(listOf(after))

const listOf = (view: StepView): SlotList => (view as unknown as FrozenStep)[list]

// Later facts outdate failures: then one of the counts is smaller.
const figures = [
  'unavailable',
  'status',
  'total',
  'completed',
  'failed',
  'canceled',
  'interrupted',
  'progress',
  'counted',
] as const
