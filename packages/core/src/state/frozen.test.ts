import { describe, expect, it } from 'vitest'
import { parseRecords } from '../schema/schema.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { taskOf } from '../testing.ts'

/** The parts of a value that can be changed, by their paths. */
function mutable(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  const here = Object.isFrozen(value) ? [] : [path]
  return [...here, ...Object.entries(value).flatMap(([key, part]) => mutable(part, `${path}.${key}`))]
}

const url = 'https://a.example/v.mp4'
const fields = {
  outputs: [url],
  job: { provider: 'p', id: 'j', url },
  error: { message: 'm' },
  metadata: { list: [{ deep: [1] }] },
}
const roster = [{ id: 'ada', name: 'Ada' }]
const facts = { at: 1, characters: roster, done: { portrait: ['ada'] } }

describe('what a tracker shows', () => {
  it('cannot be changed, when it was written here', () => {
    const { tracker } = createTestTracker()
    const show = tracker.show('s')
    tracker.addTask({ id: 'a', showId: 's', type: 'trailer', ...fields, status: 'failed' } as never)
    tracker.updateTask('a', { outputUrl: `${url}?again` })
    tracker.addTask({ id: 'b', showId: 's', type: 'portrait', characterId: 'ada' })
    expect(mutable(show.getPipeline().characters)).toEqual([])
    show.setTitle('T')
    show.setCharacters(roster)
    show.setFacts(facts)
    show.setUnavailable(['video'])
    const { tasks, shows } = tracker.serialize()
    expect(tracker.getTask('a')).toMatchObject(fields)
    expect([...tasks, ...shows].flatMap((record) => mutable(record))).toEqual([])
    const view = show.getPipeline()
    expect(mutable(view)).toEqual([])
    expect(
      view.steps.flatMap(({ slots, errors, tasks: list }) => mutable([slots, errors, list]).slice(1)),
    ).toEqual([])
  })

  it('cannot be changed, when it was merged, and what was given for it stays as it was', () => {
    const { tracker } = createTestTracker({ start: 1_000 })
    const task = taskOf({ id: 'a', showId: 's', type: 'trailer', ...structuredClone(fields) })
    const register = (value: unknown) => ({ value, rev: 1, by: 'x' })
    const show = {
      showId: 's',
      pipeline: 'show',
      title: register('T'),
      characters: register(structuredClone(roster)),
      facts: register(structuredClone(facts)),
      unavailable: register(['video']),
    }
    tracker.merge(parseRecords({ tasks: [task], shows: [show] }))
    tracker.merge(parseRecords({ shows: [{ ...show, title: { value: 'U', rev: 2, by: 'x' } }] }))
    const held = tracker.serialize()
    expect(held.tasks).toEqual([task])
    expect([...held.tasks, ...held.shows].flatMap((record) => mutable(record))).toEqual([])
    expect(mutable(tracker.getPipeline('s'))).toEqual([])
    expect(Object.isFrozen(task.metadata)).toBe(false)
    expect(Object.isFrozen(facts.done)).toBe(false)
  })
})
