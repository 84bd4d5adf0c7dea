import type { Step } from './entities.ts'
import { stepProgress, stepStatus } from './rules.ts'
import { SlotList } from './slot-list.ts'
import { timeAll } from './slots.ts'
import type { StepView } from './views.ts'

const list = Symbol('list')
const listOf = (view: object): SlotList => (view as { readonly [list]: SlotList })[list]

/** A step as it is now, frozen. */
export const viewOfStep = (step: Step): StepView => new FrozenStep(step) as unknown as StepView

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Its fields are those of `StepView`, which the constructor writes in one order: one hidden class keeps reading it fast. */
class FrozenStep {
  constructor(step: Step) {
    if (!step.isTimed) timeAll(step)
    const { items, show, completed, active, failed, canceled, interrupted, begun, stuck, running } = step
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
    view.status = stepStatus(total, completed, active, stuck)
    view.total = total
    view.completed = completed
    view.active = active
    view.failed = failed
    view.canceled = canceled
    view.interrupted = interrupted
    view.progress = progress
    view.counted =
      !unavailable && (optional ? completed + active + failed + interrupted > 0 : items?.roster?.size !== 0)
    view.startedAt = startedAt === Infinity ? undefined : startedAt
    view.completedAt = progress === 100 && endedAt !== -Infinity ? endedAt : undefined
    // The lists are computed on first read, and are the view's own, so that spreads, JSON, clones and proxies have them.
    Object.defineProperty(this, list, { value: new SlotList(step) })
    Object.defineProperty(this, 'slots', slots)
    Object.defineProperty(this, 'tasks', tasks)
    Object.defineProperty(this, 'errors', errors)
    Object.freeze(this)
  }

  // Getters, so that the functions work when they are destructured.
  get task() {
    return (characterId?: string) => listOf(this).task(characterId)
  }

  get result() {
    return (characterId?: string) => listOf(this).result(characterId)
  }

  get slot() {
    return (characterId?: string) => listOf(this).slot(characterId)
  }
}

// `this` may be a proxy that stands in for the view.
const lazy = (name: 'slots' | 'tasks' | 'errors'): PropertyDescriptor => ({
  get(this: object) {
    return listOf(this).lists[name]
  },
  enumerable: true,
})
const slots = lazy('slots')
const tasks = lazy('tasks')
const errors = lazy('errors')

/** Whether both show the same counts. */
export const hasFiguresOf = (a: StepView, b: StepView): boolean =>
  figures.every((name) => a[name] === b[name])

const figures = [
  'unavailable',
  'status',
  'total',
  'completed',
  'active',
  'failed',
  'canceled',
  'interrupted',
  'progress',
  'counted',
] as const
