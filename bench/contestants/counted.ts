import { showPipeline, type TaskRecord } from '@callsheet/core'
import type { Figures } from './contestant.ts'

/** What a store's user keeps counted for each step. */
export interface Counts {
  total: number
  completed: number
  active: number
  running: number
}

export const emptyCounts = (characters: number): Counts[] =>
  showPipeline.steps.map(({ optional, per }) => ({
    total: optional ? 0 : per === 'show' ? 1 : characters,
    completed: 0,
    active: 0,
    running: 0,
  }))

/** Adds one version in place of what was held of its task. */
export function count(counts: Counts, held: TaskRecord | undefined, version: TaskRecord, step: number): void {
  if (held === undefined) {
    if (showPipeline.steps[step]!.optional) counts.total += 1
  } else if (held.status === 'succeeded') {
    counts.completed -= 1
  } else {
    counts.active -= 1
    counts.running -= held.progress ?? 0
  }
  if (version.status === 'succeeded') {
    counts.completed += 1
  } else {
    counts.active += 1
    counts.running += version.progress ?? 0
  }
}

/** The same for those who change nothing in place. */
export function recounted(
  counts: Counts,
  held: TaskRecord | undefined,
  version: TaskRecord,
  step: number,
): Counts {
  const next = { ...counts }
  count(next, held, version, step)
  return next
}

const statusOf = ({ active, completed, total }: Counts) =>
  active > 0 ? 'active' : total > 0 && completed === total ? 'succeeded' : 'pending'

/** The figures of a step from its counts. */
export function stepFigures(counts: Counts): Figures['steps'][number] {
  const { total, completed, active, running } = counts
  const status = statusOf(counts)
  const progress =
    status === 'succeeded'
      ? 100
      : total === 0
        ? 0
        : Math.min(99, Math.floor((100 * completed + running) / total))
  return { status, total, completed, active, progress }
}

/** The figures of a show from those of its steps. */
export function showFigures(steps: Figures['steps']): Figures {
  let [active, work, weights] = [0, 0, 0]
  let isDone = true
  for (const [place, step] of steps.entries()) {
    const { weight, optional } = showPipeline.steps[place]!
    active += step.active
    if (optional && step.total === 0) continue
    work += weight * step.progress
    weights += weight
    isDone &&= step.status === 'succeeded'
  }
  return {
    status: active > 0 ? 'active' : isDone ? 'succeeded' : 'pending',
    progress: isDone ? 100 : Math.min(99, Math.floor(work / weights)),
    active,
    steps,
  }
}

/** The figures of a show from its counts. */
export const figuresOf = (counts: readonly Counts[]): Figures => showFigures(counts.map(stepFigures))

/** What the timed loops read of the figures. */
export function sumOf(figures: Figures, place: number): number {
  const step = figures.steps[place]!
  return figures.progress + 3 * figures.active + 5 * step.completed + 7 * step.progress + step.status.length
}
