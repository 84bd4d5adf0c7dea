import assert from 'node:assert/strict'
import { createTracker, readySlots, showPipeline } from '@callsheet/core'
import { createDurations, eta } from '@callsheet/core/eta'
import { collect, median, timed } from './measure.ts'

/** What a question about one large show costs. */
export interface QuestionCost {
  readonly name: string
  readonly ms: number
}

const now = 1_800_000_000_000

/** One show whose portraits are under way: 50 of them run, the others wait. */
function createLargeShow(items: number) {
  const durations = createDurations()
  durations.merge(
    showPipeline.steps.map(({ type }, step) => ({
      type,
      samples: Array.from({ length: 100 }, (_, place) => {
        return [now - 1_000 * place, 20_000 + ((place * 7_919) % 40_000), 100 * step + place, 1] as const
      }),
    })),
  )
  const tracker = createTracker({ pipeline: showPipeline, clock: () => now, durations })
  const show = tracker.show('large')
  const ids = Array.from({ length: items }, (_, place) => `c${place}`)
  show.setCharacters(ids.map((id) => ({ id })))
  show.setFacts({ done: { 'show-generation': true, 'character-seeds': true, 'character-dossier': true } })
  for (const characterId of ids.slice(0, 50))
    tracker.addTask({ showId: 'large', type: 'portrait', characterId, status: 'processing' })
  return { view: show.getPipeline(), durations }
}

/** Asks a show what can begin and how long it takes. Its lists of slots are read before. */
export function measureLargeShow(items: number, rounds: number): readonly QuestionCost[] {
  const { view, durations } = createLargeShow(items)
  const questions = {
    eta: () => assert.ok(eta(view, now, { pipeline: showPipeline, durations })),
    // The portraits that wait, and the videos of none.
    readySlots: () => assert.equal(readySlots(showPipeline, view).length, items - 50),
  }
  return Object.entries(questions).map(([name, ask]) => {
    // The first rounds are for warming up.
    const costs = Array.from({ length: rounds + 5 }, () => {
      collect()
      return timed(ask) / 1e6
    })
    return { name, ms: median(costs.slice(5)) }
  })
}
