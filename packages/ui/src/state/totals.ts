import type { PipelineView } from '@callsheet/core'

/** The numbers of slots of all shows. */
export interface Totals {
  readonly active: number
  readonly done: number
  readonly failed: number
}

export const totalsOf = (shows: readonly PipelineView[]): Totals => ({
  active: sum(shows, (show) => show.active),
  done: sum(shows, (show) => sum(show.steps, (step) => step.completed)),
  failed: sum(shows, (show) => show.failed),
})

/** Returns true if anything of the show was ever begun. */
export const hasWork = (show: PipelineView): boolean =>
  show.active > 0 ||
  show.steps.some((step) => step.completed + step.failed + step.canceled + step.interrupted > 0)

const sum = <T>(list: readonly T[], of: (one: T) => number): number =>
  list.reduce((total, one) => total + of(one), 0)
