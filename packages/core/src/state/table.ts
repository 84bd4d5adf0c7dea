import { at, emptyVector, items, push, set, type Vector, vectorOf } from './vector.ts'

/**
 * A persistent map from text to values, in order of appearance; keys are never taken out.
 *
 * Up to sixteen keys are looked for one by one. Above that all versions share one index of keys to places, of which
 * each knows the first `size`. It is only ever added to by the newest version; an older version that grows anew makes
 * an index of its own.
 */
export interface Table<V> {
  readonly size: number
  readonly values: Vector<V>
  /** Empty once there is an index. */
  readonly fewKeys: readonly string[]
  readonly index: Map<string, number> | undefined
}

const few = 16
const none: readonly never[] = []

export const emptyTable: Table<never> = { size: 0, values: emptyVector, fewKeys: none, index: undefined }

/** The key's place, or -1. */
export function placeOfKey<V>({ size, fewKeys, index }: Table<V>, key: string): number {
  if (index === undefined) return fewKeys.indexOf(key)
  const place = index.get(key)
  // A newer version may have added the key.
  return place !== undefined && place < size ? place : -1
}

export const valueAt = <V>({ size, values }: Table<V>, place: number): V => at(values, size, place)

export function get<V>(table: Table<V>, key: string): V | undefined {
  const place = placeOfKey(table, key)
  return place < 0 ? undefined : valueAt(table, place)
}

/** The table with the value at a place replaced. */
export const replaceAt = <V>(
  { size, values, fewKeys, index }: Table<V>,
  place: number,
  value: V,
): Table<V> => ({ size, values: set(values, size, place, value), fewKeys, index })

/** The table with a key's value set; `place` is the key's place where it is known already. */
export function put<V>(table: Table<V>, key: string, value: V, place = placeOfKey(table, key)): Table<V> {
  if (place >= 0) return replaceAt(table, place, value)
  const size = table.size + 1
  const values = push(table.values, table.size, value)
  if (size <= few) return { size, values, fewKeys: [...table.fewKeys, key], index: undefined }
  const index = newestIndex(table)
  index.set(key, table.size)
  return { size, values, fewKeys: none, index }
}

/** The table with all of its values replaced, and those of more keys behind them. */
export function extended<V>(table: Table<V>, list: readonly V[], keys: Iterable<string>): Table<V> {
  const size = list.length
  const values = vectorOf(list)
  if (size <= few) return { size, values, fewKeys: [...table.fewKeys, ...keys], index: undefined }
  const index = newestIndex(table)
  for (const key of keys) index.set(key, index.size)
  return { size, values, fewKeys: none, index }
}

/** The index, for writing: only the newest version may add to the one that all share. */
const newestIndex = <V>(table: Table<V>): Map<string, number> =>
  table.index?.size === table.size ? table.index : new Map(entries(table))

/** Every key with its place. */
function* entries<V>({ size, fewKeys, index }: Table<V>): Generator<[string, number]> {
  for (const entry of index ?? fewKeys.map((key, place) => [key, place] as const)) {
    if (entry[1] >= size) return
    yield [...entry]
  }
}

export const values = <V>(table: Table<V>): V[] => items(table.values, table.size)

export function* keys<V>(table: Table<V>): Generator<string> {
  for (const [key] of entries(table)) yield key
}
