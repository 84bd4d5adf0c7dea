import { describe, expect, it } from 'vitest'
import { emptyTable, extended, get, keys, placeOfKey, put, type Table, values } from './table.ts'

const key = (index: number) => `k${index}`
const grow = (table: Table<number>, from: number, to: number): Table<number> => {
  let next = table
  for (let index = from; index < to; index += 1) next = put(next, key(index), index)
  return next
}
const check = (table: Table<number>, size: number) => {
  expect(table.size).toBe(size)
  expect([...values(table)]).toHaveLength(size)
  for (let index = 0; index < size; index += 1) {
    if (get(table, key(index)) !== index) expect.fail(`${key(index)} is ${get(table, key(index))}`)
  }
  expect(get(table, key(size))).toBeUndefined()
  expect(placeOfKey(table, 'never')).toBe(-1)
}

describe('table', () => {
  it.each([0, 1, 15, 16, 17, 31, 32, 33, 1_024, 1_025, 32_768, 40_000])('finds each of %i keys', (size) => {
    check(grow(emptyTable, 0, size), size)
  })

  it.each([
    [0, 5],
    [5, 16],
    [5, 17],
    [16, 17],
    [20, 40],
    [0, 1_100],
  ])('with %i keys takes more at once, up to %i, and grows on', (from, to) => {
    const before = grow(emptyTable, 0, from)
    const range = Array.from({ length: to }, (_, index) => index)
    const table = extended(before, range, range.slice(from).map(key))
    check(table, to)
    expect([...keys(table)]).toEqual(range.map(key))
    check(before, from)
    check(grow(table, to, to + 20), to + 20)
    check(table, to)
    // What was there already may be given another value in passing.
    expect(get(extended(table, [-1, ...range.slice(1)], []), key(0))).toBe(-1)
  })

  it('keeps the keys in the order of their appearance, also when their values change', () => {
    const table = put(put(put(put(emptyTable, 'b', 1), 'a', 2), 'c', 3), 'b', 4)
    expect([...keys(table)]).toEqual(['b', 'a', 'c'])
    expect([...values(table)]).toEqual([4, 2, 3])
  })

  it('leaves every older version as it was: it never sees the keys that came later', () => {
    const versions: Table<number>[] = [emptyTable]
    for (let index = 0; index < 1_100; index += 1) versions.push(put(versions.at(-1)!, key(index), index))
    for (const [size, table] of versions.entries()) {
      if (size > 40 && size % 97 !== 0) continue
      check(table, size)
    }
  })

  it.each([0, 3, 15, 16, 17, 20, 40, 1_024])('grows two branches from one version of %i keys', (size) => {
    const trunk = grow(emptyTable, 0, size)
    const left = put(put(trunk, 'left', -1), 'both', -2)
    const right = put(put(trunk, 'both', -3), 'right', -4)
    const further = put(left, 'right', -5)
    check(trunk, size)
    expect([get(left, 'left'), get(left, 'both'), get(left, 'right')]).toEqual([-1, -2, undefined])
    expect([get(right, 'left'), get(right, 'both'), get(right, 'right')]).toEqual([undefined, -3, -4])
    expect([get(further, 'left'), get(further, 'both'), get(further, 'right')]).toEqual([-1, -2, -5])
    for (let index = 0; index < size; index += 1) expect(get(right, key(index))).toBe(index)
  })

  it('lets an old version grow anew after a hundred newer ones', () => {
    const trunk = grow(emptyTable, 0, 20)
    const newest = grow(trunk, 20, 120)
    const branch = put(put(trunk, key(50), -50), 'own', -1)
    check(newest, 120)
    check(trunk, 20)
    expect(branch.size).toBe(22)
    expect(get(branch, key(50))).toBe(-50)
    expect(get(branch, key(51))).toBeUndefined()
    expect(get(newest, 'own')).toBeUndefined()
    expect(get(put(newest, key(120), 120), key(120))).toBe(120)
  })

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', ''])(
    'takes %j as a key like any other',
    (name) => {
      const few = put(emptyTable, name, 1)
      const many = put(grow(emptyTable, 0, 20), name, 1)
      expect(get(emptyTable, name)).toBeUndefined()
      expect(get(grow(emptyTable, 0, 20), name)).toBeUndefined()
      expect([get(few, name), get(many, name)]).toEqual([1, 1])
    },
  )
})
