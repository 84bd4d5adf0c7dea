import { type Character, compareText, type TaskRecord } from '../records/task.ts'
import { livingOf, progressOf } from './step-counts.ts'
import type { Slot, Step, UndoLog } from './entities.ts'
import { isDone, type SlotTasks, slotStatus } from './status.ts'
import type { ShowInfo } from './show-info.ts'
import type { SlotView, StepError } from './view-types.ts'

interface Lists {
  /** All of them, also the pending ones of an optional step. */
  readonly byItem: ReadonlyMap<string | undefined, SlotView>
  readonly slots: readonly SlotView[]
  readonly tasks: readonly TaskRecord[]
  readonly errors: readonly StepError[]
}

/**
 * The slots of a step as they were when it was looked at; they are listed on first read.
 *
 * The step's list is not copied for each look: all looks share it, and each undoes what was changed later.
 */
export class SlotList {
  readonly #step: Step
  readonly #info: ShowInfo
  readonly #slots: ReadonlyMap<string, Slot>
  readonly #slotTasks: readonly (SlotTasks | undefined)[]
  readonly #undo: Readonly<UndoLog>
  readonly #undoFrom: number
  readonly #items: readonly Character[] | undefined
  readonly #itemCount: number
  readonly #isRosterKnown: boolean
  #lists: Lists | undefined = undefined

  constructor(step: Step) {
    const { items } = step
    this.#step = step
    this.#info = step.show.info
    this.#slots = step.slots
    this.#slotTasks = step.slotTasks
    this.#undo = step.undo ??= []
    this.#undoFrom = step.undo.length
    this.#items = items?.list
    this.#itemCount = items ? items.list.length : 0
    this.#isRosterKnown = items?.roster !== undefined
  }

  get lists(): Lists {
    return (this.#lists ??= listsOf(this.#list(), this.#step.definition!.optional))
  }

  /** Whether it answers as another list of the same step does, where tasks and counts are the same. */
  equals(other: SlotList): boolean {
    if (!this.#items) return true
    if (!isSameDone(this.#done, other.#done)) return false
    // Without a roster, an optional step lists only what has begun, and what facts name one by one.
    const isListed = !this.#step.definition!.optional || this.#done === true
    if (!isListed && !this.#isRosterKnown && !other.#isRosterKnown) return true
    const [before, after] = [this.#listItems(), other.#listItems()]
    return (
      before.length === after.length &&
      before.every(({ id, name }, place) => id === after[place]!.id && name === after[place]!.name)
    )
  }

  get #done(): Done {
    return this.#info.done.get(this.#step.definition!.type)
  }

  /** Whether no slot has changed since the look. */
  get #isCurrent(): boolean {
    const { undo } = this.#step
    return undo === this.#undo && undo.length === this.#undoFrom
  }

  slot(characterId: string | undefined): SlotView {
    return (
      this.lists.byItem.get(characterId) ?? this.#viewOf(characterId, undefined, this.#tasksOf(characterId))
    )
  }

  /** The latest task of a slot; where that was dismissed, its result. */
  task(characterId: string | undefined): TaskRecord | undefined {
    const tasks = this.#tasksOf(characterId)
    return livingOf(tasks?.latest) ?? livingOf(tasks?.result)
  }

  result(characterId: string | undefined): TaskRecord | undefined {
    return livingOf(this.#tasksOf(characterId)?.result)
  }

  #tasksOf(characterId: string | undefined): SlotTasks | undefined {
    const slot = this.#slots.get(characterId ?? '')
    if (!slot || slot.characterId !== characterId) return undefined
    // The first change after the look says what was there.
    for (let at = this.#undoFrom; at < this.#undo.length; at += 2)
      if (this.#undo[at] === slot.place) return this.#undo[at + 1] as SlotTasks | undefined
    return this.#slotTasks[slot.place]
  }

  #list(): SlotView[] {
    const tasks = this.#allTasks()
    const view = (id: string | undefined, name?: string) => {
      const slot = this.#slots.get(id ?? '')
      return this.#viewOf(id, name, slot && tasks[slot.place])
    }
    return this.#items ? this.#listItems().map(({ id, name }) => view(id, name)) : [view(undefined)]
  }

  /** The items in the roster's order; before it is known, in that of their ids. */
  #listItems(): readonly Character[] {
    const items = this.#items!.slice(0, this.#itemCount)
    return this.#isRosterKnown ? items : items.toSorted((a, b) => compareText(a.id, b.id))
  }

  #allTasks(): readonly (SlotTasks | undefined)[] {
    const undo = this.#undo
    if (undo.length === this.#undoFrom) return this.#slotTasks
    const tasks = this.#slotTasks.slice()
    for (let at = undo.length - 2; at >= this.#undoFrom; at -= 2)
      tasks[undo[at] as number] = undo[at + 1] as SlotTasks | undefined
    return tasks
  }

  #viewOf(characterId: string | undefined, name: string | undefined, tasks: SlotTasks | undefined): SlotView {
    const step = this.#step
    const { type } = step.definition!
    const done = isDone(this.#info, type, characterId, tasks)
    const status = slotStatus(this.#info, type, characterId, tasks)
    const result = livingOf(tasks?.result)
    const next = {
      characterId,
      name: name ?? characterId,
      status,
      progress: status === 'active' ? progressOf(tasks!.latest) : done ? 100 : 0,
      done,
      tried: done || tasks !== undefined,
      task: livingOf(tasks?.latest) ?? result,
      result,
    } as SlotView
    // A slot that stays as it was stays the same object.
    const key = characterId ?? ''
    const before = step.slotViews?.get(key)
    if (before && fields.every((field) => before[field] === next[field])) return before
    Object.freeze(next)
    if (!before || this.#isCurrent) (step.slotViews ??= new Map()).set(key, next)
    return next
  }
}

type Done = true | ReadonlySet<string> | undefined

const isSameDone = (a: Done, b: Done): boolean =>
  a === b ||
  (a !== true && b !== true && (a?.size ?? 0) === (b?.size ?? 0) && [...(a ?? [])].every((id) => b?.has(id)))

const fields = ['name', 'status', 'progress', 'done', 'tried', 'task', 'result'] as const

function listsOf(all: readonly SlotView[], isOptional: boolean): Lists {
  const slots = all.filter(({ status }) => !isOptional || status !== 'pending')
  const tasks = slots.flatMap(({ task }) => (task ? [task as TaskRecord] : []))
  const errors = slots.flatMap(({ status, task, characterId }) => {
    if (status !== 'failed' || !task) return []
    const { id: taskId, error = { message: 'failed' } } = task
    return [Object.freeze({ taskId, ...(characterId !== undefined && { characterId }), ...error })]
  })
  const byItem = new Map(all.map((slot) => [slot.characterId, slot]))
  return { byItem, slots: Object.freeze(slots), tasks: Object.freeze(tasks), errors: Object.freeze(errors) }
}
