import type { TaskRecord } from '@callsheet/core'
import { original } from 'immer'
import { immer } from 'zustand/middleware/immer'
import { createStore } from 'zustand/vanilla'
import type { Contestant } from './contestant.ts'
import { figuresOf, recounted, sumOf } from './counted.ts'
import { type Shows, showsWith, withVersion } from './spread.ts'

export const zustandSpread: Contestant = {
  name: 'zustand + spread',
  isImmutable: true,
  start(workload) {
    const { versions } = workload
    const store = createStore<Shows>()(() => showsWith(workload))
    return {
      load: (newest) => store.setState(showsWith(workload, newest)),
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          store.setState((state) => withVersion(state, version))
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
  isImmutable: true,
  start(workload) {
    const { versions } = workload
    const store = createStore<Shows>()(immer(() => showsWith(workload)))
    const apply = (version: TaskRecord) =>
      store.setState(({ shows }) => {
        // What is only read is read from the original, as immer's docs advise: drafts are dear.
        const { tasks, counts } = original(shows)![version.showId]!
        const held = tasks[version.id]
        if (held && held.rev >= version.rev) return
        const step = version.stepNumber! - 1
        const show = shows[version.showId]!
        show.counts[step] = recounted(counts[step]!, held, version, step)
        show.tasks[version.id] = version as (typeof show.tasks)[string]
      })
    return {
      load: (newest) => store.setState(showsWith(workload, newest)),
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
