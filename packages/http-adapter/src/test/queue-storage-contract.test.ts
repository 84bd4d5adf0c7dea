import type { ContractCase } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { queueStorage, type QueueRow, type QueueStorage, type RowStore } from '../index.ts'
import { createRows } from '../testing/sink.ts'
import { queueStorageContract, type QueueStorageUnderTest } from './queue-storage-contract.ts'

const holds = (cases: readonly ContractCase[]) => it.each(cases.map((one) => [one.name, one.run] as const))

describe('queueStorage on a Map', () => {
  const setUp = () => {
    const { storage, fail } = createRows()
    return { create: storage, fail: () => fail(new Error('QuotaExceededError')) }
  }
  holds(queueStorageContract(setUp, { timeout: 20_000 }))('%s', async (_name, run) => run())
})

type Update = RowStore['update']
type Change = (rows: Map<string, QueueRow>, whole: RowStore) => Partial<RowStore>

/** A place whose store of rows is changed in some way, and its storage in another. */
function place(change: Change, changeStorage: (whole: QueueStorage) => Partial<QueueStorage> = () => ({})) {
  return (): QueueStorageUnderTest => {
    const rows = new Map<string, QueueRow>()
    let isBroken = false
    const guard = async () => {
      await Promise.resolve()
      if (isBroken) throw new Error('QuotaExceededError')
    }
    const whole: RowStore = {
      load: async () => {
        await guard()
        return [...rows.values()]
      },
      update: async (keys, next) => {
        await guard()
        for (const key of keys) {
          const row = next(key, rows.get(key))
          if (row) rows.set(key, structuredClone(row))
          else rows.delete(key)
        }
      },
    }
    const store = { ...whole, ...change(rows, whole) }
    return {
      create: () => {
        const storage = queueStorage(store)
        return { ...storage, ...changeStorage(storage) }
      },
      fail: () => void (isBroken = true),
    }
  }
}

/** A store whose `update` passes other keys or another `next` on. */
const updating =
  (change: (...args: Parameters<Update>) => Parameters<Update> | undefined): Change =>
  (_rows, whole) => ({
    update: async (keys, next) => {
      const args = change(keys, next)
      if (args) await whole.update(...args)
    },
  })

const plain: Change = () => ({})

describe('queueStorageContract', () => {
  const broken: readonly (readonly [
    fault: string,
    check: string,
    says: RegExp,
    setUp: () => QueueStorageUnderTest,
  ])[] = [
    [
      'shows a row that was not noted',
      'is empty at first',
      /Expected these waiting records: \[\], got \[/,
      place((_rows, whole) => ({
        load: async () => [...(await whole.load()), { key: 'x', record: { showId: 'x' }, at: 1 } as QueueRow],
      })),
    ],
    [
      'keeps rows in an object',
      'gives back what was noted, unchanged',
      /__proto__/,
      place((rows, whole) => ({
        load: async () => {
          const kept: Record<string, QueueRow> = {}
          for (const row of await whole.load()) kept[row.key] = row
          return Object.values(kept)
        },
      })),
    ],
    [
      'cuts what it writes',
      'gives back what was noted, unchanged',
      /Expected these waiting records/,
      place(
        updating((keys, next) => [
          keys,
          (key, held) => {
            const row = next(key, held) as { record?: { metadata?: object } } | undefined
            return row?.record?.metadata
              ? ({ ...row, record: { ...row.record, metadata: {} } } as never)
              : (row as never)
          },
        ]),
      ),
    ],
    [
      'writes without a look at what is held',
      'holds the newest version, in whatever order they are noted',
      /\\"rev\\":3.+got .+\\"rev\\":2/s,
      place(updating((keys, next) => [keys, (key) => next(key, undefined)])),
    ],
    [
      'never removes a row',
      'removes a record at the end of its wait',
      /Expected these waiting records/,
      place(updating((keys, next) => [keys, (key, held) => next(key, held) ?? held])),
    ],
    [
      'removes a row whatever it holds by now',
      'keeps a newer version when the wait of an older one ends',
      /got \[\]/,
      place(plain, (storage) => ({
        note: (row, end) =>
          storage.note(end ? { ...row, record: { ...row.record, rev: 99 } as never } : row, end),
      })),
    ],
    [
      'loses the last write',
      'has written everything when idle resolves',
      /Expected these waiting records/,
      place((_rows, whole) => {
        let last: Parameters<Update> | undefined
        return {
          update: async (...args) => {
            if (last) await whole.update(...last)
            last = args
          },
        }
      }),
    ],
    [
      'is idle before it has written',
      'has written everything when idle resolves',
      /Expected these waiting records/,
      place(
        (_rows, whole) => ({
          update: async (...args) => {
            await new Promise((resolve) => void setImmediate(resolve))
            await whole.update(...args)
          },
        }),
        () => ({ idle: async () => {} }),
      ),
    ],
    [
      'reads, waits and writes outside of a transaction',
      'loses no record of several writers',
      /Expected these waiting records|Expected the counts/,
      place((rows) => ({
        update: async (keys, next) => {
          const read = new Map(rows)
          await new Promise((resolve) => void setImmediate(resolve))
          for (const key of keys) {
            const row = next(key, read.get(key))
            if (row) read.set(key, row)
            else read.delete(key)
          }
          rows.clear()
          for (const [key, row] of read) rows.set(key, row)
        },
      })),
    ],
    [
      'counts what it ends by itself, whatever others did',
      'counts each record once over all writers',
      /Expected the counts .+, got /,
      place(plain, (storage) => {
        let stored = 0
        return {
          note: (row, end) => {
            if (end) stored += 1
            storage.note(row, end)
          },
          counts: async () => ({ ...(await storage.counts()), stored }),
        }
      }),
    ],
    [
      'gives back its first 1,000 rows',
      'holds 2,000 records',
      /Expected 2,000 waiting records, got 1000/,
      place((_rows, whole) => ({ load: async () => (await whole.load()).slice(0, 1_000) })),
    ],
    [
      'cannot open beside a damaged row',
      'gives back good rows beside a damaged one',
      /Expected the rows "a" and "b" beside a damaged row, got \[\]/,
      place((_rows, whole) => ({
        load: async () => {
          const rows = await whole.load()
          for (const row of rows) if ('record' in row && row.record === null) throw new Error('damaged')
          return rows
        },
      })),
    ],
    [
      'swallows its failures',
      'calls onFail once when the place fails, and throws nothing',
      /Expected one call of onFail, got 0/,
      place((_rows, whole) => ({
        load: () => whole.load().catch(() => []),
        update: (...args) => whole.update(...args).catch(() => {}),
      })),
    ],
    [
      'rejects when it cannot open',
      'calls onFail once when the place fails, and throws nothing',
      /open rejected/,
      place(plain, (storage) => ({
        open: async (onFail) => {
          let failure: unknown
          const rows = await storage.open((error) => {
            failure = error
            onFail(error)
          })
          if (failure) throw failure
          return rows
        },
      })),
    ],
    [
      'forgets at the next page',
      'carries the queue of an httpSink over to the next page',
      /Expected the next page to send "a 1" and "b 2", got ""/,
      () => {
        const make = place(plain)
        return { ...make(), create: () => make().create() }
      },
    ],
  ]

  it.each(broken)('finds a storage that %s', async (_fault, check, says, setUp) => {
    const found = queueStorageContract(setUp, { timeout: 3_000 }).find(({ name }) => name === check)!
    await expect(found.run()).rejects.toThrow(says)
  })

  it('has no check that none of these storages fails', () => {
    const names = queueStorageContract(place(plain)).map(({ name }) => name)
    expect([...new Set(broken.map(([, check]) => check))].toSorted()).toEqual(names.toSorted())
  })
})
