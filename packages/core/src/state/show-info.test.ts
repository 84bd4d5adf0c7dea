import { describe, expect, it } from 'vitest'
import { definePipeline } from '../records/pipeline.ts'
import type { Facts, ShowRecord } from '../records/task.ts'
import { readInfo } from './show-info.ts'

const pipeline = definePipeline({
  id: 'p',
  steps: [
    { type: 'portrait', label: 'Portraits', per: 'character' },
    { type: 'shot', label: 'Shots', per: 'scene' },
  ],
})
const register = <T>(value: T, rev = 1, by = 'a') => ({ value, rev, by })
const show = (fields: Partial<ShowRecord>): ShowRecord => ({ showId: 's', pipeline: 'p', ...fields })
const facts = (at: number, done: Facts['done'] = {}): Facts => ({ at, done })
const read = (records: readonly ShowRecord[]) => readInfo(pipeline, 'z', records)

describe('shows that renames have joined', () => {
  const old = show({ showId: 'a', title: register('Newest', 3), unavailable: register(['video']) })
  const older = show({
    showId: 'b',
    title: register('Older', 2),
    facts: register(facts(1, { portrait: ['ada'] })),
  })
  const final = show({ showId: 'z', title: register('Final') })

  it('go by what the final id says, else by the newest', () => {
    for (const records of [
      [old, older, final],
      [final, older, old],
    ])
      expect(read(records).title).toBe('Final')
    for (const records of [
      [old, older],
      [older, old],
    ])
      expect(read(records).title).toBe('Newest')
  })

  it('each add what the others do not say', () => {
    const info = read([old, older, final])
    expect([...info.unavailable]).toEqual(['video'])
    expect(info.done.get('portrait')).toEqual(new Set(['ada']))
    expect(info.rosters.size).toBe(0)
  })

  it('say nothing where no record does', () => {
    expect(read([show({ showId: 'z' })])).toEqual({
      title: undefined,
      rosters: new Map(),
      items: {},
      facts: undefined,
      done: new Map(),
      unavailable: new Set(),
    })
  })

  it('list each kind of item by itself, a roster before what facts list', () => {
    const known = { ...facts(1), characters: [{ id: 'ada' }], items: { scene: [{ id: 's1' }] } }
    expect(read([show({ facts: register(known) })]).items).toEqual({
      character: [{ id: 'ada' }],
      scene: [{ id: 's1' }],
    })
    const roster = show({
      facts: register(known),
      items: { scene: register([{ id: 's2' }, { id: 's2', name: 'Two' }]) },
    })
    expect(read([roster]).items['scene']).toEqual([{ id: 's2', name: 'Two' }])
  })

  it('say nothing once they are removed', () => {
    expect(read([{ ...final, removed: register(true as const) }, old]).title).toBe('Newest')
  })
})
