import { describe, expect, it } from 'vitest'
import { definePipeline } from '../records/pipeline.ts'
import { createState, type State } from './state.ts'
import type { Facts, ShowRecord, TaskRecord, TaskVersion } from '../records/task.ts'
import { taskOf, tombstoneOf } from '../testing.ts'

const pipeline = definePipeline({
  id: 'small',
  steps: [
    { type: 'seed', label: 'Seed', per: 'show' },
    { type: 'portrait', label: 'Portrait', per: 'character' },
    { type: 'video', label: 'Video', per: 'character', optional: true },
  ],
})

const task = (id: string, fields: Partial<TaskRecord> = {}) => taskOf({ id, ...fields })

const removed = (id: string, showId = 's') => tombstoneOf({ id, showId })

type Registers = Omit<ShowRecord, 'showId' | 'pipeline'>
const show = (showId: string, registers: Registers): ShowRecord => ({
  showId,
  pipeline: 'small',
  ...registers,
})
const register = <T>(value: T, rev = 1) => ({ value, rev, by: 'me' })
const facts = (done: Facts['done'], at = 5): Registers => ({ facts: register({ at, done }) })

const after = (shows: State, ...events: readonly (TaskVersion | ShowRecord)[]): State => {
  for (const event of events) {
    if ('pipeline' in event) shows.putShow(event)
    else shows.putTask(event)
  }
  return shows
}
const made = (...events: readonly (TaskVersion | ShowRecord)[]): State =>
  after(createState(pipeline), ...events)
const view = (shows: State, showId = 's') => shows.viewOf(showId)

describe('a slot whose only task is gone', () => {
  const ada = task('t1', { characterId: 'ada' })
  const allDone = show('s', facts({ portrait: true }))

  it.each([
    ['after the facts', [ada, allDone, removed('t1')]],
    ['before the facts', [ada, removed('t1'), allDone]],
    ['before it came', [removed('t1'), ada, allDone]],
  ])('%s is none, when only that task had told of its character', (_when, events) => {
    expect(view(made(...events)).step('portrait')).toMatchObject({ total: 0, completed: 0, slots: [] })
  })

  it('is done by the facts when another step still knows its character', () => {
    const video = task('t2', { characterId: 'ada', type: 'video' })
    const state = made(ada, video, allDone, removed('t1'))
    expect(view(state).step('portrait')).toMatchObject({ total: 1, completed: 1, status: 'succeeded' })
  })
})

describe('a slot with two tasks', () => {
  const ada = { characterId: 'ada' }
  const older = task('t1', ada)
  const newer = task('t2', { ...ada, startedAt: 2 })

  it.each(['t1', 't2'])('still has its character when %s goes', (id) => {
    const step = view(made(older, newer, removed(id))).step('portrait')
    expect(step).toMatchObject({ total: 1, active: 1, slots: [{ characterId: 'ada' }] })
  })

  it('has none when both are gone', () => {
    expect(view(made(older, newer, removed('t2'), removed('t1'))).step('portrait').total).toBe(0)
  })
})

describe('facts that name whole steps', () => {
  it('say each character done that is heard of later, in all of these steps', () => {
    const state = made(
      show('s', facts({ portrait: true, video: true })),
      task('t1', { type: 'portrait', characterId: 'ada' }),
      task('t2', { type: 'video', characterId: 'bo' }),
    )
    expect(view(state).step('portrait')).toMatchObject({ total: 2, active: 1, completed: 2 })
    expect(view(state).step('video')).toMatchObject({ total: 2, active: 1, completed: 2 })
  })

  it('are not believed when they name characters of a step that has none', () => {
    expect(view(made(show('s', facts({ seed: ['ada'] })))).step('seed')).toMatchObject({ completed: 0 })
  })
})

describe('a view of a step', () => {
  it('is the same after facts, a roster or availability that concern other steps', () => {
    const state = made(task('t1', { type: 'seed' }), task('t2', { characterId: 'ada' }))
    const seed = view(state).step('seed')
    for (const registers of [
      facts({ portrait: ['ada'] }),
      { characters: register([{ id: 'ada' }, { id: 'bo' }]) },
      { unavailable: register(['portrait']) },
      { title: register('Neon Noir') },
    ])
      expect(view(after(state, show('s', registers))).step('seed')).toBe(seed)
  })
})

describe('a step of a show', () => {
  it('knows a character as long as any task of it is left in the slot', () => {
    const first = task('t1', { characterId: 'ada', startedAt: 1 })
    const second = task('t2', { characterId: 'ada', startedAt: 2 })
    expect(view(made(first, second, removed('t2'))).step('portrait')).toMatchObject({ total: 1, active: 1 })
  })

  it('keeps the steps of which facts say nothing new', () => {
    const shows = made(task('t1', { characterId: 'ada' }), show('s', facts({ seed: true }, 5)))
    const seed = view(shows).step('seed')
    after(shows, show('s', facts({ seed: true, portrait: ['ada'] }, 6)))
    expect(view(shows).step('seed')).toBe(seed)
  })

  it('does not take a list of characters for a step per show that is done', () => {
    const seed = view(made(show('s', facts({ seed: ['ada'] })))).step('seed')
    expect(seed).toMatchObject({ completed: 0, status: 'pending' })
  })
})
