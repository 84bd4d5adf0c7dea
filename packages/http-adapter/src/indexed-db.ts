import type { QueueRow } from './queue.ts'
import { queueStorage, type QueueStorage } from './queue-storage.ts'

const rows = 'rows'

/**
 * Keeps a sink's queue in IndexedDB, a row for each record. All tabs may share one.
 *
 * Where there is no IndexedDB (a sandboxed frame, say), the sink says so once and goes on in memory.
 *
 * @param name Of the database; one for each collector. Default `callsheet`.
 * @example
 * const sink = httpSink({ url: '/api', storage: indexedDbQueue() })
 */
export function indexedDbQueue({ name = 'callsheet' }: { readonly name?: string } = {}): QueueStorage {
  let opened: Promise<IDBDatabase> | undefined

  function open(): Promise<IDBDatabase> {
    const request = globalThis.indexedDB.open(name, 1)
    request.addEventListener('upgradeneeded', () => {
      request.result.createObjectStore(rows, { keyPath: 'key' })
    })
    return new Promise((resolve, reject) => {
      request.addEventListener('error', () => reject(request.error!))
      request.addEventListener('success', () => {
        const { result } = request
        const forget = () => void (opened = undefined)
        // Somebody deletes the database, or the browser has lost it: the next transaction opens it again.
        result.addEventListener('versionchange', () => {
          result.close()
          forget()
        })
        result.addEventListener('close', forget)
        resolve(result)
      })
    })
  }

  /** Resolves with what `action` returns, once all that it asked for is done. */
  async function transact<T>(mode: IDBTransactionMode, action: (store: IDBObjectStore) => T): Promise<T> {
    const database = await (opened ??= open())
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
