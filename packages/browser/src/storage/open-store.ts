import { indexedDbStore } from './indexed-db-store.ts'
import { localStore } from './local-store.ts'
import { memoryStore } from './memory-store.ts'
import type { Store } from './store.ts'

/** Where records are saved. */
export type StorageKind = 'indexeddb' | 'localstorage' | 'memory'

const openers: Readonly<
  Record<StorageKind, (name: string, report: (error: unknown) => void) => Store | Promise<Store>>
> = {
  indexeddb: indexedDbStore,
  localstorage: localStore,
  memory: memoryStore,
}

/** Opens a store; where the browser refuses it, the next best. */
export async function openStore(
  kind: StorageKind,
  name: string,
  report: (error: unknown) => void,
): Promise<Store> {
  const kinds = Object.keys(openers) as StorageKind[]
  for (const next of kinds.slice(kinds.indexOf(kind))) {
    try {
      return await openers[next](name, report)
    } catch (cause) {
      const message = `Cannot save in ${next}: ${String((cause as Error)?.message)}. Trying the next best storage.`
      report(new Error(message, { cause }))
    }
  }
  return memoryStore()
}
