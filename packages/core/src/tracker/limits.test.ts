import { describe, expect, it, vi } from 'vitest'
import { CanceledError } from '../records/errors.ts'
import { createFakeClock } from '../test/fake-clock.ts'
import type { RunContext } from '../call/run-options.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import type { TaskRecord } from '../records/task.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { anyDuration } from '../call/timers.ts'
import { deferred, quiet } from '../testing.ts'
import { createTracker } from './tracker.ts'

const day = 86_400_000

function setUp(options: object = {}) {
  const kit = createTestTracker({ start: 1_000_000, ...options })
  const task = (id = 'task-1') => kit.tracker.getTask(id) as TaskRecord | undefined
  return { ...kit, show: kit.tracker.show('s'), task }
}

describe('a duration', () => {
  it('longer than a timer takes is waited for in parts', async () => {
    const clock = createFakeClock(0)
    const longest: number[] = []
    const schedule = anyDuration((callback, ms) => {
      longest.push(ms)
      return clock.schedule(callback, ms)
    })
    const done = vi.fn()
    schedule(done, 60 * day)
    await clock.advance(60 * day - 1)
    expect(done).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(done).toHaveBeenCalledTimes(1)
    expect(Math.max(...longest)).toBe(2_147_483_647)
  })

  it('can be stopped in any part, and Infinity needs no timer', async () => {
    const clock = createFakeClock(0)
    const schedule = anyDuration(clock.schedule)
    const done = vi.fn()
    const stop = schedule(done, 60 * day)
    await clock.advance(30 * day)
    stop()
    schedule(done, Infinity)()
    expect(clock.pending).toBe(0)
    await clock.advance(60 * day)
    expect(done).not.toHaveBeenCalled()
  })

  it.each([Infinity, 2_147_483_648, 30 * day])(
    'as a timeout of %d ms does not fail a paid call after 1 ms',
    async (timeout) => {
      // With the timers of the platform, which take 2^31 ms for 1.
      const tracker = createTracker({ pipeline: showPipeline })
      const { promise, resolve } = deferred<number>()
      const call = tracker.show('s').track('trailer', () => promise, { timeout, attemptTimeout: timeout })
      await new Promise((done) => void setTimeout(done, 20))
      expect(tracker.getTasks()[0]?.status).toBe('processing')
      resolve(5)
      expect(await call).toBe(5)
      expect(tracker.getTasks()[0]?.status).toBe('succeeded')
    },
  )

  it('of 24.9 days is waited for, and ends with the run', async () => {
    const { show, clock } = setUp()
    const waited = vi.fn()
    const call = show.track('trailer', async ({ wait }) => {
      await wait(24.9 * day)
      waited()
    })
    call.catch(() => {})
    await clock.advance(24 * day)
    expect(waited).not.toHaveBeenCalled()
    show.cancel('enough')
    await expect(call).rejects.toThrow(CanceledError)
    expect(clock.pending).toBe(0)
  })

  it.each([Number.NaN, -1, '5000'])('that is %j is reported, and the call goes on without it', async (ms) => {
    const { show, errors, task, clock } = setUp()
    const options = { timeout: ms, attemptTimeout: ms } as { timeout: number }
    const { promise, resolve } = deferred<number>()
    const call = show.track('trailer', () => promise, options)
    await clock.advance(60 * day)
    resolve(5)
    expect(await call).toBe(5)
    expect(task()?.status).toBe('succeeded')
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Invalid option "timeout": expected milliseconds/),
      expect.stringMatching(/^Invalid option "attemptTimeout": expected milliseconds/),
    ])
  })

  it('that `wait` cannot read is reported and not waited for', async () => {
    const { show, errors, clock } = setUp()
    const call = show.track('trailer', ({ wait }) => wait(Number.NaN))
    await clock.advance(0)
    await call
    expect(errors).toMatchObject([{ code: 'invalid_option' }])
  })

  it('that a retry cannot wait is reported, and its default is waited', async () => {
    const { show, errors, clock, task } = setUp()
    const fail = vi.fn(() => Promise.reject(new Error('busy')))
    const call = show.track('trailer', fail, { retry: { attempts: 2, delay: () => Number.NaN } })
    call.catch(() => {})
    await quiet()
    expect(task()?.status).toBe('starting')
    await clock.advance(1_000)
    await expect(call).rejects.toThrow('busy')
    expect(fail).toHaveBeenCalledTimes(2)
    expect(errors).toMatchObject([{ code: 'invalid_option' }])
  })
})

describe('attemptTimeout', () => {
  it('lets the next attempt begin although the first one hangs and hears no signal', async () => {
    const { show, clock, task } = setUp()
    const signals: AbortSignal[] = []
    const fn = vi.fn((run: RunContext<never>) => {
      signals.push(run.signal)
      return signals.length === 1 ? new Promise<string>(() => {}) : Promise.resolve('done')
    })
    const call = show.track('trailer', fn as never, {
      attemptTimeout: 30_000,
      retry: { attempts: 2, delay: () => 1_000 },
    }) as unknown as Promise<string>
    await clock.advance(30_000)
    expect(task()).toMatchObject({ status: 'starting', attempt: 2 })
    expect(task()?.stage).toMatch(/^trailer: attempt 1 took longer than 30000 ms/)
    expect(signals[0]?.reason).toMatchObject({ name: 'TimeoutError' })
    await clock.advance(1_000)
    expect(await call).toBe('done')
    expect(signals[1]?.aborted).toBe(false)
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect(clock.pending).toBe(0)
  })

  it('lets an attempt that was given up say nothing any more', async () => {
    const { show, clock, task } = setUp()
    const contexts: RunContext<never>[] = []
    const call = show.track(
      'trailer',
      (run) => {
        contexts.push(run as never)
        return new Promise<never>(() => {})
      },
      { attemptTimeout: 1_000, retry: { attempts: 3, delay: () => 0 } },
    )
    void call
    await clock.advance(1_000)
    expect(contexts).toHaveLength(2)
    contexts[0]!.progress(90)
    contexts[0]!.stage('late')
    contexts[0]!.nextAttempt('late')
    expect(contexts[0]!.signal.aborted).toBe(true)
    await expect(contexts[0]!.wait(5)).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(task()).toMatchObject({ attempt: 2, stage: 'attempt 2 of 3' })
    contexts[1]!.progress(10)
    expect(task()?.progress).toBe(10)
  })

  it('fails the task after the last attempt, and the promise settles as the function does', async () => {
    const { show, clock, task } = setUp()
    const last = deferred<string>()
    let calls = 0
    const call = show.track(
      'trailer',
      () => ((calls += 1) === 1 ? new Promise<string>(() => {}) : last.promise),
      {
        attemptTimeout: 1_000,
        retry: { attempts: 2, delay: () => 0 },
      },
    )
    await clock.advance(2_000)
    expect(task()).toMatchObject({ status: 'failed', attempt: 2, error: { code: 'timeout' } })
    last.resolve('late')
    expect(await call).toBe('late')
    expect(task()?.status).toBe('failed')
  })

  it('without a retry is the timeout of the call', async () => {
    const { show, clock, task } = setUp()
    void show.track('trailer', () => new Promise(() => {}), { attemptTimeout: 1_000, timeout: 5_000 })
    await clock.advance(1_000)
    expect(task()).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    expect(clock.pending).toBe(0)
  })

  it('leaves `timeout` that of the whole call, pauses included', async () => {
    const { show, clock, task } = setUp()
    const fn = vi.fn(({ signal }: RunContext<never>) => {
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      )
    })
    const call = show.track('trailer', fn as never, {
      timeout: 2_500,
      attemptTimeout: 1_000,
      retry: { attempts: 9, delay: () => 1_000 },
    }) as unknown as Promise<unknown>
    call.catch(() => {})
    await clock.advance(2_500)
    await expect(call).rejects.toThrow('trailer took longer than 2500 ms')
    expect(fn).toHaveBeenCalledTimes(2)
    expect(task()?.status).toBe('failed')
    expect(clock.pending).toBe(0)
  })
})

describe('`wait`', () => {
  it('leaves no listener on a signal that it was given', async () => {
    const { show, clock } = setUp()
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const call = show.track('trailer', async ({ wait }) => {
      for (let turn = 0; turn < 200; turn += 1) await wait(10, signal)
    })
    await clock.advance(2_000)
    await call
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([200, 200])
  })

  it('ends when the run is stopped and when its own signal is aborted', async () => {
    const { show } = setUp()
    const own = new AbortController()
    const reasons: unknown[] = []
    const call = show.track('trailer', async ({ wait }) => {
      await wait(1_000, own.signal).catch((error: unknown) => reasons.push(error))
      await wait(1_000, new AbortController().signal).catch((error: unknown) => reasons.push(error))
    })
    own.abort('mine')
    await quiet()
    show.cancel('enough')
    await call
    expect(reasons).toEqual(['mine', new CanceledError('enough')])
  })

  it('waits with signals of a polyfill', async () => {
    const { show, clock } = setUp()
    const signal = { aborted: false, addEventListener: () => {} } as unknown as AbortSignal
    const call = show.track('trailer', ({ wait }) => wait(10, signal))
    await clock.advance(10)
    await call
  })
})
