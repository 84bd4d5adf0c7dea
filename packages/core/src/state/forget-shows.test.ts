import { describe, expect, it } from 'vitest'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { memorySink } from '../tracker/sink.ts'
import { createTracker } from '../tracker/tracker.ts'

function setup(maxTasks: number) {
  let now = 1_000_000
  const sink = memorySink()
  const tracker = createTracker({ pipeline: showPipeline, clock: () => (now += 1), maxTasks, sinks: [sink] })
  /** Ten tasks of a show, the last of them with a status of its own. */
  const add = (showId: string, last: 'succeeded' | 'processing' = 'succeeded') => {
    for (let place = 0; place < 10; place += 1) {
      const status = place === 9 ? last : 'succeeded'
      tracker.addTask({ showId, type: 'portrait', characterId: `c${place}`, status })
    }
  }
  const held = () => tracker.getPipelines().map(({ showId }) => showId)
  return { tracker, add, held, sink }
}

describe('maxTasks', () => {
  it('forgets whole shows, the least recently updated first, and counts them', () => {
    const { tracker, add, held, sink } = setup(50)
    for (const showId of ['a', 'b', 'c', 'd', 'e']) add(showId)
    expect(tracker.forgotten).toEqual({ shows: 0, tasks: 0 })
    // An old show that is worked on again is not an old one.
    tracker.addTask({ showId: 'a', type: 'trailer' })
    expect(held()).toEqual(['e', 'd', 'c', 'a'])
    expect(tracker.forgotten).toEqual({ shows: 1, tasks: 10 })
    expect(tracker.getTasks()).toHaveLength(41)
    expect(tracker.getPipeline('b').progress).toBe(0)
    expect(tracker.serialize().tasks).toHaveLength(41)
    // What went out stays out there: no sink is told of it.
    expect(sink.changes).toHaveLength(51)
  })

  it("goes by the last that was heard of any of a show's tasks", () => {
    const { tracker, add, held } = setup(50)
    for (const showId of ['a', 'b', 'c', 'd', 'e']) add(showId)
    for (const showId of ['b', 'a']) {
      const [task] = tracker.getTasks({ showId })
      tracker.updateTask(task!.id, { metadata: { isLiked: true } })
    }
    tracker.addTask({ showId: 'e', type: 'trailer' })
    expect(held().toSorted()).toEqual(['a', 'b', 'd', 'e'])
    tracker.addTask({ showId: 'e', type: 'library-poster' })
    add('f')
    expect(held().toSorted()).toEqual(['a', 'b', 'e', 'f'])
  })

  it('leaves nine tenths of what may be held, no less', () => {
    const { tracker, held } = setup(10)
    for (let place = 0; place <= 10; place += 1)
      tracker.addTask({ showId: `s${place}`, type: 'trailer', status: 'succeeded' })
    expect(held()).toHaveLength(9)
    expect(tracker.forgotten).toEqual({ shows: 2, tasks: 2 })
  })

  it('spares shows with active work, unless there is nothing else and the work runs elsewhere', () => {
    const { tracker, add, held } = setup(30)
    add('a', 'processing')
    add('b')
    add('c', 'processing')
    add('d', 'processing')
    expect(held()).toEqual(['d', 'c', 'a'])
    add('e', 'processing')
    expect(held()).toEqual(['e', 'd', 'c'])
    expect(tracker.forgotten).toEqual({ shows: 2, tasks: 20 })
  })

  it('never forgets work that runs here, nor the show that has just changed', async () => {
    const { tracker, add, held } = setup(5)
    let finish: (value: string) => void = () => {}
    const running = tracker
      .show('mine')
      .track('trailer', () => new Promise<string>((resolve) => void (finish = resolve)))
    for (let place = 0; place < 20; place += 1) add(`s${place}`)
    expect(held()).toEqual(['s19', 'mine'])
    finish('done')
    expect(await running).toBe('done')
    expect(tracker.getTask({ showId: 'mine', type: 'trailer' })?.status).toBe('succeeded')
  })

  it('keeps what is left right: views, names, characters, renames, later versions', () => {
    const { tracker, add } = setup(40)
    add('a')
    tracker.show('b').setTitle('Kept')
    tracker.renameShow('draft-b', 'b')
    add('draft-b')
    add('c')
    add('d')
    add('e')
    expect(tracker.forgotten.shows).toBe(1)
    expect(tracker.getPipeline('draft-b')).toMatchObject({ showId: 'b', title: 'Kept' })
    expect(tracker.getPipeline('b').step('portrait').completed).toBe(10)
    const [task] = tracker.getTasks({ showId: 'b' })
    expect(tracker.getTask(task!.id)).toBe(task)
    expect(tracker.reset(task!.id)).toBe(1)
    expect(tracker.getPipeline('b').step('portrait').completed).toBe(9)
    const again = createTracker({ pipeline: showPipeline, clock: () => 2_000_000 })
    again.restore(parseSnapshot(tracker.serialize()))
    expect(again.getPipeline('b').steps).toEqual(tracker.getPipeline('b').steps)
  })

  it('takes a forgotten show in again when it comes back', () => {
    const { tracker, add } = setup(20)
    add('a')
    const saved = tracker.serialize()
    add('b')
    add('c')
    expect(tracker.getPipeline('a').step('portrait').total).toBe(0)
    expect(tracker.merge(parseRecords(saved)).accepted).toBe(10)
    expect(tracker.getPipeline('a').step('portrait').completed).toBe(10)
  })

  it('tells those who watch a show that is forgotten', () => {
    const { tracker, add } = setup(20)
    add('a')
    const seen: number[] = []
    tracker.subscribe(() => seen.push(tracker.getPipeline('a').progress), { showId: 'a' })
    add('b')
    add('c')
    expect(seen).toEqual([0])
  })

  it('bounds a batch as well, and does not try in vain at every event', () => {
    const from = createTracker({ pipeline: showPipeline, clock: () => 1_000_000 })
    for (let place = 0; place < 300; place += 1) from.addTask({ showId: `s${place % 30}`, type: 'trailer' })
    const { tracker } = setup(100)
    tracker.merge(parseRecords(from.serialize()))
    expect(tracker.getTasks().length).toBeLessThanOrEqual(100)
    expect(tracker.forgotten.shows + tracker.getPipelines().length).toBe(30)
    // One show that is larger than all there may be: it is the one that is worked on, and stays.
    const large = setup(10)
    for (let place = 0; place < 100; place += 1)
      large.tracker.addTask({ showId: 'one', type: 'portrait', characterId: `c${place}` })
    expect(large.tracker.getTasks()).toHaveLength(100)
    expect(large.tracker.forgotten).toEqual({ shows: 0, tasks: 0 })
  })

  it('bounds shows of which only facts, characters or titles are known', () => {
    const { tracker, add } = setup(10)
    for (let place = 0; place < 200; place += 1) {
      tracker.show(`f${place}`).setFacts({ done: { trailer: true } })
      tracker.show(`c${place}`).setCharacters([{ id: 'ada' }])
      tracker.show(`t${place}`).setTitle('Untitled')
    }
    const { shows } = tracker.serialize()
    expect(shows.length).toBeLessThanOrEqual(10)
    expect(tracker.forgotten).toEqual({ shows: 600 - shows.length, tasks: 0 })
    // The latest facts stay longest; a show that is worked on stays with its tasks.
    expect(tracker.getPipeline('f199').step('trailer').status).toBe('succeeded')
    tracker.addTask({ showId: 'f199', type: 'library-poster' })
    for (let place = 0; place < 20; place += 1) tracker.show(`x${place}`).setTitle('Untitled')
    expect(tracker.getPipeline('f199').active).toBe(1)
    add('f199')
    expect(tracker.getTasks({ showId: 'f199' })).toHaveLength(11)
  })

  it.each([0, -1, Number.NaN])('refuses %d', (maxTasks) => {
    expect(() => createTracker({ pipeline: showPipeline, maxTasks })).toThrow('a number from 1')
  })
})
