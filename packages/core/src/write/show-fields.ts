import { assertId, assertType, readIds, shown } from './input.ts'
import type { Refuse } from './patch.ts'
import type { Pipeline } from '../records/pipeline.ts'
import type { Character, Facts } from '../records/task.ts'
import { limits } from '../records/text.ts'

// Reads the fields of a show. Throws for an invalid id or step; passes anything else that is invalid to `refuse`.

/** What the readers need. */
export interface Reading {
  readonly pipeline: Pipeline
  /** Removes secrets from a text. */
  readonly redact: (text: string) => string
  readonly refuse: Refuse
}

/** A field of a value; undefined if reading it throws. */
function fieldOf(given: object, name: string, refuse: Refuse, as = name): unknown {
  try {
    return (given as Record<string, unknown>)[name]
  } catch (error) {
    refuse(as, error)
    return undefined
  }
}

/** A title; undefined if invalid. */
export function readTitle(title: unknown, { redact, refuse }: Reading): string | undefined {
  if (typeof title === 'string') return redact(title)
  refuse('title', `expected a string, got ${shown(title)}`)
  return undefined
}

/** A roster of one kind of item; undefined if invalid. */
export function readItems(
  kind: string,
  given: unknown,
  { pipeline, redact, refuse }: Reading,
): readonly Character[] | undefined {
  const field = kind === 'character' ? 'characters' : `items.${String(kind)}`
  const kinds = [...new Set(pipeline.steps.map(({ per }) => per))].filter((per) => per !== 'show')
  const isList = Array.isArray(given) && given.length <= limits.roster
  if (!kinds.includes(kind))
    refuse(field, `unknown kind of item. Kinds of pipeline "${pipeline.id}": ${kinds.join(', ') || 'none'}`)
  else if (!isList) refuse(field, `expected a list of at most ${limits.roster} { id, name? }`)
  if (!kinds.includes(kind) || !isList) return undefined
  const items = Array.from(given, (one: object | null): Character => {
    const id = fieldOf(one ?? {}, 'id', refuse, field)
    const name = fieldOf(one ?? {}, 'name', refuse, field) ?? undefined
    assertId(id, `${kind}Id`)
    if (typeof name === 'string') return Object.freeze({ id, name: redact(name) })
    if (name !== undefined) refuse(field, `the name of "${id}" must be a string, got ${shown(name)}`)
    return Object.freeze({ id })
  })
  return Object.freeze(items)
}

const factsFields = ['at', 'characters', 'items', 'done']

/** Facts; without a valid `at`, the time is `now`. */
export function readFacts(given: unknown, now: number, { refuse, ...rest }: Reading): Facts {
  const reading: Reading = { ...rest, refuse: (field, ...why) => refuse(`facts.${field}`, ...why) }
  const unknown = Object.keys(given ?? {}).find((name) => !factsFields.includes(name))
  if (unknown !== undefined)
    reading.refuse(unknown.slice(0, 40), `unknown field. Known fields of facts: ${factsFields.join(', ')}`)
  const [at, characters, items, done] = factsFields.map((name) => fieldOf(given ?? {}, name, reading.refuse))
  const isTime = typeof at === 'number' && at >= 0 && at <= limits.time
  if (at !== undefined && !isTime) reading.refuse('at', `expected epoch milliseconds, got ${shown(at)}`)
  const roster = characters === undefined ? undefined : readItems('character', characters, reading)
  const rosters = Object.entries(items ?? {}).flatMap(([kind, listed]) => {
    const read = readItems(kind, listed, reading)
    return read ? [[kind, read] as const] : []
  })
  return Object.freeze({
    at: isTime ? at : now,
    ...(roster && { characters: roster }),
    ...(rosters.length > 0 && { items: Object.freeze(Object.fromEntries(rosters)) }),
    done: readDone(done, reading),
  })
}

function readDone(given: unknown, { pipeline, refuse }: Reading): Facts['done'] {
  if (typeof given !== 'object' || given === null) {
    refuse('done', `expected { [step]: true or a list of ids }, got ${shown(given)}`)
    return {}
  }
  const done = Object.keys(given).flatMap((type) => {
    const { per = 'show' } = assertType(pipeline, type)
    const ids = fieldOf(given, type, refuse, `done.${type}`)
    if (ids === undefined) return []
    if (ids === true || (per !== 'show' && Array.isArray(ids)))
      return [[type, ids === true || Object.freeze(readIds(ids as string[], 'characterId'))] as const]
    const expected = per === 'show' ? 'true, for the step runs once per show' : 'true or a list of ids'
    refuse(`done.${type}`, `expected ${expected}; got ${shown(ids)}`)
    return []
  })
  return Object.freeze(Object.fromEntries(done))
}

/** A list of steps; undefined if invalid. */
export function readSteps(given: unknown, { pipeline, refuse }: Reading): readonly string[] | undefined {
  if (!Array.isArray(given)) {
    refuse('unavailable', `expected a list of steps, got ${shown(given)}`)
    return undefined
  }
  return Object.freeze(Array.from(given, (type) => assertType(pipeline, type).type))
}
