import { describe, expect, it, vi } from 'vitest'
import { parseRecords } from '../schema/schema.ts'
import { setUpTracker, taskOf } from '../testing.ts'

const at = 1_000_000
const register = <T>(value: T, rev = 1) => ({ value, rev, by: 'me' })

function setup() {
  const kit = setUpTracker(at)
  const { tracker } = kit
  const told: string[] = []
  const listen = (...ids: string[]) => {
    for (const id of ids) tracker.subscribe(() => void told.push(id), { showId: id })
  }
  const completed: string[] = []
  tracker.on('stepCompleted', ({ showId, type }) => void completed.push(`${showId} ${type}`))
  const merge = (...records: readonly object[]) =>
    tracker.merge(
      parseRecords({
        tasks: records.filter((one) => !('pipeline' in one)),
        shows: records.filter((one) => 'pipeline' in one),
      }),
    )
  const add = (
    id: string,
    showId: string,
    characterId?: string,
    status: 'processing' | 'succeeded' = 'processing',
  ) =>
    tracker.addTask(
      (characterId === undefined
        ? { id, showId, type: 'trailer', status }
        : { id, showId, type: 'portrait', characterId, status }) as never,
    )
  return { ...kit, told, listen, completed, merge, add }
}

describe('a listener of a show', () => {
  it('is told when its id becomes known by a rename alone', () => {
    const { tracker, told, listen, merge } = setup()
    listen('old')
    merge(taskOf({ showId: 'old', characterId: 'ada', updatedAt: at }), {
      showId: 'old',
      pipeline: 'show',
      renamedTo: register('new'),
    })
    expect(tracker.getPipeline('old').active).toBe(1)
    expect(told).toEqual(['old'])
  })

  it('is told once of a rename, whichever id it named, and of chained renames in one merge', () => {
    const { tracker, told, listen, add, merge } = setup()
    add('1', 'a')
    listen('a', 'b', 'c')
    tracker.renameShow('a', 'b')
    expect(told.toSorted()).toEqual(['a', 'b'])
    told.length = 0
    merge({ showId: 'b', pipeline: 'show', renamedTo: register('c') })
    expect(told.toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('hears once of a removal, with nothing between', () => {
    const { tracker, add } = setup()
    add('1', 'a')
    tracker.renameShow('a', 'b')
    add('2', 'b', 'ada')
    const seen = vi.fn()
    tracker.cancel({ showId: 'b' })
    tracker.subscribe(() => seen(tracker.getPipeline('b').steps.flatMap(({ tasks }) => tasks).length), {
      showId: 'b',
    })
    tracker.removeShow('b')
    expect(seen.mock.calls).toEqual([[0]])
  })

  it('hears of a removal before what its calls write when they are aborted', () => {
    const { tracker, add, merge } = setup()
    void tracker.show('a').track('trailer', ({ signal }) => {
      signal.addEventListener('abort', () => void add('note', 'b'))
      return new Promise(() => {})
    })
    const told: string[] = []
    for (const showId of ['a', 'b']) tracker.subscribe(() => void told.push(showId), { showId })
    merge({ showId: 'a', pipeline: 'show', removed: register(true) })
    expect(told).toEqual(['a', 'b'])
  })
})

describe('stepCompleted', () => {
  it('is not told when a rename that changes leaves a complete step behind', () => {
    const { tracker, add, completed } = setup()
    add('1', 'b', 'x', 'succeeded')
    add('2', 'a', 'y')
    tracker.renameShow('a', 'b')
    completed.length = 0
    tracker.renameShow('a', 'c')
    expect(tracker.getPipeline('b').step('portrait').progress).toBe(100)
    expect(completed).toEqual([])
  })

  it('is not told while one of several shows is removed', () => {
    const { tracker, add, completed, merge } = setup()
    add('1', 'b', 'x', 'succeeded')
    add('2', 'a', 'y')
    tracker.renameShow('a', 'b')
    completed.length = 0
    merge({ showId: 'a', pipeline: 'show', removed: register(true) })
    expect(tracker.getPipeline('b').step('portrait').progress).toBe(100)
    tracker.removeShow('b')
    expect(completed).toEqual([])
  })
})

describe('a removed show', () => {
  it('does not take in a task that moves to it, here as in the pure reducer', () => {
    const { tracker, merge } = setup()
    merge(
      { showId: 'gone', pipeline: 'show', removed: register(true) },
      taskOf({ id: '1', showId: 's', characterId: 'ada', updatedAt: at }),
    )
    merge(taskOf({ id: '1', showId: 'gone', characterId: 'ada', rev: 2, updatedAt: at }))
    expect([tracker.getPipeline('gone').active, tracker.getPipeline('s').active]).toEqual([0, 1])
  })

  it('is still refused after the tracker has forgotten other shows', () => {
    const kit = setUpTracker(at, { maxTasks: 5 })
    kit.tracker.addTask({ id: '1', showId: 'gone', type: 'trailer', status: 'succeeded' })
    kit.tracker.removeShow('gone')
    for (let place = 0; place < 12; place += 1)
      kit.tracker.addTask({ id: `k${place}`, showId: `k${place}`, type: 'trailer', status: 'succeeded' })
    kit.tracker.merge(
      parseRecords({
        tasks: [taskOf({ id: '1', showId: 'gone', type: 'trailer', updatedAt: at })],
        shows: [],
      }),
    )
    expect(kit.tracker.getPipeline('gone').active).toBe(0)
  })
})

describe('a slot that does not change', () => {
  it('stays the same object after a title, and when it was first read from an outdated view', () => {
    const { tracker, show } = setUpTracker(at)
    show.setCharacters([{ id: 'ada' }, { id: 'bo' }])
    show.setTitle('T')
    for (const id of ['ada', 'bo'])
      tracker.addTask({ id, showId: 's', type: 'portrait', characterId: id, status: 'processing' })
    const portrait = () => show.getPipeline().step('portrait')
    portrait()
    show.setTitle('U')
    const bo = portrait().slots[1]
    tracker.updateTask('ada', { progress: 5 })
    expect(portrait().slots[1]).toBe(bo)
    const dossiers = () => show.getPipeline().step('character-dossier')
    tracker.addTask({ id: 'v', showId: 's', type: 'character-dossier', characterId: 'ada' })
    const outdated = dossiers()
    tracker.updateTask('v', { progress: 5 })
    const untouched = outdated.slots[1]
    expect(dossiers().slots[1]).toBe(untouched)
  })

  it('knows the end of work that ended at 0', () => {
    const { tracker } = setUpTracker(0)
    tracker.addTask({ showId: 's', type: 'trailer', status: 'succeeded' })
    expect(tracker.getPipeline('s').step('trailer').completedAt).toBe(0)
  })
})
