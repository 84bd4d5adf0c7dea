import { showPipeline, type TaskRecord } from '@callsheet/core'
import { type Contestant, figuresOf } from './contestant.ts'

// The limit: what one would write by hand for speed alone. Everything is changed in place, nothing old stays valid,
// listeners are not called. It knows no tombstones, attempts, facts or slots with more than one task.

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
  readonly id: string
  readonly startedAt: number
  readonly step: Step
  status: TaskRecord['status']
  stage: string | undefined
  progress: number
  updatedAt: number
  completedAt: number | undefined
  outputUrl: string | undefined
  rev: number
  by: string
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

function count({ step, status, progress }: Task, by: number): void {
  if (status === 'succeeded') {
    step.completed += by
  } else {
    step.active += by
    step.show.active += by
    step.running += by * progress
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
  isImmutable: false,
  start({ shows: given, versions }) {
    const tasks = new Map<string, Task>()
    const shows = new Map<string, Show>()
    for (const { showId, characters } of given) shows.set(showId, createShow(characters.length))

    const add = (version: TaskRecord): Step => {
      const step = shows.get(version.showId)!.steps[version.stepNumber! - 1]!
      const task: Task = {
        id: version.id,
        startedAt: version.startedAt,
        step,
        status: version.status,
        stage: version.stage,
        progress: version.progress ?? 0,
        updatedAt: version.updatedAt,
        completedAt: version.completedAt,
        outputUrl: version.outputUrl,
        rev: version.rev,
        by: version.by,
      }
      if (step.isOptional) step.total += 1
      tasks.set(version.id, task)
      count(task, 1)
      return step
    }
    /** Gives the step whose figures are to be reckoned again. */
    const put = (version: TaskRecord): Step | undefined => {
      const task = tasks.get(version.id)
      if (task === undefined) return add(version)
      if (version.rev <= task.rev) return undefined
      count(task, -1)
      task.status = version.status
      task.stage = version.stage
      task.progress = version.progress ?? 0
      task.updatedAt = version.updatedAt
      task.completedAt = version.completedAt
      task.outputUrl = version.outputUrl
      task.rev = version.rev
      task.by = version.by
      count(task, 1)
      return task.step
    }
    const apply = (version: TaskRecord) => {
      const step = put(version)
      if (step) refresh(step)
    }

    return {
      load: (newest) => {
        const touched = new Set<Step>()
        for (const version of newest) {
          const step = put(version)
          if (step) touched.add(step)
        }
        for (const step of touched) refresh(step)
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
      figures: (showId) => figuresOf(shows.get(showId)!),
    }
  },
}
