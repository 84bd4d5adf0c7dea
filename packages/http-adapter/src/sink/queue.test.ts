import type { ShowRecord } from '@callsheet/core'
import { describe, expect, it } from 'vitest'
import { createQueue, type DropReason, type Waiting } from './queue.ts'
import { task } from '../testing/sink.ts'

const show = (more: Partial<ShowRecord> = {}): ShowRecord => ({ showId: 's', pipeline: 'show', ...more })

function setUp(tasks = 10, bytes = 100_000) {
  const drops: DropReason[] = []
  const changes: string[] = []
  const queue = createQueue(
    { tasks, bytes },
    (reason) => drops.push(reason),
    ({ key }, end = 'waits' as never) => changes.push(`${key} ${end}`),
  )
  const take = (count = 100, most = 500_000, now = 0) => queue.take(count, most, now)
  const waiting = () => take().map(({ record }) => record)
  return { queue, drops, changes, take, waiting }
}

/** What the counters promise. */
function expectBalance({ queue }: ReturnType<typeof setUp>) {
  const { created, stored, dropped, pending } = queue.counts()
  expect(created).toBe(stored + pending + Object.values(dropped).reduce((sum, one) => sum + one))
}

describe('the queue', () => {
  it('keeps the newest version of a task, whatever comes first', () => {
    const kit = setUp()
    const done = task('a', 3, { status: 'succeeded' })
    for (const version of [task('a', 1), done, task('a', 2)]) kit.queue.put(version, 0)
    expect(kit.waiting()).toEqual([done])
    expect(kit.queue.counts()).toMatchObject({ created: 1, coalesced: 2, pending: 1 })
  })

  it('merges what is said of a show, and knows a task and a show of one id apart', () => {
    const { queue, waiting } = setUp()
    queue.put(
      show({ title: { value: 'Old', rev: 1, by: 'me' }, unavailable: { value: [], rev: 1, by: 'me' } }),
      0,
    )
    queue.put(show({ title: { value: 'New', rev: 2, by: 'me' } }), 0)
    queue.put(task('s'), 0)
    expect(waiting()).toEqual([
      show({ title: { value: 'New', rev: 2, by: 'me' }, unavailable: { value: [], rev: 1, by: 'me' } }),
      task('s'),
    ])
  })

  it('lets progress go first when there are too many, and outcomes last, the oldest of each', () => {
    const kit = setUp(3)
    kit.queue.put(task('done', 1, { status: 'succeeded' }), 0)
    kit.queue.put(show(), 0)
    for (const id of ['a', 'b', 'c']) kit.queue.put(task(id), 0)
    expect(kit.waiting().map((record) => ('id' in record ? record.id : 'show'))).toEqual([
      'done',
      'show',
      'c',
    ])
    for (const id of ['d', 'e', 'f']) {
      kit.queue.put({ id, showId: 's', removed: true, updatedAt: 1, rev: 1, by: 'me' }, 0)
    }
    expect(kit.waiting().map((record) => ('id' in record ? record.id : 'show'))).toEqual(['d', 'e', 'f'])
    expect(kit.queue.counts().dropped.queue_overflow).toBe(5)
    expectBalance(kit)
  })

  it('keeps its bound in bytes, too', () => {
    const kit = setUp(1_000, 5_000)
    for (let place = 0; place < 100; place += 1) kit.queue.put(task(`t${place}`), 0)
    kit.queue.prune()
    const { pending, dropped } = kit.queue.counts()
    const bytes = kit.take().reduce((sum, entry) => sum + entry.bytes, 0)
    expect(bytes).toBeLessThanOrEqual(5_000)
    expect(bytes).toBeGreaterThan(4_700)
    expect(dropped.queue_overflow).toBe(100 - pending)
    expectBalance(kit)
    // What is replaced and settled makes room again.
    for (const entry of kit.take()) kit.queue.settle(entry)
    for (let rev = 1; rev < 200; rev += 1) {
      kit.queue.put(task('again', rev), 0)
      kit.queue.prune()
    }
    expect(kit.queue.counts()).toMatchObject({ pending: 1, stored: pending, dropped })
  })

  it('gives batches by count and by bytes, and leaves out what is on its way', () => {
    const { queue, take } = setUp(100)
    for (let place = 0; place < 10; place += 1) queue.put(task(`t${place}`), 0)
    expect(take(4)).toHaveLength(4)
    const [one] = take(1)
    expect(take(100, one!.bytes * 3 + 3)).toHaveLength(3)
    expect(take(100, one!.bytes * 3 + 2)).toHaveLength(2)
    one!.isAway = true
    expect(take()).toHaveLength(9)
    // One that is larger than the whole delays no other.
    queue.put(task('t0', 2, { status: 'succeeded', stage: 'x'.repeat(1_000) }), 0)
    expect(take(100, one!.bytes * 3 + 3).map(({ key }) => key)).toEqual(['t1', 't2', 't3'])
  })

  it('counts bytes as they are sent', () => {
    const { queue, take } = setUp()
    queue.put(task('ä€😀'), 0)
    const [entry] = take()
    const text = JSON.stringify(entry!.record)
    expect(entry?.bytes).toBe(Buffer.byteLength(text))
    expect(entry!.bytes).toBeGreaterThan(text.length)
  })

  it('settles only the version that was sent', () => {
    const kit = setUp()
    kit.queue.put(task('a', 1), 0)
    const [sent] = kit.take()
    kit.queue.put(task('a', 2), 0)
    kit.queue.settle(sent!)
    kit.queue.drop(sent!, 'rejected')
    expect(kit.waiting()).toEqual([task('a', 2)])
    expect(kit.queue.counts()).toMatchObject({ created: 1, stored: 0, pending: 1, dropped: { rejected: 0 } })
    kit.queue.settle(kit.take()[0]!)
    expect(kit.queue.counts()).toMatchObject({ created: 1, stored: 1, pending: 0 })
    expectBalance(kit)
  })

  it('drops what is a week old, what is larger than 64 KiB, and what no JSON can be made of', () => {
    const kit = setUp()
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    kit.queue.put(task('old'), 0)
    kit.queue.put(task('young'), 1)
    kit.queue.put(
      task('large', 1, { outputs: Array.from({ length: 10 }, () => `https://${'x'.repeat(7_000)}`) }),
      1,
    )
    kit.queue.put(task('broken', 1, { metadata: circle as never }), 1)
    const week = 7 * 86_400_000
    expect(kit.take(100, 500_000, week).map(({ key }) => key)).toEqual(['old', 'young'])
    expect(kit.take(100, 500_000, week + 1).map(({ key }) => key)).toEqual(['young'])
    expect(kit.drops).toEqual(['too_large', 'serialize_error', 'expired'])
    expectBalance(kit)
  })

  it('puts what is wanted again behind the others', () => {
    const { queue, take } = setUp()
    for (const id of ['a', 'b', 'c']) queue.put(task(id), 0)
    queue.defer(take()[0]!)
    expect(take().map(({ key }) => key)).toEqual(['b', 'c', 'a'])
  })

  it('tells a storage of what waits and of what does no longer, once', () => {
    const { queue, changes, take } = setUp()
    queue.put(task('a', 1), 0)
    queue.put(task('a', 1), 0)
    queue.takeUp({ key: 'b', record: task('b'), at: 0 })
    for (const entry of take()) queue.settle(entry)
    expect(changes).toEqual(['a waits', 'a stored', 'b stored'])
  })

  it('takes up what a storage held, and counts invalid records', () => {
    const kit = setUp()
    const rows: unknown[] = [
      { key: 'a', record: task('a'), at: 5 },
      { key: 'b', record: null, at: 5 },
      { key: 'c', at: 5 },
    ]
    for (const row of rows) kit.queue.takeUp(row as Waiting)
    expect(kit.waiting()).toEqual([task('a')])
    expect(kit.queue.counts()).toMatchObject({ created: 3, pending: 1, dropped: { storage_error: 2 } })
    expect(kit.changes).toEqual(['b storage_error', 'c storage_error'])
    expectBalance(kit)
  })

  it('takes ids that are names of objects', () => {
    const { queue, waiting } = setUp()
    for (const id of ['__proto__', 'constructor']) queue.put(task(id), 0)
    expect(waiting()).toHaveLength(2)
    expect(({} as { rev?: number }).rev).toBeUndefined()
  })
})
