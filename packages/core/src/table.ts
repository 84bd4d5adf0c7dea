import { at, emptyVector, items, push, set, type Vector } from './vector.ts'

/**
 * A persistent map from text to values, in order of appearance; keys are never taken out.
 *
 * Up to eight keys are looked for one by one. Above that all versions share one index of keys to places. It is only
 * ever added to by the newest version; an older version that grows anew builds an index of its own.
 */
export interface Table<V> {
  readonly keys: Vector<string>
  readonly values: Vector<V>
  readonly index: Map<string, number> | undefined
}

const few = 8

export const emptyTable: Table<never> = { keys: emptyVector, values: emptyVector, index: undefined }

/** The key's place, or -1. */
export function place<V>(table: Table<V>, key: string): number {
  const { keys, index } = table
  if (index === undefined) return keys.root.indexOf(key)
  const found = index.get(key)
  // A newer version may have put the key where this one ends.
  if (found !== undefined && found < keys.size && at(keys, found) === key) return found
  return -1
}

export function get<V>(table: Table<V>, key: string): V | undefined {
  const found = place(table, key)
  return found < 0 ? undefined : at(table.values, found)
}

/** The table with a key's value set; `found` is the key's place where it is known already. */
export function put<V>(table: Table<V>, key: string, value: V, found = place(table, key)): Table<V> {
  if (found >= 0) return { keys: table.keys, values: set(table.values, found, value), index: table.index }
  const keys = push(table.keys, key)
  const values = push(table.values, value)
  if (keys.size <= few) return { keys, values, index: undefined }
  let { index } = table
  if (index === undefined || index.size !== table.keys.size) {
    index = new Map()
    for (const old of items(table.keys)) index.set(old, index.size)
  }
  index.set(key, index.size)
  return { keys, values, index }
}
