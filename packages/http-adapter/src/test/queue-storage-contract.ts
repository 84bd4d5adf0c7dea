import { isRemoved, type TaskRecord } from '@callsheet/core'
import {
  assertThat,
  type ContractCase,
  createContract,
  createTestTracker,
  type Patience,
  settled,
} from '@callsheet/core/test'
import { httpSink } from '../sink/http-sink.ts'
import { type End, isShow, type QueuedRecord, type Waiting } from '../sink/queue.ts'
import type { QueueStorage } from '../sink/queue-storage.ts'

/** A place for queues, and what its contract needs of it. */
export interface QueueStorageUnderTest {
  /** Creates another storage on the same place, as another tab or the next page does. */
  readonly create: () => QueueStorage
  /** Makes the place fail from now on: a full disk, a database that is gone. */
  readonly fail: () => unknown
  /** Called after each check. */
  readonly close?: () => unknown
}

/** How long the contract of a queue storage waits. */
export type QueueStorageContractOptions = Pick<Patience, 'timeout'>

/**
 * The contract of a queue storage, as named checks for any test runner. `setUp` is called for each check and returns an
 * empty place.
 *
 * @example
 * const setUp = () => {
 *   const place = createPlace()
 *   return { create: () => queueStorage(place.rows), fail: place.breakDown }
 * }
 * for (const { name, run } of queueStorageContract(setUp)) test(name, run)
 */
export function queueStorageContract(
  setUp: () => QueueStorageUnderTest | Promise<QueueStorageUnderTest>,
  { timeout }: QueueStorageContractOptions = {},
): readonly ContractCase[] {
  return createContract(
    async () => createKit(await setUp(), timeout === undefined ? {} : { timeout }),
    checks,
  )
}

type Kit = ReturnType<typeof createKit>

function createKit(given: QueueStorageUnderTest, patience: Patience) {
  const failures: unknown[] = []
  const idle = async (...storages: readonly QueueStorage[]) => {
    const { status } = await settled(
      Promise.all(storages.map((one) => one.idle())),
      'idle did not settle.',
      patience,
    )
    assertThat(status === 'fulfilled', 'idle rejected.')
  }
  /** The rows that wait there, as the next page sees them. */
  const rows = async (): Promise<readonly Waiting[]> => {
    const result = await settled(
      given.create().open((error) => failures.push(error)),
      'open did not settle.',
      patience,
    )
    assertThat(result.status === 'fulfilled', 'open rejected. Expected the waiting rows, or onFail.')
    return result.value as readonly Waiting[]
  }
  return {
    ...given,
    failures,
    idle,
    rows,
    /** An opened storage. */
    opened: async () => {
      const storage = given.create()
      await storage.open((error) => failures.push(error))
      return storage
    },
    /** Passes if exactly these records wait there, in any order. */
    holds: async (...expected: readonly QueuedRecord[]) => {
      const text = (records: readonly QueuedRecord[]) =>
        JSON.stringify(records.map((one) => JSON.stringify(one)).toSorted(), undefined, 1)
      const found = (await rows()).map(({ record }) => record)
      assertThat(
        text(found) === text(expected),
        `Expected these waiting records: ${text(expected)}, got ${text(found)}.`,
      )
    },
    counted: async (expected: Partial<Record<'created' | 'stored' | 'pending', number>>) => {
      const counts = await given.create().counts()
      const found = Object.fromEntries(Object.keys(expected).map((name) => [name, counts[name as 'created']]))
      assertThat(
        JSON.stringify(found) === JSON.stringify(expected),
        `Expected the counts ${JSON.stringify(expected)}, got ${JSON.stringify(found)}.`,
      )
    },
    patience,
  }
}

const version = (id: string, rev: number, more: Partial<TaskRecord> = {}): TaskRecord => ({
  id,
  showId: 'show',
  type: 'trailer',
  status: 'processing',
  attempt: 1,
  startedAt: 1,
  updatedAt: rev,
  rev,
  by: 'test',
  ...more,
})

const rowOf = (record: QueuedRecord): Waiting => ({
  key: isShow(record) ? `\n${record.showId}` : record.id,
  record,
  at: 1,
})

const note = (storage: QueueStorage, record: QueuedRecord, end?: End): void =>
  storage.note(rowOf(record), end)

const many = (count: number, prefix: string, rev = 1): readonly TaskRecord[] =>
  Array.from({ length: count }, (_one, place) => version(`${prefix}${place}`, rev))

const checks = {
  async 'is empty at first'({ holds, counted }: Kit) {
    await holds()
    await counted({ created: 0, stored: 0, pending: 0 })
  },

  async 'gives back what was noted, unchanged'({ opened, idle, holds }: Kit) {
    const { tracker } = createTestTracker()
    const show = tracker.show('show')
    show.setTitle('Neon "Noir" 🎬\n\u2028')
    show.setCharacters([{ id: 'ada', name: 'Ada' }])
    for (const id of ['__proto__', 'constructor', 'a b', 'naïve 🎬', 'show', 'x'.repeat(256)])
      tracker.addTask({
        id,
        showId: 'show',
        type: 'trailer',
        status: 'failed',
        metadata: { list: [1, null] },
      })
    tracker.dismiss('a b')
    const { tasks, shows } = tracker.serialize()
    assertThat(tasks.some(isRemoved), 'The tracker of the contract has no tombstone.')
    const storage = await opened()
    for (const record of [...tasks, ...shows]) note(storage, record)
    await idle(storage)
    await holds(...tasks, ...shows)
  },

  async 'holds the newest version, in whatever order they are noted'({ opened, idle, holds }: Kit) {
    const storage = await opened()
    note(storage, version('a', 1))
    await idle(storage)
    note(storage, version('a', 3))
    await idle(storage)
    const other = await opened()
    note(other, version('a', 2))
    note(other, version('b', 1))
    await idle(other)
    await holds(version('a', 3), version('b', 1))
  },

  async 'removes a record at the end of its wait'({ opened, idle, holds }: Kit) {
    const storage = await opened()
    for (const record of many(3, 't')) note(storage, record)
    await idle(storage)
    note(storage, version('t0', 1), 'stored')
    note(storage, version('t2', 1), 'rejected')
    await idle(storage)
    await holds(version('t1', 1))
  },

  async 'keeps a newer version when the wait of an older one ends'({ opened, idle, holds }: Kit) {
    const [one, two] = [await opened(), await opened()]
    note(one, version('a', 1))
    await idle(one)
    note(two, version('a', 2))
    await idle(two)
    note(one, version('a', 1), 'stored')
    await idle(one)
    await holds(version('a', 2))
  },

  async 'has written everything when idle resolves'({ opened, idle, holds }: Kit) {
    const storage = await opened()
    note(storage, version('a', 1))
    await Promise.resolve()
    // While the first note is being written.
    note(storage, version('b', 1))
    note(storage, version('a', 2))
    await idle(storage)
    await holds(version('a', 2), version('b', 1))
  },

  async 'loses no record of several writers'({ opened, idle, holds, counted }: Kit) {
    const writers = await Promise.all([opened(), opened(), opened()])
    for (let turn = 1; turn <= 5; turn += 1) {
      for (const [place, writer] of writers.entries()) {
        for (const record of many(10, `w${place}-`, turn)) note(writer, record)
        note(writer, version('shared', turn * 10 + place))
      }
      await Promise.resolve()
    }
    await idle(...writers)
    await holds(...writers.flatMap((_one, place) => many(10, `w${place}-`, 5)), version('shared', 52))
    await counted({ created: 31, stored: 0, pending: 31 })
  },

  async 'counts each record once over all writers'({ opened, idle, counted }: Kit) {
    const [one, two] = [await opened(), await opened()]
    for (const record of many(4, 't')) note(one, record)
    await idle(one)
    // Both have sent it, and only one of them ends its wait.
    for (const writer of [one, two]) note(writer, version('t0', 1), 'stored')
    await idle(one, two)
    note(two, version('t1', 1), 'rejected')
    await idle(two)
    await counted({ created: 4, stored: 1, pending: 2 })
  },

  async 'holds 2,000 records'({ opened, idle, rows }: Kit) {
    const storage = await opened()
    for (const record of many(2_000, 't')) note(storage, record)
    await idle(storage)
    const found = new Set((await rows()).map(({ key }) => key))
    assertThat(found.size === 2_000, `Expected 2,000 waiting records, got ${found.size}.`)
  },

  async 'gives back good rows beside a damaged one'({ opened, idle, rows, failures }: Kit) {
    const storage = await opened()
    note(storage, version('a', 1))
    storage.note({ key: 'damaged', record: null as never, at: 1 })
    note(storage, version('b', 1))
    await idle(storage)
    const found = (await rows()).map(({ key }) => key)
    assertThat(
      found.includes('a') && found.includes('b') && failures.length === 0,
      `Expected the rows "a" and "b" beside a damaged row, got ${JSON.stringify(found)}.`,
    )
  },

  async 'calls onFail once when the place fails, and throws nothing'(kit: Kit) {
    const { opened, fail, failures, idle, create, patience } = kit
    const storage = await opened()
    await fail()
    for (const id of ['a', 'b']) {
      note(storage, version(id, 1))
      await idle(storage)
    }
    assertThat(failures.length === 1, `Expected one call of onFail, got ${failures.length}.`)
    let isTold = false
    const { status } = await settled(
      create().open(() => void (isTold = true)),
      'open did not settle although the place fails.',
      patience,
    )
    assertThat(status === 'fulfilled', 'open rejected. Expected an empty list and a call of onFail.')
    assertThat(isTold, 'open did not call onFail although the place fails.')
  },

  async 'carries the queue of an httpSink over to the next page'({ create, idle, holds }: Kit) {
    const arrived: string[] = []
    let isDown = true
    const page = () => {
      const { clock } = createTestTracker()
      return httpSink({
        url: 'https://collector.example/api',
        storage: create(),
        clock: clock.now,
        schedule: clock.schedule,
        page: null,
        gzip: null,
        fetch: async (_input, init) => {
          if (isDown) throw new TypeError('fetch failed')
          const { tasks } = JSON.parse(init?.body as string) as { readonly tasks: readonly TaskRecord[] }
          arrived.push(...tasks.map(({ id, rev }) => `${id} ${rev}`))
          return Response.json({})
        },
      })
    }
    const first = page()
    const tasks = [version('a', 1), version('b', 2)]
    first.write({ tasks, shows: [], origin: 'local' })
    await first.flush()
    first.close()
    isDown = false
    const next = page()
    await next.flush()
    assertThat(
      arrived.toSorted().join() === 'a 1,b 2',
      `Expected the next page to send "a 1" and "b 2", got "${arrived.join()}".`,
    )
    next.close()
    await idle(create())
    await holds()
  },
}
