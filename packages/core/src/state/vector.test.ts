import { describe, expect, it } from 'vitest'
import { at, emptyVector, items, push, set, type Vector, vectorOf } from './vector.ts'

const range = (size: number) => Array.from({ length: size }, (_, index) => index)
const pushed = (size: number) =>
  range(size).reduce<Vector<number>>((vector, item) => push(vector, item, item), emptyVector)
const more = <T>(vector: Vector<T>, size: number, ...added: T[]) =>
  added.reduce((grown, item, index) => push(grown, size + index, item), vector)

describe('vector', () => {
  it.each([0, 1, 31, 32, 33, 1_023, 1_024, 1_025, 32_767, 32_768, 32_769, 40_000])(
    'keeps %i items in order',
    (size) => {
      expect([...items(pushed(size), size)]).toEqual(range(size))
    },
  )

  it.each([0, 1, 31, 32, 33, 1_023, 1_024, 1_025, 32_768, 32_769])(
    'is the same made of a list of %i as item by item',
    (size) => {
      expect(vectorOf(range(size))).toEqual(pushed(size))
    },
  )

  it('leaves every older version as it was while it grows through three heights', () => {
    const kept: [Vector<number>, number][] = []
    let vector: Vector<number> = emptyVector
    for (let index = 0; index <= 33_000; index += 1) {
      if (index % 997 === 0 || [31, 32, 33, 1_023, 1_024, 1_025, 32_768].includes(index))
        kept.push([vector, index])
      vector = push(vector, index, index)
    }
    for (const [old, size] of kept) expect([...items(old, size)]).toEqual(range(size))
  })

  it.each([1, 32, 33, 1_024, 1_025, 33_000])(
    'replaces any item of %i without touching the others',
    (size) => {
      const vector = pushed(size)
      for (const index of new Set([0, size >> 1, size - 1])) {
        const changed = set(vector, size, index, -1)
        expect(at(changed, size, index)).toBe(-1)
        expect(at(vector, size, index)).toBe(index)
        expect([...items(changed, size)].filter((item, place) => item !== place)).toEqual([-1])
      }
    },
  )

  it.each([31, 32, 1_023, 1_024, 32_767, 32_768])(
    'grows two branches from one version of %i items',
    (size) => {
      const vector = pushed(size)
      const left = more(vector, size, -1, -2)
      const right = more(vector, size, -3, -4)
      expect([...items(left, size + 2)].slice(-2)).toEqual([-1, -2])
      expect([...items(right, size + 2)].slice(-2)).toEqual([-3, -4])
      expect([...items(vector, size)]).toEqual(range(size))
    },
  )

  it('shares all but one path: a change in 32,768 items copies three small arrays', () => {
    const vector = pushed(32_768)
    const changed = set(vector, 32_768, 20_000, -1)
    const shared = changed.filter((branch, index) => branch === vector[index])
    expect(shared).toHaveLength(31)
  })

  it('holds undefined as an item', () => {
    const vector = more<number | undefined>(emptyVector, 0, 1, undefined)
    expect([...items(vector, 2)]).toEqual([1, undefined])
  })
})
