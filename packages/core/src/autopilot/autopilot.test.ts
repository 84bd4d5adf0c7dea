import { describe, expect, it } from 'vitest'
import type { ShowPipeline, Slot } from '../index.ts'
import { parseSnapshot } from '../schema/schema.ts'
import { createTestTracker } from '../test/test.ts'
import { deferred, quiet } from '../testing.ts'
import { autopilot, type AutopilotOptions, type Stuck } from './autopilot.ts'

const ids = ['ada', 'bo', 'cy', 'di', 'ed']
const cast = ids.map((id) => ({ id }))

/** A show whose dossiers are done, so that five portraits can begin; the calls end when the test says so. */
function setUp(options: AutopilotOptions<ShowPipeline> = {}) {
  const { tracker, clock, errors, sink } = createTestTracker()
  const show = tracker.show('s')
  show.setCharacters(cast)
  show.setFacts({ done: { 'show-generation': true, 'character-seeds': true, 'character-dossier': true } })
  const calls = new Map<string, ReturnType<typeof deferred<string>>>()
  const keys: string[] = []
  const made: string[] = []
  const portrait = ({ characterId }: Slot<ShowPipeline, 'portrait'>, run: { idempotencyKey: string }) => {
    const call = deferred<string>()
    calls.set(characterId, call)
    made.push(characterId)
    keys.push(run.idempotencyKey)
    return call.promise
  }
  const pilot = autopilot(tracker, 's', { portrait }, { concurrency: { portrait: 2 }, ...options })
  const statusOf = (id: string) => tracker.getPipeline('s').step('portrait').slot(id)
  return { tracker, clock, errors, sink, show, calls, keys, made, pilot, statusOf }
}

describe('autopilot', () => {
  it('runs a whole show from one prompt, the characters of which become known on the way', async () => {
    const { tracker, errors } = createTestTracker()
    const show = tracker.show('s')
    const made: string[] = []
    const make = (slot: { readonly type: string; readonly characterId?: string }) => {
      made.push(slot.characterId === undefined ? slot.type : `${slot.type} ${slot.characterId}`)
      return Promise.resolve('made')
    }
    const pilot = autopilot(tracker, 's', {
      'show-generation': make,
      'character-seeds': async () => show.setCharacters([{ id: 'ada' }, { id: 'bo' }]),
      'character-dossier': make,
      portrait: make,
      video: make,
      'portrait-grid': make,
      'library-poster': make,
      trailer: make,
    })
    const view = await pilot.done
    expect(view).toMatchObject({ status: 'succeeded', progress: 100 })
    expect(made[0]).toBe('show-generation')
    expect(made.toSorted()).toEqual([
      'character-dossier ada',
      'character-dossier bo',
      'library-poster',
      'portrait ada',
      'portrait bo',
      'portrait-grid',
      'show-generation',
      'trailer',
      'video ada',
      'video bo',
    ])
    expect(errors).toEqual([])
  })

  it('keeps the limit of a step; the others wait as starting, with the stage queued', async () => {
    const { calls, made, pilot, statusOf } = setUp()
    await quiet()
    expect(made).toEqual(['ada', 'bo'])
    expect(statusOf('ada').task).toMatchObject({ status: 'processing' })
    expect(statusOf('ada').task).not.toHaveProperty('stage')
    for (const id of ['cy', 'di', 'ed'])
      expect(statusOf(id).task).toMatchObject({ status: 'starting', stage: 'queued' })
    const slots = (state: readonly Slot<ShowPipeline>[]) => state.map(({ characterId }) => characterId)
    expect(slots(pilot.getState().running)).toEqual(['ada', 'bo'])
    expect(slots(pilot.getState().queued)).toEqual(['cy', 'di', 'ed'])
    calls.get('bo')!.resolve('made')
    await quiet()
    expect(made).toEqual(['ada', 'bo', 'cy'])
  })

  it('is emptied by a cancel without a call, and goes on with what is left', async () => {
    const { tracker, show, calls, made, pilot } = setUp()
    await quiet()
    tracker.cancel({ showId: 's', type: 'portrait', characterId: 'cy' })
    calls.get('ada')!.resolve('made')
    await quiet()
    expect(made).toEqual(['ada', 'bo', 'di'])
    show.cancel('enough')
    await quiet()
    expect(made).toEqual(['ada', 'bo', 'di'])
    expect(tracker.getPipeline('s').step('portrait')).toMatchObject({ completed: 1, canceled: 4, active: 0 })
    expect(pilot.getState()).toMatchObject({ queued: [], running: [] })
  })

  it('keeps the limit in total, whatever the steps allow', async () => {
    const { made } = setUp({ concurrency: { portrait: 5, total: 3 } })
    await quiet()
    expect(made).toHaveLength(3)
    const { made: byDefault } = setUp({ concurrency: {} })
    await quiet()
    expect(byDefault).toHaveLength(4)
  })

  it('frees the place of a call that ignores its cancel', async () => {
    const { tracker, made, pilot } = setUp()
    await quiet()
    tracker.cancel({ showId: 's', type: 'portrait', characterId: 'ada' })
    await quiet()
    expect(made).toEqual(['ada', 'bo', 'cy'])
    expect(pilot.retry({ characterId: 'ada' })).toBe(1)
    tracker.cancel({ showId: 's', type: 'portrait', characterId: 'bo' })
    tracker.cancel({ showId: 's', type: 'portrait', characterId: 'cy' })
    await quiet()
    expect(made).toEqual(['ada', 'bo', 'cy', 'di', 'ed'])
  })

  it('leaves a failed slot alone until retry, which is the next attempt of its task', async () => {
    const stuck: Stuck<ShowPipeline>[] = []
    const { tracker, calls, made, pilot, statusOf } = setUp({ onStuck: (why) => stuck.push(why) })
    await quiet()
    for (const id of ids) {
      if (id === 'cy') calls.get(id)!.reject(new Error('HTTP 400'))
      else calls.get(id)!.resolve('made')
      await quiet()
    }
    expect(made).toEqual(ids)
    expect(statusOf('cy').task).toMatchObject({ status: 'failed', attempt: 1 })
    const slot = { showId: 's', type: 'portrait', characterId: 'cy' }
    expect(stuck).toMatchObject([{ failed: [slot], canceled: [], interrupted: [], waiting: [] }])
    tracker.show('s').setTitle('Neon Noir')
    await quiet()
    expect(stuck).toHaveLength(1)
    expect(pilot.retry({ type: 'portrait', characterId: 'ada' })).toBe(0)
    expect(pilot.retry()).toBe(1)
    await quiet()
    expect(statusOf('cy').task).toMatchObject({ status: 'processing', attempt: 2 })
    calls.get('cy')!.reject(new Error('HTTP 400'))
    await quiet()
    expect(stuck).toHaveLength(2)
    expect(made).toHaveLength(6)
    pilot.retry(slot as Slot<ShowPipeline, 'portrait'>)
    await quiet()
    calls.get('cy')!.resolve('made')
    await quiet()
    expect(stuck[2]).toMatchObject({ failed: [], unhandled: ['video', 'portrait-grid'] })
  })

  it('says why a show is stuck: no handler, an unavailable step, unknown characters', async () => {
    const { tracker } = createTestTracker()
    const stuck: Stuck<ShowPipeline>[] = []
    const show = tracker.show('s')
    autopilot(
      tracker,
      's',
      { 'show-generation': async () => 'made', 'character-seeds': async () => 'made' },
      { onStuck: (why) => stuck.push(why) },
    )
    await quiet()
    expect(stuck).toHaveLength(1)
    expect(stuck[0]).toMatchObject({ withoutItems: ['character-dossier', 'portrait'], unhandled: [] })
    show.setCharacters(cast)
    await quiet()
    expect(stuck[1]).toMatchObject({ withoutItems: [], unhandled: ['character-dossier'] })
    show.setUnavailable(['character-dossier'])
    await quiet()
    expect(stuck[2]).toMatchObject({ unavailable: ['character-dossier'], unhandled: [] })
    expect(stuck).toHaveLength(3)
  })

  it('gives the options of track by step: retry, time limits and what to read from the value', async () => {
    const { tracker, clock } = createTestTracker()
    const show = tracker.show('s')
    let attempts = 0
    const pilot = autopilot(
      tracker,
      's',
      {
        'show-generation': async (_slot, { attempt }) => {
          attempts = attempt
          if (attempt === 1) throw new Error('HTTP 503')
          return { model: 'writer-2' }
        },
        'character-seeds': () => new Promise(() => {}),
      },
      {
        track: {
          'show-generation': {
            retry: { attempts: 2 },
            result: ({ model }) => ({ metadata: { model } }),
          },
          'character-seeds': { timeout: 5_000 },
        },
      },
    )
    await clock.advance(2_000)
    expect(attempts).toBe(2)
    const task = tracker.getTask({ showId: 's', type: 'show-generation' })
    expect(task).toMatchObject({ status: 'succeeded', metadata: { model: 'writer-2' } })
    await clock.advance(5_000)
    expect(show.getPipeline().step('character-seeds').errors).toMatchObject([{ code: 'timeout' }])
    pilot.stop()
  })

  it('takes what track takes: a response that is not ok, a synchronous error, a generator', async () => {
    const { tracker, errors } = createTestTracker()
    const answers: unknown[] = []
    tracker.show('s').setCharacters(cast)
    const pilot = autopilot(
      tracker,
      's',
      {
        'show-generation': async function* (_slot, { progress }) {
          for (const percent of [20, 60]) {
            progress(percent)
            yield percent
          }
          return 'made'
        },
        'character-seeds': () => new Response('busy', { status: 503 }),
        'character-dossier': () => {
          throw new Error('a mistake')
        },
      },
      {
        track: { 'show-generation': { result: (value) => void answers.push(value) } },
      },
    )
    await quiet()
    expect(answers).toEqual(['made'])
    const view = () => tracker.getPipeline('s')
    expect(view().step('show-generation').status).toBe('succeeded')
    expect(view().step('character-seeds').errors).toMatchObject([{ httpStatus: 503 }])
    tracker.show('s').setFacts({ done: { 'character-seeds': true } })
    await quiet()
    expect(view().step('character-dossier').errors).toHaveLength(5)
    expect(errors).toEqual([])
    pilot.stop()
  })

  it('sees a show under its new name', async () => {
    const { tracker, calls, made } = setUp()
    await quiet()
    tracker.renameShow('s', 'neon-noir')
    for (const id of ids) {
      calls.get(id)?.resolve('made')
      await quiet()
    }
    expect(made).toEqual(ids)
    expect(tracker.getPipeline('neon-noir').step('portrait').completed).toBe(5)
  })

  it('refuses a step that the pipeline does not have, and a limit below 1', () => {
    const { tracker } = createTestTracker()
    expect(() => autopilot(tracker, 's', { portrat: () => 1 } as never)).toThrow(/unknown step "portrat"/)
    expect(() => autopilot(tracker, 's', {}, { concurrency: { portrat: 1 } as never })).toThrow('portrat')
    expect(() => autopilot(tracker, 's', {}, { concurrency: { portrait: 0 } })).toThrow(
      /concurrency of "portrait"/,
    )
    expect(() => autopilot(tracker, 's', {}, { concurrency: { total: 1.5 } })).toThrow(/"total"/)
  })
})

describe('a slot that waits for a person', () => {
  it('has no task and takes no place, and starts when the answer is yes', async () => {
    const answers = new Map<string, ReturnType<typeof deferred<boolean>>>()
    const asked: string[] = []
    const { tracker, calls, made, pilot, statusOf, errors } = setUp({
      approve: {
        portrait: ({ characterId }) => {
          asked.push(characterId)
          const answer = deferred<boolean>()
          answers.set(characterId, answer)
          return characterId === 'bo' || answer.promise
        },
      },
    })
    await quiet()
    expect(asked).toEqual(ids)
    expect(made).toEqual(['bo'])
    expect(statusOf('ada')).toMatchObject({ status: 'pending', task: undefined, tried: false })
    expect(pilot.getState().waiting).toHaveLength(4)
    answers.get('cy')!.resolve(true)
    answers.get('di')!.resolve(false)
    answers.get('ed')!.reject(new Error('the dialog is broken'))
    await quiet()
    expect(made).toEqual(['bo', 'cy'])
    expect(errors.map(({ message }) => message)).toEqual(['the dialog is broken'])
    calls.get('bo')!.resolve('made')
    await quiet()
    expect(made).toEqual(['bo', 'cy'])
    expect(asked).toEqual(ids)
    expect(tracker.getPipeline('s').step('portrait').active).toBe(1)
  })

  it('starts by approve, one or all, and is named when nothing else is left to do', async () => {
    const stuck: Stuck<ShowPipeline>[] = []
    const { calls, made, pilot } = setUp({
      approve: { portrait: () => false },
      onStuck: (why) => stuck.push(why),
    })
    await quiet()
    expect(stuck).toMatchObject([{ waiting: ids.map((characterId) => ({ characterId })) }])
    expect(pilot.approve({ type: 'trailer' })).toBe(0)
    expect(pilot.approve({ characterId: 'di' })).toBe(1)
    await quiet()
    calls.get('di')!.reject(new Error('HTTP 400'))
    await quiet()
    // Asked for by a person, so it needs no second approval.
    expect(pilot.retry({ characterId: 'di' })).toBe(1)
    await quiet()
    expect(made).toEqual(['di', 'di'])
    expect(pilot.approve({})).toBe(4)
    await quiet()
    expect(made).toEqual(['di', 'di', 'ada'])
    expect(pilot.getState().queued).toHaveLength(3)
  })

  it('is asked for again after a reload', async () => {
    const { tracker } = setUp({ approve: { portrait: () => false } })
    await quiet()
    const after = createTestTracker().tracker
    after.restore(parseSnapshot(JSON.stringify(tracker.serialize())))
    const asked: string[] = []
    const pilot = autopilot(
      after,
      's',
      { portrait: async () => 'made' },
      {
        approve: {
          portrait: ({ characterId }) => {
            asked.push(characterId)
            return characterId === 'bo'
          },
        },
      },
    )
    await quiet()
    expect(asked).toEqual(ids)
    expect(after.getPipeline('s').step('portrait').completed).toBe(1)
    expect(pilot.getState().waiting).toHaveLength(4)
  })
})

describe('the handle of an autopilot', () => {
  it('tells listeners of a new state, which is the same object until it changes', async () => {
    const { tracker, pilot } = setUp()
    let told = 0
    const undo = pilot.subscribe(() => (told += 1))
    await quiet()
    const state = pilot.getState()
    expect(told).toBeGreaterThan(0)
    const before = told
    tracker.show('s').setTitle('Neon Noir')
    await quiet()
    expect(pilot.getState()).toBe(state)
    expect(Object.isFrozen(state)).toBe(true)
    undo()
    pilot.stop()
    expect(told).toBe(before)
    expect(pilot.getState().isStopped).toBe(true)
  })

  it('stops: what is queued is as if it had never been, what runs goes on, and another autopilot continues', async () => {
    const { tracker, calls, made, pilot, statusOf } = setUp()
    await quiet()
    pilot.stop()
    for (const id of ['cy', 'di', 'ed'])
      expect(statusOf(id)).toMatchObject({ status: 'pending', tried: false })
    let isDone = false
    void pilot.done.then(() => (isDone = true))
    calls.get('ada')!.resolve('made')
    await quiet()
    expect([made, isDone]).toEqual([['ada', 'bo'], false])
    calls.get('bo')!.resolve('made')
    await expect(pilot.done).resolves.toMatchObject({ showId: 's' })
    expect(tracker.getPipeline('s').step('portrait').completed).toBe(2)
    expect(pilot.retry()).toBe(0)
    const next: string[] = []
    autopilot(tracker, 's', { portrait: async ({ characterId }) => next.push(characterId) })
    await quiet()
    expect(next).toEqual(['cy', 'di', 'ed'])
  })

  it('makes no call when it is stopped at once, as in an effect that runs twice', async () => {
    const { tracker, made, pilot } = setUp()
    pilot.stop()
    await quiet()
    expect(made).toEqual([])
    expect(tracker.getTasks()).toEqual([])
    await expect(pilot.done).resolves.toBeDefined()
  })

  it('stops when its show is removed, or forgotten to make room', async () => {
    const { tracker, made, pilot, errors } = setUp()
    await quiet()
    tracker.removeShow('s')
    await quiet()
    await expect(pilot.done).resolves.toBeDefined()
    expect(made).toEqual(['ada', 'bo'])
    expect(errors).toEqual([])

    const small = createTestTracker({ maxTasks: 10 }).tracker
    let calls = 0
    const other = autopilot(small, 's', { 'show-generation': async () => (calls += 1) })
    await quiet()
    for (let place = 0; place < 20; place += 1) {
      const slot = { showId: `other-${place}`, type: 'trailer' } as const
      small.addTask({ ...slot, status: 'succeeded' })
    }
    expect(small.forgotten.shows).toBeGreaterThan(0)
    await quiet()
    expect(other.getState().isStopped).toBe(true)
    expect(calls).toBe(1)
  })

  it('makes no call that cannot be tracked', async () => {
    const { tracker, errors } = createTestTracker()
    tracker.removeShow('gone')
    let calls = 0
    const pilot = autopilot(tracker, 'gone', { 'show-generation': async () => (calls += 1) })
    await pilot.done
    expect(calls).toBe(0)
    expect(errors).toMatchObject([{ code: 'removed_show' }])
  })

  it('reports what its callbacks throw', async () => {
    const throws = () => {
      throw new Error('broken')
    }
    const { errors, pilot } = setUp({ approve: { portrait: throws }, onStuck: throws })
    pilot.subscribe(throws)
    await quiet()
    expect(errors.map(({ message }) => message)).toEqual(Array.from({ length: 7 }, () => 'broken'))
  })
})
