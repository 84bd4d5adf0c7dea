import { describe, expect, it } from 'vitest'
import { compareRegisters, mergeShows } from './show.ts'
import type { Facts, ShowRecord } from './task.ts'

const register = <T>(value: T, rev = 1, by = 'a') => ({ value, rev, by })
const show = (fields: Partial<ShowRecord>): ShowRecord => ({ showId: 's', pipeline: 'p', ...fields })
const facts = (at: number, done: Facts['done'] = {}): Facts => ({ at, done })

describe('of two values of a register, the newer', () => {
  it('has the higher rev, else the greater writer, else the greater JSON', () => {
    for (const [newer, older] of [
      [register('A', 2), register('B', 1, 'b')],
      [register('A', 1, 'b'), register('B', 1, 'a')],
      [register('B'), register('A')],
    ] as const) {
      expect(compareRegisters('title', newer, older)).toBeGreaterThan(0)
      expect(compareRegisters('title', older, newer)).toBeLessThan(0)
    }
    expect(compareRegisters('title', register('A'), register('A'))).toBe(0)
  })

  it('of facts was read later, whatever its rev', () => {
    expect(compareRegisters('facts', register(facts(6)), register(facts(5), 9, 'b'))).toBeGreaterThan(0)
    expect(compareRegisters('facts', register(facts(5), 2), register(facts(5), 1, 'b'))).toBeGreaterThan(0)
  })
})

describe('two records of a show', () => {
  it('are merged register by register', () => {
    const held = show({ title: register('Old'), unavailable: register(['trailer'], 2) })
    const given = show({ title: register('New', 2), unavailable: register([]), renamedTo: register('z') })
    const merged = show({
      title: register('New', 2),
      unavailable: register(['trailer'], 2),
      renamedTo: register('z'),
    })
    expect(mergeShows(held, given)).toEqual(merged)
    expect(mergeShows(given, held)).toEqual(merged)
  })

  it('are the one that is held, where the other says nothing new', () => {
    const held = show({ title: register('New', 2), characters: register([{ id: 'ada' }]) })
    expect(mergeShows(held, show({ title: register('Old') }))).toBe(held)
    expect(mergeShows(held, structuredClone(held))).toBe(held)
    expect(mergeShows(undefined, held)).toBe(held)
  })

  it('are merged kind by kind where they list items', () => {
    const held = show({ items: { scene: register([{ id: 's1' }]), ['__proto__']: register([{ id: 'p' }]) } })
    const given = show({ items: { scene: register([{ id: 's2' }], 2), beat: register([{ id: 'b1' }]) } })
    const merged = show({ items: { ...held.items, ...given.items } })
    expect(mergeShows(held, given)).toEqual(merged)
    expect(mergeShows(given, held)).toEqual(merged)
    expect(mergeShows(merged, held)).toBe(merged)
  })

  it('of two pipelines end with one of these, whichever comes first', () => {
    const [one, two] = [show({ pipeline: 'p1' }), show({ pipeline: 'p2' })]
    expect(mergeShows(one, two).pipeline).toBe('p2')
    expect(mergeShows(two, one)).toBe(two)
  })
})
