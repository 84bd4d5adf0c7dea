import type { TaskRecord } from '@callsheet/core'
import { atom, createStore, type PrimitiveAtom } from 'jotai/vanilla'
import type { Contestant } from './contestant.ts'
import { emptyCounts, recounted, showFigures, stepFigures, sumOf } from './counted.ts'

// An atom for each task and for the counts of each step; the figures are derived, so that an event makes those of one
// step anew.

function createShow(characters: number) {
  const counts = emptyCounts(characters).map((one) => atom(one))
  const steps = counts.map((one) => atom((get) => stepFigures(get(one))))
  return { counts, figures: atom((get) => showFigures(steps.map(get))) }
}

export const jotai: Contestant = {
  name: 'jotai, an atom per task and step',
  isImmutable: true,
  start({ shows: given, versions }) {
    const store = createStore()
    const tasks = new Map<string, PrimitiveAtom<TaskRecord>>()
    const shows = new Map(given.map(({ showId, characters }) => [showId, createShow(characters.length)]))
    const changed = atom(null, (get, set, version: TaskRecord) => {
      const known = tasks.get(version.id)
      const held = known && get(known)
      if (held && held.rev >= version.rev) return
      if (known) set(known, version)
      else tasks.set(version.id, atom(version))
      const step = version.stepNumber! - 1
      const counts = shows.get(version.showId)!.counts[step]!
      set(counts, recounted(get(counts), held, version, step))
    })
    const figures = (showId: string) => store.get(shows.get(showId)!.figures)
    return {
      load: (newest) => {
        for (const version of newest) store.set(changed, version)
      },
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          store.set(changed, version)
          sum += sumOf(figures(version.showId), version.stepNumber! - 1)
        }
        return sum
      },
      figures,
    }
  },
}
