import { describe, expect, it } from 'vitest'
import { at, emptyVector, items, push, set, type Vector } from './vector.ts'

const range = (size: number) => Array.from({ length: size }, (_, index) => index)
const vectorOf = (size: number) => range(size).reduce<Vector<number>>(push, emptyVector)

describe('vector', () => {
  it.each([0, 1, 31, 32, 33, 1_023, 1_024, 1_025, 32_767, 32_768, 32_769, 40_000])(
    'keeps %i items in order',
    (size) => {
      const vector = vectorOf(size)
      expect(vector.size).toBe(size)
      expect([...items(vector)]).toEqual(range(size))
    },
  )

  it('leaves every older version as it was while it grows through three heights', () => {
    const kept: Vector<number>[] = []
    let vector: Vector<number> = emptyVector
    for (let index = 0; index <= 33_000; index += 1) {
      if (index % 997 === 0 || [31, 32, 33, 1_023, 1_024, 1_025, 32_768].includes(index)) kept.push(vector)
      vector = push(vector, index)
    }
    for (const old of kept) expect([...items(old)]).toEqual(range(old.size))
  })

  it.each([1, 32, 33, 1_024, 1_025, 33_000])(
    'replaces any item of %i without touching the others',
    (size) => {
      const vector = vectorOf(size)
      for (const index of new Set([0, size >> 1, size - 1])) {
        const changed = set(vector, index, -1)
        expect(changed.size).toBe(size)
        expect(at(changed, index)).toBe(-1)
        expect(at(vector, index)).toBe(index)
        expect([...items(changed)].filter((item, place) => item !== place)).toEqual([-1])
      }
    },
  )

  it.each([31, 32, 1_023, 1_024, 32_767, 32_768])(
    'grows two branches from one version of %i items',
    (size) => {
      const vector = vectorOf(size)
      const left = push(push(vector, -1), -2)
      const right = push(push(vector, -3), -4)
      expect([...items(left)].slice(-2)).toEqual([-1, -2])
      expect([...items(right)].slice(-2)).toEqual([-3, -4])
      expect([...items(vector)]).toEqual(range(size))
    },
  )

  it('shares all but one path: a change in 32,768 items copies three small arrays', () => {
    const vector = vectorOf(32_768)
    const changed = set(vector, 20_000, -1)
    const shared = changed.root.filter((branch, index) => branch === vector.root[index])
    expect(shared).toHaveLength(31)
  })

  it('holds undefined as an item', () => {
    const vector = push(push<number | undefined>(emptyVector, 1), undefined)
    expect([...items(vector)]).toEqual([1, undefined])
  })
})
