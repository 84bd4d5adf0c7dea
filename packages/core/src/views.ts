import type { StepStatus } from './counts.ts'
import type { Pipeline, StepType } from './pipeline.ts'
import type { Character, Task, TaskError } from './task.ts'

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
export interface StepView<
  P extends Pipeline = Pipeline,
  T extends StepType<P> = StepType<P>,
  // A parameter of its own, so that a view of one pipeline can stand for a view of any: a conditional type in the
  // fields would keep them apart.
  K = Task<P, T>,
> {
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
  task(characterId?: string): K | undefined
  /** The current tasks of the step's slots, in the order of the characters. Computed on first read. */
  readonly tasks: readonly K[]
  /** Every slot of the step, the pending ones too, in the order of the characters. Computed on first read. */
  readonly slots: readonly SlotView<K>[]
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

/** The view of any pipeline's show, for functions that need no step by its name. */
export type AnyPipelineView = Omit<PipelineView, 'step'>
