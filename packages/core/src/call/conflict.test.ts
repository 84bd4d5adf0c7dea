import { describe, expect, it, vi } from 'vitest'
import { AlreadyRunningError } from '../records/errors.ts'
import { parseRecords } from '../schema/schema.ts'
import type { TaskRecord } from '../records/task.ts'
import { createTestTracker, type TestTrackerOptions } from '../test/test-tracker.ts'
import type { ShowPipeline } from '../records/show-pipeline.ts'
import { deferred, quiet, taskOf } from '../testing.ts'

function setUp(options: TestTrackerOptions<ShowPipeline> = {}) {
  const kit = createTestTracker({ start: 1_000_000, ...options })
  const task = (id = 'task-1') => kit.tracker.getTask(id) as TaskRecord | undefined
  return { ...kit, show: kit.tracker.show('s'), task }
}

describe('a second call of an asynchronous generator', () => {
  async function* count() {
    yield 1
    yield 2
  }
  it.each(['same', 'derived'] as const)(
    'can be iterated, and is told that the slot is busy: %s',
    async (promises) => {
      const { show } = setUp({ promises })
      const first = show.track('trailer', count)
      expect(await first.next()).toEqual({ done: false, value: 1 })
      const second = show.track('trailer', count)
      const steps: number[] = []
      const read = async () => {
        for await (const step of second) steps.push(step)
      }
      await expect(read()).rejects.toThrow(AlreadyRunningError)
      await expect(show.track('trailer', count, { onConflict: 'reject' }).next()).rejects.toThrow(
        AlreadyRunningError,
      )
      expect(steps).toEqual([])
      for await (const step of first) steps.push(step)
      expect(steps).toEqual([2])
    },
  )
})

describe('a cancel that comes while the task is announced', () => {
  const cancelers: readonly (readonly [string, (kit: ReturnType<typeof setUp>) => void])[] = [
    [
      'a listener of events',
      ({ tracker, show }) => {
        const undo = tracker.on('taskChanged', () => {
          undo()
          show.cancel('not now')
        })
      },
    ],
    [
      'a subscriber',
      ({ tracker, show }) => {
        const undo = tracker.subscribe(() => {
          undo()
          show.cancel('not now')
        })
      },
    ],
  ]
  it.each(cancelers)('from %s is honoured: nothing is called', async (_who, cancel) => {
    const kit = setUp()
    cancel(kit)
    const fn = vi.fn(() => Promise.resolve(1))
    await expect(kit.show.track('trailer', fn, { timeout: 1_000 })).rejects.toMatchObject({
      name: 'CanceledError',
      message: 'not now',
    })
    expect(fn).not.toHaveBeenCalled()
    expect(kit.task()).toMatchObject({ status: 'canceled', error: { message: 'not now' } })
    expect(kit.clock.pending).toBe(0)
  })

  it('from a sink is honoured: nothing is called', async () => {
    let cancel = () => {}
    const kit = setUp({ sinks: [{ write: () => cancel() }] })
    cancel = () => {
      cancel = () => {}
      kit.show.cancel('not now')
    }
    const fn = vi.fn(() => 1)
    await expect(kit.show.track('trailer', fn) as unknown as Promise<unknown>).rejects.toThrow('not now')
    expect(fn).not.toHaveBeenCalled()
    expect(kit.task()?.status).toBe('canceled')
  })

  it('is honoured at the start of a next attempt too', async () => {
    const kit = setUp()
    await kit.show.track('trailer', () => Promise.reject(new Error('no'))).catch(() => {})
    const undo = kit.tracker.on('taskChanged', () => {
      undo()
      kit.show.cancel('not now')
    })
    const fn = vi.fn(() => Promise.resolve(1))
    await expect(kit.show.track('trailer', fn, { retryOf: 'task-1' })).rejects.toThrow('not now')
    expect(fn).not.toHaveBeenCalled()
  })
})

describe('callers that join', () => {
  it('each get a Response that they can read, and so does the first', async () => {
    const { show } = setUp()
    const answer = deferred<Response>()
    const fn = vi.fn(() => answer.promise)
    const read = async () => (await show.track('trailer', fn)).json() as Promise<unknown>
    const all = [read(), read(), read()]
    answer.resolve(Response.json({ url: '/t.mp4' }))
    expect(await Promise.all(all)).toEqual([{ url: '/t.mp4' }, { url: '/t.mp4' }, { url: '/t.mp4' }])
    expect(fn).toHaveBeenCalledTimes(1)
  })

  it('each get one after all attempts of a retry', async () => {
    const { show, clock } = setUp()
    let calls = 0
    const fn = async () => {
      calls += 1
      return calls === 1 ? new Response(null, { status: 503 }) : Response.json('done')
    }
    const read = async () => (await show.track('trailer', fn, { retry: {} })).json() as Promise<unknown>
    const all = [read(), read()]
    await clock.advance(60_000)
    expect(await Promise.all(all)).toEqual(['done', 'done'])
    expect(calls).toBe(2)
  })

  it('each can read an answer that says no', async () => {
    const { show, task } = setUp()
    const answer = deferred<Response>()
    const read = async () => (await show.track('trailer', () => answer.promise)).text()
    const all = [read(), read()]
    answer.resolve(new Response('{"error":"no seeds"}', { status: 422 }))
    expect(await Promise.all(all)).toEqual(['{"error":"no seeds"}', '{"error":"no seeds"}'])
    await quiet()
    expect(task()?.error?.message).toBe('no seeds')
  })

  it('do not exist: then the very Response is given, and never copied', async () => {
    const { show } = setUp()
    const response = Response.json(1)
    const clone = vi.spyOn(response, 'clone')
    expect(await show.track('trailer', () => Promise.resolve(response))).toBe(response)
    expect(clone).not.toHaveBeenCalled()
  })

  it('get the error of the first, and what a superseded call gives in the end', async () => {
    const { show } = setUp()
    const old = deferred()
    const joined = [show.track('trailer', () => old.promise), show.track('trailer', () => old.promise)]
    void show.track('trailer', () => new Promise(() => {}), { onConflict: 'supersede' })
    const error = new Error('late')
    old.reject(error)
    for (const one of joined) await expect(one).rejects.toBe(error)
  })
})

describe('an active task that no run here owns', () => {
  const hour = 3_600_000
  const start = 1_000_000_000
  const silent = (since: number, type = 'trailer') =>
    parseRecords({
      tasks: [taskOf({ id: 'theirs', type, startedAt: 1, updatedAt: start - since, by: 'you' })],
    })

  it.each([
    [hour + 1, {}],
    [3 * 86_400_000, {}],
    [1_200_001, { takeOverAfter: 0 }],
  ])('and silent for %i ms is taken over (%j)', async (since, options) => {
    const { tracker, show, task } = setUp({ start, ...options })
    tracker.merge(silent(since))
    expect(await show.track('trailer', () => Promise.resolve(5))).toBe(5)
    expect(task('theirs')?.status).toBe('interrupted')
    expect(task()?.status).toBe('succeeded')
  })

  it.each([
    [hour, {}],
    [3 * hour, { takeOverAfter: Infinity }],
    // Never sooner than the step itself may be silent.
    [60_000, { takeOverAfter: 0 }],
  ])('and silent for %i ms is not (%j)', async (since, options) => {
    const { tracker, show, task } = setUp({ start, ...options })
    tracker.merge(silent(since))
    const fn = vi.fn(() => Promise.resolve(5))
    await expect(show.track('trailer', fn)).rejects.toBeInstanceOf(AlreadyRunningError)
    expect(fn).not.toHaveBeenCalled()
    expect(task('theirs')?.status).toBe('processing')
  })

  it('is never one that runs here, however silent', async () => {
    const { show, clock } = setUp()
    const { promise, resolve } = deferred<number>()
    void show.track('trailer', () => promise)
    await clock.advance(5 * hour)
    const joined = show.track('trailer', () => Promise.resolve(0))
    resolve(5)
    expect(await joined).toBe(5)
  })

  it('rejects an invalid takeOverAfter', () => {
    expect(() => setUp({ takeOverAfter: Number.NaN })).toThrow(/Invalid takeOverAfter/)
  })
})

describe('AlreadyRunningError.finished', () => {
  const refused = async (kit: ReturnType<typeof setUp>) =>
    (await kit.show
      .track('trailer', () => Promise.resolve(0))
      .catch((error: unknown) => error)) as AlreadyRunningError

  it.each(['succeeded', 'failed', 'canceled', 'interrupted'] as const)(
    'is the task once it is %s',
    async (status) => {
      const kit = setUp()
      kit.tracker.addTask({ id: 'theirs', showId: 's', type: 'trailer', status: 'processing' })
      const { finished } = await refused(kit)
      kit.tracker.updateTask('theirs', { progress: 50 })
      kit.tracker.updateTask('theirs', { status })
      expect(await finished).toMatchObject({ id: 'theirs', status })
    },
  )

  it('is told at once when it is asked for later, and rejects for a task that was removed', async () => {
    const kit = setUp()
    kit.tracker.addTask({ id: 'theirs', showId: 's', type: 'trailer', status: 'processing' })
    const error = await refused(kit)
    kit.tracker.updateTask('theirs', { status: 'succeeded' })
    expect(error.finished).toBe(error.finished)
    expect(await error.finished).toMatchObject({ status: 'succeeded' })
    const other = setUp()
    other.tracker.addTask({ id: 'theirs', showId: 's', type: 'trailer', status: 'processing' })
    const { finished } = await refused(other)
    other.tracker.merge(
      parseRecords({
        tasks: [{ id: 'theirs', showId: 's', removed: true, updatedAt: 1_000_001, rev: 9, by: 'a' }],
      }),
    )
    await expect(finished).rejects.toMatchObject({ code: 'unknown_task' })
  })
})

describe('a call inside the run that it would wait for', () => {
  it.each(['join', 'reject'] as const)(
    'is refused by %s instead of waiting for itself',
    async (onConflict) => {
      const { show, task } = setUp()
      const inner = vi.fn(() => Promise.resolve(1))
      const outer = show.track('trailer', async () => {
        await Promise.resolve()
        return show.track('trailer', inner, { onConflict })
      })
      await expect(outer).rejects.toMatchObject({
        name: 'AlreadyRunningError',
        message: expect.stringMatching(/inside that run, so it would wait for itself/) as string,
      })
      expect(inner).not.toHaveBeenCalled()
      expect(task()?.status).toBe('failed')
    },
  )

  it('is refused through another step in between, and in an attempt of a retry', async () => {
    const { show, clock } = setUp()
    const through = show.track('trailer', () =>
      show.track('library-poster', async () => show.track('trailer', () => Promise.resolve(1))),
    )
    await expect(through).rejects.toBeInstanceOf(AlreadyRunningError)
    let calls = 0
    const retried = show.track(
      'trailer',
      async () => {
        calls += 1
        if (calls === 1) throw new Error('busy')
        return show.track('trailer', () => Promise.resolve(1))
      },
      { retry: { attempts: 2 } },
    )
    await clock.advance(60_000)
    await expect(retried).rejects.toBeInstanceOf(AlreadyRunningError)
  })

  it('is joined when it is only made at the same time, or after', async () => {
    const { show } = setUp()
    const { promise, resolve } = deferred<number>()
    const first = show.track('trailer', () => promise)
    const second = show.track('library-poster', () => show.track('trailer', () => promise))
    resolve(5)
    expect(await Promise.all([first, second])).toEqual([5, 5])
    const later = deferred()
    await show.track('trailer', async () => {
      void Promise.resolve().then(async () => {
        await quiet()
        later.resolve(await show.track('trailer', () => Promise.resolve('free')))
      })
    })
    expect(await later.promise).toBe('free')
  })

  it('of another slot, or of the same in another show, is made', async () => {
    const { show, tracker } = setUp()
    const made = await show.track(
      'portrait',
      () => show.track('portrait', () => Promise.resolve(1), { characterId: 'bo' }),
      {
        characterId: 'ada',
      },
    )
    expect(made).toBe(1)
    expect(
      await show.track('trailer', () => tracker.show('t').track('trailer', () => Promise.resolve(2))),
    ).toBe(2)
  })
})

describe("unless: 'done'", () => {
  it('makes no call where the slot has a result, and gives undefined', async () => {
    const { show, tracker } = setUp()
    const fn = vi.fn(() => Promise.resolve(1))
    expect(await show.track('trailer', fn, { unless: 'done' })).toBe(1)
    expect(show.track('trailer', fn, { unless: 'done' })).toBeUndefined()
    expect(fn).toHaveBeenCalledTimes(1)
    expect(tracker.getTasks()).toHaveLength(1)
  })

  it('counts a result that only the database knows of, and one that is made again', async () => {
    const { show } = setUp()
    const fn = vi.fn(() => Promise.resolve(1))
    show.setFacts({ done: { 'library-poster': true } })
    expect(show.track('library-poster', fn, { unless: 'done' })).toBeUndefined()
    await show.track('trailer', () => Promise.resolve(0))
    const again = deferred<number>()
    void show.track('trailer', () => again.promise)
    expect(show.track('trailer', fn, { unless: 'done' })).toBeUndefined()
    expect(fn).not.toHaveBeenCalled()
  })

  it('makes the call when the latest task failed and the slot has no result', async () => {
    const { show } = setUp()
    await show.track('trailer', () => Promise.reject(new Error('no'))).catch(() => {})
    expect(await show.track('trailer', () => Promise.resolve(1), { unless: 'done' })).toBe(1)
  })
})

describe('a call whose slot runs here, behind a later task of another tab', () => {
  async function behind(status: string) {
    const kit = setUp()
    const first = deferred<string>()
    let signal!: AbortSignal
    const running = kit.show.track('trailer', (run) => {
      signal = run.signal
      return first.promise
    })
    const { startedAt } = kit.task()!
    const later = taskOf({
      id: 'theirs',
      type: 'trailer',
      status,
      startedAt: startedAt + 1,
      by: 'you',
    } as never)
    kit.tracker.merge(parseRecords({ tasks: [later] }))
    expect(kit.tracker.getTask({ showId: 's', type: 'trailer' })?.id).toBe('theirs')
    return { ...kit, first, running, signal: () => signal }
  }

  it.each(['failed', 'interrupted', 'succeeded', 'processing'])('joins it: %s', async (status) => {
    const { show, first } = await behind(status)
    const fn = vi.fn(() => Promise.resolve('second'))
    const joined = show.track('trailer', fn)
    first.resolve('first')
    expect(await joined).toBe('first')
    expect(fn).not.toHaveBeenCalled()
  })

  it('joins it although another tab has lost sight of it', async () => {
    const { show, task, tracker, first } = await behind('failed')
    tracker.merge(parseRecords({ tasks: [{ ...task()!, status: 'interrupted', rev: 9, by: 'you' }] }))
    const joined = show.track('trailer', () => Promise.resolve('second'))
    first.resolve('first')
    expect(await joined).toBe('first')
  })

  it.each(['failed', 'processing'])('supersedes it, and what is active elsewhere: %s', async (status) => {
    const { show, task, running, signal, errors } = await behind(status)
    running.catch(() => {})
    expect(await show.track('trailer', () => Promise.resolve('second'), { onConflict: 'supersede' })).toBe(
      'second',
    )
    expect(signal().aborted).toBe(true)
    expect(task()?.status).toBe('canceled')
    expect(task('theirs')?.status).toBe(status === 'failed' ? 'failed' : 'canceled')
    expect(errors).toEqual([])
  })
})
