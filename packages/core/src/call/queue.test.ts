import pLimit from 'p-limit'
import { describe, expect, it } from 'vitest'
import { createTestTracker } from '../test/test.ts'
import { deferred, quiet } from '../testing.ts'

const slot = { showId: 's', type: 'trailer' } as const

/** A tracker, and a queue whose only place is taken until `free` is called. */
function setUp(options: Parameters<typeof createTestTracker>[0] = {}) {
  const test = createTestTracker(options)
  const queue = pLimit(1)
  const first = deferred<void>()
  void queue(() => first.promise)
  const show = test.tracker.show('s')
  let calls = 0
  const call = async () => (calls += 1)
  return { ...test, show, queue, call, calls: () => calls, free: () => first.resolve() }
}

describe('track with a queue', () => {
  it('waits as starting, with the stage queued, and then makes the call', async () => {
    const { tracker, show, queue, call, calls, free } = setUp()
    const value = show.track('trailer', call, { queue, stage: 'rendering' })
    await quiet()
    expect(calls()).toBe(0)
    expect(tracker.getTask(slot)).toMatchObject({ status: 'starting', stage: 'queued' })
    free()
    await expect(value).resolves.toBe(1)
    expect(tracker.getTask(slot)).toMatchObject({ status: 'succeeded' })
  })

  it('shows its own stage, or none, as soon as the call is made', async () => {
    const { tracker, show, queue, free } = setUp()
    free()
    void show.track('trailer', () => new Promise(() => {}), { queue, stage: 'rendering' })
    await quiet()
    expect(tracker.getTask(slot)).toMatchObject({ status: 'processing', stage: 'rendering' })
    show.cancel()
    void show.track('trailer', () => new Promise(() => {}), { queue })
    await quiet()
    expect(tracker.getTask(slot)).toMatchObject({ status: 'processing' })
    expect(tracker.getTask(slot)).not.toHaveProperty('stage')
  })

  it('makes no call after a cancel, which rejects at once and leaves the place to others', async () => {
    const { tracker, show, queue, call, calls, free } = setUp()
    const value = show.track('trailer', call, { queue })
    await quiet()
    show.cancel('changed my mind')
    await expect(value).rejects.toThrow('changed my mind')
    expect(tracker.getTask(slot)).toMatchObject({ status: 'canceled' })
    free()
    await expect(show.track('library-poster', call, { queue })).resolves.toBe(1)
    expect(calls()).toBe(1)
  })

  it('is shared by a second caller, also when it is canceled', async () => {
    const { show, queue, call, calls, free } = setUp()
    const click = () => show.track('trailer', call, { queue })
    const both = Promise.all([click(), click()])
    free()
    await expect(both).resolves.toEqual([1, 1])
    expect(calls()).toBe(1)
    const again = Promise.allSettled([click(), click()])
    show.cancel()
    await expect(again).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
  })

  it('starts the time limits with the call', async () => {
    const { tracker, clock, show, queue, free } = setUp()
    const never = () => new Promise(() => {})
    void show.track('trailer', never, { queue, timeout: 1_000 })
    void show.track('library-poster', never, { queue, attemptTimeout: 1_000, retry: { attempts: 1 } })
    await clock.advance(60_000)
    expect(tracker.getTask(slot)).toMatchObject({ status: 'starting' })
    free()
    await clock.advance(999)
    expect(tracker.getTask(slot)).toMatchObject({ status: 'processing' })
    await clock.advance(1)
    expect(tracker.getTask(slot)).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    await clock.advance(1_000)
    expect(tracker.getTask({ showId: 's', type: 'library-poster' })).toMatchObject({
      status: 'failed',
      error: { code: 'timeout' },
    })
  })

  it('keeps its place in the pauses between attempts', async () => {
    const { clock, show, queue, call, calls, free } = setUp()
    free()
    let attempts = 0
    const fails = async () => {
      attempts += 1
      throw new Error('HTTP 503')
    }
    const first = show.track('trailer', fails, { queue, retry: { attempts: 2, delay: () => 5_000 } })
    first.catch(() => {})
    const second = show.track('library-poster', call, { queue })
    await clock.advance(4_000)
    expect([attempts, calls()]).toEqual([1, 0])
    await clock.advance(1_000)
    await expect(second).resolves.toBe(1)
    expect(attempts).toBe(2)
  })

  it('makes no call while the page is left', async () => {
    const { tracker, show, queue, call, calls, free } = setUp()
    const value = show.track('trailer', call, { queue })
    tracker.page('left')
    free()
    await quiet()
    expect(calls()).toBe(0)
    tracker.page('returned')
    await expect(value).resolves.toBe(1)
  })

  it('makes no call when another writer has ended the task, or begun a newer one, meanwhile', async () => {
    const { tracker, show, queue, call, calls, free } = setUp()
    const value = show.track('trailer', call, { queue, id: 'mine' })
    const poster = show.track('library-poster', call, { queue, id: 'poster' })
    tracker.addTask({ ...slot, id: 'theirs', status: 'succeeded' })
    tracker.updateTask('poster', { status: 'succeeded' })
    free()
    await expect(value).rejects.toThrow('left the queue without a call')
    await expect(poster).rejects.toThrow('left the queue without a call')
    expect(calls()).toBe(0)
    expect(tracker.getTasks().map(({ id, status }) => [id, status])).toEqual([
      ['theirs', 'succeeded'],
      ['poster', 'succeeded'],
    ])
  })

  it('makes no call when another tab has taken the task over meanwhile, which leaves the slot untried', async () => {
    const { tracker, show, queue, call, calls, free } = setUp()
    const value = show.track('trailer', call, { queue, id: 'mine' })
    tracker.updateTask('mine', { status: 'interrupted' })
    free()
    await expect(value).rejects.toThrow('left the queue without a call')
    expect(calls()).toBe(0)
    expect(tracker.has(slot, 'tried')).toBe(false)
  })

  it.each(['same', 'derived'] as const)(
    'fails the task when the queue fails, with promises %s',
    async (promises) => {
      const { tracker, show, call } = setUp({ promises })
      const throws = () => {
        throw new Error('no queue today')
      }
      await expect(show.track('trailer', call, { queue: throws })).rejects.toThrow('no queue today')
      const rejects = async () => throws()
      await expect(show.track('trailer', call, { queue: rejects })).rejects.toThrow('no queue today')
      expect(tracker.getTask(slot)).toMatchObject({ status: 'failed', error: { message: 'no queue today' } })
    },
  )

  it('passes on what a synchronous function throws', async () => {
    const { tracker, show, queue, free } = setUp()
    free()
    const throws = (): number => {
      throw new RangeError('bad')
    }
    await expect(show.track('trailer', throws, { queue })).rejects.toThrow(RangeError)
    expect(tracker.getTask(slot)).toMatchObject({ status: 'failed' })
  })
})
