import { describe, expect, it, vi } from 'vitest'
import type { RunContext } from './run-options.ts'
import type { TaskRecord } from '../records/task.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { deferred, quiet } from '../testing.ts'

/** As browsers reject when they cut a connection. */
const cut = () => new TypeError('Failed to fetch')

function setUp(isWatched = true) {
  const kit = createTestTracker({ start: 1_000_000 })
  const { page } = kit.tracker
  if (isWatched) page('watched')
  const task = (id = 'task-1') => kit.tracker.getTask(id) as TaskRecord | undefined
  return { ...kit, page, show: kit.tracker.show('s'), task }
}

/** A call that goes on, whose promise is not awaited. */
function running(kit: ReturnType<typeof setUp>, options: object = {}) {
  const calls: ReturnType<typeof deferred<unknown>>[] = []
  const fn = vi.fn((_run: RunContext<never>) => {
    const call = deferred()
    calls.push(call)
    return call.promise
  })
  const returned = kit.show.track('trailer', fn as never, options) as Promise<unknown>
  const settled = vi.fn()
  returned.then(settled, settled)
  return { fn, calls, returned, settled }
}

describe('a page that is left', () => {
  it.each(['left', 'may-leave'] as const)('after "%s" records no failure of the network', async (event) => {
    const kit = setUp()
    const { calls, settled } = running(kit)
    kit.page(event)
    calls[0]!.reject(cut())
    await quiet()
    expect(settled).toHaveBeenCalledTimes(1)
    expect(kit.task()).toMatchObject({ status: 'interrupted' })
    expect(kit.task()?.error).toBeUndefined()
  })

  it('records none either without a sink that watches it, if page events are passed on', async () => {
    const kit = setUp(false)
    const { calls } = running(kit)
    kit.page('left')
    calls[0]!.reject(cut())
    await quiet()
    expect(kit.task()?.status).toBe('interrupted')
  })

  it('records none 26 ms before it is left, as when Chromium closes a window', async () => {
    const kit = setUp()
    const { calls, settled } = running(kit)
    calls[0]!.reject(cut())
    await quiet()
    // The caller hears of it at once; the record waits.
    expect(settled).toHaveBeenCalledTimes(1)
    expect(kit.task()?.status).toBe('processing')
    await kit.clock.advance(26)
    kit.page('left')
    expect(kit.task()?.status).toBe('interrupted')
  })

  it('that stays after all, as for a download, keeps the interruption', async () => {
    const kit = setUp()
    const { calls } = running(kit)
    kit.page('may-leave')
    await kit.clock.advance(30)
    calls[0]!.reject(cut())
    await kit.clock.advance(60_000)
    expect(kit.task()?.status).toBe('interrupted')
    // The next call is an ordinary one.
    const again = running(kit)
    again.calls[0]!.reject(cut())
    await kit.clock.advance(300)
    expect(kit.task('task-2')?.status).toBe('failed')
  })

  it('still records a success, and an answer that says no', async () => {
    const kit = setUp()
    const status = (httpStatus: number) => Object.assign(new Error('busy'), { status: httpStatus })
    const ends = [
      ['succeeded', () => Promise.resolve(1)],
      // What a function makes of a rejection itself is its result.
      ['succeeded', () => Promise.reject(cut()).catch(() => null)],
      ['failed', () => Promise.resolve(new Response(null, { status: 503 }))],
      ['failed', () => Promise.reject(new Response(null, { status: 503 }))],
      ['failed', () => Promise.reject(status(503))],
      ['failed', () => Promise.reject(new Error('Could not make the trailer', { cause: status(400) }))],
      ['failed', () => Promise.reject(Object.assign(new Error('no'), { name: 'JobFailedError' }))],
    ] as const
    kit.page('left')
    for (const [index, [expected, end]] of ends.entries()) {
      void kit.show.track('trailer', end as () => Promise<unknown>).catch(() => {})
      await quiet()
      expect(kit.task(`task-${index + 1}`)?.status).toBe(expected)
    }
  })

  const words: readonly (readonly [string, () => unknown])[] = [
    ['an error around it', () => new Error('Could not make the trailer', { cause: cut() })],
    ['an error of the code', () => new Error('no seeds')],
    ['a text', () => 'it did not work'],
    ['a timeout', () => new Error('The request timed out')],
    ['an abort', () => new DOMException('stopped', 'AbortError')],
    ['an XHR without an answer', () => Object.assign(new Error('request error'), { status: 0 })],
  ]
  it.each(words)(
    'records no failure whatever its words, and makes no second call: %s',
    async (_what, make) => {
      for (const options of [{}, { retry: { attempts: 5, when: () => true } }]) {
        for (const after of [[], ['returned']] as const) {
          const kit = setUp()
          const { fn, calls, returned } = running(kit, options)
          kit.page('left')
          const error = make()
          if (after.length > 0) kit.page('returned')
          calls[0]!.reject(error)
          await kit.clock.advance(10_000)
          kit.page('returned')
          await kit.clock.advance(600_000)
          await expect(returned).rejects.toBe(error)
          expect(fn).toHaveBeenCalledTimes(1)
          expect(kit.task()).toMatchObject({ status: 'interrupted', attempt: 1 })
          expect(kit.task()?.error).toBeUndefined()
          expect(kit.clock.pending).toBe(0)
        }
      }
    },
  )

  it.each([{}, { retry: { attempts: 5 } }])(
    'records no failure that `result` reads from what a function made of a rejection: %o',
    async (options) => {
      const kit = setUp()
      const result = (value: { ok: boolean }) => (value.ok ? {} : { status: 'failed', error: 'no trailer' })
      const { fn, calls } = running(kit, { ...options, result })
      kit.page('left')
      calls[0]!.resolve({ ok: false })
      await kit.clock.advance(1_000)
      kit.page('returned')
      await kit.clock.advance(600_000)
      expect(fn).toHaveBeenCalledTimes(1)
      expect(kit.task()).toMatchObject({ status: 'interrupted' })
      expect(kit.task()?.error).toBeUndefined()
    },
  )

  it('records what `result` reads from a response, and what a follower says of a job', async () => {
    const kit = setUp()
    const { calls } = running(kit, { result: () => ({ status: 'failed', error: 'no trailer' }) })
    const job = { provider: 'films', id: 'job-1' }
    kit.tracker.addTask({
      id: 'followed',
      showId: 's',
      type: 'library-poster',
      status: 'processing',
      job,
    } as never)
    const said = deferred<never>()
    kit.tracker.resume({ films: () => said.promise })
    kit.page('left')
    calls[0]!.resolve(new Response('{}'))
    said.resolve({ status: 'failed', error: 'filtered' } as never)
    await quiet()
    expect(kit.task()).toMatchObject({ status: 'failed', error: { message: 'no trailer' } })
    expect(kit.task('followed')).toMatchObject({ status: 'failed', error: { message: 'filtered' } })
  })

  it('is a cancel where one was asked for', async () => {
    const kit = setUp()
    const { returned } = running(kit)
    kit.page('left')
    kit.tracker.cancel({ showId: 's' }, 'enough')
    returned.catch(() => {})
    await quiet()
    expect(kit.task()).toMatchObject({ status: 'canceled', error: { message: 'enough' } })
  })

  it('within 300 ms, knows a broken connection by the cause of an error', async () => {
    const kit = setUp()
    const { fn, calls } = running(kit, { retry: { attempts: 5 } })
    kit.page('may-leave')
    calls[0]!.reject(
      new Error('Could not make the trailer', { cause: new Error('no answer', { cause: cut() }) }),
    )
    await kit.clock.advance(600_000)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(kit.task()?.status).toBe('interrupted')
  })

  it('starts no attempt, and the promise rejects as the call did', async () => {
    const kit = setUp()
    const { fn, calls, returned } = running(kit, { retry: { attempts: 5 } })
    kit.page('left')
    const error = cut()
    calls[0]!.reject(error)
    await kit.clock.advance(600_000)
    await expect(returned).rejects.toBe(error)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(kit.task()).toMatchObject({ status: 'interrupted', attempt: 1 })
    expect(kit.clock.pending).toBe(0)
  })

  it('starts no attempt when it is left within 300 ms after the failure', async () => {
    const kit = setUp()
    const { fn, calls } = running(kit, { retry: { attempts: 5, delay: () => 0 } })
    calls[0]!.reject(cut())
    await kit.clock.advance(299)
    expect(fn).toHaveBeenCalledTimes(1)
    kit.page('may-leave')
    await kit.clock.advance(600_000)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(kit.task()?.status).toBe('interrupted')
  })

  it('holds up a pause before a retry until it is back', async () => {
    const kit = setUp()
    const { fn, calls } = running(kit, { retry: { attempts: 2, delay: () => 5_000 } })
    calls[0]!.reject(new Error('busy'))
    await quiet()
    kit.page('left')
    await kit.clock.advance(60_000)
    expect(fn).toHaveBeenCalledTimes(1)
    kit.page('returned')
    await quiet()
    expect(fn).toHaveBeenCalledTimes(2)
    expect(kit.task()).toMatchObject({ status: 'processing', attempt: 2 })
  })

  it('holds up a retry whose `before` took until it was left', async () => {
    const kit = setUp()
    const before = deferred()
    const { fn, calls } = running(kit, {
      retry: { attempts: 2, delay: () => 0, before: () => before.promise },
    })
    calls[0]!.reject(new Error('busy'))
    await kit.clock.advance(1)
    kit.page('left')
    before.resolve(undefined)
    await kit.clock.advance(1_000)
    expect(fn).toHaveBeenCalledTimes(1)
    kit.page('returned')
    await kit.clock.advance(1)
    expect(fn).toHaveBeenCalledTimes(2)
  })

  it('holds up `wait`, and so a poll, until it is back', async () => {
    const kit = setUp()
    const asked = vi.fn()
    void kit.show.track('trailer', async ({ wait }) => {
      await wait(3_000)
      asked()
    })
    await kit.clock.advance(1_000)
    kit.page('left')
    await kit.clock.advance(60_000)
    expect(asked).not.toHaveBeenCalled()
    kit.page('returned')
    await quiet()
    expect(asked).toHaveBeenCalledTimes(1)
  })

  it('times nothing out until it is back', async () => {
    const kit = setUp()
    const { calls } = running(kit, { timeout: 1_000 })
    kit.page('left')
    await kit.clock.advance(60_000)
    expect(kit.task()?.status).toBe('processing')
    calls[0]!.resolve(1)
    await quiet()
    expect(kit.task()?.status).toBe('succeeded')
    expect(kit.clock.pending).toBe(0)
  })

  it('aborts a call that times out after the page is back, whose outcome is then unknown', async () => {
    const kit = setUp()
    const { fn, settled } = running(kit, { timeout: 1_000 })
    kit.page('left')
    kit.page('returned')
    await kit.clock.advance(1_000)
    expect(fn.mock.calls[0]![0].signal.reason).toMatchObject({ name: 'TimeoutError' })
    expect(kit.task()).toMatchObject({ status: 'interrupted' })
    expect([settled.mock.calls.length, kit.clock.pending]).toEqual([0, 0])
  })

  it('fails a call whose time is over in a pause during which the page was left', async () => {
    const kit = setUp()
    const { calls, returned } = running(kit, { timeout: 10_000, retry: { delay: () => 60_000 } })
    calls[0]!.reject(new Error('busy'))
    await quiet()
    kit.page('left')
    kit.page('returned')
    await kit.clock.advance(10_000)
    await expect(returned).rejects.toThrow('took longer than 10000 ms')
    expect(kit.task()).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
  })

  it('never changes the call where the tracker has no timers', async () => {
    const { tracker, errors } = createTestTracker({
      schedule: () => {
        throw new Error('no timers')
      },
    })
    const page = ['left', 'returned'] as const
    let calls = 0
    const result = tracker.show('s').track(
      'trailer',
      async () => {
        calls += 1
        if (calls === 1) throw new Error('busy')
        return 'done'
      },
      { retry: { before: () => tracker.page(page[0]) } },
    )
    await quiet()
    expect(calls).toBe(1)
    tracker.page(page[1])
    expect(await result).toBe('done')
    expect(errors.map(({ message }) => message)).toEqual(['no timers'])
  })

  it('can be canceled', async () => {
    const kit = setUp()
    const { fn, calls, returned } = running(kit, { retry: { attempts: 2, delay: () => 5_000 } })
    calls[0]!.reject(new Error('busy'))
    await quiet()
    kit.page('left')
    await kit.clock.advance(60_000)
    kit.show.cancel('enough')
    await expect(returned).rejects.toThrow('enough')
    kit.page('returned')
    await kit.clock.advance(60_000)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(kit.task()?.status).toBe('canceled')
  })
})

describe('a page that has come back', () => {
  it('interrupts the calls whose connection was cut meanwhile, and retries none of them', async () => {
    const kit = setUp()
    const { fn, calls } = running(kit, { retry: { attempts: 5 } })
    kit.page('left')
    await kit.clock.advance(60_000)
    kit.page('returned')
    await kit.clock.advance(950)
    calls[0]!.reject(cut())
    await kit.clock.advance(600_000)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(kit.task()?.status).toBe('interrupted')
  })

  it('takes the answers that the browser kept for it', async () => {
    const kit = setUp()
    const { calls } = running(kit)
    kit.page('left')
    kit.page('returned')
    calls[0]!.resolve(new Response('{}'))
    await quiet()
    expect(kit.task()?.status).toBe('succeeded')
  })

  it('records what fails in calls that it has made since', async () => {
    const kit = setUp()
    kit.page('left')
    kit.page('returned')
    const { calls } = running(kit)
    calls[0]!.reject(cut())
    await kit.clock.advance(300)
    expect(kit.task()).toMatchObject({ status: 'failed', error: { message: 'Failed to fetch' } })
  })

  it('interrupts a task that a later sign of life revives', async () => {
    const kit = setUp()
    const { calls } = running(kit)
    kit.page('left')
    calls[0]!.reject(cut())
    await quiet()
    kit.tracker.updateTask('task-1', { status: 'succeeded', outputUrl: 'https://a.example/t.mp4' })
    expect(kit.task()?.status).toBe('succeeded')
  })
})

describe('a failure that is held back for 300 ms', () => {
  it('is recorded then, and the time of a timeout does not count any more', async () => {
    const kit = setUp()
    const { calls } = running(kit, { timeout: 200 })
    calls[0]!.reject(cut())
    await kit.clock.advance(300)
    expect(kit.task()).toMatchObject({ status: 'failed', error: { message: 'Failed to fetch' } })
    expect(kit.clock.pending).toBe(0)
  })

  it('is recorded at once when its caller calls again: the new call is made, and joins nothing', async () => {
    const kit = setUp()
    let calls = 0
    const fetchAgain = async () => {
      for (;;) {
        try {
          return await kit.show.track('trailer', async () => {
            calls += 1
            if (calls < 3) throw cut()
            return 'done'
          })
        } catch {
          // The caller's own retry.
        }
      }
    }
    expect(await fetchAgain()).toBe('done')
    expect(calls).toBe(3)
    expect(['task-1', 'task-2', 'task-3'].map((id) => kit.task(id)?.status)).toEqual([
      'failed',
      'failed',
      'succeeded',
    ])
    expect(kit.clock.pending).toBe(0)
  })

  it('is recorded with another of the same slot when its caller calls again', async () => {
    const kit = setUp()
    const first = running(kit)
    // The application gave the first call up, which goes on all the same.
    kit.tracker.updateTask('task-1', { status: 'failed' })
    const second = running(kit)
    first.fn.mock.calls[0]![0].nextAttempt('again')
    for (const { calls } of [first, second]) calls[0]!.reject(cut())
    await quiet()
    const third = vi.fn(async () => 'new')
    void kit.show.track('trailer', third)
    expect(third).toHaveBeenCalledTimes(1)
    await quiet()
    expect([1, 2, 3].map((count) => kit.task(`task-${count}`)?.status)).toEqual([
      'failed',
      'failed',
      'succeeded',
    ])
  })

  it('is not retried when the slot has a newer task after the pause: nothing is called twice', async () => {
    const kit = setUp()
    const { fn, calls, settled } = running(kit, { retry: {} })
    calls[0]!.reject(cut())
    await kit.clock.advance(300)
    expect(kit.task()?.status).toBe('starting')
    kit.tracker.addTask({ id: 'newer', showId: 's', type: 'trailer', status: 'succeeded' })
    await kit.clock.advance(10_000)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(settled).toHaveBeenCalledTimes(1)
    expect(kit.task()).toMatchObject({ status: 'failed', error: { message: 'Failed to fetch' } })
    expect(kit.clock.pending).toBe(0)
  })

  it('is the next attempt’s to take up by `retryOf`', async () => {
    const kit = setUp()
    await kit.show.track('trailer', () => Promise.reject(cut())).catch(() => {})
    await kit.show.track('trailer', () => Promise.resolve(1), { retryOf: 'task-1' })
    expect(kit.task()).toMatchObject({ status: 'succeeded', attempt: 2 })
  })

  it.each(['reset', 'removed with its show'] as const)(
    'is not dismissed where a listener that is told of it has it %s',
    async (how) => {
      const kit = setUp()
      const { calls } = running(kit)
      calls[0]!.reject(cut())
      await quiet()
      kit.tracker.on('taskFinished', () => {
        if (how === 'reset') kit.tracker.reset('task-1')
        else kit.tracker.removeShow('s')
      })
      expect(kit.tracker.dismiss('task-1')).toBe(0)
      expect(kit.tracker.has({ showId: 's', type: 'trailer' }, 'tried')).toBe(false)
      expect(kit.errors).toEqual([])
      const held = kit.tracker.serialize().tasks
      expect(held.map((task) => 'type' in task)).toEqual(how === 'reset' ? [false] : [])
    },
  )

  it('gives way to a cancel', async () => {
    const kit = setUp()
    const { calls } = running(kit)
    calls[0]!.reject(cut())
    await quiet()
    kit.show.cancel('enough')
    await kit.clock.advance(1_000)
    expect(kit.task()?.status).toBe('canceled')
    expect(kit.clock.pending).toBe(0)
  })

  it('is lost when the tracker closes, for the page may be going', async () => {
    const kit = setUp()
    const { calls } = running(kit)
    calls[0]!.reject(cut())
    await quiet()
    await kit.tracker.close()
    expect(kit.task()?.status).toBe('interrupted')
    expect(kit.clock.pending).toBe(0)
  })

  it.each(['failed', 'canceled'] as const)('gives way to what the application says: %s', async (status) => {
    const kit = setUp()
    const { calls, returned } = running(kit)
    calls[0]!.reject(cut())
    await returned.catch(() => kit.tracker.updateTask('task-1', { status, error: 'my own words' }))
    await kit.clock.advance(1_000)
    expect(kit.task()).toMatchObject({ status, error: { message: 'my own words' } })
    expect([kit.errors, kit.clock.pending]).toEqual([[], 0])
  })

  it('and was ended by the application lets the next call begin', async () => {
    const kit = setUp()
    const { calls, returned } = running(kit)
    calls[0]!.reject(cut())
    await returned.catch(() => kit.tracker.updateTask('task-1', { status: 'failed', error: 'my own words' }))
    await kit.show.track('trailer', () => Promise.resolve(1), { retryOf: 'task-1' })
    expect(kit.task()).toMatchObject({ status: 'succeeded', attempt: 2 })
  })

  it.each(['dismiss', 'reset'] as const)('is recorded at once when it is removed: %s', async (remove) => {
    const kit = setUp()
    const { calls, returned } = running(kit)
    calls[0]!.reject(cut())
    await returned.catch(() => {})
    expect(kit.tracker[remove]('task-1')).toBe(1)
    await kit.clock.advance(1_000)
    expect(kit.task()).toBeUndefined()
    expect([kit.errors, kit.clock.pending]).toEqual([[], 0])
  })

  it('before a retry does not hold up a cancel', async () => {
    const kit = setUp()
    const { calls, returned } = running(kit, { retry: {} })
    calls[0]!.reject(cut())
    await quiet()
    kit.show.cancel('enough')
    await expect(returned).rejects.toThrow('enough')
    expect(kit.clock.pending).toBe(0)
  })

  it('is not held back where no page is watched', async () => {
    const kit = setUp(false)
    const { calls } = running(kit)
    calls[0]!.reject(cut())
    await quiet()
    expect(kit.task()?.status).toBe('failed')
  })
})
