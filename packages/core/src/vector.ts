/**
 * A persistent list: `set` and `push` give a new list that shares all but one path with the old one.
 *
 * It is a trie of 32-wide arrays: a plain array copied at each event costs more the more tasks there are.
 */
export interface Vector<T> {
  readonly size: number
  /** Levels above the leaves. */
  readonly height: number
  readonly root: Branch<T>
}

type Branch<T> = readonly (T | Branch<T>)[]

const bits = 5
const width = 1 << bits
const mask = width - 1

export const emptyVector: Vector<never> = { size: 0, height: 0, root: [] }

/** The item at a place from 0 to size - 1. */
export function at<T>(vector: Vector<T>, index: number): T {
  let node = vector.root
  for (let shift = vector.height * bits; shift > 0; shift -= bits) {
    node = node[(index >>> shift) & mask] as Branch<T>
  }
  return node[index & mask] as T
}

/** The list with one item replaced, or added when `index` is the size. */
export function set<T>(vector: Vector<T>, index: number, item: T): Vector<T> {
  const { size, height } = vector
  const isFull = index === size && index === width ** (height + 1)
  const levels = isFull ? height + 1 : height
  const root: (T | Branch<T>)[] = isFull ? [vector.root] : vector.root.slice()
  let node = root
  for (let shift = levels * bits; shift > 0; shift -= bits) {
    const place = (index >>> shift) & mask
    const below = node[place] as Branch<T> | undefined
    const copy = below === undefined ? [] : below.slice()
    node[place] = copy
    node = copy
  }
  node[index & mask] = item
  return { size: index < size ? size : index + 1, height: levels, root }
}

export const push = <T>(vector: Vector<T>, item: T): Vector<T> => set(vector, vector.size, item)

/** Every item, in order. */
export function* items<T>(vector: Vector<T>): Generator<T> {
  for (let index = 0; index < vector.size; index += 1) yield at(vector, index)
}
