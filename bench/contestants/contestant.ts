import type { TaskRecord } from '@callsheet/core'
import type { Workload } from '../workload.ts'

/** What every contestant must show of a show: the same numbers, however it came by them. */
export interface Figures {
  readonly status: string
  readonly progress: number
  readonly active: number
  readonly steps: readonly {
    readonly status: string
    readonly total: number
    readonly completed: number
    readonly active: number
    readonly progress: number
  }[]
}

/** Those of anything that shows them, and nothing else. */
export const figuresOf = ({ status, progress, active, steps }: Figures): Figures => ({
  status,
  progress,
  active,
  steps: steps.map((step) => ({
    status: step.status,
    total: step.total,
    completed: step.completed,
    active: step.active,
    progress: step.progress,
  })),
})

/** A way of keeping tasks. */
export interface Contestant {
  readonly name: string
  /** Whether what was read before an event stays as it was. */
  readonly isImmutable: boolean
  readonly start: (workload: Workload) => Running
}

/** One state of a contestant, from empty. */
export interface Running {
  /** Takes in many versions at once. Throws a QuotaExceededError if they do not fit. */
  readonly load: (newest: readonly TaskRecord[]) => void
  /**
   * Applies the versions of the workload from one place to another, each on its own, and reads the view of its show
   * and of the changed step after it. Gives a sum of all that was read: equal sums mean equal figures at each event.
   * Each contestant has a loop of its own, so that none pays for the shapes of the others.
   */
  readonly play: (from: number, to: number) => number
  readonly figures: (showId: string) => Figures
}
