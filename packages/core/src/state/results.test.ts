import { describe, expect, it } from 'vitest'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { readySlots } from './ready-slots.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { setUpTracker } from '../testing.ts'

const day = 86_400_000

/** A show of one character of which everything is done but the optional video. */
function setUpFinished() {
  const { tracker, show, clock } = setUpTracker(1_000)
  const add = (type: string, status: string, more: object = {}) => {
    clock.now += 10
    return tracker.addTask({ showId: 's', type, status, ...more } as never)!.id
  }
  const ada = { characterId: 'ada' }
  show.setCharacters([{ id: 'ada', name: 'Ada' }])
  for (const type of ['show-generation', 'character-seeds']) add(type, 'succeeded')
  for (const type of ['character-dossier', 'portrait']) add(type, 'succeeded', ada)
  for (const type of ['portrait-grid', 'library-poster']) add(type, 'succeeded')
  add('trailer', 'succeeded', { outputUrl: 'https://x.test/first.mp4' })
  const view = () => show.getPipeline()
  const slot = (type: (typeof showPipeline.steps)[number]['type']) => view().step(type).slots[0]!
  return { tracker, show, clock, add, view, slot, ada }
}

const trailer = { showId: 's', type: 'trailer' } as const
const video = { showId: 's', type: 'video', characterId: 'ada' } as const

describe('a finished trailer that is made again', () => {
  it('stays finished while the new one runs: the bar keeps 100 %', () => {
    const { add, view, slot, tracker } = setUpFinished()
    const running = add('trailer', 'processing', { progress: 20 })
    expect(view()).toMatchObject({ status: 'active', progress: 100, completedSteps: 7, active: 1 })
    expect(view().step('trailer')).toMatchObject({ status: 'active', progress: 100, completed: 1, active: 1 })
    expect(slot('trailer')).toMatchObject({ status: 'active', done: true, tried: true, progress: 20 })
    expect(slot('trailer').task?.id).toBe(running)
    expect(slot('trailer').result?.outputUrl).toBe('https://x.test/first.mp4')
    expect(view().step('trailer').result()?.outputUrl).toBe('https://x.test/first.mp4')
    expect([tracker.has(trailer, 'done'), tracker.has(trailer, 'running')]).toEqual([true, true])
  })

  it.each(['failed', 'canceled', 'interrupted'] as const)(
    'stays finished when the new one is %s',
    (status) => {
      const { add, view, slot, tracker } = setUpFinished()
      const completedAt = view().step('trailer').completedAt
      const later = add('trailer', status, { error: 'no' })
      expect(view()).toMatchObject({ status: 'succeeded', progress: 100, completedSteps: 7 })
      const step = view().step('trailer')
      expect(step).toMatchObject({
        status: 'succeeded',
        progress: 100,
        completed: 1,
        [status]: 1,
        completedAt,
      })
      expect(slot('trailer')).toMatchObject({ status, done: true, tried: true, progress: 100 })
      expect([step.task()?.id, step.result()?.outputUrl]).toEqual([later, 'https://x.test/first.mp4'])
      expect(step.errors).toHaveLength(status === 'failed' ? 1 : 0)
      expect(tracker.has(trailer, 'done')).toBe(true)
      expect(tracker.has(trailer, 'failed')).toBe(status === 'failed')
    },
  )

  it('has the newer result once that has succeeded, and only then a later time of completion', () => {
    const { add, view, tracker, clock } = setUpFinished()
    const again = add('trailer', 'processing')
    expect(view().step('trailer').completedAt).toBe(1_070)
    clock.now += 1_000
    tracker.updateTask(again, { status: 'succeeded', outputUrl: 'https://x.test/second.mp4' })
    expect(view().step('trailer').result()?.outputUrl).toBe('https://x.test/second.mp4')
    expect(view().step('trailer').completedAt).toBe(2_080)
  })

  it('has the result of a superseded task that another writer saw succeed', () => {
    const { tracker, show } = setUpTracker(1_000)
    const old = tracker.addTask({ ...trailer, status: 'processing' })!
    tracker.addTask({ ...trailer, status: 'failed', error: 'no' })
    expect(show.getPipeline().step('trailer')).toMatchObject({ status: 'failed', completed: 0 })
    tracker.updateTask(old.id, { status: 'succeeded' })
    expect(show.getPipeline().step('trailer')).toMatchObject({ status: 'succeeded', completed: 1, failed: 1 })
    expect(show.getPipeline().step('trailer').result()?.id).toBe(old.id)
  })
})

describe('an optional video that is made again', () => {
  it('stays in the total when the new one is canceled', () => {
    const { add, view, ada } = setUpFinished()
    add('video', 'succeeded', ada)
    expect(view()).toMatchObject({ totalSteps: 8, progress: 100 })
    add('video', 'canceled', ada)
    expect(view()).toMatchObject({ totalSteps: 8, completedSteps: 8, progress: 100 })
    expect(view().step('video')).toMatchObject({ counted: true, completed: 1, canceled: 1, total: 1 })
  })
})

describe('a failure', () => {
  it('makes the step and the show failed where a result is missing, and only there', () => {
    const { show, tracker } = setUpTracker(1_000)
    show.setCharacters([{ id: 'ada' }, { id: 'bo' }])
    const portrait = (characterId: string, status: 'succeeded' | 'failed') =>
      tracker.addTask({ showId: 's', type: 'portrait', characterId, status, error: 'no' })
    portrait('ada', 'succeeded')
    portrait('ada', 'failed')
    expect(show.getPipeline().step('portrait')).toMatchObject({ status: 'pending', failed: 1, completed: 1 })
    expect(show.getPipeline()).toMatchObject({ status: 'pending', failed: 1 })
    portrait('bo', 'failed')
    expect(show.getPipeline().step('portrait')).toMatchObject({ status: 'failed', failed: 2, completed: 1 })
    expect(show.getPipeline()).toMatchObject({ status: 'failed', failed: 2 })
  })

  it('of a step that does not count is not one of the show', () => {
    const { show, tracker } = setUpTracker(1_000)
    tracker.addTask({ ...trailer, status: 'failed', error: 'no key' })
    show.setUnavailable(['trailer'])
    expect(show.getPipeline()).toMatchObject({ status: 'pending', failed: 0 })
    expect(show.getPipeline().step('trailer')).toMatchObject({ status: 'failed', failed: 1 })
  })
})

describe('facts', () => {
  it('make a slot done whatever their time, also one whose later task failed', () => {
    const { show, tracker, clock } = setUpTracker(1_000)
    show.setFacts({ done: { trailer: true } })
    clock.now += 10
    tracker.addTask({ ...trailer, status: 'failed', error: 'no' })
    const step = show.getPipeline().step('trailer')
    expect(step).toMatchObject({ status: 'succeeded', progress: 100, completed: 1, failed: 1 })
    expect([step.result(), step.task()?.status, step.completedAt]).toEqual([undefined, 'failed', undefined])
  })

  it('keep what they name done while it is made again', () => {
    const { show, tracker, clock } = setUpTracker(1_000)
    show.setFacts({ done: { trailer: true } })
    clock.now += 10
    tracker.addTask({ ...trailer, status: 'processing', progress: 30 })
    expect(show.getPipeline().step('trailer')).toMatchObject({
      status: 'active',
      progress: 100,
      completed: 1,
    })
  })

  it('that go backwards take away only what they alone made done', () => {
    const { show, clock, tracker } = setUpTracker(1_000)
    tracker.addTask({ ...trailer, status: 'succeeded' })
    show.setFacts({ done: { trailer: true, 'library-poster': true } })
    clock.now += 10
    show.setFacts({ done: {} })
    expect(tracker.has(trailer, 'done')).toBe(true)
    expect(tracker.has({ showId: 's', type: 'library-poster' }, 'done')).toBe(false)
  })
})

describe('dismiss', () => {
  it('of a success hides it, keeps the step done, and never reveals an older failure', () => {
    const { show, tracker, clock } = setUpTracker(1_000)
    tracker.addTask({ ...trailer, status: 'failed', error: 'old' })
    clock.now += 10
    const { id } = tracker.addTask({ ...trailer, status: 'succeeded' })!
    expect(tracker.dismiss(id)).toBe(1)
    const step = show.getPipeline().step('trailer')
    expect(step).toMatchObject({ status: 'succeeded', progress: 100, completed: 1, failed: 0, errors: [] })
    expect(step.slots[0]).toMatchObject({
      status: 'succeeded',
      done: true,
      task: undefined,
      result: undefined,
    })
    expect(tracker.getTask(trailer)).toBeUndefined()
  })

  it('of a failure takes it out of status and counts, and the slot counts as tried for good', () => {
    const { show, tracker } = setUpTracker(1_000)
    tracker.addTask({ showId: 's', type: 'show-generation', status: 'failed', error: 'no' })
    tracker.dismiss({ showId: 's' })
    const isTried = (one: typeof tracker) => [
      one.has({ showId: 's', type: 'show-generation' }, 'tried'),
      readySlots(showPipeline, one.getPipeline('s')).length,
    ]
    expect(show.getPipeline()).toMatchObject({ status: 'pending', failed: 0, progress: 0 })
    expect(show.getPipeline().step('show-generation').slots[0]).toMatchObject({
      status: 'pending',
      tried: true,
    })
    expect(isTried(tracker)).toEqual([true, 0])
    // After a reload, and in another tab that still held the failed task.
    const reloaded = setUpTracker(2_000, { by: 'reload' }).tracker
    reloaded.restore(parseSnapshot(JSON.stringify(tracker.serialize())))
    expect(isTried(reloaded)).toEqual([true, 0])
    const tab = setUpTracker(1_000, { by: 'tab' }).tracker
    tab.merge(parseRecords({ tasks: [{ ...failedRecord, id: 't1' }] }))
    tab.merge(parseRecords(tracker.serialize()))
    expect(isTried(tab)).toEqual([true, 0])
  })

  it('of a failed optional task does not offer its slot again either', () => {
    const { tracker, add, ada, view } = setUpFinished()
    add('video', 'failed', { ...ada, error: 'no' })
    tracker.dismiss(video)
    expect(view().step('video')).toMatchObject({ total: 0, counted: false, slots: [] })
    expect(tracker.has(video, 'tried')).toBe(true)
    expect(readySlots(showPipeline, view())).toEqual([])
  })

  it('keeps what ended, and lets a fast clock elsewhere not hide the next task', () => {
    const { tracker, clock } = setUpTracker(1_000)
    const ahead = { ...failedRecord, id: 'fast', startedAt: 9_000, updatedAt: 9_000, completedAt: 9_000 }
    tracker.merge(parseRecords({ tasks: [ahead] }))
    tracker.dismiss('fast')
    clock.now += 10
    const next = tracker.addTask({ showId: 's', type: 'show-generation', status: 'processing' })!
    expect(next.startedAt).toBe(9_001)
    expect(tracker.getTask({ showId: 's', type: 'show-generation' })?.id).toBe(next.id)
  })
})

const failedRecord = {
  id: 't1',
  showId: 's',
  type: 'show-generation',
  stepNumber: 1,
  status: 'failed',
  attempt: 1,
  startedAt: 1_000,
  updatedAt: 1_000,
  completedAt: 1_000,
  rev: 1,
  by: 'elsewhere',
}

describe('reset', () => {
  it('starts over: ended and dismissed tasks go, and their slots are as if nothing had run', () => {
    const { tracker, view, add, ada } = setUpFinished()
    tracker.dismiss(trailer)
    add('video', 'failed', { ...ada, error: 'no' })
    const running = add('library-poster', 'processing')
    expect(tracker.reset({ showId: 's' })).toBe(8)
    expect(tracker.getTasks().map(({ id }) => id)).toEqual([running])
    expect(view()).toMatchObject({ status: 'active', progress: 0, completedSteps: 0 })
    expect(tracker.has(trailer, 'tried')).toBe(false)
    tracker.cancel({ showId: 's' })
    tracker.reset({ showId: 's' })
    expect(readySlots(showPipeline, view())).toEqual([{ showId: 's', type: 'show-generation' }])
    for (const tombstone of tracker.serialize().tasks)
      expect(Object.keys(tombstone).toSorted()).toEqual(['by', 'id', 'removed', 'rev', 'showId', 'updatedAt'])
  })

  it('takes a task by its id, a step, or a slot, dismissed ones too; facts stay', () => {
    const { tracker, show, view } = setUpFinished()
    const { id } = tracker.getTask({ showId: 's', type: 'portrait', characterId: 'ada' })!
    tracker.dismiss(id)
    expect(tracker.reset(id)).toBe(1)
    expect(view().step('portrait')).toMatchObject({ status: 'pending', completed: 0 })
    show.setFacts({ done: { trailer: true } })
    expect(tracker.reset({ showId: 's', type: 'trailer' })).toBe(1)
    expect([tracker.has(trailer, 'done'), tracker.reset(trailer), tracker.reset('unknown')]).toEqual([
      true,
      0,
      0,
    ])
  })

  it('reaches other replicas, also those that know the dismissed task only', () => {
    const { tracker } = setUpFinished()
    tracker.dismiss(trailer)
    const other = setUpTracker(1_000, { by: 'other' }).tracker
    other.merge(parseRecords(tracker.serialize()))
    expect(other.has(trailer, 'done')).toBe(true)
    tracker.reset(trailer)
    other.merge(parseRecords(tracker.serialize()))
    expect(other.has(trailer, 'tried')).toBe(false)
  })
})

describe('a finished show', () => {
  it('is still finished when its own snapshot is restored after 31 days, with all that was dismissed', () => {
    const { tracker, view, clock } = setUpFinished()
    tracker.dismiss(trailer)
    clock.now += 31 * day
    const saved = JSON.stringify(tracker.serialize())
    const later = setUpTracker(clock.now + day, { by: 'later' })
    expect(later.tracker.restore(parseSnapshot(saved)).rejected).toEqual([])
    expect(later.show.getPipeline()).toMatchObject({ status: 'succeeded', progress: 100 })
    expect(later.show.getPipeline().steps.map((step) => step.status)).toEqual(
      view().steps.map((step) => step.status),
    )
    expect(readySlots(showPipeline, later.show.getPipeline())).toEqual([
      { showId: 's', type: 'video', characterId: 'ada' },
    ])
    // From elsewhere, records that old are refused.
    const other = setUpTracker(clock.now + day, { by: 'other' }).tracker
    expect(other.merge(parseRecords(saved)).rejected.length).toBeGreaterThan(0)
    // Unless they are a complete snapshot, in which tasks and tombstones belong together.
    expect(other.merge(parseRecords(saved), { whole: true }).rejected).toEqual([])
    expect(other.getPipeline('s')).toMatchObject({ status: 'succeeded', progress: 100 })
  })
})

describe('stepCompleted and showCompleted', () => {
  function setUpEvents() {
    const { tracker, show, clock } = setUpTracker(1_000)
    const heard: string[] = []
    tracker.on('stepCompleted', ({ type }) => heard.push(type))
    tracker.on('showCompleted', () => heard.push('show'))
    tracker.on('taskFinished', ({ task }) => heard.push(`${task.id} ${task.status}`))
    const add = (type: string, status: string, characterId?: string) => {
      clock.now += 10
      return tracker.addTask({ showId: 's', type, status, characterId } as never)!.id
    }
    const take = () => heard.splice(0)
    return { tracker, show, clock, add, take }
  }
  const finish = (add: (type: string, status: string) => string) => {
    for (const type of ['show-generation', 'character-seeds', 'portrait-grid', 'library-poster'])
      add(type, 'succeeded')
  }

  it('do not come again when what is done is made again, also not when that succeeds', () => {
    const { show, add, take } = setUpEvents()
    show.setCharacters([])
    finish(add)
    add('trailer', 'succeeded')
    expect(take().slice(-3)).toEqual(['t5 succeeded', 'trailer', 'show'])
    add('trailer', 'failed')
    add('trailer', 'succeeded')
    expect(take()).toEqual(['t6 failed', 't7 succeeded'])
  })

  it('come while another slot is made again, and again when the work grew', () => {
    const { show, tracker, add, take } = setUpEvents()
    show.setCharacters([{ id: 'ada' }, { id: 'bo' }])
    add('portrait', 'succeeded', 'ada')
    add('portrait', 'processing', 'ada')
    expect(take()).toEqual(['t1 succeeded'])
    add('portrait', 'succeeded', 'bo')
    expect(take()).toEqual(['t3 succeeded', 'portrait'])
    expect(tracker.getPipeline('s').step('portrait').status).toBe('active')
    show.setCharacters([{ id: 'ada' }, { id: 'bo' }, { id: 'cy' }])
    add('portrait', 'succeeded', 'cy')
    expect(take()).toEqual(['t4 succeeded', 'portrait'])
  })

  it('tell of a show whose last step is done while another is made again', () => {
    const { show, add, take } = setUpEvents()
    show.setCharacters([])
    finish(add)
    add('show-generation', 'processing')
    take()
    add('trailer', 'succeeded')
    expect(take()).toEqual(['t6 succeeded', 'trailer', 'show'])
  })

  it('do not come from a tombstone, alone or among other news', () => {
    const { tracker, add, take } = setUpEvents()
    add('portrait', 'succeeded', 'ada')
    const failed = add('portrait', 'failed', 'bo')
    take()
    tracker.reset(failed)
    expect(tracker.getPipeline('s').step('portrait')).toMatchObject({ total: 1, completed: 1 })
    expect(take()).toEqual([])
    // Another writer's tombstones, beside a success that is news.
    const video = add('video', 'failed', 'ada')
    const { startedAt } = tracker.getTask(video)!
    add('video', 'succeeded', 'bo')
    take()
    const tombstone = { id: video, showId: 's', removed: true, updatedAt: startedAt, rev: 9, by: 'x' }
    const dismissed = { type: 'video', characterId: 'ada', startedAt, status: 'failed' }
    const news = { ...failedRecord, id: 'x1', status: 'succeeded', type: 'trailer', completedAt: 9_999 }
    tracker.merge(parseRecords({ tasks: [{ ...tombstone, ...dismissed }, news] }))
    expect(tracker.getPipeline('s').step('video')).toMatchObject({ total: 1, completed: 1 })
    expect(take()).toEqual(['x1 succeeded', 'trailer'])
  })

  it('do not come from merging what had succeeded before this tracker was made', () => {
    const { tracker, show, add, take } = setUpEvents()
    show.setCharacters([{ id: 'ada' }, { id: 'bo' }])
    add('portrait', 'succeeded', 'ada')
    take()
    const old = { ...failedRecord, id: 'x1', status: 'succeeded', type: 'portrait', characterId: 'bo' }
    tracker.merge(parseRecords({ tasks: [{ ...old, startedAt: 900, updatedAt: 950, completedAt: 950 }] }))
    expect(tracker.getPipeline('s').step('portrait')).toMatchObject({ total: 2, completed: 2 })
    expect(take()).toEqual(['x1 succeeded'])
  })
})
