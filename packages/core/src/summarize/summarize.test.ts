import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { english, type Messages, progressChange, summarize } from './summarize.ts'
import { definePipeline } from '../records/pipeline.ts'
import { parseRecords } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import type { TaskRecord } from '../records/task.ts'
import { createTracker } from '../tracker/tracker.ts'

const cast = ['ada', 'bo', 'cy', 'di', 'ed']

function setup() {
  let now = 1_000_000
  const tracker = createTracker({ pipeline: showPipeline, clock: () => (now += 1) })
  const show = tracker.show('s')
  show.setCharacters(cast.map((id) => ({ id })))
  const portrait = (characterId: string, status: 'processing' | 'succeeded' | 'failed' | 'interrupted') =>
    tracker.addTask({ showId: 's', type: 'portrait', characterId, status, error: 'NSFW content' })
  const step = (
    type: 'show-generation' | 'character-seeds' | 'trailer' | 'library-poster' | 'portrait-grid',
    status: 'processing' | 'succeeded' | 'failed',
  ) => tracker.addTask({ showId: 's', type, status, error: 'busy' })
  const said = (options?: Parameters<typeof summarize>[1]) => summarize(tracker.getPipeline('s'), options)
  return { tracker, show, portrait, step, said }
}

/** A show without any records, not even a roster. */
function createShow() {
  let now = 1_000_000
  const tracker = createTracker({ pipeline: showPipeline, clock: () => (now += 1) })
  return { tracker, show: tracker.show('s') }
}

/** The tombstone of another writer that dismissed a task as failed. */
const dismissedElsewhere = ({ id, showId, type, characterId, startedAt }: TaskRecord) => {
  const tombstone = { id, showId, removed: true, updatedAt: startedAt + 9, rev: 9, by: 'other' }
  return { ...tombstone, type, ...(characterId && { characterId }), startedAt, status: 'failed' }
}

describe('summarize', () => {
  it('names the active step, its count, its failures and the remaining time', () => {
    const { portrait, said } = setup()
    for (const id of ['ada', 'bo', 'cy']) portrait(id, 'succeeded')
    portrait('di', 'processing')
    expect(said()).toBe('Portraits 3 of 5')
    portrait('ed', 'failed')
    expect(said({ remaining: { from: 125_000, to: 170_000 } })).toBe(
      'Portraits 3 of 5, one failed, about 2 to 3 min left',
    )
  })

  it('names two active steps and counts the others', () => {
    const { portrait, step, said } = setup()
    step('show-generation', 'processing')
    expect(said()).toBe('Show Blueprint')
    portrait('ada', 'processing')
    expect(said()).toBe('Show Blueprint, Portraits 0 of 5')
    step('trailer', 'processing')
    expect(said()).toBe('Show Blueprint, Portraits 0 of 5, one more')
    step('library-poster', 'processing')
    portrait('bo', 'interrupted')
    expect(said()).toBe('Show Blueprint, Portraits 0 of 5, 2 more, one interrupted')
  })

  it('counts failed remakes of a finished show without calling it failed', () => {
    const { show, step, said } = setup()
    show.setCharacters([])
    show.setTitle('Neon Noir')
    step('trailer', 'succeeded')
    step('trailer', 'failed')
    expect(said()).toBe('1 of 5 steps done, one could not be made again')
    for (const type of ['show-generation', 'character-seeds', 'library-poster', 'portrait-grid'] as const)
      step(type, 'succeeded')
    expect(said()).toBe('Neon Noir is done, one could not be made again')
    step('trailer', 'processing')
    expect(said()).toBe('Trailer')
  })

  it('names the step of a failed show that has no result', () => {
    const { portrait, step, said } = setup()
    step('show-generation', 'succeeded')
    step('show-generation', 'failed')
    portrait('ada', 'failed')
    expect(said()).toBe('Portraits failed: 1 of 5, one failed')
  })

  it('mentions work outside the steps', () => {
    const { tracker, said } = setup()
    tracker.addTask({ showId: 's', type: 'portrait', characterId: 'a stranger', status: 'processing' })
    expect(said()).toBe('Working')
  })

  it('names the outcome and its reason', () => {
    const { show, portrait, step, said } = setup()
    expect(said()).toBe('Not begun')
    step('show-generation', 'succeeded')
    expect(said()).toBe('1 of 7 steps done')
    portrait('ada', 'interrupted')
    expect(said()).toBe('1 of 7 steps done, one interrupted')
    step('trailer', 'failed')
    expect(said()).toBe('Trailer failed (busy), one interrupted')
    portrait('bo', 'failed')
    portrait('cy', 'failed')
    expect(said()).toBe('Portraits failed: 2 of 5, one failed, one interrupted')
    const whole = setup()
    const everyone = cast.slice(0, 5)
    whole.show.setFacts({
      done: Object.fromEntries(
        showPipeline.steps.map(({ type, per }) => [type, per === 'show' ? (true as const) : everyone]),
      ),
    })
    expect(whole.said()).toBe('Done')
    whole.show.setTitle('Neon Noir')
    expect(whole.said()).toBe('Neon Noir is done')
    show.cancel()
  })

  it.each([
    [{ from: 0, to: 8_000 }, 'up to 10 sec left'],
    [{ from: 12_000, to: 38_000 }, 'about 10 to 40 sec left'],
    [{ from: 31_000, to: 39_000 }, 'about 30 to 40 sec left'],
    [{ from: 40_000, to: 40_000 }, 'about 40 sec left'],
    [{ from: 50_000, to: 59_000 }, 'about 50 sec to 1 min left'],
    [{ from: 61_000, to: 119_000 }, 'about 1 to 2 min left'],
    [{ from: 120_000, to: 120_000 }, 'about 2 min left'],
    [{ from: 59 * 60_000, to: 3_600_001 }, 'about 59 min to 1 hr 5 min left'],
    [{ from: 82 * 60_000, to: 134 * 60_000 }, 'about 1 hr 20 min to 2 hr 15 min left'],
    [{ from: 61_000, to: 119_000, isLonger: true }, 'longer than usual, about 1 to 2 min left'],
    // An invalid estimate.
    [{ from: 90_000, to: 10 }, 'about 1 to 2 min left'],
  ])('rounds %o outwards to the precision of an estimate', (remaining, text) => {
    const { portrait, said } = setup()
    portrait('ada', 'processing')
    expect(said({ remaining })).toBe(`Portraits 0 of 5, ${text}`)
  })

  const german: Partial<Messages> = {
    labels: { portrait: 'Porträts' },
    items: '{label} {completed} von {total}',
    failed: { one: 'eines gescheitert', other: '{n} gescheitert' },
    left: 'noch etwa {time}',
    range: '{from} bis {to}',
  }

  it('supports other languages, with their numbers and units', () => {
    const { portrait, said } = setup()
    portrait('ada', 'processing')
    portrait('bo', 'failed')
    const remaining = { from: 125_000, to: 170_000 }
    expect(said({ locale: 'de', messages: german, remaining })).toBe(
      'Porträts 0 von 5, eines gescheitert, noch etwa 2 bis 3 Min.',
    )
    expect(said({ locale: 'ar-EG', remaining })).toContain('٢')
  })

  it('applies the plural rules of a language', () => {
    const polish: Partial<Messages> = {
      failed: { one: '{n} błąd', few: '{n} błędy', many: '{n} błędów', other: '{n} błędu' },
    }
    const { portrait, said, tracker } = setup()
    portrait('ada', 'processing')
    portrait('bo', 'failed')
    expect(said({ locale: 'pl', messages: polish })).toContain(', 1 błąd')
    portrait('cy', 'failed')
    expect(said({ locale: 'pl', messages: polish })).toContain(', 2 błędy')
    portrait('di', 'failed')
    portrait('ed', 'failed')
    tracker.addTask({ showId: 's', type: 'trailer', status: 'failed' })
    expect(said({ locale: 'pl', messages: polish })).toContain(', 5 błędów')
  })

  it('uses the singular for 1 only, even if 21 has the same plural category', () => {
    const { tracker, show, portrait, said } = setup()
    const many = Array.from({ length: 22 }, (_, number) => ({ id: `c${number}` }))
    show.setCharacters(many)
    portrait('c21', 'processing')
    for (const { id } of many.slice(0, 21)) portrait(id, 'failed')
    expect(said('ru')).toBe('Portraits 0 of 22, 21 failed')
    tracker.cancel({ showId: 's' })
  })

  it.each([
    { from: Number.NaN, to: 1 },
    { from: 0, to: Infinity },
  ])('ignores %o', (remaining) => {
    const { portrait, said } = setup()
    portrait('ada', 'processing')
    expect(said({ remaining })).toBe('Portraits 0 of 5')
  })

  it('accepts a locale as its only option', () => {
    const many = Array.from({ length: 1_200 }, (_, number) => ({ id: `c${number}` }))
    const { show, portrait, said } = setup()
    show.setCharacters([...many, { id: 'ada' }])
    portrait('ada', 'processing')
    expect(said()).toBe('Portraits 0 of 1,201')
    expect(said('de')).toBe('Portraits 0 of 1.201')
  })

  it('is always one line, whatever the names and errors contain', () => {
    const { tracker, show, said } = setup()
    tracker.addTask({
      showId: 's',
      type: 'trailer',
      status: 'failed',
      error: `bad\nnews\u001b[31m \u202eevil\u2028${'x'.repeat(100)}`,
    })
    expect(said()).toBe(`Trailer failed (bad news [31m  evil ${'x'.repeat(60)}…)`)
    const other = setup()
    other.show.setTitle('עברית')
    other.show.setFacts({
      done: Object.fromEntries(
        showPipeline.steps.map(({ type, per }) => [type, per === 'show' ? (true as const) : cast]),
      ),
    })
    expect(other.said()).toBe('\u2068עברית\u2069 is done')
    show.cancel()
  })
})

describe('progressChange', () => {
  const before = () => {
    const one = setup()
    for (const id of cast) one.portrait(id, 'succeeded')
    one.step('show-generation', 'succeeded')
    return { ...one, view: one.tracker.getPipeline('s') }
  }
  const change = ({ view, tracker }: ReturnType<typeof before>) =>
    progressChange(view, tracker.getPipeline('s'))

  it('has no reason if the progress did not go back', () => {
    const one = before()
    expect(change(one)).toEqual({ from: one.view.progress, to: one.view.progress })
    one.step('character-seeds', 'succeeded')
    expect(change(one)).not.toHaveProperty('reason')
  })

  it('names added items', () => {
    const one = before()
    one.show.setCharacters([...cast, 'fe', 'gil'].map((id) => ({ id })))
    expect(change(one).reason).toBe('Portraits: 2 more to do')
    expect(progressChange(one.view, one.tracker.getPipeline('s'), 'de').reason).toBe(
      'Portraits: 2 more to do',
    )
  })

  it('names a step that began to count or stopped counting', () => {
    const one = before()
    one.tracker.addTask({ showId: 's', type: 'video', characterId: 'ada' })
    expect(change(one).reason).toBe('Character Videos began')
    const other = before()
    other.show.setUnavailable(['show-generation'])
    expect(change(other).reason).toBe('Show Blueprint no longer counts')
    const back = before()
    back.show.setUnavailable(['trailer'])
    const view = back.tracker.getPipeline('s')
    back.show.setUnavailable([])
    expect(progressChange(view, back.tracker.getPipeline('s')).reason).toBe('Trailer is available again')
  })

  it('names the step with the largest effect', () => {
    const one = before()
    one.tracker.addTask({ showId: 's', type: 'character-seeds', status: 'processing', progress: 10 })
    const view = one.tracker.getPipeline('s')
    // A step begins to count, done already, while others fall.
    one.show.setFacts({ done: { video: cast } })
    one.tracker.cancel({ showId: 's', type: 'character-seeds' })
    one.tracker.reset({ showId: 's', type: 'portrait' })
    expect(progressChange(view, one.tracker.getPipeline('s')).reason).toBe('Portraits: 5 start over')
  })

  it('has no reason if finished work is remade, fails, or is dismissed', () => {
    const one = before()
    one.portrait('ada', 'processing')
    one.portrait('bo', 'failed')
    one.portrait('cy', 'interrupted')
    one.tracker.dismiss({ showId: 's', type: 'portrait' })
    one.tracker.dismiss({ showId: 's', type: 'show-generation' })
    expect(change(one)).toEqual({ from: one.view.progress, to: one.view.progress })
  })

  it('names removed items', () => {
    const one = before()
    one.show.setCharacters([...cast, 'fe'].map((id) => ({ id })))
    const view = one.tracker.getPipeline('s')
    one.show.setCharacters(['ada', 'fe'].map((id) => ({ id })))
    expect(progressChange(view, one.tracker.getPipeline('s')).reason).toBe('Portraits: 4 were taken out')
  })

  it('names removed items of any kind', () => {
    const steps = [
      { type: 'portrait', label: 'Portraits', per: 'character' },
      { type: 'shot', label: 'Shots', per: 'scene' },
    ] as const
    const tracker = createTracker({ pipeline: definePipeline({ id: 'scenes', steps }) })
    const show = tracker.show('s')
    show.setItems('scene', [{ id: 'dawn' }, { id: 'duel' }, { id: 'dusk' }])
    for (const sceneId of ['dawn', 'duel'])
      tracker.addTask({ showId: 's', type: 'shot', sceneId, status: 'succeeded' })
    const view = show.getPipeline()
    show.setItems('scene', [{ id: 'dusk' }])
    expect(progressChange(view, show.getPipeline()).reason).toBe('Shots: 2 were taken out')
    show.setItems('scene', [])
    expect(progressChange(view, show.getPipeline()).reason).toBe('Shots no longer counts')
  })

  /** A trailer at 80 %, and a view of it. */
  const halfWay = () => {
    const one = setup()
    const { id } = one.step('trailer', 'processing')!
    one.tracker.updateTask(id, { progress: 80 })
    return { ...one, id, view: one.tracker.getPipeline('s') }
  }

  it.each([
    ['failed', 'Trailer: one failed'],
    ['canceled', 'Trailer: one was canceled'],
    ['interrupted', 'Trailer: one was interrupted'],
  ] as const)('names an active attempt that %s', (status, reason) => {
    const one = halfWay()
    one.tracker.updateTask(one.id, { status, error: 'no' })
    expect(change(one).reason).toBe(reason)
  })

  it('names a restarted attempt, and another task in its place', () => {
    const one = halfWay()
    one.tracker.updateTask(one.id, { attempt: 2 })
    expect(change(one).reason).toBe('Trailer runs again')
    const other = halfWay()
    other.step('trailer', 'processing')
    expect(change(other).reason).toBe('Trailer runs again')
  })

  it("names another writer's version that won", () => {
    const one = halfWay()
    const version = { ...one.tracker.getTask(one.id)!, progress: 10, rev: 9, by: 'other' }
    one.tracker.merge(parseRecords({ tasks: [version] }))
    expect(change(one).reason).toBe('Trailer was updated elsewhere')
  })

  it('names a task that was dismissed elsewhere while its run was still shown here', () => {
    const one = halfWay()
    one.tracker.merge(parseRecords({ tasks: [dismissedElsewhere(one.tracker.getTask(one.id)!)] }))
    expect(change(one).reason).toBe('Trailer: one was dismissed')
  })

  it('names a success that another writer dismissed as a failure', () => {
    const one = before()
    const task = one.tracker.getTask({ showId: 's', type: 'show-generation' })!
    one.tracker.merge(parseRecords({ tasks: [dismissedElsewhere(task)] }))
    expect(change(one).reason).toBe('Show Blueprint: one was dismissed')
  })

  it('names facts that went backwards, also if a later task has failed', () => {
    const { tracker, show } = setup()
    show.setFacts({ done: { trailer: true, portrait: cast } })
    const known = tracker.getPipeline('s')
    show.setFacts({ done: { trailer: true, portrait: ['ada'] } })
    const less = tracker.getPipeline('s')
    expect(progressChange(known, less).reason).toBe('Portraits: 4 are not done any more')
    tracker.addTask({ showId: 's', type: 'trailer', status: 'failed', error: 'no' })
    const failed = tracker.getPipeline('s')
    expect(failed.progress).toBe(less.progress)
    show.setFacts({ done: {} })
    expect(progressChange(failed, tracker.getPipeline('s')).reason).toBe('Trailer: one is not done any more')
  })

  it('names facts that went backwards if nothing else is known of the show', () => {
    const { show } = createShow()
    show.setFacts({ done: { trailer: true, portrait: cast }, characters: cast.map((id) => ({ id })) })
    const all = show.getPipeline()
    show.setFacts({ done: { trailer: true } })
    const some = show.getPipeline()
    expect(progressChange(all, some).reason).toBe('Portraits: 5 are not done any more')
    show.setFacts({ done: {} })
    expect(progressChange(some, show.getPipeline()).reason).toBe('Trailer: one is not done any more')
  })

  it('names an emptied roster, after tasks and after facts', () => {
    const { tracker, show } = createShow()
    show.setCharacters([{ id: 'ada' }])
    tracker.addTask({ showId: 's', type: 'portrait', characterId: 'ada', status: 'succeeded' })
    const view = show.getPipeline()
    show.setCharacters([])
    expect(progressChange(view, show.getPipeline()).reason).toBe('Portraits no longer counts')
    const other = createShow().show
    other.setFacts({ done: { portrait: ['ada'] }, characters: [{ id: 'ada' }] })
    const known = other.getPipeline()
    other.setFacts({ done: {}, characters: [] })
    expect(progressChange(known, other.getPipeline()).reason).toBe('Portraits no longer counts')
  })

  it('names a reset, also while the newest task of the slot is active', () => {
    const one = before()
    one.tracker.reset({ showId: 's', type: 'show-generation' })
    expect(change(one).reason).toBe('Show Blueprint: one starts over')
    const other = before()
    other.step('show-generation', 'processing')
    const view = other.tracker.getPipeline('s')
    other.tracker.reset({ showId: 's', type: 'show-generation' })
    expect(progressChange(view, other.tracker.getPipeline('s')).reason).toBe(
      'Show Blueprint: one starts over',
    )
  })

  it('names a rename, for both shows', () => {
    const one = before()
    one.tracker.show('other').setCharacters([{ id: 'x' }])
    const type = 'library-poster'
    one.tracker.addTask({ showId: 'other', type, status: 'processing', progress: 90 })
    const other = one.tracker.getPipeline('other')
    one.tracker.addTask({ showId: 's', type, status: 'failed', error: 'no' })
    const { view } = one
    one.tracker.renameShow('s', 'other')
    const joined = one.tracker.getPipeline('other')
    const reason = 'The show was renamed or joined with another'
    expect(progressChange(view, joined)).toEqual({ from: 28, to: 14, reason })
    one.tracker.renameShow('third', 'other')
    one.tracker.addTask({ showId: 'third', type, status: 'failed', error: 'no' })
    expect(progressChange({ ...other, steps: other.steps, progress: 90 }, joined).reason).toBe(reason)
  })

  it('names a show that started over', () => {
    const { tracker, show } = createShow()
    tracker.addTask({ showId: 's', type: 'trailer', status: 'succeeded' })
    const view = show.getPipeline()
    tracker.reset({ showId: 's' })
    expect(progressChange(view, show.getPipeline()).reason).toBe('The show was removed or started over')
  })

  it('names a show that was removed', () => {
    const one = before()
    const { getPipeline } = createTracker({ pipeline: showPipeline })
    expect(progressChange(one.view, getPipeline('s')).reason).toBe('The show was removed or started over')
  })

  it('always has a specific reason if the progress went back', () => {
    const pipeline = definePipeline({
      id: 'reasons',
      steps: [
        { type: 'seed', label: 'Seed', per: 'show', weight: 2 },
        { type: 'portrait', label: 'Portraits', per: 'character', weight: 5 },
        { type: 'video', label: 'Videos', per: 'character', optional: true },
      ],
    })
    const people = ['ada', 'bo', 'cy']
    const event = fc.record({
      kind: fc.constantFrom(
        'add',
        'add',
        'add',
        'update',
        'update',
        'dismiss',
        'reset',
        'elsewhere',
        'dismissed elsewhere',
        'rename',
        'cast',
        'no cast',
        'facts',
        'no facts',
        'unavailable',
      ),
      type: fc.constantFrom('seed', 'portrait', 'video'),
      characterId: fc.constantFrom(...people),
      status: fc.constantFrom('processing', 'succeeded', 'succeeded', 'failed', 'canceled', 'interrupted'),
      progress: fc.nat(100),
      some: fc.subarray(people),
    })
    let backwards = 0
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let now = 1
        const tracker = createTracker({ pipeline, clock: () => (now += 1), by: 'me' })
        // Updates of ended tasks are reported.
        tracker.on('error', () => {})
        const show = tracker.show('s')
        let view = tracker.getPipeline('s')
        for (const { kind, type, characterId, status, progress, some } of events) {
          const slot = { showId: 's', type, ...(type === 'seed' ? {} : { characterId }) } as never
          if (kind === 'add') tracker.addTask({ ...(slot as object), status, progress } as never)
          else if (kind === 'update') {
            const task = tracker.getTask(slot)
            if (task) tracker.updateTask(task.id, { status, progress } as never)
          } else if (kind === 'dismiss' || kind === 'reset') tracker[kind](slot)
          else if (kind === 'rename') {
            const old = `old ${now}`
            tracker.addTask({ showId: old, type: 'seed', status, progress } as never)
            if (progress > 50) tracker.renameShow(old, 's')
          } else if (kind === 'elsewhere' || kind === 'dismissed elsewhere') {
            const held = tracker.getTask(slot)
            const version = held && { ...held, progress, rev: held.rev + 1, by: 'other' }
            const tasks = version ? [kind === 'elsewhere' ? version : dismissedElsewhere(version)] : []
            tracker.merge(parseRecords({ tasks }))
          } else if (kind === 'cast') show.setCharacters(some.map((id) => ({ id })))
          else if (kind === 'no cast') show.setCharacters([])
          else if (kind === 'no facts') show.setFacts({ done: {} })
          else if (kind === 'facts')
            show.setFacts({ done: { portrait: some, ...(progress > 50 ? { seed: true as const } : {}) } })
          else show.setUnavailable(progress > 50 ? [type as 'seed'] : [])
          const next = tracker.getPipeline('s')
          const { from, to, reason } = progressChange(view, next)
          view = next
          expect(reason !== undefined).toBe(to < from)
          expect(reason).not.toBe(english.working)
          if (kind !== 'reset') expect(reason).not.toBe(english.removed)
          if (to < from) backwards += 1
        }
      }),
      { numRuns: 1_000 },
    )
    expect(backwards).toBeGreaterThan(100)
  })
})
