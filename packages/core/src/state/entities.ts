// What is held of every show, step, slot and task. All of it changes in place; only views leave the engine.
import type { Pipeline, Step as Definition } from '../records/pipeline.ts'
import type { Character, TaskVersion } from '../records/task.ts'
import type { SlotTasks } from './status.ts'
import type { ShowInfo } from './show-info.ts'
import type { PipelineView, SlotView, StepView } from './view-types.ts'

// Classes, so that the fields and their first values are one list, and every object has them in one order.

/** A task: its newest version, and where it is. */
export class Entry {
  /** Undefined for what is left of a reset task. */
  slot: Slot | undefined = undefined

  constructor(
    public version: TaskVersion,
    public show: Show,
  ) {}
}

/** All tasks of one item in one step. */
export class Slot {
  latest: Entry | undefined = undefined
  /** All but the latest, oldest first. */
  older: Entry[] | undefined = undefined
  /** The newest of the older ones that succeeded. */
  olderResult: Entry | undefined = undefined

  /**
   * @param place Its place in `step.slotTasks`.
   * @param isCounted Whether it counts in its step: no known roster leaves its item out.
   */
  constructor(
    readonly step: Step,
    readonly place: number,
    readonly characterId: string | undefined,
    public isCounted: boolean,
  ) {}
}

/** The items of one kind in one show. */
export class Items {
  /** The ids of the known roster. */
  roster: ReadonlySet<string> | undefined = undefined
  /** The items that facts name in any step of the kind. */
  named: ReadonlySet<string> = new Set()
  /** The roster; while it is unknown, the items that facts name or a step has seen. Only added to, or replaced. */
  list: Character[] = []
  /** In how many slots each item is seen, while the roster is unknown. */
  readonly seen = new Map<string, number>()

  constructor(readonly kind: string) {}
}

/** What led to the present state of a list of slots: a place, then what was there before, by turns. */
export type UndoLog = (number | SlotTasks | undefined)[]

const noSlots = new Map<string, Slot>()

/** One step of one show, counted; or, without a definition, all tasks that are in no step. */
export class Step {
  /** By item; a map of its own once there is a slot, for most steps of most shows are empty. */
  slots = noSlots
  /** By the slots' places. Once a view reads it, `undo` says how to get back to what was viewed. */
  slotTasks: (SlotTasks | undefined)[] = []
  undo: UndoLog | undefined = undefined
  completed = 0
  active = 0
  failed = 0
  canceled = 0
  interrupted = 0
  /** Slots whose status is not pending. */
  begun = 0
  /** Failed slots without a result. */
  failedWithoutResult = 0
  /** The sum of the progress of active slots without a result, in percent. */
  running = 0
  /** The earliest start and the latest end of what the slots show; infinite where there is none. */
  startedAt = Infinity
  endedAt = -Infinity
  /** False once what gave one of them is gone. */
  isTimed = true
  /** The view of each slot that was read last: a slot that stays as it was keeps its view. */
  slotViews: Map<string, SlotView> | undefined = undefined
  /** Changed since the last look: it is in `show.changed`. */
  isChanged = false

  /**
   * @param place Its place in the pipeline; one past the last for what is in no step.
   * @param items Undefined for a step that runs once per show.
   */
  constructor(
    readonly show: Show,
    readonly place: number,
    readonly definition: Definition | undefined,
    readonly items: Items | undefined,
  ) {}
}

/** A show, with all that renames have joined to it. */
export class Show {
  /** Every id that leads here. */
  readonly members: string[] = []
  /** Its info and its counts are out of date, and made anew at the next look. */
  isStale = false
  readonly items = new Map<string, Items>()
  /** One for each step of the pipeline, and a last one for what is in no step. */
  readonly steps: readonly Step[]
  /** What is left of reset tasks, which are in no slot. */
  reset: Set<Entry> | undefined = undefined
  /** How many tasks there are, removed ones too. */
  size = 0
  changed: Step[] = []
  /** Of each step, as it was last looked at. */
  readonly stepViews: StepView[] = []
  view: PipelineView | undefined = undefined
  /** Active slots that count in no step. */
  outside = 0

  /** @param showId The final id. */
  constructor(
    public showId: string,
    public info: ShowInfo,
    { steps }: Pipeline,
  ) {
    for (const { per } of steps)
      if (per !== 'show' && !this.items.has(per)) this.items.set(per, new Items(per))
    this.steps = [...steps, undefined].map(
      (definition, place) => new Step(this, place, definition, definition && this.items.get(definition.per)),
    )
  }
}
