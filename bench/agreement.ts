import assert from 'node:assert/strict'
import type { Contestant } from './contestants/contestant.ts'
import { limit } from './contestants/limit.ts'
import { halfOf, type Workload } from './workload.ts'

function figuresAfter(contestant: Contestant, workload: Workload, from: number, to: number) {
  const running = contestant.start(workload)
  if (from > 0) running.load(workload.halfway)
  const sum = running.play(from, to)
  const touched = new Set(workload.versions.slice(from, to).map(({ showId }) => showId))
  return { sum, figures: Array.from(touched, (showId) => running.figures(showId)) }
}

/**
 * Plays a workload from the start or, given how many events, from halfway. Throws unless the contestant shows what the
 * limit shows after each event.
 */
export function assertAgreement(contestant: Contestant, workload: Workload, fromHalfway?: number): void {
  const from = fromHalfway === undefined ? 0 : halfOf(workload)
  const to = fromHalfway === undefined ? workload.versions.length : from + fromHalfway
  assert.deepEqual(
    figuresAfter(contestant, workload, from, to),
    figuresAfter(limit, workload, from, to),
    `${contestant.name} shows other figures than the limit`,
  )
}
