import { showPipeline, type TaskRecord } from '@callsheet/core'
import type { Contestant, Figures } from './contestant.ts'

// The limit: what one would write by hand for speed alone. Everything is changed in place, nothing old stays valid,
// nobody is told. It knows no tombstones, attempts, facts or slots with more than one task.

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Step {
  readonly show: Show
  readonly weight: number
  readonly isOptional: boolean
  total: number
  completed: number
  active: number
  running: number
  status: 'pending' | 'active' | 'succeeded'
  progress: number
}

interface Show {
  readonly steps: Step[]
  status: 'pending' | 'active' | 'succeeded'
  progress: number
  active: number
}

interface Task {
  record: Mutable<TaskRecord>
  readonly step: Step
}

function createShow(characters: number): Show {
  const show: Show = { steps: [], status: 'pending', progress: 0, active: 0 }
  for (const { per, optional, weight } of showPipeline.steps) {
    show.steps.push({
      show,
      weight,
      isOptional: optional,
      total: optional ? 0 : per === 'show' ? 1 : characters,
      completed: 0,
      active: 0,
      running: 0,
      status: 'pending',
      progress: 0,
    })
  }
  return show
}

function count(step: Step, task: TaskRecord, by: number): void {
  if (task.status === 'succeeded') {
    step.completed += by
  } else {
    step.active += by
    step.show.active += by
    step.running += by * (task.progress ?? 0)
  }
}

function refresh(step: Step): void {
  const { show, total, completed } = step
  step.status = step.active > 0 ? 'active' : total > 0 && completed === total ? 'succeeded' : 'pending'
  step.progress =
    step.status === 'succeeded'
      ? 100
      : total === 0
        ? 0
        : Math.min(99, Math.floor((100 * completed + step.running) / total))
  let work = 0
  let weights = 0
  let isDone = true
  for (const one of show.steps) {
    if (one.isOptional && one.total === 0) continue
    work += one.weight * one.progress
    weights += one.weight
    isDone &&= one.status === 'succeeded'
  }
  show.progress = isDone ? 100 : Math.min(99, Math.floor(work / weights))
  show.status = show.active > 0 ? 'active' : isDone ? 'succeeded' : 'pending'
}

export const limit: Contestant = {
  name: 'limit: mutable Map and counters',
  start({ shows: given, versions }) {
    const tasks = new Map<string, Task>()
    const shows = new Map<string, Show>()
    for (const { showId, characters } of given) shows.set(showId, createShow(characters.length))

    const apply = (version: TaskRecord): Step => {
      const task = tasks.get(version.id)
      if (task === undefined) {
        const step = shows.get(version.showId)!.steps[version.stepNumber! - 1]!
        if (step.isOptional) step.total += 1
        tasks.set(version.id, { record: { ...version }, step })
        count(step, version, 1)
        refresh(step)
        return step
      }
      const { record, step } = task
      if (version.rev <= record.rev) return step
      count(step, record, -1)
      record.status = version.status
      record.updatedAt = version.updatedAt
      record.rev = version.rev
      record.by = version.by
      if (version.progress !== undefined) record.progress = version.progress
      if (version.stage !== undefined) record.stage = version.stage
      if (version.completedAt !== undefined) record.completedAt = version.completedAt
      if (version.outputUrl !== undefined) record.outputUrl = version.outputUrl
      count(step, record, 1)
      refresh(step)
      return step
    }

    return {
      load: (newest) => {
        for (const version of newest) apply(version)
      },
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          apply(version)
          const show = shows.get(version.showId)!
          const step = show.steps[version.stepNumber! - 1]!
          sum += show.progress + 3 * show.active + 5 * step.completed + 7 * step.progress + step.status.length
        }
        return sum
      },
      figures(showId): Figures {
        const { status, progress, active, steps } = shows.get(showId)!
        return {
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
        }
      },
    }
  },
}
