import type { TaskRecord } from '@callsheet/core'
import { batch, computed, type Signal, signal } from '@preact/signals-core'
import type { Contestant } from './contestant.ts'
import { emptyCounts, recounted, showFigures, stepFigures, sumOf } from './counted.ts'

// A signal for each task and for the counts of each step; the figures are computed.

function createShow(characters: number) {
  const counts = emptyCounts(characters).map((one) => signal(one))
  const steps = counts.map((one) => computed(() => stepFigures(one.value)))
  return { counts, figures: computed(() => showFigures(steps.map((step) => step.value))) }
}

export const preactSignals: Contestant = {
  name: 'Preact signals, one per task and step',
  isImmutable: false,
  start({ shows: given, versions }) {
    const tasks = new Map<string, Signal<TaskRecord>>()
    const shows = new Map(given.map(({ showId, characters }) => [showId, createShow(characters.length)]))
    const put = (version: TaskRecord) => {
      const task = tasks.get(version.id)
      const held = task?.peek()
      if (held && held.rev >= version.rev) return
      if (task) task.value = version
      else tasks.set(version.id, signal(version))
      const step = version.stepNumber! - 1
      const counts = shows.get(version.showId)!.counts[step]!
      counts.value = recounted(counts.peek(), held, version, step)
    }
    return {
      load: (newest) =>
        batch(() => {
          for (const version of newest) put(version)
        }),
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          batch(() => put(version))
          sum += sumOf(shows.get(version.showId)!.figures.value, version.stepNumber! - 1)
        }
        return sum
      },
      figures: (showId) => shows.get(showId)!.figures.value,
    }
  },
}
