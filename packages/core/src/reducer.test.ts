import { describe, expect, it } from 'vitest'
import { definePipeline } from './pipeline.ts'
import { applyShow, applyTask } from './reducer.ts'
import { viewOf } from './show-state.ts'
import { emptyState, showOf, type State } from './state.ts'
import type { Facts, ShowRecord, TaskRecord, TaskVersion } from './task.ts'

const pipeline = definePipeline({
  id: 'small',
  steps: [
    { type: 'seed', label: 'Seed', per: 'show' },
    { type: 'portrait', label: 'Portrait', per: 'character' },
    { type: 'video', label: 'Video', per: 'character', optional: true },
  ],
})

const task = (id: string, fields: Partial<TaskRecord> = {}): TaskRecord => ({
  id,
  showId: 's',
  type: 'portrait',
  status: 'processing',
  attempt: 1,
  startedAt: 1,
  updatedAt: 1,
  rev: 1,
  by: 'me',
  ...fields,
})

const removed = (id: string, showId = 's'): TaskVersion => ({
  id,
  showId,
  removed: true,
  updatedAt: 2,
  rev: 2,
  by: 'me',
})

type Registers = Omit<ShowRecord, 'showId' | 'pipeline'>
const show = (showId: string, registers: Registers): ShowRecord => ({
  showId,
  pipeline: 'small',
  ...registers,
})
const register = <T>(value: T, rev = 1) => ({ value, rev, by: 'me' })
const facts = (done: Facts['done'], at = 5): Registers => ({ facts: register({ at, done }) })

const after = (state: State, ...events: readonly (TaskVersion | ShowRecord)[]): State =>
  events.reduce(
    (held, event) => ('pipeline' in event ? applyShow(held, event) : applyTask(held, event)),
    state,
  )
const made = (...events: readonly (TaskVersion | ShowRecord)[]): State =>
  after(emptyState(pipeline), ...events)
const view = (state: State, showId = 's') => viewOf(showOf(state, showId)!)

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

describe('an older state', () => {
  it('finds its task in its own slot after a newer one removed and renamed it', () => {
    const state = made(
      task('t1', { type: 'seed', characterId: 'ada' }),
      show('s', { renamedTo: register('z') }),
      show('b', { renamedTo: register('z') }),
    )
    const newer = after(state, removed('t1'), show('s', { renamedTo: register('b', 2) }))
    expect(view(newer, 'b').active).toBe(0)
    const other = after(state, task('t1', { type: 'seed', rev: 2 }))
    expect(view(other, 'z').step('seed')).toMatchObject({ active: 1 })
  })
})
