import { describe, expect, it } from 'vitest'
import { accept, createRows, offline, say, setUpSink, task, url } from '../testing/sink.ts'

const second = 1_000

describe('httpSink with a storage', () => {
  it('takes up what was left there, and leaves nothing behind', async () => {
    const { waiting, storage } = createRows()
    const first = setUpSink({ storage: storage() })
    first.answers.push(offline)
    first.write('a', 'b', 'a')
    await first.clock.advance(second)
    first.sink.close()
    expect(waiting().map(({ key, record }) => [key, 'rev' in record && record.rev])).toEqual([
      ['a', 3],
      ['b', 2],
    ])
    const next = setUpSink({ storage: storage() })
    await next.clock.advance(second)
    expect(next.ids()).toEqual([['a', 'b']])
    await next.sink.flush()
    expect(waiting()).toEqual([])
    expect(next.sink.counts).toMatchObject({ created: 2, stored: 2, pending: 0 })
  })

  it('sends with flush what was left there, also when the storage opens in the middle of it', async () => {
    const { storage, keep, waiting } = createRows()
    keep('a', task('a'))
    const { sink, ids } = setUpSink({ storage: storage() })
    await sink.flush()
    expect(ids()).toEqual([['a']])
    expect(waiting()).toEqual([])
  })

  it('removes a row only when it holds what was answered for', async () => {
    const { waiting, storage } = createRows()
    const [one, two] = [setUpSink({ storage: storage() }), setUpSink({ storage: storage() })]
    const hold: ((response: Response) => void)[] = []
    one.answers.push(() => new Promise((resolve) => hold.push(resolve)))
    one.write('a')
    await one.clock.advance(second)
    two.answers.push(offline)
    two.sink.write({ tasks: [task('a', 9)], shows: [], origin: 'local' })
    await two.clock.advance(second)
    hold[0]!(new Response())
    await one.sink.flush()
    expect(waiting()).toMatchObject([{ key: 'a', record: { rev: 9 } }])
    // Nor does an older version come over a newer one.
    one.sink.write({ tasks: [task('a', 5)], shows: [], origin: 'local' })
    one.answers.push(offline)
    await one.sink.flush()
    expect(waiting()).toMatchObject([{ key: 'a', record: { rev: 9 } }])
  })

  it('keeps ten times as much, and in memory what it does without', async () => {
    const { storage, fail } = createRows()
    const { sink, write, clock, errors } = setUpSink({ storage: storage() })
    const many = Array.from({ length: 12_000 }, (_one, place) => `t${place}`)
    write(...many)
    expect(sink.counts).toMatchObject({ pending: 10_000, dropped: { queue_overflow: 2_000 } })
    fail(new Error('QuotaExceededError'))
    write(...many)
    await clock.advance(0)
    await clock.advance(0)
    expect(errors.filter((one) => one.includes('in memory: QuotaExceededError'))).toHaveLength(1)
    const { created, stored, pending, dropped } = sink.counts
    expect(created).toBe(stored + pending + dropped.queue_overflow)
    expect(pending).toBeLessThanOrEqual(1_000)
  })

  it('continues in memory when nothing can be read, and says so once', async () => {
    const { storage, fail } = createRows()
    fail(new Error('SecurityError'))
    const { sink, write, clock, ids, errors } = setUpSink({ storage: storage() })
    write('a')
    await clock.advance(second)
    write('b')
    await clock.advance(second)
    await sink.flush()
    expect(ids()).toEqual([['a'], ['b']])
    expect(errors).toEqual([`HTTP sink of ${url}/tasks: storage failed, continuing in memory: SecurityError`])
  })

  it('says so when a storage does not open, and takes up what is there when it does after all', async () => {
    const { storage, keep } = createRows()
    keep('old', task('old'))
    let open = () => {}
    const opening = new Promise<void>((resolve) => (open = resolve))
    const slow = { ...storage(), idle: () => opening }
    const late = {
      ...slow,
      open: (onFail: (error: unknown) => void) => opening.then(() => slow.open(onFail)),
    }
    const { sink, write, clock, errors, ids } = setUpSink({ storage: late })
    write(...Array.from({ length: 1_200 }, (_one, place) => `t${place}`))
    expect(sink.counts.pending).toBe(1_200)
    const flushed = sink.flush()
    await clock.advance(10 * second)
    expect(errors).toEqual([expect.stringContaining('continuing in memory: it did not open in 10000 ms')])
    await clock.advance(10 * second)
    await flushed
    expect(ids().flat()).toHaveLength(1_200)
    open()
    await clock.advance(second)
    expect(ids().at(-1)).toEqual(['old'])
    // With a storage it keeps ten times as much.
    write(...Array.from({ length: 3_000 }, (_one, place) => `u${place}`))
    expect(sink.counts.pending).toBe(3_000)
  })

  it.each([
    ['throws', () => expect.fail('no disk')],
    ['rejects', () => Promise.reject(new Error('no disk'))],
  ])('outlives a storage of which everything %s', async (_what, broken) => {
    const storage = { open: broken, note: broken, idle: broken, counts: broken }
    const { sink, write, clock, errors, ids } = setUpSink({ storage })
    write('a')
    await clock.advance(second)
    await sink.flush()
    expect(ids()).toEqual([['a']])
    expect(sink.counts).toMatchObject({ stored: 1, pending: 0 })
    expect(errors).toEqual(
      expect.arrayContaining([
        expect.stringContaining('continuing in memory: no disk'),
        expect.stringContaining('an option failed: no disk'),
      ]),
    )
  })

  it('counts in it what has become of all records, over pages', async () => {
    const { storage } = createRows()
    const first = setUpSink({ storage: storage() })
    first.answers.push(accept, offline)
    first.write('a')
    await first.clock.advance(second)
    first.write('b', 'c')
    await first.clock.advance(second)
    first.sink.close()
    expect(await storage().counts()).toMatchObject({ created: 3, stored: 1, pending: 2 })
    const next = setUpSink({ storage: storage() })
    next.answers.push(say(200, {}, { rejected: [{ index: 0, reason: 'no show' }] }))
    await next.clock.advance(second)
    await next.sink.flush()
    expect(await storage().counts()).toEqual({
      created: 3,
      stored: 2,
      dropped: {
        queue_overflow: 0,
        expired: 0,
        too_large: 0,
        rejected: 1,
        serialize_error: 0,
        storage_error: 0,
      },
      pending: 0,
    })
  })

  it('counts nothing where nothing was', async () => {
    expect(await createRows().storage().counts()).toMatchObject({ created: 0, stored: 0, pending: 0 })
  })

  it('counts the invalid records that it finds there', async () => {
    const { waiting, storage, keep } = createRows()
    keep('x', null as never)
    keep('a', task('a'))
    const { sink, clock, ids } = setUpSink({ storage: storage() })
    await clock.advance(second)
    expect(ids()).toEqual([['a']])
    expect(sink.counts).toMatchObject({ created: 2, stored: 1, dropped: { storage_error: 1 } })
    // It would be counted again by every page.
    await sink.flush()
    expect(waiting()).toEqual([])
  })
})
