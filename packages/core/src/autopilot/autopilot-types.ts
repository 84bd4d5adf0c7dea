import type { RunContext, RunOptions } from '../call/run-options.ts'
import type { MetadataOf, Pipeline, StepType } from '../records/pipeline.ts'
import type { Slot } from '../records/task.ts'
import type { PipelineView } from '../state/view-types.ts'
import type { Followable } from '../tracker/tracker-types.ts'

/** Makes the call of one slot. The value may be anything that `track` accepts. */
export type Handler<P extends Pipeline, T extends StepType<P>, R> = (
  slot: Slot<P, T>,
  run: RunContext<MetadataOf<P, T>>,
) => Followable<R>

/** The handlers by step. `R` has what they return. */
export type Handlers<P extends Pipeline, R> = {
  readonly [T in keyof R]: T extends StepType<P> ? Handler<P, T, R[T]> : 'not a step of the pipeline'
}

/** The options of `track` that an autopilot takes for a step. */
export type CallOptions<P extends Pipeline, T extends StepType<P>, R> = Pick<
  RunOptions<MetadataOf<P, T>, R>,
  'retry' | 'timeout' | 'attemptTimeout' | 'result'
>

/** Options of `autopilot`. */
export interface AutopilotOptions<P extends Pipeline, R = unknown> {
  /**
   * Maximum number of calls at once: of a step, and of this autopilot in total. A call counts until its task has ended, also
   * in pauses between attempts. Whole numbers from 1, or Infinity.
   *
   * @default total: 4, because a browser opens six connections to a host, and polls need some; no limit for a step
   */
  readonly concurrency?: { readonly [T in StepType<P> | 'total']?: number }
  /** Options of `track` by step: `retry`, `timeout`, `attemptTimeout`, `result`. */
  readonly track?: {
    readonly [T in keyof R]?: T extends StepType<P> ? CallOptions<P, T, R[T]> : never
  }
  /**
   * Steps that wait for a person. The function is called once for each slot that is ready and untried: true starts it, false
   * leaves it to `approve` of the autopilot. A slot that waits has no task, so it is neither running nor stale, takes no place
   * in the limits, and is asked for again after a reload.
   *
   * @example
   * approve: { video: (slot) => confirm(`Pay for the video of ${slot.characterId}?`), trailer: () => false }
   */
  readonly approve?: {
    readonly [T in StepType<P>]?: (slot: Slot<P, T>) => boolean | Promise<boolean>
  }
  /**
   * Called when nothing runs and nothing can start, here or elsewhere, and the show is not complete. Called again only after
   * something ran or the reasons changed.
   */
  readonly onStuck?: (stuck: Stuck<P>) => unknown
}

/** Why a show does not go on. */
export interface Stuck<P extends Pipeline> {
  /** Slots without a result whose last task failed. `retry` starts them again. */
  readonly failed: readonly Slot<P>[]
  /** The same for canceled ones. */
  readonly canceled: readonly Slot<P>[]
  /** The same for interrupted ones that are not started again by themselves: their work may have been paid for. */
  readonly interrupted: readonly Slot<P>[]
  /** Slots that wait for `approve`. */
  readonly waiting: readonly Slot<P>[]
  /** Steps that cannot run here (`setUnavailable`). */
  readonly unavailable: readonly StepType<P>[]
  /** Steps with ready slots and without a handler. */
  readonly unhandled: readonly StepType<P>[]
  /** Steps per item whose items are not known yet: call `setCharacters` or `setItems`. */
  readonly withoutItems: readonly StepType<P>[]
}

/** What an autopilot does now. Frozen, and the same object until it changes. */
export interface AutopilotState<P extends Pipeline> {
  /** Slots that wait for a place. Their tasks are `starting`, with the stage `queued`. */
  readonly queued: readonly Slot<P>[]
  /** Slots whose handler was called. */
  readonly running: readonly Slot<P>[]
  /** Slots that wait for `approve`. */
  readonly waiting: readonly Slot<P>[]
  readonly isStopped: boolean
}

/** Selects slots: all that have these values. */
export type SlotFilter<P extends Pipeline> = Partial<Slot<P>>

/** A show that goes on by itself. */
export interface Autopilot<P extends Pipeline> {
  readonly getState: () => AutopilotState<P>
  /** Calls the listener after each change of the state. Returns the undo. */
  readonly subscribe: (listener: () => void) => () => void
  /** Starts slots that wait for approval. Returns their number. */
  readonly approve: (filter: SlotFilter<P>) => number
  /**
   * Starts slots again that failed, were canceled or interrupted and have no result, each once. A failed task gets its next
   * attempt. Returns their number.
   *
   * @default all of the show
   */
  readonly retry: (filter?: SlotFilter<P>) => number
  /** Starts nothing more, and removes what is queued. Running calls go on. */
  readonly stop: () => void
  /**
   * Resolves to the view when the show is complete, or when the autopilot was stopped and its last call has ended. Never
   * rejects. The autopilot goes on after that, until it is stopped: the show may grow.
   */
  readonly done: Promise<PipelineView<P>>
}
