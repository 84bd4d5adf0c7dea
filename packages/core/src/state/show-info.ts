import type { Pipeline } from '../records/pipeline.ts'
import { compareRegisters, type RegisterName, registersOf } from '../records/show.ts'
import type { Character, Facts, Register, ShowRecord } from '../records/task.ts'

/** What the records of a show say together. */
export interface ShowInfo {
  readonly title: string | undefined
  /** By kind of item: the known items in order. */
  readonly rosters: ReadonlyMap<string, readonly Character[]>
  /** The same as an object, for views. */
  readonly items: Readonly<Record<string, readonly Character[]>>
  readonly facts: Facts | undefined
  /** By step: done as a whole, or for these items. */
  readonly done: ReadonlyMap<string, true | ReadonlySet<string>>
  readonly unavailable: ReadonlySet<string>
}

/** Reads the records that renames have joined: the final id's register, else the newest. */
export function readInfo(pipeline: Pipeline, finalId: string, records: Iterable<ShowRecord>): ShowInfo {
  const newest = new Map<RegisterName, Register<unknown>>()
  let own: ReadonlyMap<RegisterName, Register<unknown>> = newest
  for (const record of records) {
    if (record.removed) continue
    const registers = registersOf(record)
    if (record.showId === finalId) own = registers
    for (const [name, register] of registers) {
      const held = newest.get(name)
      // Two that are equally new have equal values: it makes no difference which old id they come from.
      if (!held || compareRegisters(name, register, held) > 0) newest.set(name, register)
    }
  }
  const valueOf = (name: RegisterName) => (own.get(name) ?? newest.get(name))?.value
  const facts = valueOf('facts') as Facts | undefined
  const rosters = new Map<string, readonly Character[]>()
  for (const { per } of pipeline.steps) {
    const named = per === 'character' ? facts?.characters : facts?.items?.[per]
    const listed = (valueOf(`items.${per}`) ?? named) as readonly Character[] | undefined
    // Of two entries with one id, the first place and the last name.
    if (listed) rosters.set(per, Object.freeze([...new Map(listed.map((item) => [item.id, item])).values()]))
  }
  const done = Object.entries(facts?.done ?? {}).map(
    ([type, what]) => [type, what === true ? true : new Set(what)] as const,
  )
  return {
    title: valueOf('title') as string | undefined,
    rosters,
    items: Object.freeze(Object.fromEntries(rosters)),
    facts,
    done: new Map(done),
    unavailable: new Set(valueOf('unavailable') as readonly string[] | undefined),
  }
}
