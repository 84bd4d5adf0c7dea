import type { TaskRecord } from '@callsheet/core'
import { immer } from 'zustand/middleware/immer'
import { createStore } from 'zustand/vanilla'
import type { Workload } from '../workload.ts'
import type { Contestant } from './contestant.ts'
import { count, type Counts, emptyCounts, figuresOf, sumOf } from './counted.ts'

interface Shows {
  shows: Record<string, { tasks: Record<string, TaskRecord>; counts: Counts[] }>
}

const emptyShows = ({ shows }: Workload): Shows => ({
  shows: Object.fromEntries(
    shows.map(({ showId, characters }) => [showId, { tasks: {}, counts: emptyCounts(characters.length) }]),
  ),
})

/** The whole state with many tasks put in at once. */
function filled(workload: Workload, newest: readonly TaskRecord[]): Shows {
  const state = emptyShows(workload)
  for (const version of newest) {
    const show = state.shows[version.showId]!
    const step = version.stepNumber! - 1
    count(show.counts[step]!, undefined, version, step)
    show.tasks[version.id] = version
  }
  return state
}

export const zustandSpread: Contestant = {
  name: 'zustand + spread',
  start(workload) {
    const { versions } = workload
    const store = createStore<Shows>()(() => emptyShows(workload))
    const apply = (version: TaskRecord) =>
      store.setState(({ shows }) => {
        const show = shows[version.showId]!
        const held = show.tasks[version.id]
        if (held && held.rev >= version.rev) return { shows }
        const step = version.stepNumber! - 1
        const counts = show.counts.slice()
        counts[step] = { ...counts[step]! }
        count(counts[step], held, version, step)
        const tasks = { ...show.tasks, [version.id]: version }
        return { shows: { ...shows, [version.showId]: { tasks, counts } } }
      })
    return {
      load: (newest) => store.setState(filled(workload, newest)),
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          apply(version)
          sum += sumOf(figuresOf(store.getState().shows[version.showId]!.counts), version.stepNumber! - 1)
        }
        return sum
      },
      figures: (showId) => figuresOf(store.getState().shows[showId]!.counts),
    }
  },
}

export const zustandImmer: Contestant = {
  name: 'zustand + immer',
  start(workload) {
    const { versions } = workload
    const store = createStore<Shows>()(immer(() => emptyShows(workload)))
    const apply = (version: TaskRecord) =>
      store.setState(({ shows }) => {
        const show = shows[version.showId]!
        const held = show.tasks[version.id]
        if (held && held.rev >= version.rev) return
        const step = version.stepNumber! - 1
        count(show.counts[step]!, held, version, step)
        show.tasks[version.id] = version as (typeof show.tasks)[string]
      })
    return {
      load: (newest) => store.setState(filled(workload, newest)),
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          apply(version)
          sum += sumOf(figuresOf(store.getState().shows[version.showId]!.counts), version.stepNumber! - 1)
        }
        return sum
      },
      figures: (showId) => figuresOf(store.getState().shows[showId]!.counts),
    }
  },
}
