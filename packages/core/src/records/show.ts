import { canonicalJson } from './json.ts'
import { type Character, compareText, type Facts, type ShowRecord } from './task.ts'

type Registers = Omit<ShowRecord, 'showId' | 'pipeline'>
type RegisterName = keyof Registers

/** The names of a show's registers. */
const registerNames = ['title', 'characters', 'facts', 'unavailable', 'renamedTo'] as const

/** One value with its version. */
interface Register {
  readonly value: unknown
  readonly rev: number
  readonly by: string
}

const factsTime = (register: Register) => (register.value as Facts).at

/** Above 0 when `a` is newer: facts by their time first, then `rev`, `by` and canonical JSON. */
export const compareRegisters = (name: RegisterName, a: Register, b: Register): number =>
  (name === 'facts' ? factsTime(a) - factsTime(b) : 0) ||
  a.rev - b.rev ||
  compareText(a.by, b.by) ||
  compareText(canonicalJson(a.value), canonicalJson(b.value))

/**
 * Merges two records of one show, register by register. Gives `held` itself when nothing in it changes. What
 * `compareVersions` is to tasks: for those who keep records outside a tracker.
 *
 * @example
 * shows.set(record.showId, mergeShows(shows.get(record.showId), record))
 */
export function mergeShows(held: ShowRecord | undefined, record: ShowRecord): ShowRecord {
  if (held === undefined) return record
  const changed: Record<string, unknown> = {}
  for (const name of registerNames) {
    const [old, given] = [held[name], record[name]]
    if (given && (!old || compareRegisters(name, given, old) > 0)) changed[name] = given
  }
  if (record.pipeline > held.pipeline) changed['pipeline'] = record.pipeline
  return Object.keys(changed).length === 0 ? held : Object.freeze({ ...held, ...changed })
}

/** What the records of a show say together, ready for the reducer. */
export interface ShowInfo {
  readonly title: string | undefined
  /** The known characters in order, once somebody named them. */
  readonly characters: readonly Character[] | undefined
  readonly roster: ReadonlySet<string> | undefined
  readonly facts: Facts | undefined
  /** By step: done as a whole, or for these items. */
  readonly done: ReadonlyMap<string, true | ReadonlySet<string>>
  /** Every item that the facts name in any step. */
  readonly named: ReadonlySet<string>
  readonly unavailable: ReadonlySet<string>
}

/** Reads the shows that renames have joined: the final id's register, else the newest. */
export function readShows(finalId: string, records: readonly ShowRecord[]): ShowInfo {
  const newest = <N extends RegisterName>(name: N): NonNullable<Registers[N]>['value'] | undefined => {
    let best: NonNullable<Registers[N]> | undefined
    for (const record of records) {
      const given = record[name]
      if (!given) continue
      if (record.showId === finalId) return given.value
      // Two that are equally new have equal values: which old id they come from makes no difference.
      if (!best || compareRegisters(name, given, best) > 0) best = given
    }
    return best?.value
  }
  const facts = newest('facts')
  const listed = newest('characters') ?? facts?.characters
  // Of two entries with one id, the first place and the last name.
  const characters = listed && [...new Map(listed.map((character) => [character.id, character])).values()]
  const done = new Map<string, true | ReadonlySet<string>>()
  const named = new Set<string>()
  for (const [type, what] of Object.entries(facts?.done ?? {})) {
    done.set(type, what === true ? true : new Set(what))
    if (what !== true) for (const characterId of what) named.add(characterId)
  }
  return {
    title: newest('title'),
    characters: characters && Object.freeze(characters),
    roster: characters && new Set(characters.map((character) => character.id)),
    facts,
    done,
    named,
    unavailable: new Set(newest('unavailable')),
  }
}
