/**
 * The nodes of a persistent list, whose owner keeps its size: `set` and `push` give new nodes that share all but one
 * path with the old ones.
 *
 * It is a trie of 32-wide arrays: a plain array copied at each event costs more the more tasks there are. The size
 * stands beside it because one object fewer at each event is a tenth of its cost.
 */
export type Vector<T> = readonly (T | Vector<T>)[]

const bits = 5
const width = 1 << bits
const mask = width - 1

export const emptyVector: Vector<never> = []

/** How far to shift an index for its place in the root. */
function topShift(size: number): number {
  let shift = 0
  for (let rest = (size - 1) >>> bits; rest > 0; rest >>>= bits) shift += bits
  return shift
}

/** The item at a place from 0 to size - 1. */
export function at<T>(vector: Vector<T>, size: number, index: number): T {
  let node = vector
  for (let shift = topShift(size); shift > 0; shift -= bits) {
    node = node[(index >>> shift) & mask] as Vector<T>
  }
  return node[index & mask] as T
}

/** The list with the item at a place from 0 to size - 1 replaced. */
export function set<T>(vector: Vector<T>, size: number, index: number, item: T): Vector<T> {
  const root = vector.slice()
  let node = root
  for (let shift = topShift(size); shift > 0; shift -= bits) {
    const place = (index >>> shift) & mask
    const copy = (node[place] as Vector<T>).slice()
    node[place] = copy
    node = copy
  }
  node[index & mask] = item
  return root
}

/** The list with one item more at its end: its size is then one more. */
export function push<T>(vector: Vector<T>, size: number, item: T): Vector<T> {
  const top = topShift(size + 1)
  const root: (T | Vector<T>)[] = top > topShift(size) ? [vector] : vector.slice()
  let node = root
  for (let shift = top; shift > 0; shift -= bits) {
    const place = (size >>> shift) & mask
    const copy = ((node[place] as Vector<T> | undefined) ?? []).slice()
    node[place] = copy
    node = copy
  }
  node[size & mask] = item
  return root
}

/** A list of these items, which becomes the list's own. */
export function vectorOf<T>(list: readonly T[]): Vector<T> {
  let level: Vector<T> = list
  while (level.length > width) {
    const above: Vector<T>[] = []
    for (let from = 0; from < level.length; from += width) above.push(level.slice(from, from + width))
    level = above
  }
  return level
}

/** Every item, in order. */
export function items<T>(vector: Vector<T>, size: number): T[] {
  let level = vector
  for (let shift = topShift(size); shift > 0; shift -= bits) {
    const below: Vector<T>[number][] = []
    for (const node of level as readonly Vector<T>[]) for (const part of node) below.push(part)
    level = below
  }
  return level.slice(0, size) as T[]
}
