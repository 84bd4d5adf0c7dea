import { canonicalJson } from './json.ts'
import { compareText, type Facts, type Register, type ShowRecord } from './task.ts'

/** The registers that stand beside the rosters. */
const registerNames = ['title', 'characters', 'facts', 'unavailable', 'renamedTo', 'removed'] as const

/** The name of a register; `items.character` is `characters`, `items.scene` the roster of scenes. */
export type RegisterName = (typeof registerNames)[number] | `items.${string}`

const timeOf = (register: Register<unknown>) => (register.value as Facts).at

/** Above 0 when `a` is newer: facts by their time first, then `rev`, `by` and canonical JSON. */
export const compareRegisters = (name: string, a: Register<unknown>, b: Register<unknown>): number =>
  (name === 'facts' ? timeOf(a) - timeOf(b) : 0) ||
  a.rev - b.rev ||
  compareText(a.by, b.by) ||
  compareText(canonicalJson(a.value), canonicalJson(b.value))

/** Every register of a record by its name. */
export function registersOf(record: ShowRecord): Map<RegisterName, Register<unknown>> {
  const registers = new Map<RegisterName, Register<unknown>>()
  for (const name of registerNames) {
    const register = record[name]
    if (register) registers.set(name === 'characters' ? characters : name, register)
  }
  for (const [kind, register] of Object.entries(record.items ?? {})) registers.set(`items.${kind}`, register)
  return registers
}

/**
 * Merges two records of one show, register by register. Gives `held` itself when nothing in it changes. What
 * `compareVersions` is to tasks: for those who keep records outside a tracker.
 *
 * @example
 * shows.set(record.showId, mergeShows(shows.get(record.showId), record))
 */
export function mergeShows(held: ShowRecord | undefined, record: ShowRecord): ShowRecord {
  if (held === undefined) return record
  const before = registersOf(held)
  const news = [...registersOf(record)].filter(([name, register]) => {
    const old = before.get(name)
    return !old || compareRegisters(name, register, old) > 0
  })
  if (news.length === 0 && record.pipeline <= held.pipeline) return held
  const pipeline = record.pipeline > held.pipeline ? record.pipeline : held.pipeline
  return recordOf({ ...held, pipeline }, news)
}

const characters = 'items.character'

/** A record with some of its registers replaced. */
export function recordOf(
  record: ShowRecord,
  registers: Iterable<readonly [RegisterName, Register<unknown>]>,
): ShowRecord {
  const named = [...registers].map(([name, one]) => [name === characters ? 'characters' : name, one] as const)
  const own = named.filter(([name]) => !name.startsWith('items.'))
  const items = named.flatMap(([name, one]) => (name.startsWith('items.') ? [[name.slice(6), one]] : []))
  return Object.freeze({
    ...record,
    ...Object.fromEntries(own),
    ...(items.length > 0 && { items: Object.freeze({ ...record.items, ...Object.fromEntries(items) }) }),
  })
}
