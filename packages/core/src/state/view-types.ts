import type { StepStatus } from './status.ts'
import type { Pipeline, StepType } from '../records/pipeline.ts'
import type { Character, Task, TaskError } from '../records/task.ts'

/**
 * One slot of a step, as it is shown: what its latest task is doing (`status`), and whether it has a result (`done`). A
 * later task changes the status only. Frozen, and the same object until something in the slot changes.
 */
export interface SlotView<T = Task> {
  /** The item's id; undefined in a step that runs once per show. */
  readonly characterId: string | undefined
  /** The character's name where it is known, else its id. */
  readonly name: string | undefined
  /** Of the latest task. Without one that can be shown: `succeeded` when the slot is done, else `pending`. */
  readonly status: 'pending' | 'active' | 'succeeded' | 'failed' | 'canceled' | 'interrupted'
  /** 0 to 100: of the latest task while it is active; else 100 when the slot is done, and 0 when it is not. */
  readonly progress: number
  /** Whether the slot has a result: a task of it succeeded, dismissed or not, or facts name it. */
  readonly done: boolean
  /** Whether anything ran here, dismissed or not, or the slot is done. */
  readonly tried: boolean
  /** The latest task, for its stage, error and attempt; undefined when nothing ran, or nothing is left to be shown. */
  readonly task: T | undefined
  /** The newest task that succeeded, for pictures and links; undefined when it was dismissed, or only facts know of it. */
  readonly result: T | undefined
}

/** A failed slot, and why. */
export interface StepError extends TaskError {
  /** The task that failed: `retryOf` for its next attempt. */
  readonly taskId: string
  /** The item, for a step per item. */
  readonly characterId?: string
}

/** One step of one show, frozen. The same object until something in the step changes. */
export interface StepView<
  P extends Pipeline = Pipeline,
  T extends StepType<P> = StepType<P>,
  // A parameter of its own, so that a view of one pipeline can stand for a view of any: a conditional type in the
  // fields would keep them apart.
  K = Task<P, T>,
> {
  /** The step's id, which is also the type of its tasks. */
  readonly type: T
  /** What a person reads. */
  readonly label: string
  /** The place in the pipeline, from 1. */
  readonly stepNumber: number
  /** What the step runs once per: `show`, or an item such as `character`. */
  readonly per: string
  /** The lucide name of the icon, as the pipeline defines it. */
  readonly icon: string | undefined
  /** Whether the step counts only from when it is begun. */
  readonly optional: boolean
  /** Whether the step cannot run here (`setUnavailable`): shown, and not counted. */
  readonly unavailable: boolean
  /**
   * `active` while a slot is active; else `failed` when a slot failed and has no result; else `succeeded` when all slots
   * are done; else `pending`.
   */
  readonly status: StepStatus
  /** How many slots there are. Of an optional step: those whose status is not `pending`. */
  readonly total: number
  /** Slots that are done, whatever their status: a slot that is made again is in `completed` and in `active`. */
  readonly completed: number
  /** Slots whose latest task is active. One that is made again counts here and in `completed`. */
  readonly active: number
  /** Slots whose latest task failed; the slot may be done all the same. */
  readonly failed: number
  /** Slots whose latest task was canceled; the slot may be done all the same. */
  readonly canceled: number
  /** Slots whose latest task was lost sight of; the slot may be done all the same. */
  readonly interrupted: number
  /** 0 to 100, whole percent; 100 exactly when all slots are done, also while one of them is made again. */
  readonly progress: number
  /** Whether the step has a part in the overall progress. */
  readonly counted: boolean
  // Methods, so that a view of one pipeline can stand for a view of any.
  /** The latest task of a slot; where that was dismissed, its result. */
  task(this: void, characterId?: string): K | undefined
  /** The newest task of a slot that succeeded; undefined when there is none, or it was dismissed. */
  result(this: void, characterId?: string): K | undefined
  /** One slot, also a pending one of an optional step, which `slots` leaves out. */
  slot(this: void, characterId?: string): SlotView<K>
  /** The tasks of the step's slots, in the order of the characters. Computed on first read. */
  readonly tasks: readonly K[]
  /**
   * Every slot of the step in the order of the characters, the pending ones too unless the step is optional. Computed on
   * first read.
   */
  readonly slots: readonly SlotView<K>[]
  /** One for each slot with the status `failed`, done or not. Computed on first read. */
  readonly errors: readonly StepError[]
  /**
   * Epoch ms: the earliest start of what the slots show, which is each slot's latest task and its result. An earlier attempt
   * that failed, and was followed by another task, does not count. Computed on first read.
   */
  readonly startedAt: number | undefined
  /** Epoch ms: of a complete step the last finish of a result. Computed on first read. */
  readonly completedAt: number | undefined
}

/** One show as a viewer sees it, frozen. The same object until something in the show changes. */
export interface PipelineView<P extends Pipeline = Pipeline> {
  /** The show's final id, also when it was asked for by an id that it had before. */
  readonly showId: string
  /** What a person reads, once `setTitle` was called. */
  readonly title: string | undefined
  /**
   * `active` while anything is active; else `failed` when a counted step failed; else `succeeded` when all counted steps
   * are complete; else `pending`.
   */
  readonly status: StepStatus
  /** In the pipeline's order. */
  readonly steps: readonly StepView<P>[]
  /** 0 to 100, whole percent: the weighted mean of the counted steps; 100 exactly when all of them are complete. */
  readonly progress: number
  /** How many of the counted steps are complete. */
  readonly completedSteps: number
  /** How many steps count. */
  readonly totalSteps: number
  /** How many slots are being worked on, outside the steps too. */
  readonly active: number
  /** How many slots of the counted steps have the status `failed`, done or not. */
  readonly failed: number
  /** One step by its type. */
  step<T extends StepType<P>>(this: void, type: T): StepView<P, T>
  /** The known characters, in order. */
  readonly characters: readonly Character[]
  /** The known items of each kind, in order: characters and others, by kind. */
  readonly items: Readonly<Record<string, readonly Character[]>>
  /** Epoch ms of the first start. */
  readonly startedAt: number | undefined
  /** Epoch ms of the last finish of a result, once all counted steps are complete. */
  readonly completedAt: number | undefined
}

/** The view of any pipeline's show, for functions that need no step by its name. */
export type AnyPipelineView = Omit<PipelineView, 'step'>
