import { Newest } from './records.ts'
import type { Claim, Store } from './store.ts'

/** Keeps records in this page alone, where the browser refuses to save anything. */
export function memoryStore(): Store {
  const newest = new Newest()
  const claims = new Map<string, Claim>()
  return {
    isShared: false,
    load: async () => newest.list(),
    save: async (records) => void newest.add(records),
    drop: async (showIds) => {
      for (const showId of showIds) newest.shows.delete(showId)
      for (const [id, task] of newest.tasks) if (showIds.includes(task.showId)) newest.tasks.delete(id)
    },
    async claim(slot, change) {
      const next = change(claims.get(slot))
      if (next) claims.set(slot, next)
      return claims.get(slot)
    },
    async changeClaims(change) {
      return changeAll(claims, change)
    },
    leave() {},
    comeBack() {},
    close() {},
  }
}

/** Changes a map of claims. Returns those that were changed or removed, as they were. */
export function changeAll(
  claims: Map<string, Claim>,
  change: (held: Claim) => Claim | null | undefined,
): Claim[] {
  return [...claims.values()].filter((held) => {
    const next = change(held)
    if (next) claims.set(held.slot, next)
    else if (next === null) claims.delete(held.slot)
    return next !== undefined
  })
}
