import { describe, expect, it } from 'vitest'
import { parseSnapshot } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { createTracker } from './tracker.ts'
import { trimSnapshot } from './trim-snapshot.ts'

function snapshot() {
  let now = 1_000_000
  const tracker = createTracker({ pipeline: showPipeline, clock: () => (now += 1_000), by: 'me' })
  for (const showId of ['a', 'b', 'c', 'd']) {
    tracker.show(showId).setTitle(`Show ${showId}`)
    for (const characterId of ['ada', 'bo', 'cy'])
      tracker.addTask({ showId, type: 'portrait', characterId, status: 'succeeded' })
  }
  tracker.renameShow('draft-c', 'c')
  tracker.addTask({ showId: 'a', type: 'trailer', status: 'processing' })
  tracker.addTask({ showId: 'draft-c', type: 'trailer', status: 'failed' })
  return tracker.serialize()
}

const shows = ({ tasks }: { readonly tasks: readonly { readonly showId: string }[] }) =>
  [...new Set(tasks.map(({ showId }) => showId))].toSorted()

describe('trimSnapshot', () => {
  it('keeps all of what is small enough', () => {
    const whole = snapshot()
    expect(trimSnapshot(whole, {})).toEqual(whole)
    expect(trimSnapshot(whole, { maxTasks: 14, maxLength: JSON.stringify(whole).length + 2 })).toEqual(whole)
  })

  it('keeps whole shows: what is worked on first, then what was updated last, renames with it', () => {
    const small = trimSnapshot(snapshot(), { maxTasks: 8 })
    expect(shows(small)).toEqual(['a', 'c', 'draft-c'])
    expect(small.shows.map(({ showId }) => showId)).toEqual(['a', 'c', 'draft-c'])
    expect(shows(trimSnapshot(snapshot(), { maxTasks: 4 }))).toEqual(['a'])
    // A show that is too large does not keep a smaller one out.
    expect(shows(trimSnapshot(snapshot(), { maxTasks: 3 }))).toEqual(['d'])
  })

  it('counts shows of which only facts are known', () => {
    const tracker = createTracker({ pipeline: showPipeline, clock: () => 1_000, by: 'me' })
    for (let place = 0; place < 20; place += 1)
      tracker.show(`f${place}`).setFacts({ done: { trailer: true } })
    expect(trimSnapshot(tracker.serialize(), { maxTasks: 5 }).shows).toHaveLength(5)
  })

  it.each(['maxTasks', 'maxLength'])('refuses NaN as its %s', (name) => {
    expect(() => trimSnapshot(snapshot(), { [name]: Number.NaN })).toThrow(`Invalid ${name}`)
  })

  it('keeps its JSON within a length', () => {
    for (const maxLength of [200, 1_000, 2_000, 3_000, 4_000]) {
      const small = trimSnapshot(snapshot(), { maxLength })
      expect(JSON.stringify(small).length).toBeLessThanOrEqual(maxLength)
      expect(parseSnapshot(small).rejected).toEqual([])
    }
    expect(shows(trimSnapshot(snapshot(), { maxLength: 1_000 }))).toEqual(['a'])
  })
})
