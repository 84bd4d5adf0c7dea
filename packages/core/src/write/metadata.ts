import { toTaskError } from '../records/thrown.ts'
import type { Json, JsonObject } from '../records/json.ts'
import type { Redactor } from './redact.ts'
import { jsonSize, limits } from '../records/text.ts'

/** Called for each dropped field, with its name and the error or the exceeded limit. `isCut`: a part of it was kept. */
type Drop = (field: string, why: unknown, isCut?: boolean) => void

interface Kept {
  readonly value: Json
  readonly size: number
  readonly keys: number
}

/** Maximum number of characters and values that are read in all. */
const mostWork = 10 * limits.metadata

const tooLarge = 'it does not fit into the 24 KiB of metadata'

/**
 * Merges objects to metadata as a record may hold it: plain JSON of bounded depth and size, without secrets, data: URLs and
 * long texts. Values that JSON cannot carry get a plain form or a description. The work is bounded by the limits.
 *
 * Fields are read in order, the current ones first. A field that does not fit or throws is dropped as a whole, and the
 * current value under its name stays. A field with too many keys is read last, and cut.
 *
 * @param sources Later sources replace the fields of earlier ones.
 * @param secret Field names from the step's `secret`.
 */
export function redactMetadata(
  sources: readonly (object | undefined)[],
  { text, value: valueOf, name: nameOf, isSecret }: Redactor,
  secret: readonly string[] = [],
  drop: Drop = () => {},
): JsonObject {
  let keys: number = limits.keys
  let work = 0
  /** The limit of `work` for the current field: above it, the field cannot fit. */
  let mostHere = 0
  let isCut = false
  /** The current field has more keys than are left. */
  let isShort = false
  const ancestors = new Set<object>()

  const spend = (size: number): void => {
    work += size
    if (work > mostHere) throw tooLarge
  }

  const visit = (value: unknown, depth: number): Json | undefined => {
    spend(1)
    isCut ||= depth > limits.depth
    if (depth > limits.depth) return undefined
    if (typeof value === 'string') {
      const kept = valueOf(value)
      spend(kept.length)
      return kept
    }
    if (typeof value === 'number') return Number.isFinite(value) ? value : null
    if (typeof value === 'boolean' || value === null) return value
    if (typeof value === 'bigint') return text(String(value))
    if (typeof value !== 'object') return undefined
    if (ancestors.has(value)) return '[circular]'
    ancestors.add(value)
    const plain = visitObject(value, depth)
    ancestors.delete(value)
    return plain
  }

  const visitObject = (value: object, depth: number): Json | undefined => {
    const tag = Object.prototype.toString.call(value).slice(8, -1)
    const size = bytesOf(value, tag)
    if (size !== undefined) return text(`[${(value as Partial<Blob>).type || tag}, ${size} bytes]`)
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function') return visit(toJSON.call(value), depth + 1)
    if (tag === 'Map') return Object.freeze(fields(value as Map<unknown, unknown>, depth))
    if (tag === 'Set' || Array.isArray(value)) return Object.freeze(list(value as Iterable<unknown>, depth))
    const isError = tag === 'Error' || tag === 'DOMException' || value instanceof Error
    return Object.freeze(fields(entriesOf(isError ? toTaskError(value) : value), depth))
  }

  const list = (values: Iterable<unknown>, depth: number): Json[] => {
    const kept: Json[] = []
    for (const item of values) {
      const value = visit(item, depth + 1) ?? null
      // A placeholder for an item that is too deep would be too deep as well.
      if (depth === limits.depth) break
      kept.push(value)
    }
    return kept
  }

  /** The name of a field as a record may hold it; undefined for a secret. */
  const nameFor = (given: unknown): string | undefined =>
    secret.includes(given as string) ? undefined : nameOf(String(given))

  const fields = (entries: Iterable<readonly [unknown, unknown]>, depth: number): JsonObject => {
    const kept: [string, Json][] = []
    for (const [given, item] of entries) {
      isShort ||= keys === 0
      if (keys === 0) break
      const name = nameFor(given)
      spend(1 + (name ?? '').length)
      if (name === undefined) continue
      keys -= 1
      const value = visit(item, depth + 1)
      if (value === undefined || isSecret(name, value)) keys += 1
      else kept.push([name, value])
    }
    // Unlike assignment, this makes own properties of all names, `__proto__` too.
    return Object.fromEntries(kept)
  }

  const kept = new Map<string, Kept>()
  let room: number = limits.metadata - 2
  let freeKeys: number = limits.keys

  /**
   * Replaces the field of this name. Returns false if it does not fit beside the other fields.
   *
   * @param isLast Cut the field to the keys that are left.
   */
  const take = (source: object, given: string, name: string, isLast = false): boolean => {
    const before = kept.get(name)
    const mostRoom = room + (before?.size ?? 0)
    const mostKeys = freeKeys + (before?.keys ?? 0)
    isCut ||= mostKeys === 0
    if (mostKeys === 0) return true
    // Counted before its content, so that an object that is too large keeps its outer fields.
    keys = mostKeys - 1
    mostHere = work + mostRoom
    ancestors.clear()
    isShort = false
    try {
      const read = visit((source as Record<string, unknown>)[given], 1)
      const value = read === undefined || isSecret(name, read) ? undefined : read
      const size = value === undefined ? 0 : jsonSize(name) + jsonSize(value) + 2
      if (size > mostRoom || (isShort && !isLast)) return false
      isCut ||= isShort
      if (value === undefined) kept.delete(name)
      else kept.set(name, { value, size, keys: mostKeys - keys })
      room = mostRoom - size
      freeKeys = value === undefined ? mostKeys : keys
    } catch (error) {
      if (error === tooLarge) return false
      drop(`metadata.${name}`, error)
    }
    return true
  }

  for (const source of sources) {
    /** Fields that did not fit, and may fit once later fields have become smaller. */
    const late: [given: string, name: string, room: number][] = []
    // Not Object.keys, so that the loop ends at the limits.
    for (const given in source) {
      work += 1 + given.length
      isCut ||= work > mostWork
      if (work > mostWork) break
      if (freeKeys === 0 && !kept.has(given)) {
        isCut = true
        continue
      }
      const name = Object.hasOwn(source, given) ? nameFor(given) : undefined
      // A field with too many keys gets those that the others leave.
      if (name !== undefined && !take(source, given, name)) late.push([given, name, isShort ? -1 : room])
    }
    for (const [given, name, before] of late)
      if (room <= before || !take(source!, given, name, true)) drop(`metadata.${name}`, tooLarge)
  }
  if (isCut) drop('metadata', `only ${limits.keys} keys and ${limits.depth} levels are kept`, true)
  return Object.freeze(Object.fromEntries([...kept].map(([name, { value }]) => [name, value])))
}

/** Whether a value is an object with fields: not an array, and not bytes, a Map or a Set. */
export function hasFields(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  return tag !== 'Map' && tag !== 'Set' && bytesOf(value, tag) === undefined
}

/** The size in bytes of a buffer, a view or a Blob; undefined for anything else. */
function bytesOf(value: object, tag: string): number | undefined {
  if (ArrayBuffer.isView(value) || tag.endsWith('ArrayBuffer')) return (value as ArrayBuffer).byteLength
  return tag === 'Blob' || tag === 'File' ? (value as Blob).size : undefined
}

function* entriesOf(value: object): Generator<[string, unknown]> {
  for (const name in value)
    if (Object.hasOwn(value, name)) yield [name, (value as Record<string, unknown>)[name]]
}
