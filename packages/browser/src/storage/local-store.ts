import { type Snapshot, trimSnapshot } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import { changeAll } from './memory-store.ts'
import { createPresence } from './presence.ts'
import { Newest, type Records } from './records.ts'
import type { Claim, Store } from './store.ts'

/** Maximum length of the records in UTF-16 units: browsers give an origin 5 MiB of them. */
const maxLength = 4_000_000

/**
 * Keeps records in localStorage, as one text each for records and claims. Every save reads and writes all of it, one tab at
 * a time.
 */
export function localStore(
  name: string,
  report: (error: unknown) => void,
  { localStorage, navigator } = globalThis,
): Store {
  const [recordsKey, claimsKey] = [`callsheet:${name}`, `callsheet:${name}:claims`]
  // Throws where it is refused.
  localStorage.setItem(`${recordsKey}:probe`, '')
  localStorage.removeItem(`${recordsKey}:probe`)

  const presence = createPresence()

  /** Alone among all tabs, where there are locks. A frozen page would never give back a lock that it is given. */
  async function alone<T>(action: () => T): Promise<T> {
    await presence.here()
    if (!navigator.locks) return action()
    const signal = presence.signal()
    try {
      return await navigator.locks.request(`${recordsKey}:store`, { signal }, action)
    } catch (error) {
      if (!signal.aborted) throw error
      return alone(action)
    }
  }

  /** A text that is damaged is replaced by the next save. */
  const readJson = (key: string): unknown => {
    try {
      return JSON.parse(localStorage.getItem(key)!) ?? undefined
    } catch (cause) {
      report(new Error(`Cannot read "${key}" in localStorage: ${(cause as Error).message}`, { cause }))
      return undefined
    }
  }
  const read = (): Records & { readonly pipeline?: string } => {
    const saved = readJson(recordsKey)
    return saved === undefined ? { tasks: [], shows: [] } : parseSnapshot(saved)
  }
  const write = (records: Records) => {
    const removed = new Set(records.shows.flatMap((show) => (show.removed ? show.showId : [])))
    const kept = { ...records, tasks: records.tasks.filter((task) => !removed.has(task.showId)) }
    const snapshot = { v: 1, pipeline: '', savedAt: Date.now(), ...kept } satisfies Snapshot
    const { tasks, shows } = trimSnapshot(snapshot, { maxLength })
    localStorage.setItem(recordsKey, JSON.stringify({ v: 1, tasks, shows }))
  }
  const readClaims = () => new Map((readJson(claimsKey) ?? []) as [string, Claim][])
  const writeClaims = (claims: Map<string, Claim>) =>
    localStorage.setItem(claimsKey, JSON.stringify([...claims]))

  return {
    isShared: true,
    load: () => alone(read),
    save: (records) => alone(() => write(new Newest().add(read()).add(records).list())),
    drop: (showIds) =>
      alone(() => {
        const isKept = ({ showId }: { readonly showId: string }) => !showIds.includes(showId)
        const { tasks, shows } = read()
        write({ tasks: tasks.filter(isKept), shows: shows.filter(isKept) })
      }),
    claim: (slot, change) =>
      alone(() => {
        const claims = readClaims()
        const next = change(claims.get(slot))
        if (next) writeClaims(claims.set(slot, next))
        return claims.get(slot)
      }),
    changeClaims: (change) =>
      alone(() => {
        const claims = readClaims()
        const changed = changeAll(claims, change)
        if (changed.length > 0) writeClaims(claims)
        return changed
      }),
    leave: () => presence.leave(),
    comeBack: () => presence.comeBack(),
    close() {},
  }
}
