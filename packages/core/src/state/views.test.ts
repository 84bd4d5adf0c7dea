import { describe, expect, it } from 'vitest'
import { CallsheetError } from '../records/errors.ts'
import { definePipeline } from '../records/pipeline.ts'
import { parseRecords } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import type { TaskRecord } from '../records/task.ts'
import { setUpTracker } from '../testing.ts'
import { createTracker } from '../tracker/tracker.ts'
import { elapsed, isExpired, isStale } from '../records/time.ts'

function setup() {
  const { tracker, show, clock } = setUpTracker(1_000)
  const add = (type: string, status: string, characterId?: string, more: object = {}) =>
    tracker.addTask({ showId: 's', type, status, characterId, ...more } as never)!.id
  const step = (type: (typeof showPipeline.steps)[number]['type']) => show.getPipeline().step(type)
  return { tracker, show, clock, add, step }
}

const ids = (...names: string[]) => names.map((id) => ({ id }))

describe('a step', () => {
  it('is pending, with nothing to show, while nothing is known', () => {
    const { show } = setup()
    const view = show.getPipeline()
    expect(view).toMatchObject({ showId: 's', status: 'pending', progress: 0, active: 0, failed: 0 })
    expect([view.title, view.startedAt, view.completedAt]).toEqual([undefined, undefined, undefined])
    expect(view.characters).toEqual([])
    expect(view.steps.map(({ type, total }) => [type, total])).toEqual([
      ['show-generation', 1],
      ['character-seeds', 1],
      ['character-dossier', 0],
      ['portrait', 0],
      ['video', 0],
      ['portrait-grid', 1],
      ['library-poster', 1],
      ['trailer', 1],
    ])
    expect(Object.isFrozen(view) && view.steps.every(Object.isFrozen)).toBe(true)
  })

  it('is active if any slot is, else failed if any is, else succeeded if all are done, else pending', () => {
    const { show, add, step, tracker } = setup()
    show.setCharacters(ids('ada', 'bo', 'cy'))
    add('portrait', 'succeeded', 'ada')
    expect(step('portrait').status).toBe('pending')
    add('portrait', 'failed', 'bo', { error: 'no' })
    expect(step('portrait').status).toBe('failed')
    const running = add('portrait', 'processing', 'cy')
    expect(step('portrait')).toMatchObject({ status: 'active', completed: 1, failed: 1, active: 1 })
    tracker.updateTask(running, { status: 'succeeded' })
    expect(step('portrait').status).toBe('failed')
    add('portrait', 'succeeded', 'bo')
    expect(step('portrait')).toMatchObject({ status: 'succeeded', completed: 3, failed: 0, progress: 100 })
  })

  it('shows of each slot how far it is, and why it failed', () => {
    const { show, add, step } = setup()
    show.setCharacters(ids('ada', 'bo', 'cy', 'di'))
    add('portrait', 'processing', 'ada', { progress: 40 })
    add('portrait', 'failed', 'bo', { progress: 70 })
    add('portrait', 'succeeded', 'cy', { progress: 90 })
    expect(step('portrait').slots.map(({ progress }) => progress)).toEqual([40, 0, 100, 0])
    expect(step('portrait').errors).toEqual([{ taskId: 't2', characterId: 'bo', message: 'failed' }])
    add('trailer', 'failed', undefined, { error: 'busy' })
    expect(step('trailer').errors).toEqual([{ taskId: 't4', message: 'busy' }])
    expect(step('trailer').errors[0]).not.toHaveProperty('characterId')
  })

  it('counts slots, not tasks', () => {
    const { add, step } = setup()
    for (let turn = 0; turn < 3; turn += 1) add('portrait', 'failed', 'ada', { error: 'no' })
    expect(step('portrait')).toMatchObject({ total: 1, failed: 1 })
    expect(step('portrait').tasks).toHaveLength(1)
  })

  it('has as many slots as characters are known; before, as any step of the show has seen', () => {
    const { show, add, step } = setup()
    add('character-dossier', 'succeeded', 'ada')
    add('character-dossier', 'succeeded', 'bo')
    expect([step('character-dossier').total, step('portrait').total]).toEqual([2, 2])
    expect(step('portrait').slots.map(({ characterId, status }) => [characterId, status])).toEqual([
      ['ada', 'pending'],
      ['bo', 'pending'],
    ])
    show.setCharacters([{ id: 'cy', name: 'Cy' }, ...ids('bo', 'ada')])
    expect([step('character-dossier').total, step('portrait').total]).toEqual([3, 3])
    expect(step('character-dossier')).toMatchObject({ status: 'pending', completed: 2 })
    expect(step('portrait').slots.map(({ name }) => name)).toEqual(['Cy', 'bo', 'ada'])
  })

  it('does not count characters outside a known roster; the show counts them while they are worked on', () => {
    const { show, add, step, tracker } = setup()
    show.setCharacters(ids('ada'))
    add('portrait', 'succeeded', 'ada')
    const stranger = add('portrait', 'processing', 'stranger')
    expect(step('portrait')).toMatchObject({ status: 'succeeded', total: 1, active: 0, completed: 1 })
    expect(show.getPipeline()).toMatchObject({ status: 'active', active: 1 })
    tracker.updateTask(stranger, { status: 'failed', error: 'no' })
    expect(show.getPipeline()).toMatchObject({ active: 0, failed: 0 })
    show.setCharacters(ids('ada', 'stranger'))
    expect(step('portrait')).toMatchObject({ status: 'failed', total: 2, failed: 1 })
  })

  it('per character is left out where the roster is empty', () => {
    const { show, add } = setup()
    show.setCharacters([])
    for (const type of ['show-generation', 'character-seeds', 'portrait-grid', 'library-poster', 'trailer'])
      add(type, 'succeeded')
    const view = show.getPipeline()
    expect(view).toMatchObject({ status: 'succeeded', progress: 100, completedSteps: 5, totalSteps: 5 })
    expect(view.step('portrait')).toMatchObject({ total: 0, status: 'pending', counted: false })
  })

  it('has each character once, with the last name that it was given', () => {
    const { show, step } = setup()
    show.setCharacters([{ id: 'ada', name: 'A' }, { id: 'bo' }, { id: 'ada', name: 'Ada' }])
    expect(step('portrait').total).toBe(2)
    expect(show.getPipeline().characters).toEqual([{ id: 'ada', name: 'Ada' }, { id: 'bo' }])
  })

  it('that is interrupted is neither running nor failed, until a sign of life or the outcome is known', () => {
    const { tracker, add, step } = setup()
    const id = add('trailer', 'processing')
    tracker.updateTask(id, { status: 'interrupted' })
    expect(step('trailer')).toMatchObject({ status: 'pending', interrupted: 1, active: 0, failed: 0 })
    tracker.updateTask(id, { status: 'processing' })
    expect(step('trailer')).toMatchObject({ status: 'active', interrupted: 0, active: 1 })
    tracker.updateTask(id, { status: 'interrupted' })
    tracker.updateTask(id, { status: 'succeeded' })
    expect(step('trailer')).toMatchObject({ status: 'succeeded', interrupted: 0 })
  })

  it('shows the progress of what is done and of what runs, under 100 until it succeeded', () => {
    const { show, add, step, tracker } = setup()
    show.setCharacters(ids('ada', 'bo', 'cy'))
    add('portrait', 'succeeded', 'ada')
    expect(step('portrait').progress).toBe(33)
    const bo = add('portrait', 'processing', 'bo', { progress: 50 })
    expect(step('portrait').progress).toBe(50)
    tracker.updateTask(bo, { progress: 100 })
    add('portrait', 'processing', 'cy', { progress: 100 })
    expect(step('portrait')).toMatchObject({ status: 'active', progress: 99 })
  })

  it('starts with the latest task or the result of a slot, not with an older task that failed', () => {
    const { add, step, clock } = setup()
    add('trailer', 'failed')
    clock.now = 2_000
    add('trailer', 'failed')
    expect(step('trailer').startedAt).toBe(2_000)
    clock.now = 3_000
    add('trailer', 'succeeded')
    clock.now = 4_000
    add('trailer', 'processing')
    expect(step('trailer').startedAt).toBe(3_000)
  })

  it('looks up the current task of a slot, and lists tasks, errors and times', () => {
    const { add, step, clock, tracker } = setup()
    add('portrait', 'succeeded', 'bo')
    clock.now = 2_000
    const id = add('portrait', 'processing', 'ada')
    clock.now = 3_000
    tracker.updateTask(id, { status: 'failed', error: { message: 'no', httpStatus: 500 } })
    expect(step('portrait').task('ada')?.id).toBe(id)
    expect(step('portrait').task()).toBeUndefined()
    expect(step('portrait').task('nowhere')).toBeUndefined()
    expect(step('portrait').tasks.map(({ characterId }) => characterId)).toEqual(['ada', 'bo'])
    expect(step('portrait').errors).toEqual([
      { taskId: id, characterId: 'ada', message: 'no', httpStatus: 500 },
    ])
    expect([step('portrait').startedAt, step('portrait').completedAt]).toEqual([1_000, undefined])
    add('portrait', 'succeeded', 'ada')
    expect(step('portrait').completedAt).toBe(3_000)
    expect(step('portrait').tasks).toBe(step('portrait').tasks)
  })

  it('says which one is meant when there is none of that name', () => {
    expect(() => setup().step('potrait' as never)).toThrow(
      'Unknown step "potrait". Known steps: show-generation, character-seeds, ',
    )
  })
})

describe('an optional step', () => {
  it('counts from when it is begun or named by facts, and its total is those characters', () => {
    const { show, add, step } = setup()
    show.setCharacters(ids('ada', 'bo', 'cy'))
    expect(step('video')).toMatchObject({ total: 0, counted: false, optional: true, status: 'pending' })
    expect(show.getPipeline().totalSteps).toBe(7)
    add('video', 'processing', 'ada')
    expect(step('video')).toMatchObject({ total: 1, counted: true, status: 'active' })
    expect(show.getPipeline().totalSteps).toBe(8)
    show.setFacts({ done: { video: ['bo', 'stranger'] } })
    expect(step('video')).toMatchObject({ total: 2, completed: 1 })
    expect(step('video').slots.map(({ characterId }) => characterId)).toEqual(['ada', 'bo'])
  })

  it('does not count if all of it was canceled', () => {
    const { show, add, step } = setup()
    add('video', 'processing', 'ada')
    add('video', 'processing', 'bo')
    show.cancel()
    expect(step('video')).toMatchObject({ total: 2, canceled: 2, counted: false })
    add('video', 'succeeded', 'ada')
    expect(step('video').counted).toBe(true)
  })
})

describe('a step that is unavailable', () => {
  it('is shown and not counted', () => {
    const { show, add, step } = setup()
    show.setUnavailable(['trailer', 'video'])
    expect(step('trailer')).toMatchObject({ unavailable: true, counted: false })
    expect(show.getPipeline().totalSteps).toBe(6)
    show.setCharacters([])
    for (const type of ['show-generation', 'character-seeds', 'portrait-grid', 'library-poster'])
      add(type, 'succeeded')
    expect(show.getPipeline()).toMatchObject({ status: 'succeeded', progress: 100 })
    show.setUnavailable([])
    expect(step('trailer')).toMatchObject({ unavailable: false, counted: true })
    expect(show.getPipeline()).toMatchObject({ status: 'pending', progress: 80 })
  })
})

describe('facts', () => {
  it('alone render a full pipeline, with no task at all', () => {
    const { show, tracker } = setup()
    show.setFacts({
      characters: [{ id: 'ada', name: 'Ada' }, { id: 'bo' }],
      done: {
        'show-generation': true,
        'character-seeds': true,
        'character-dossier': true,
        portrait: ['ada', 'bo'],
        'portrait-grid': true,
        'library-poster': true,
        trailer: true,
      },
    })
    const view = show.getPipeline()
    expect(view).toMatchObject({ status: 'succeeded', progress: 100, completedSteps: 7, totalSteps: 7 })
    expect(view.step('portrait')).toMatchObject({ total: 2, completed: 2, status: 'succeeded', tasks: [] })
    expect(view.step('portrait').slots[0]).toMatchObject({ name: 'Ada', status: 'succeeded', progress: 100 })
    expect(tracker.getPipelines()).toEqual([view])
  })

  it('that name characters make them known to the other steps', () => {
    const { show, step } = setup()
    show.setFacts({ done: { portrait: ['ada', 'bo'] } })
    expect([step('portrait').total, step('character-dossier').total]).toEqual([2, 2])
  })

  it('that name others, in the same number, show those in every step', () => {
    const { show, clock, step } = setup()
    const shown = () => step('character-dossier').slots.map(({ characterId }) => characterId)
    show.setFacts({ done: { portrait: ['ada', 'bo'] } })
    expect(shown()).toEqual(['ada', 'bo'])
    clock.now += 1
    show.setFacts({ done: { portrait: ['ada', 'cy'] } })
    expect(shown()).toEqual(['ada', 'cy'])
  })

  it('go backwards when something is made again', () => {
    const { show, clock, step } = setup()
    show.setFacts({ done: { portrait: ['ada', 'bo'], trailer: true } })
    clock.now += 1
    show.setFacts({ done: { portrait: ['ada'] } })
    expect(step('trailer').status).toBe('pending')
    expect(step('portrait')).toMatchObject({ completed: 1 })
  })

  it('that were read earlier do not replace those that were read later', () => {
    const { show, step } = setup()
    show.setFacts({ at: 900, done: { trailer: true } })
    show.setFacts({ at: 800, done: {} })
    expect(step('trailer').status).toBe('succeeded')
  })

  it('do not hide what is going on', () => {
    const { show, clock, add, step } = setup()
    add('trailer', 'processing')
    clock.now += 1_000
    show.setFacts({ done: { trailer: true } })
    expect(step('trailer')).toMatchObject({ status: 'active', completed: 1 })
  })

  it('hide a failure that they are later than, and no later one', () => {
    const { show, clock, add, step } = setup()
    show.setFacts({ done: { trailer: true } })
    clock.now += 1_000
    add('trailer', 'failed', undefined, { error: 'no' })
    expect(step('trailer')).toMatchObject({ status: 'succeeded', failed: 1 })
    clock.now += 1_000
    show.setFacts({ done: { trailer: true } })
    expect(step('trailer')).toMatchObject({ status: 'succeeded', failed: 0, errors: [] })
  })

  it('do not undo a success that they do not name', () => {
    const { show, clock, add, step } = setup()
    add('trailer', 'succeeded')
    clock.now += 1_000
    show.setFacts({ done: {} })
    expect(step('trailer').status).toBe('succeeded')
  })

  it('are kept as they were given, whatever becomes of the object afterwards', () => {
    const { show, tracker } = setup()
    const portrait = ['ada']
    const done: Record<string, true | string[]> = { portrait }
    show.setFacts({ done })
    const before = JSON.stringify(tracker.serialize())
    portrait.push('bo')
    done['trailer'] = true
    expect(JSON.stringify(tracker.serialize())).toBe(before)
  })
})

describe('a show', () => {
  it('has the weighted mean of its counted steps as its progress', () => {
    const tracker = createTracker({
      pipeline: definePipeline({
        id: 'weights',
        steps: [
          { type: 'light', label: 'Light', per: 'show' },
          { type: 'heavy', label: 'Heavy', per: 'show', weight: 3 },
        ],
      }),
    })
    const show = tracker.show('s')
    show.track('light', () => 1)
    expect(show.getPipeline().progress).toBe(25)
    show.track('heavy', ({ progress }) => {
      progress(50)
      expect(show.getPipeline().progress).toBe(62)
    })
    expect(show.getPipeline().progress).toBe(100)
  })

  it('is failed when one of its steps is, unless another is worked on', () => {
    const { show, add } = setup()
    add('show-generation', 'succeeded')
    add('trailer', 'failed', undefined, { error: 'no' })
    expect(show.getPipeline()).toMatchObject({ status: 'failed', failed: 1, active: 0 })
    add('library-poster', 'processing')
    expect(show.getPipeline()).toMatchObject({ status: 'active', failed: 1, active: 1 })
  })

  it('is 100 only when all succeeded', () => {
    const tracker = createTracker({
      pipeline: definePipeline({
        id: 'weights',
        steps: [
          { type: 'light', label: 'Light', per: 'show', weight: 1 },
          { type: 'heavy', label: 'Heavy', per: 'show', weight: 1_000_000 },
        ],
      }),
    })
    tracker.show('s').track('heavy', () => 1)
    expect(tracker.getPipeline('s').progress).toBe(99)
  })

  it('goes back in progress only when the work really grew', () => {
    const { show, add } = setup()
    show.setCharacters(ids('ada'))
    add('character-dossier', 'succeeded', 'ada')
    const before = show.getPipeline().progress
    show.setCharacters(ids('ada', 'bo'))
    expect(show.getPipeline().progress).toBeLessThan(before)
  })

  it('has the times of its first start and, once it succeeded, of its last finish', () => {
    const { show, add, clock } = setup()
    show.setCharacters([])
    for (const type of ['show-generation', 'character-seeds', 'portrait-grid', 'library-poster', 'trailer']) {
      expect(show.getPipeline().completedAt).toBeUndefined()
      add(type, 'succeeded')
      clock.now += 100
    }
    expect([show.getPipeline().startedAt, show.getPipeline().completedAt]).toEqual([1_000, 1_400])
  })

  it('counts extra tasks as active work, in no step', () => {
    const tracker = createTracker({
      pipeline: definePipeline({
        id: 'p',
        steps: [{ type: 'a', label: 'A', per: 'show' }],
        extra: [{ type: 'zip', label: 'Zip' }],
      }),
    })
    const show = tracker.show('s')
    void show.track('zip', () => new Promise(() => {}))
    expect(show.getPipeline()).toMatchObject({ active: 1, status: 'active', totalSteps: 1, progress: 0 })
    expect(tracker.getPipelines()).toHaveLength(1)
    show.cancel()
    expect(show.getPipeline()).toMatchObject({ active: 0, status: 'pending' })
  })

  it('keeps the views of the steps that a change does not touch', () => {
    const { show, add, tracker } = setup()
    add('trailer', 'processing')
    add('portrait', 'processing', 'ada')
    const before = show.getPipeline()
    tracker.updateTask('t1', { progress: 10 })
    const after = show.getPipeline()
    expect(after).not.toBe(before)
    expect(after.steps.filter((step, place) => step !== before.steps[place]).map(({ type }) => type)).toEqual(
      ['trailer'],
    )
    expect(before.step('trailer').progress).toBe(0)
  })

  it('answers by new facts for an item that no list has, and keeps its view where they change nothing', () => {
    const { show, step } = setup()
    show.setTitle('Neon Noir')
    expect(step('portrait').slot('ada').done).toBe(false)
    show.setFacts({ at: 1_000, done: { portrait: true } })
    expect(step('portrait').slot('ada').done).toBe(true)
    const [before, other] = [step('portrait'), step('video')]
    show.setFacts({ at: 1_001, done: { portrait: true, video: ['ada'] } })
    expect(step('video')).not.toBe(other)
    // It has an item now.
    expect(step('portrait')).not.toBe(before)
    const [portrait, video] = [step('portrait'), step('video')]
    show.setFacts({ at: 1_002, done: { portrait: true, video: ['ada'], trailer: true } })
    show.setTitle('Neon')
    expect([step('portrait'), step('video')]).toEqual([portrait, video])
    expect(step('portrait')).toBe(portrait)
    expect(step('video')).toBe(video)
  })

  it('has no task under an empty id', () => {
    const { add, step } = setup()
    add('trailer', 'processing')
    const { slot, task, result } = step('trailer')
    expect([slot('').task, task(''), result('')]).toEqual([undefined, undefined, undefined])
    expect(task()).toBeDefined()
  })

  it('has the new name of an item that an optional step has not begun', () => {
    const pipeline = definePipeline({
      id: 'optional',
      steps: [{ type: 'extra', label: 'Extra', per: 'character', weight: 1, optional: true }],
    })
    const show = createTracker({ pipeline }).show('s')
    show.setCharacters([{ id: 'ada', name: 'Ada' }])
    const name = () => show.getPipeline().step('extra').slot('ada').name
    expect(name()).toBe('Ada')
    show.setCharacters([{ id: 'ada', name: 'Countess' }])
    expect(name()).toBe('Countess')
  })

  it('shows nothing of the engine where a step is logged, spread or compared', () => {
    const { step } = setup()
    expect(Object.getOwnPropertySymbols({ ...step('trailer') })).toEqual([])
  })

  it('counts an item that is seen later as done, where facts name the whole step', () => {
    const { show, add, step } = setup()
    show.setFacts({ at: 1_000, done: { portrait: true } })
    expect(step('portrait')).toMatchObject({ total: 0, completed: 0 })
    add('character-dossier', 'processing', 'zoe')
    expect(step('portrait')).toMatchObject({ total: 1, completed: 1, progress: 100 })
    expect(step('character-dossier')).toMatchObject({ total: 1, completed: 0, active: 1 })
  })

  it('follows the progress of two running tasks', () => {
    const { show, add, step, tracker } = setup()
    show.setCharacters(ids('ada', 'bo'))
    const [ada, bo] = [add('portrait', 'processing', 'ada'), add('portrait', 'processing', 'bo')]
    for (const [id, progress, whole] of [
      [ada, 10, 5],
      [ada, 60, 30],
      [bo, 40, 50],
      [ada, 90, 65],
    ] as const) {
      tracker.updateTask(id, { progress })
      expect(step('portrait').progress).toBe(whole)
    }
  })

  it('was completed by the last result that is still there', () => {
    const { show, add, step, tracker, clock } = setup()
    show.setCharacters(ids('ada', 'bo'))
    const result = (at: number, characterId: string) => {
      clock.now = at
      return add('portrait', 'succeeded', characterId)
    }
    const [ada, bo] = [result(2_000, 'ada'), result(3_000, 'bo')]
    expect(step('portrait')).toMatchObject({ startedAt: 2_000, completedAt: 3_000 })
    tracker.dismiss(bo)
    expect(step('portrait')).toMatchObject({ completed: 2, startedAt: 2_000, completedAt: 2_000 })
    tracker.dismiss(ada)
    expect(step('portrait')).toMatchObject({ completed: 2, startedAt: undefined, completedAt: undefined })
  })

  it('names the known steps when it is asked for another', () => {
    const { show } = setup()
    const ask = () => show.getPipeline().step('portraits' as 'portrait')
    expect(ask).toThrow(CallsheetError)
    expect(ask).toThrow(/^Unknown step "portraits"\. Known steps: show-generation, /)
    expect(ask).toThrow(expect.objectContaining({ code: 'unknown_step' }))
  })

  it('is the same object for an unknown show', () => {
    const { tracker } = setup()
    expect(tracker.getPipeline('nowhere')).toBe(tracker.getPipeline('nowhere'))
    expect(tracker.getPipelines()).toEqual([])
  })

  it('is read from an old view as it was then, also for what is computed on first read', () => {
    const { show, add, tracker } = setup()
    show.setCharacters(ids('ada', 'bo'))
    add('portrait', 'failed', 'ada', { error: 'no' })
    const old = show.getPipeline()
    tracker.updateTask('t1', { status: 'succeeded' })
    add('portrait', 'succeeded', 'bo')
    show.setCharacters(ids('ada'))
    expect(old.step('portrait').errors).toHaveLength(1)
    expect(old.step('portrait').slots.map(({ status }) => status)).toEqual(['failed', 'pending'])
  })
})

describe('a rename', () => {
  it('joins the shows, and the old id leads to the final one', () => {
    const { tracker, show, add } = setup()
    show.setTitle('Working title')
    add('show-generation', 'succeeded')
    tracker.renameShow('s', 'final')
    tracker.addTask({ showId: 'final', type: 'character-seeds', status: 'succeeded' })
    const view = tracker.getPipeline('final')
    expect(view).toMatchObject({ showId: 'final', title: 'Working title', completedSteps: 2 })
    expect(tracker.getPipeline('s')).toBe(view)
    expect(tracker.getPipelines()).toEqual([view])
    expect(tracker.getTasks({ showId: 's' })).toEqual(tracker.getTasks({ showId: 'final' }))
    // Records keep their show.
    expect(tracker.getTask('t1')?.showId).toBe('s')
  })

  it('leaves the word to the final id, for each of its registers', () => {
    const { tracker, show } = setup()
    show.setTitle('Old')
    show.setTitle('Older and newer')
    show.setCharacters(ids('ada'))
    tracker.show('final').setTitle('Final')
    tracker.renameShow('s', 'final')
    expect(tracker.getPipeline('s')).toMatchObject({ title: 'Final', characters: [{ id: 'ada' }] })
  })

  it('goes over many steps, and arrives in any order', () => {
    const { tracker, add } = setup()
    add('trailer', 'succeeded')
    tracker.renameShow('b', 'c')
    tracker.renameShow('s', 'a')
    tracker.renameShow('a', 'b')
    for (const id of ['s', 'a', 'b', 'c'])
      expect(tracker.getPipeline(id)).toMatchObject({ showId: 'c', completedSteps: 1 })
  })

  it('that goes in a circle resolves to its smallest id', () => {
    const { tracker, add } = setup()
    add('trailer', 'succeeded')
    tracker.renameShow('s', 'r')
    tracker.renameShow('r', 'q')
    tracker.renameShow('q', 's')
    for (const id of ['q', 'r', 's'])
      expect(tracker.getPipeline(id)).toMatchObject({ showId: 'q', completedSteps: 1 })
    tracker.renameShow('x', 'x')
    expect(tracker.getPipeline('x').showId).toBe('x')
  })

  it('can be taken back', () => {
    const { tracker, add } = setup()
    add('trailer', 'succeeded')
    tracker.renameShow('s', 'a')
    tracker.renameShow('s', 'b')
    expect(tracker.getPipeline('a').completedSteps).toBe(0)
    expect(tracker.getPipeline('b').completedSteps).toBe(1)
  })
})

describe('the task of a slot', () => {
  it('is its latest by start and id, where that was dismissed its result, and none when all were reset', () => {
    const { tracker, add, step } = setup()
    add('trailer', 'succeeded')
    add('trailer', 'failed', undefined, { error: 'no' })
    expect(step('trailer').task()?.id).toBe('t2')
    tracker.dismiss('t2')
    expect(step('trailer')).toMatchObject({ status: 'succeeded', failed: 0 })
    expect(step('trailer').task()?.id).toBe('t1')
    tracker.reset({ showId: 's' })
    expect(step('trailer')).toMatchObject({ status: 'pending', completed: 0, tasks: [] })
  })

  it('is decided by the id when two begin at once', () => {
    const { tracker, step } = setup()
    const run = { showId: 's', type: 'trailer', attempt: 1, startedAt: 1, updatedAt: 900, rev: 1, by: 'you' }
    const [a, b] = [
      { ...run, id: 'a', status: 'succeeded' },
      { ...run, id: 'b', status: 'processing' },
    ]
    for (const tasks of [[a], [b], [a]]) tracker.merge(parseRecords({ tasks }))
    expect(step('trailer').task()?.id).toBe('b')
  })
})

describe('isStale', () => {
  const task = { type: 'portrait', status: 'processing', updatedAt: 0 } as TaskRecord

  it('is true when an active task is silent for longer than its step allows', () => {
    expect([isStale(task, 300_000), isStale(task, 300_001)]).toEqual([false, true])
    expect(isStale({ ...task, type: 'unheard-of' }, 120_001)).toBe(true)
  })

  it('is never true for what has ended, nor for a time before', () => {
    for (const status of ['succeeded', 'failed', 'canceled', 'interrupted'] as const)
      expect(isStale({ ...task, status }, 9e9)).toBe(false)
    expect(isStale({ ...task, updatedAt: 9e9 }, 0)).toBe(false)
  })
})

describe('elapsed', () => {
  it('goes from the start to the finish, or to now, and is never below 0', () => {
    expect(elapsed({ startedAt: 1_000 }, 4_500)).toBe(3_500)
    expect(elapsed({ startedAt: 1_000, completedAt: 2_000 }, 4_500)).toBe(1_000)
    expect(elapsed({ startedAt: 1_000 }, 500)).toBe(0)
    expect(elapsed({ startedAt: undefined }, 500)).toBe(0)
  })
})

describe('isExpired', () => {
  it('counts from the finish, and longer for failures', () => {
    const at = (status: TaskRecord['status']) => ({ status, completedAt: 0, updatedAt: 5 })
    const day = 86_400_000
    expect([isExpired(at('succeeded'), day), isExpired(at('succeeded'), day + 1)]).toEqual([false, true])
    expect([isExpired(at('failed'), 7 * day), isExpired(at('failed'), 7 * day + 1)]).toEqual([false, true])
    expect([isExpired(at('processing'), 1e12), isExpired(at('interrupted'), 1e12)]).toEqual([false, false])
  })
})

describe('a view as JSON', () => {
  it('holds its steps, though they are made on first read', () => {
    const tracker = createTracker({ pipeline: showPipeline })
    tracker.show('s').track('trailer', () => 1)
    const { steps, progress } = JSON.parse(JSON.stringify(tracker.getPipeline('s'))) as {
      readonly steps: readonly { readonly type: string; readonly status: string }[]
      readonly progress: number
    }
    expect(steps.map(({ type }) => type)).toEqual(showPipeline.steps.map(({ type }) => type))
    expect(steps.at(-1)?.status).toBe('succeeded')
    expect(progress).toBe(14)
  })
})
