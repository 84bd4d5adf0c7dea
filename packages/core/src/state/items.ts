// Which items a step per item has: those of the roster; while it is unknown, those that facts name or slots show.
import type { Items, Show, Step } from './entities.ts'

/** Whether a slot counts in its step: not where that is none, or a known roster does not name the item. */
export const isCounted = ({ definition, items }: Step, characterId: string | undefined): boolean =>
  definition !== undefined && (characterId === undefined || !items?.roster || items.roster.has(characterId))

/** One more slot of an item has tasks. True if the item is new to the list. */
export function see({ roster, named, seen, list }: Items, id: string): boolean {
  if (roster) return false
  const times = seen.get(id) ?? 0
  seen.set(id, times + 1)
  if (times > 0 || named.has(id)) return false
  list.push({ id })
  return true
}

/** One slot of an item less has tasks. True if the item has to leave the list. */
export function unsee({ roster, named, seen }: Items, id: string): boolean {
  if (roster) return false
  const times = seen.get(id)! - 1
  seen.set(id, times)
  return times === 0 && !named.has(id)
}

/** Lists the items anew, from what is known of the show and from its slots. */
export function relist({ info, steps }: Show, items: Items): void {
  const own = steps.filter((step) => step.items === items)
  const roster = info.rosters.get(items.kind)
  const done = own.map(({ definition }) => info.done.get(definition!.type))
  items.roster = roster && new Set(roster.map(({ id }) => id))
  items.named = new Set(done.flatMap((ids) => (ids && ids !== true ? [...ids] : [])))
  items.list = roster ? [...roster] : [...items.named].map((id) => ({ id }))
  items.seen.clear()
  for (const { slots } of own)
    for (const { characterId, latest } of slots.values()) if (latest) see(items, characterId!)
}
