import { describe, expect, it, vi } from 'vitest'
import { definePipeline } from '../records/pipeline.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { readySlots } from '../state/ready-slots.ts'
import { noRecords, reduce, viewsOf } from '../state/reduce.ts'
import { plain, setUpTracker } from '../testing.ts'
import { memorySink } from './sink.ts'
import { createTracker } from './tracker.ts'

const film = definePipeline({
  id: 'film',
  steps: [
    { type: 'cast', label: 'Cast', per: 'character' },
    { type: 'shot', label: 'Shots', per: 'scene' },
    { type: 'cut', label: 'Cut', per: 'show', after: ['cast', 'shot'] },
  ],
})

describe('a pipeline with characters and scenes', () => {
  function setup() {
    const tracker = createTracker({ pipeline: film })
    const show = tracker.show('s')
    show.setItems('character', [{ id: 'ada' }, { id: 'bo' }])
    show.setItems('scene', [{ id: 's1', name: 'The door' }, { id: 's2' }, { id: 's3' }])
    return { tracker, show }
  }

  it('asks for each item only in the steps of its kind', () => {
    const { show } = setup()
    expect(readySlots(film, show.getPipeline())).toEqual([
      { showId: 's', type: 'cast', characterId: 'ada' },
      { showId: 's', type: 'cast', characterId: 'bo' },
      { showId: 's', type: 'shot', sceneId: 's1' },
      { showId: 's', type: 'shot', sceneId: 's2' },
      { showId: 's', type: 'shot', sceneId: 's3' },
    ])
  })

  it('is at 100 % once two characters and three scenes are done', () => {
    const { show } = setup()
    for (const characterId of ['ada', 'bo']) show.track('cast', () => 1, { characterId })
    for (const sceneId of ['s1', 's2', 's3']) show.track('shot', () => 1, { sceneId })
    expect(show.getPipeline().step('shot')).toMatchObject({ total: 3, completed: 3 })
    expect(show.getPipeline().step('shot').slots[0]).toMatchObject({ characterId: 's1', name: 'The door' })
    show.track('cut', () => 1)
    expect(show.getPipeline()).toMatchObject({ progress: 100, status: 'succeeded' })
  })

  it('takes the items of each kind from facts, and brings them back from a snapshot', () => {
    const { tracker, show } = setup()
    const other = tracker.show('t')
    other.setFacts({
      items: { scene: [{ id: 's9' }] },
      characters: [{ id: 'cy' }],
      done: { shot: ['s9'], cast: true },
    })
    expect(other.getPipeline()).toMatchObject({
      completedSteps: 2,
      items: { character: [{ id: 'cy' }], scene: [{ id: 's9' }] },
    })
    const saved = parseSnapshot(JSON.stringify(tracker.serialize()), { pipeline: film })
    expect(saved.rejected).toEqual([])
    const next = createTracker({ pipeline: film })
    next.restore(saved)
    expect(plain(next.getPipeline('s'))).toEqual(plain(show.getPipeline()))
    expect(plain(next.getPipeline('t'))).toEqual(plain(other.getPipeline()))
  })

  it('refuses a kind that it does not have', () => {
    const { tracker, show } = setup()
    const told = vi.fn()
    tracker.on('error', ({ error }) => told((error as Error).message))
    // @ts-expect-error: 'beat' is not a kind of this pipeline.
    show.setItems('beat', [{ id: 'b1' }])
    expect(told).toHaveBeenCalledWith(
      'Show "s": "items.beat" was dropped: unknown kind of item. Kinds of pipeline "film": character, scene.',
    )
  })
})

describe('removeShow', () => {
  it('drops the tasks of a show, cancels what runs, and refuses later ones', () => {
    const sink = memorySink()
    const { tracker, show } = setUpTracker(1_000, { sinks: [sink] })
    let signal: AbortSignal | undefined
    void show.track('trailer', (context) => {
      signal = context.signal
      return new Promise<void>(() => {})
    })
    tracker.removeShow('s')
    expect(signal?.aborted).toBe(true)
    expect([tracker.getShows(), tracker.getTasks(), tracker.getPipelines()]).toEqual([[], [], []])
    const told = vi.fn()
    tracker.on('error', ({ error }) => told((error as { code?: string }).code))
    expect(show.track('trailer', () => 7)).toBe(7)
    expect(told).toHaveBeenCalledWith('removed_show')
    expect(show.getPipeline()).toMatchObject({ status: 'pending', active: 0, progress: 0 })
    expect(sink.changes.at(-1)!.shows).toMatchObject([{ showId: 's', removed: { value: true } }])
  })

  it('holds in another tab that runs a task of it, whichever comes first', () => {
    const { tracker, show } = setUpTracker(1_000)
    show.track('trailer', () => 1)
    const old = parseRecords(tracker.serialize())
    tracker.removeShow('s')
    const removal = parseRecords(tracker.serialize())
    expect(removal).toMatchObject({ tasks: [], shows: [{ removed: { value: true } }] })
    const other = setUpTracker(1_000)
    let isAborted = false
    void other.show.track('portrait-grid', ({ signal }) => {
      signal.addEventListener('abort', () => (isAborted = true))
      return new Promise<void>(() => {})
    })
    other.tracker.merge(removal)
    expect(isAborted).toBe(true)
    expect(other.tracker.merge(old)).toMatchObject({ accepted: 0 })
    expect(other.tracker.getTasks()).toEqual([])
  })

  it('removes all that renames have joined', () => {
    const { tracker } = setUpTracker(1_000)
    tracker.show('temporary').track('show-generation', () => 1)
    tracker.renameShow('temporary', 'final')
    tracker.show('final').track('trailer', () => 1)
    tracker.removeShow('temporary')
    expect([tracker.getTasks(), tracker.getShows()]).toEqual([[], []])
  })
})

describe('a tracker of several shows', () => {
  it('lists all that are known, also without a task, by their final ids', () => {
    const { tracker } = setUpTracker(1_000)
    tracker.show('a').setTitle('A')
    tracker.show('b').track('trailer', () => 1)
    tracker.renameShow('a', 'c')
    expect(tracker.getShows().toSorted()).toEqual(['b', 'c'])
    expect(tracker.getPipelines().map(({ showId }) => showId)).toEqual(['b'])
  })

  it('serializes one of them, with what renames have joined to it', () => {
    const { tracker } = setUpTracker(1_000)
    tracker.show('a').track('show-generation', () => 1)
    tracker.renameShow('a', 'c')
    tracker.show('b').track('trailer', () => 1)
    const snapshot = tracker.serialize({ showId: 'c' })
    expect(snapshot.tasks.map(({ showId }) => showId)).toEqual(['a'])
    expect(snapshot.shows.map(({ showId }) => showId)).toEqual(['a'])
    expect(tracker.serialize({ showId: 'nowhere' })).toMatchObject({ tasks: [], shows: [] })
  })

  it('lists expired tasks only when they are asked for', () => {
    const { tracker, show, clock } = setUpTracker(1_000)
    show.track('trailer', () => 1)
    clock.now += 365 * 86_400_000
    expect(tracker.getTasks()).toEqual([])
    expect(tracker.getTasks(undefined, { expired: true })).toHaveLength(1)
    expect(tracker.getTasks({ showId: 's' }, { expired: true })).toHaveLength(1)
  })
})

describe('readySlots with include', () => {
  it('offers interrupted slots again, but none that has a result or was dismissed', () => {
    const { tracker, show } = setUpTracker(1_000)
    const ready = () => readySlots(showPipeline, show.getPipeline(), { include: ['interrupted'] })
    const slot = { showId: 's', type: 'show-generation' } as const
    const { id } = tracker.addTask({ ...slot, status: 'interrupted' })!
    expect(readySlots(showPipeline, show.getPipeline())).toEqual([])
    expect(ready()).toEqual([slot])
    tracker.dismiss(id)
    expect(ready()).toEqual([])
    tracker.addTask({ ...slot, status: 'succeeded' })
    tracker.addTask({ ...slot, status: 'interrupted' })
    expect(ready()).toEqual([{ showId: 's', type: 'character-seeds' }])
  })
})

describe('reduce', () => {
  it('gives the same object for old news, and leaves what it was given as it was', () => {
    const { tracker, show } = setUpTracker(1_000)
    show.track('trailer', () => 1)
    const { tasks, shows } = tracker.serialize()
    const records = reduce(noRecords, [...tasks, ...shows])
    expect(reduce(records, tasks[0]!)).toBe(records)
    expect(reduce(records, [])).toBe(records)
    expect(noRecords.tasks.size).toBe(0)
    expect(viewsOf(showPipeline, records)[0]).toMatchObject({ showId: 's', completedSteps: 1 })
  })

  it('reads a log of every version, line by line or at once, to what the tracker shows', () => {
    const sink = memorySink()
    const { tracker, show } = setUpTracker(1_000, { sinks: [sink] })
    show.setCharacters([{ id: 'ada' }])
    show.track('portrait', ({ progress }) => progress(40), { characterId: 'ada' })
    const lines = sink.changes.flatMap(({ tasks, shows }) => [...tasks, ...shows])
    for (const records of [lines.reduce(reduce, noRecords), reduce(noRecords, lines.toReversed())])
      expect(viewsOf(showPipeline, records).map(plain)).toEqual(tracker.getPipelines().map(plain))
  })
})
