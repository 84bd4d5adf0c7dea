import type { QueueRow } from './queue.ts'
import { queueStorage, type QueueStorage } from './queue-storage.ts'

// Written by hand: idb-keyval updates one key per transaction, and a queue updates many.
const rows = 'rows'

/**
 * Keeps a sink's queue in IndexedDB, a row for each record. All tabs may share one.
 *
 * Without IndexedDB (in a sandboxed frame, for example), the sink reports it once and continues in memory.
 *
 * @param name Of the database; one for each collector. Default `callsheet`.
 * @example
 * const sink = httpSink({ url: '/api', storage: indexedDbQueue() })
 */
export function indexedDbQueue({ name = 'callsheet' }: { readonly name?: string } = {}): QueueStorage {
  let opened: Promise<IDBDatabase> | undefined

  /** The next transaction opens the database again. */
  function forget(database: Promise<IDBDatabase>): void {
    if (opened === database) opened = undefined
    database.then(
      (it) => it.close(),
      () => {},
    )
  }

  function open(): Promise<IDBDatabase> {
    const request = globalThis.indexedDB.open(name, 1)
    request.addEventListener('upgradeneeded', () => {
      request.result.createObjectStore(rows, { keyPath: 'key' })
    })
    const made = new Promise<IDBDatabase>((resolve, reject) => {
      request.addEventListener('error', () => reject(request.error!))
      request.addEventListener('success', () => {
        // Another page deletes or upgrades the database, or the browser has lost it.
        for (const event of ['versionchange', 'close']) {
          request.result.addEventListener(event, () => forget(made))
        }
        resolve(request.result)
      })
    })
    return made
  }

  /**
   * Resolves with the result of `action` once its requests are done. A failed transaction is retried once on a new
   * connection: the old one may have been closed (site data were cleared), or the disk was busy.
   */
  async function transact<T>(mode: IDBTransactionMode, action: (store: IDBObjectStore) => T): Promise<T> {
    const first = (opened ??= open())
    try {
      return await tryOn(first, mode, action)
    } catch {
      forget(first)
      return tryOn((opened ??= open()), mode, action)
    }
  }

  async function tryOn<T>(
    opening: Promise<IDBDatabase>,
    mode: IDBTransactionMode,
    action: (store: IDBObjectStore) => T,
  ): Promise<T> {
    const database = await opening
    const transaction = database.transaction(rows, mode)
    const result = action(transaction.objectStore(rows))
    return new Promise((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve(result))
      transaction.addEventListener('abort', () => {
        reject(transaction.error ?? new Error('the transaction was aborted'))
      })
    })
  }

  return queueStorage({
    load: async () => {
      const request = await transact('readonly', (store) => store.getAll())
      return request.result as QueueRow[]
    },
    update: (keys, next) =>
      transact('readwrite', (store) => {
        for (const key of keys) {
          const request = store.get(key)
          request.addEventListener('success', () => {
            const held = request.result as QueueRow | undefined
            const row = next(key, held)
            if (row === held) return
            if (row) store.put(row)
            else store.delete(key)
          })
        }
      }),
  })
}
