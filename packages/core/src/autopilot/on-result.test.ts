import { describe, expect, it } from 'vitest'
import type { ShowPipeline, Tracker } from '../index.ts'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { createTestTracker } from '../test/test.ts'
import { onResult, type ResultOptions } from './autopilot.ts'

const portrait = { showId: 's', type: 'portrait' } as const
const records = (tracker: Tracker<ShowPipeline>) => JSON.stringify(tracker.serialize())

/** Two pages of one application: the first has made the portraits of Ada and, later, of Bo; the second hears of them. */
function setUp() {
  const first = createTestTracker({ by: 'first' })
  const second = createTestTracker({ by: 'second', createId: () => 'unused' })
  const { tracker, clock } = first
  tracker.addTask({ ...portrait, characterId: 'ada', id: 'ada', status: 'succeeded' })
  tracker.addTask({ ...portrait, characterId: 'bo', id: 'bo', status: 'processing' })
  const heard: string[] = []
  const listen = (page: typeof first, options?: ResultOptions) =>
    onResult(
      page.tracker,
      {
        portrait: ({ characterId }, { origin, from }) =>
          heard.push(`${characterId} ${origin}${from ? ` from ${from}` : ''}`),
      },
      options,
    )
  const reload = () => void second.tracker.restore(parseSnapshot(records(tracker)))
  return { first, second, tracker, clock, heard, listen, reload }
}

describe('onResult', () => {
  it('is called once for each page load: for what is known, restored, made here and elsewhere', async () => {
    const { second, tracker, clock, heard, listen, reload } = setUp()
    listen(second)
    reload()
    expect(heard).toEqual(['ada restore'])
    await clock.advance(1_000)
    tracker.updateTask('bo', { status: 'succeeded' })
    for (let time = 0; time < 2; time += 1)
      second.tracker.merge(parseRecords(records(tracker)), { from: 'tab' })
    expect(heard).toEqual(['ada restore', 'bo merge from tab'])
    second.tracker.addTask({ ...portrait, characterId: 'cy', id: 'cy', status: 'processing' })
    second.tracker.updateTask('cy', { status: 'succeeded' })
    expect(heard.slice(2)).toEqual(['cy local'])
    listen(second)
    expect(heard.slice(3)).toEqual(['ada restore', 'bo restore', 'cy restore'])
  })

  it('with only own, is called in the tab that made the result, also by following a job after a reload', async () => {
    const { first, second, tracker, clock, heard, listen, reload } = setUp()
    tracker.updateTask('bo', { job: { provider: 'ours', id: 'j1' } })
    listen(first, { only: 'own' })
    listen(second, { only: 'own' })
    reload()
    second.tracker.resume({ ours: async () => ({ outputUrl: 'https://x.test/bo.png' }) })
    await clock.advance(0)
    tracker.merge(parseRecords(records(second.tracker)), { from: 'tab' })
    expect(heard).toEqual(['bo local'])
  })

  it('with only new, is called for what finished while no page was open, and not for older results', async () => {
    const { second, tracker, clock, heard, listen, reload } = setUp()
    await clock.advance(60_000)
    await second.clock.advance(120_000)
    listen(second, { only: 'new' })
    reload()
    expect(heard).toEqual([])
    // A webhook has finished it, and the collector's first snapshot says so.
    tracker.updateTask('bo', { status: 'succeeded' })
    second.tracker.merge(parseRecords(records(tracker)), { live: false, whole: true })
    expect(heard).toEqual(['bo merge'])
    // One that another device has begun and finished in the meantime.
    await clock.advance(120_000)
    tracker.addTask({ ...portrait, characterId: 'cy', id: 'cy', status: 'succeeded' })
    second.tracker.merge(parseRecords(records(tracker)))
    expect(heard).toEqual(['bo merge', 'cy merge'])
  })

  it('hears of one show, under all of its names, until it is undone', () => {
    const { first, tracker, heard, listen } = setUp()
    const undo = listen(first, { showId: 'neon-noir' })
    expect(heard).toEqual([])
    tracker.renameShow('s', 'neon-noir')
    tracker.updateTask('bo', { status: 'succeeded' })
    expect(heard).toEqual(['bo local'])
    tracker.reset('bo')
    undo()
    tracker.addTask({ ...portrait, characterId: 'cy', status: 'succeeded' })
    expect(heard).toHaveLength(1)
  })

  it('reports what a handler throws, and calls the others', async () => {
    const { first, tracker, heard, listen } = setUp()
    onResult(tracker, {
      portrait: async () => {
        throw new Error('the database is down')
      },
    })
    listen(first, { only: 'new' })
    tracker.updateTask('bo', { status: 'succeeded' })
    await first.clock.advance(0)
    expect(first.errors.map(({ message }) => message)).toEqual([
      'the database is down',
      'the database is down',
    ])
    expect(heard).toEqual(['bo local'])
  })
})
