import { rebuilt } from './reducer.ts'
import type { ShowState } from './show-state.ts'
import { allShows, type State } from './state.ts'

/** A state without its least recently updated shows, and what it let go. */
export interface Forgotten {
  readonly state: State
  readonly shows: readonly ShowState[]
  /** How many tasks were in them, tombstones included. */
  readonly tasks: number
}

/** How much is left of the most that may be held: forgetting goes over everything, so it should be rare. */
const share = 0.9

/**
 * Forgets whole shows until there is room again for tasks, and for shows, which may have none: first those without active work, then those whose work runs
 * elsewhere, the least recently updated first. Neither a show with work that runs here is forgotten nor the one that
 * has just changed.
 */
export function forgetShows(state: State, most: number, runsHere: (taskId: string) => boolean): Forgotten {
  const weighed = [...allShows(state)].map((show) => weigh(show, runsHere))
  const candidates = weighed
    .filter(({ show, isRunning }) => !isRunning && show !== state.changed)
    .toSorted((a, b) => Number(a.isActive) - Number(b.isActive) || a.updatedAt - b.updatedAt)
  const gone = new Set<ShowState>()
  const room = Math.floor(most * share)
  let { size, showCount } = state.base
  for (const { show, tasks } of candidates) {
    if (size <= room && showCount <= room) break
    gone.add(show)
    size -= tasks
    showCount -= 1
  }
  const kept = weighed.flatMap(({ show }) => (gone.has(show) ? [] : [show]))
  return { state: rebuilt(state, kept, size), shows: [...gone], tasks: state.base.size - size }
}

interface Weighed {
  readonly show: ShowState
  readonly tasks: number
  readonly updatedAt: number
  readonly isActive: boolean
  readonly isRunning: boolean
}

function weigh(show: ShowState, runsHere: (taskId: string) => boolean): Weighed {
  let tasks = 0
  // A show of which only facts are known is as old as they are.
  let updatedAt = show.base.info.facts?.at ?? 0
  let isRunning = false
  for (const step of show.stepStates) {
    for (const version of step.listed()) {
      tasks += 1
      updatedAt = Math.max(updatedAt, version.updatedAt)
      isRunning ||= runsHere(version.id)
    }
  }
  return { show, tasks, updatedAt, isActive: show.active > 0, isRunning }
}
