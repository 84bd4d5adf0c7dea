import { describe, expect, it } from 'vitest'
import type { Durations } from './durations.ts'
import { createDurations, eta, type Eta } from './eta.ts'
import { stride, uniformOf } from '../records/hash.ts'
import { readySlots } from '../state/ready-slots.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { createTracker } from '../tracker/tracker.ts'

// --- a simulated studio ----------------------------------------------------------------------------------------------

/** Numbers from 0 to under 1. */
type Random = () => number

interface Studio {
  /** How a call's duration differs from its median: a factor. */
  readonly spread: (random: Random) => number
  /** The number of calls at once. */
  readonly limit: (random: Random) => number
  /** Whether the limit is for the whole show or for each step. */
  readonly per: 'show' | 'step'
}

interface Prediction extends Pick<Eta, 'from' | 'to'> {
  readonly at: number
}

const createRandom = (seed: number): Random => {
  let bits = seed
  return () => uniformOf((bits = (bits + stride) | 0))
}

const exponential = (random: Random, mean: number) => -mean * Math.log(1 - random())
const lognormal = (sigma: number) => (random: Random) =>
  Math.exp(sigma * Math.sqrt(exponential(random, 2)) * Math.cos(2 * Math.PI * random()))
/** One of a thousand takes sixteen times the median. */
const loglogistic = (random: Random) => {
  const share = random()
  return (share / (1 - share)) ** 0.4
}

/** Ms. */
const medians: Readonly<Record<string, number>> = {
  'show-generation': 40_000,
  'character-seeds': 15_000,
  'character-dossier': 25_000,
  portrait: 30_000,
  'portrait-grid': 5_000,
  'library-poster': 35_000,
  trailer: 80_000,
}

/** Events on a clock of their own. */
function createTimeline(start: number) {
  let now = start
  const events: { readonly at: number; readonly action: () => void }[] = []
  return {
    now: () => now,
    later: (ms: number, action: () => void) => events.push({ at: now + Math.round(ms), action }),
    /** Runs the next event. Returns false if there is none. */
    step: (): boolean => {
      const next = events.toSorted((a, b) => a.at - b.at)[0]
      if (!next) return false
      events.splice(events.indexOf(next), 1)
      now = next.at
      next.action()
      return true
    },
  }
}

/** Runs a show to its end with an autopilot, and adds predictions to the list, if given. */
function runShow(
  { spread, limit, per }: Studio,
  showId: string,
  start: number,
  durations: Durations,
  random: Random,
  predictions?: Prediction[],
): number {
  const { now, later, step } = createTimeline(start)
  const tracker = createTracker({ pipeline: showPipeline, clock: now, durations })
  const show = tracker.show(showId)
  const characters = Array.from({ length: 2 + Math.floor(random() * 9) }, (_, place) => ({ id: `c${place}` }))
  const most = limit(random)

  const attempt = (id: string, type: string) =>
    later(medians[type]! * spread(random), () => {
      if (random() < 0.1) {
        tracker.updateTask(id, { status: 'processing', attempt: tracker.getTask(id)!.attempt + 1 })
        attempt(id, type)
        return
      }
      tracker.updateTask(id, { status: 'succeeded' })
      if (type === 'character-seeds') show.setCharacters(characters)
      begin()
    })
  const begin = () => {
    for (const slot of readySlots(showPipeline, show.getPipeline())) {
      const view = show.getPipeline()
      const running = per === 'show' ? view.active : view.step(slot.type).active
      if (slot.type === 'video' || running >= most) continue
      attempt(tracker.addTask({ ...slot, status: 'processing' } as never)!.id, slot.type)
    }
  }
  // At random times, independent of the duration of the show: longer shows have more predictions.
  const look = () => {
    const remaining = eta(show.getPipeline(), now(), { pipeline: showPipeline, durations })
    if (remaining) predictions?.push({ at: now(), from: remaining.from, to: remaining.to })
    later(exponential(random, 22_000), look)
  }
  if (predictions) look()
  begin()
  while (show.getPipeline().status !== 'succeeded') step()
  return now()
}

// One for every limit from 1 to 8.
const studios = Array.from({ length: 8 }, (_, place): Studio => ({
  spread: place % 4 < 2 ? lognormal(0.7) : loglogistic,
  limit: () => place + 1,
  per: place % 2 === 0 ? 'show' : 'step',
}))
// Studios whose concurrency changes from show to show.
const changingStudios = studios.map((studio): Studio => ({
  ...studio,
  limit: (random) => 1 + Math.floor(8 * random()),
}))

/** The share of predictions that hold, in percent. */
function predict(all: readonly Studio[], seed: number) {
  const random = createRandom(seed)
  let count = 0
  const held = { p50: 0, p90: 0 }
  for (const [place, studio] of all.entries()) {
    const durations = createDurations()
    let now = 1_800_000_000_000
    const run = (turn: number, predictions?: Prediction[]) => {
      now = runShow(studio, `show ${seed} ${place} ${turn}`, now, durations, random, predictions)
    }
    for (let turn = 0; turn < 30; turn += 1) run(turn)
    for (let turn = 30; turn < 50; turn += 1) {
      const predictions: Prediction[] = []
      run(turn, predictions)
      count += predictions.length
      for (const { at, from, to } of predictions) {
        if (now - at <= from) held.p50 += 1
        if (now - at <= to) held.p90 += 1
      }
    }
  }
  return { count, p50: (100 * held.p50) / count, p90: (100 * held.p90) / count }
}

describe('eta', () => {
  it.each([
    ['a constant', studios, 1],
    ['a constant', studios, 2],
    ['a changing', changingStudios, 3],
  ])('has a p90 that holds in 85 to 95 % of the cases, with %s concurrency', (_, all, seed) => {
    const { count, p50, p90 } = predict(all, seed)
    expect(count).toBeGreaterThan(2_000)
    expect(p90).toBeGreaterThanOrEqual(85)
    expect(p90).toBeLessThanOrEqual(95)
    expect(p50).toBeGreaterThanOrEqual(40)
    expect(p50).toBeLessThanOrEqual(60)
  })
})
