import { problem } from '../records/errors.ts'
import { definitionOf, type ExtraDefinition, type Pipeline } from '../records/pipeline.ts'
import type { TaskRecord } from '../records/task.ts'
import { isId } from '../records/text.ts'

/** A value as an error message shows it: a primitive itself (texts cut), of an object its kind. Never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'symbol' || typeof value === 'function') return `a ${typeof value}`
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    const kind = Array.isArray(value) ? 'array' : Object.prototype.toString.call(value).slice(8, -1)
    const name = kind === 'Object' ? 'object' : kind.slice(0, 40)
    return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`
  } catch {
    // A proxy that throws.
    return 'an object'
  }
}

/** A slot with the field names of records. */
export interface LooseSlot {
  readonly showId: string
  readonly type: string
  readonly characterId?: string
}

/** Throws a CallsheetError for anything but an object. */
export function assertObject(value: unknown, what: string): asserts value is object {
  if (typeof value === 'object' && value !== null) return
  throw problem(
    'invalid_field',
    `Invalid ${what}: expected an object with showId and type, got ${shown(value)}.`,
  )
}

/** Reads a slot as an application passes it. Throws a CallsheetError for an invalid one. */
export function readSlot(pipeline: Pipeline, given: LooseSlot): LooseSlot {
  assertObject(given, 'slot')
  return slotFor(pipeline, given.showId, given.type, given as never)
}

/** The slot of a step, whose item is in `given`. Throws a CallsheetError for an invalid one. */
export function slotFor(
  pipeline: Pipeline,
  showId: unknown,
  type: unknown,
  given: Readonly<Record<string, unknown>>,
): LooseSlot {
  assertId(showId, 'showId')
  const definition = assertType(pipeline, type)
  const name = itemName(definition)
  const itemId = given[name] ?? given['characterId']
  if (itemId === undefined && (definition.per ?? 'show') === 'show') return { showId, type: definition.type }
  if (definition.per === 'show')
    throw problem(
      'invalid_id',
      `Invalid ${name}: "${definition.type}" runs once per show. Leave ${name} out.`,
    )
  assertId(itemId, name)
  return { showId, type: definition.type, characterId: itemId }
}

/** What names the item of a type: `characterId`, `beatId`. */
export const itemName = (definition: ExtraDefinition | undefined): string => {
  const { per = 'show' } = definition ?? {}
  return per === 'show' || per === 'character' ? 'characterId' : `${per}Id`
}

/** Describes the first fixed field that an update would change; undefined if there is none. */
export function conflictIn(pipeline: Pipeline, held: TaskRecord, patch: object): string | undefined {
  const item = itemName(definitionOf(pipeline, held.type))
  for (const name in patch) {
    const field = name === item ? 'characterId' : name
    if (!fixed.has(field)) continue
    const value = (patch as Record<string, unknown>)[name] ?? undefined
    const before = held[field as keyof TaskRecord]
    if (value !== undefined && value !== before)
      return `"${name}" cannot change from ${shown(before)} to ${shown(value)}`
  }
  return undefined
}

const fixed = new Set(['id', 'showId', 'type', 'startedAt', 'characterId'])

/** Throws a CallsheetError for an invalid id. */
export function assertId(value: unknown, name: string): asserts value is string {
  if (isId(value)) return
  throw problem(
    'invalid_id',
    `Invalid ${name} ${shown(value)}: expected 1–256 characters without control characters.`,
  )
}

/** Throws a CallsheetError for an option that is not a number from a minimum to Infinity. */
export function assertNumber(
  value: unknown,
  name: string,
  least: number,
  expected = `a number from ${least}`,
): void {
  if (typeof value === 'number' && value >= least) return
  throw problem('invalid_option', `Invalid ${name}: expected ${expected}, got ${shown(value)}.`)
}

/** The definition of a type. Throws a CallsheetError for an unknown type. */
export function assertType(pipeline: Pipeline, type: unknown): ExtraDefinition {
  const definition = definitionOf(pipeline, type as string)
  if (definition) return definition
  const known = [...pipeline.steps, ...pipeline.extra].map((one) => one.type).join(', ')
  throw problem(
    'unknown_step',
    `Unknown step ${shown(type)} in pipeline "${pipeline.id}". Known steps: ${known}.`,
  )
}

/** A copy of a list of ids. Throws a CallsheetError for an invalid one. */
export const readIds = (ids: readonly string[], name: string): string[] => {
  if (!Array.isArray(ids))
    throw problem('invalid_field', `Expected a list of every ${name}, got ${shown(ids)}.`)
  for (const id of ids) assertId(id, name)
  return [...ids]
}
