import { CallsheetError } from '../records/errors.ts'
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
  throw new CallsheetError(`Invalid ${what}: expected an object with showId and type, got ${shown(value)}.`, {
    code: 'invalid_field',
  })
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
    throw new CallsheetError(`Invalid ${name}: "${definition.type}" runs once per show. Leave ${name} out.`, {
      code: 'invalid_id',
    })
  assertId(itemId, name)
  return { showId, type: definition.type, characterId: itemId }
}

const itemName = (definition: ExtraDefinition | undefined): string => {
  const { per = 'show' } = definition ?? {}
  return per === 'show' || per === 'character' ? 'characterId' : `${per}Id`
}

interface Filter extends Partial<LooseSlot> {
  readonly [key: string]: unknown
}

/**
 * Makes a predicate from a filter: all tasks of a step, of an item, or of a slot. An item is named by its kind (`beatId`) or
 * as `characterId`; without `type`, the kind's name selects the steps that run once per such an item. A key without a value
 * and an unknown key match nothing and are passed to `refuse`.
 */
export function readFilter(
  pipeline: Pipeline,
  filter: Filter,
  refuse: (why: string) => void,
): (task: { readonly type: string; readonly characterId?: string | undefined }) => boolean {
  const { showId: _showId, type, ...items } = filter
  const definitions = [...pipeline.steps, ...pipeline.extra]
  const kinds = definitions.filter(({ per }) => per !== undefined && per !== 'show').map(itemName)
  const known = type === undefined ? kinds : [itemName(assertType(pipeline, type))]
  const missing = Object.keys(filter).find((key) => (filter[key] ?? undefined) === undefined)
  const wrong = Object.keys(items).find((key) => key !== 'characterId' && !known.includes(key))
  if (missing !== undefined)
    refuse(
      `"${missing}" is ${String(filter[missing])}, so it matches no task. Leave the key out to match all.`,
    )
  else if (wrong !== undefined) {
    const keys = [...new Set(['showId', 'type', 'characterId', ...known])].join(', ')
    refuse(`unknown key ${shown(wrong)}, so it matches no task. Known keys: ${keys}.`)
  }
  if ((missing ?? wrong) !== undefined) return () => false
  const isOfKind = (name: string, of: string) =>
    type !== undefined || !kinds.includes(name) || itemName(definitionOf(pipeline, of)) === name
  return (task) =>
    (type === undefined || type === task.type) &&
    Object.keys(items).every((name) => items[name] === task.characterId && isOfKind(name, task.type))
}

/** Describes the first fixed field that an update would change; undefined if there is none. */
export function conflictIn(pipeline: Pipeline, held: TaskRecord, patch: object): string | undefined {
  const given = patch as Partial<TaskRecord>
  for (const name of ['id', 'showId', 'type', 'startedAt'] as const) {
    if (given[name] !== undefined && given[name] !== held[name]) {
      return `"${name}" cannot change from ${shown(held[name])} to ${shown(given[name])}`
    }
  }
  const name = itemName(definitionOf(pipeline, held.type))
  const fields = patch as Record<string, unknown>
  const item = fields[name] ?? fields['characterId']
  return item === undefined || item === held.characterId
    ? undefined
    : `"${name}" cannot change from ${shown(held.characterId)} to ${shown(item)}`
}

/** Throws a CallsheetError for an invalid id. */
export function assertId(value: unknown, name: string): asserts value is string {
  if (isId(value)) return
  throw new CallsheetError(
    `Invalid ${name} ${shown(value)}: expected 1–256 characters without control characters.`,
    { code: 'invalid_id' },
  )
}

/** Throws a CallsheetError for an option that is not a number from a minimum to Infinity. */
export function assertNumber(value: unknown, name: string, least: number): void {
  if (typeof value === 'number' && value >= least) return
  throw new CallsheetError(`Invalid ${name}: expected a number from ${least}, got ${shown(value)}.`, {
    code: 'invalid_option',
  })
}

/** The definition of a type. Throws a CallsheetError for an unknown type. */
export function assertType(pipeline: Pipeline, type: unknown): ExtraDefinition {
  const definition = definitionOf(pipeline, type as string)
  if (definition) return definition
  const known = [...pipeline.steps, ...pipeline.extra].map((one) => one.type).join(', ')
  throw new CallsheetError(
    `Unknown step ${shown(type)} in pipeline "${pipeline.id}". Known steps: ${known}.`,
    {
      code: 'unknown_step',
    },
  )
}

/** A copy of a list of ids. Throws a CallsheetError for an invalid one. */
export const readIds = (ids: readonly string[], name: string): string[] => {
  if (!Array.isArray(ids))
    throw new CallsheetError(`Expected a list of every ${name}, got ${shown(ids)}.`, {
      code: 'invalid_field',
    })
  for (const id of ids) assertId(id, name)
  return [...ids]
}
