import type { ShowRecord, TaskVersion } from '@callsheet/core'
import { hash32 } from '@callsheet/core/provider'
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from 'idb'
import { createPresence } from './presence.ts'
import { Newest, type Records } from './records.ts'
import type { Claim, Store } from './store.ts'

/**
 * A part of a show's tasks, or the show's record in part 0 of 0. A row for each task makes reading slow, one for all makes
 * writing slow.
 */
type RowKey = [showId: string, parts: number, part: number]

interface Row {
  readonly key: RowKey
  readonly tasks: readonly TaskVersion[]
  readonly shows: readonly ShowRecord[]
}

type Writing<S extends StoreNames<Tables>> = IDBPTransaction<Tables, [S], 'readwrite'>

interface Tables extends DBSchema {
  records: { key: RowKey; value: Row }
  claims: { key: string; value: Claim }
}

/** A show whose part holds more tasks than this is divided into twice as many parts. */
const maxTasks = 200
/** How long opening the database may take, in ms. */
const patience = 5_000

/**
 * Keeps records in IndexedDB. The connection is made at once, again when the browser has closed it, and once more after a
 * transaction that failed.
 */
export async function indexedDbStore(name: string): Promise<Store> {
  /** In how many parts the tasks of a show are saved. */
  const partsOf = new Map<string, number>()
  let opened: Promise<IDBPDatabase<Tables>> | undefined
  /** The last one that was opened: for what cannot wait. */
  let database: IDBPDatabase<Tables> | undefined
  const presence = createPresence()

  function open(): Promise<IDBPDatabase<Tables>> {
    const forget = () => void (opened = undefined)
    const opening = openDB<Tables>(`callsheet:${name}`, 1, {
      upgrade(database) {
        database.createObjectStore('records', { keyPath: 'key' })
        database.createObjectStore('claims', { keyPath: 'slot' })
      },
      // Another page upgrades or deletes the database, or the user has cleared the site's data.
      blocking(_current, _next, event) {
        forget()
        ;(event.target as IDBDatabase).close()
      },
      terminated: forget,
    })
    return new Promise((resolve, reject) => {
      const tooLong = () => reject(new Error(`IndexedDB has not opened in ${patience} ms`))
      const timer = setTimeout(tooLong, patience)
      opening.then((it) => resolve((database = it)), reject).finally(() => clearTimeout(timer))
    })
  }

  /**
   * Runs a transaction. One that fails is tried once more, on a new connection; one that is aborted because the page is left,
   * when it is back.
   */
  async function transact<T, S extends StoreNames<Tables>>(
    store: S,
    action: (transaction: Writing<S>) => Promise<T>,
    options: IDBTransactionOptions = {},
    isLast = false,
  ): Promise<T> {
    await presence.here()
    const signal = presence.signal()
    const opening = (opened ??= open())
    try {
      const connection = await opening
      signal.throwIfAborted()
      const transaction = connection.transaction(store, 'readwrite', options)
      const abort = () => {
        try {
          transaction.abort()
        } catch {
          // It has just finished.
        }
      }
      signal.addEventListener('abort', abort)
      const forget = () => signal.removeEventListener('abort', abort)
      // Its requests reject with it.
      transaction.done.then(forget, forget)
      const result = await action(transaction)
      await transaction.done
      return result
    } catch (error) {
      if (signal.aborted) return transact(store, action, options)
      if (isLast || (error as Error).name === 'QuotaExceededError') throw error
      if (opened === opening) opened = undefined
      await opening.then((database) => database.close()).catch(() => {})
      return transact(store, action, options, true)
    }
  }

  /** Merges records into the rows that hold them. */
  async function put(transaction: Writing<'records'>, { tasks, shows }: Records): Promise<void> {
    const rows: Row[] = shows.map((show) => ({ key: [show.showId, 0, 0], tasks: [], shows: [show] }))
    for (const [showId, own] of groupBy(tasks, (task) => task.showId)) {
      const parts = partsOf.get(showId) ?? 1
      for (const [part, some] of groupBy(own, ({ id }) => hash32(id) % parts))
        rows.push({ key: [showId, parts, part], tasks: some, shows: [] })
    }
    const merged = await Promise.all(rows.map((row) => merge(transaction, row)))
    const full = merged.filter((row) => row.tasks.length > maxTasks)
    for (const { key } of full) await divide(transaction, key[0], key[1] * 2)
    for (const { showId, removed } of shows) if (removed) unheard(transaction.store.delete(tasksOf(showId)))
  }

  async function merge({ store }: Writing<'records'>, row: Row): Promise<Row> {
    const held = await store.get(row.key)
    const next = { key: row.key, ...(held ? new Newest().add(sound(held)).add(row).list() : row) }
    await store.put(next)
    return next
  }

  /** Writes the tasks of a show into other rows. */
  async function divide({ store }: Writing<'records'>, showId: string, parts: number): Promise<void> {
    const range = tasksOf(showId)
    const newest = new Newest()
    for (const row of await store.getAll(range)) newest.add(sound(row))
    await store.delete(range)
    const { tasks } = newest.list()
    for (const [part, some] of groupBy(tasks, ({ id }) => hash32(id) % parts))
      await store.put({ key: [showId, parts, part], tasks: some, shows: [] })
    partsOf.set(showId, parts)
  }

  await (opened = open())
  return {
    isShared: true,
    load: () =>
      transact('records', async (transaction) => {
        const rows = await transaction.store.getAll()
        for (const { key } of rows) partsOf.set(key[0], Math.max(1, key[1], partsOf.get(key[0]) ?? 1))
        for (const row of rows) {
          if (row.key[0] !== leftBehind) continue
          await put(transaction, sound(row))
          unheard(transaction.store.delete(row.key))
        }
        return { tasks: rows.flatMap(({ tasks }) => tasks), shows: rows.flatMap(({ shows }) => shows) }
      }),
    save: (records) => transact('records', (transaction) => put(transaction, records)),
    drop: (showIds) =>
      transact('records', async ({ store }) => {
        for (const showId of showIds) unheard(store.delete(allOf(showId)))
      }),
    claim: (slot, change) =>
      transact(
        'claims',
        async ({ store }) => {
          const held = await store.get(slot)
          const next = change(held)
          if (next) unheard(store.put(next))
          return next ?? held
        },
        strict,
      ),
    changeClaims: (change) =>
      transact(
        'claims',
        async ({ store }) =>
          (await store.getAll()).filter((held) => {
            const next = change(held)
            if (next) unheard(store.put(next))
            else if (next === null) unheard(store.delete(held.slot))
            return next !== undefined
          }),
        strict,
      ),
    leave({ tasks, shows }) {
      presence.leave()
      const isEmpty = tasks.length + shows.length === 0
      try {
        if (isEmpty || !database) return
        const transaction = database.transaction('records', 'readwrite')
        transaction.done.catch(() => {})
        const key: RowKey = [leftBehind, 0, Math.random()]
        transaction.store.put({ key, tasks, shows }).catch(() => {})
        transaction.commit()
      } catch {
        // The connection is closed: the journal has it.
      }
    },
    comeBack: () => presence.comeBack(),
    close: () => database?.close(),
  }
}

/** A lost claim would be paid for twice, so it has to survive a power cut. */
const strict = { durability: 'strict' } as const

/** In place of a show's id: what a page wrote when it was left, without merging it. No id is empty. */
const leftBehind = ''

/** Its transaction says if it fails. */
const unheard = (request: Promise<unknown>): void => void request.catch(() => {})

/** What is whole in a row. The rest was reported when it was read. */
function sound({ key, tasks, shows }: Row): Row {
  const ofShow = (record: TaskVersion | ShowRecord) => typeof record?.showId === 'string'
  const isTask = (task: TaskVersion) => ofShow(task) && typeof task.id === 'string'
  return { key, tasks: [tasks].flat().filter(isTask), shows: [shows].flat().filter(ofShow) }
}

/** Arrays compare item by item, and an array comes after every number. */
const allOf = (showId: string) => IDBKeyRange.bound([showId], [showId, []])
const tasksOf = (showId: string) => IDBKeyRange.bound([showId, 1], [showId, []])

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
