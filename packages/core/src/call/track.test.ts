import { describe, expect, it, vi } from 'vitest'
import type { TrackerOptions } from '../tracker/tracker-types.ts'
import { AlreadyRunningError, CallsheetError, CanceledError, TimeoutError } from '../records/errors.ts'
import { parseRecords } from '../schema/schema.ts'
import type { ShowPipeline } from '../records/show-pipeline.ts'
import type { TaskRecord } from '../records/task.ts'
import type { RunContext } from './run-options.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { deferred, quiet, taskOf } from '../testing.ts'

function setup(options: Partial<TrackerOptions<ShowPipeline>> = {}) {
  let made = 0
  const kit = createTestTracker({ start: 1_000_000, by: 'me', createId: () => `t${(made += 1)}`, ...options })
  const task = (id = 't1') => kit.tracker.getTask(id) as TaskRecord | undefined
  return { ...kit, show: kit.tracker.show('s'), task }
}

const caught = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return error
  }
  return expect.fail('nothing was thrown')
}

describe('what track gives back', () => {
  it('is the very promise that the function gave', async () => {
    const { show, task } = setup()
    const { promise, resolve } = deferred()
    expect(show.track('trailer', () => promise)).toBe(promise)
    expect(task()?.status).toBe('processing')
    resolve(7)
    expect(await promise).toBe(7)
    expect(task()).toMatchObject({ status: 'succeeded', completedAt: 1_000_000 })
  })

  it('is a derived promise with the same outcome where that was asked for', async () => {
    const { show, task } = setup({ promises: 'derived' })
    const value = { a: 1 }
    const { promise, resolve } = deferred()
    const given = show.track('trailer', () => promise)
    expect(given).not.toBe(promise)
    resolve(value)
    expect(await given).toBe(value)
    expect(task()?.status).toBe('succeeded')
    const error = new Error('no')
    await expect(show.track('trailer', () => Promise.reject(error))).rejects.toBe(error)
    expect(task('t2')?.status).toBe('failed')
  })

  it.each([undefined, null, 0, '', false, Number.NaN, Symbol.iterator, 1n])(
    'is %s itself from a synchronous fn',
    (value) => {
      const { show, task } = setup()
      expect(show.track('trailer', () => value)).toBe(value)
      expect(task()?.status).toBe('succeeded')
    },
  )

  it('is the very object, list, map, set, text or function, and the task has succeeded', () => {
    const { show, task } = setup()
    const values = [
      Object.freeze({ ok: false }),
      () => 1,
      ['ada'],
      new Map(),
      new Set(),
      'text',
      new Uint8Array(2),
      new URLSearchParams('a=1'),
      new Headers(),
      { next: 'page' },
      new Date(),
      new Response('ok'),
    ]
    for (const [index, value] of values.entries()) {
      expect(show.track('trailer', () => value)).toBe(value)
      expect(task(`t${index + 1}`)?.status).toBe('succeeded')
    }
  })

  it('is the very error that a synchronous fn throws, whatever was thrown', () => {
    const { show, task, errors } = setup()
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const trap = Object.defineProperty(new Error('trap'), 'name', {
      get() {
        throw new Error('not you')
      },
    })
    const loop = Object.assign(new Error('loop'), { error: undefined as unknown })
    loop.error = loop
    const thrown = [new Error('no'), 'text', undefined, null, 0, { error: 'x' }, loop, trap, revoked.proxy]
    for (const [index, error] of thrown.entries()) {
      const got = caught(() =>
        show.track('trailer', () => {
          throw error
        }),
      )
      expect(Object.is(got, error), `number ${index}`).toBe(true)
      expect(task(`t${index + 1}`)?.status, `number ${index}`).toBe('failed')
    }
    // Those that cannot be read are reported.
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Task "t8": "error" was cut: reading it failed \(not you\)/),
      expect.stringMatching(/^Task "t9": "error" was cut: reading it failed/),
    ])
  })

  it('is the very error that an asynchronous fn rejects with', async () => {
    const { show, task } = setup()
    const error = Object.assign(new Error('upstream is down'), { status: 503, retryable: true })
    const got = await show.track('trailer', () => Promise.reject(error)).catch((reason: unknown) => reason)
    expect(got).toBe(error)
    expect(task()).toMatchObject({
      status: 'failed',
      error: { message: 'upstream is down', httpStatus: 503, retryable: true },
    })
  })

  it('is a revoked proxy or an object whose every question throws, if that is what fn gives', () => {
    const { show, task } = setup()
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const nosy = {
      get [Symbol.toStringTag](): string {
        throw new Error('do not ask')
      },
    }
    expect(
      Object.is(
        show.track('trailer', () => revoked.proxy),
        revoked.proxy,
      ),
    ).toBe(true)
    expect(show.track('trailer', () => nosy)).toBe(nosy)
    // Whether a revoked proxy is a promise cannot be known.
    expect([task('t1')?.status, task('t2')?.status]).toEqual(['interrupted', 'succeeded'])
  })

  it('is a thenable, untouched, and its task is interrupted', () => {
    const { show, errors, task } = setup()
    // oxlint-disable-next-line unicorn/no-thenable -- must not be read
    const thenable = Object.defineProperty({}, 'then', {
      get() {
        throw new Error('touched')
      },
    })
    expect(show.track('trailer', () => thenable)).toBe(thenable)
    const call = vi.fn()
    // oxlint-disable-next-line unicorn/no-thenable -- a query builder that runs when it is awaited
    const query = { then: call }
    expect(show.track('trailer', () => query as object)).toBe(query)
    expect(call).not.toHaveBeenCalled()
    expect([task('t1')?.status, task('t2')?.status]).toEqual(['interrupted', 'interrupted'])
    expect(errors).toHaveLength(2)
    expect(errors[1]).toMatchObject({ code: 'unobservable' })
    expect(errors[1]?.message).toMatch(/^trailer returned a lazy promise.*Make the function async/)
  })

  it('is a lazy promise that was not started, and its task says that it was lost sight of', async () => {
    const { show, task, errors } = setup()
    let starts = 0
    class Lazy extends Promise<number> {
      // oxlint-disable-next-line unicorn/no-thenable -- as the clients of OpenAI and Prisma do it
      override then: Promise<number>['then'] = (...handlers) => {
        starts += 1
        return Promise.resolve(5).then(...handlers)
      }
    }
    const lazy = new Lazy(() => {})
    expect(show.track('trailer', () => lazy)).toBe(lazy)
    expect(starts).toBe(0)
    expect(task()).toMatchObject({ status: 'interrupted' })
    expect(errors[0]).toBeInstanceOf(CallsheetError)
    expect(errors[0]?.message).toMatch(/trailer returned a lazy promise.*Make the function async/)
    expect(await lazy).toBe(5)
    expect(starts).toBe(1)
    // Nothing is left that a next call could join.
    expect(show.track('trailer', () => 1)).toBe(1)
  })

  it('is a promise whose class throws when it is followed: the report says so', () => {
    const { show, task, errors } = setup()
    const promise = Object.assign(Promise.resolve(7), {
      constructor: Object.defineProperty({}, Symbol.species, {
        get() {
          throw new Error('no species')
        },
      }),
    })
    expect(show.track('trailer', () => promise)).toBe(promise)
    expect(task()?.status).toBe('interrupted')
    expect(errors[0]?.message).toContain('returned a promise of a class of its own, which cannot be observed')
  })

  it('is a promise of a class of its own, followed like any other', async () => {
    class Own extends Promise<number> {}
    const { show, task } = setup()
    const own = Own.resolve(1) as Own
    expect(show.track('trailer', () => own)).toBe(own)
    await own
    expect(task()?.status).toBe('succeeded')
  })

  it('is a promise that cannot be followed, untouched, with the task given up and an error told', () => {
    const { show, task, errors } = setup()
    class Nosy extends Promise<number> {
      constructor(executor: ConstructorParameters<typeof Promise<number>>[0]) {
        super(executor)
        // oxlint-disable-next-line unicorn/no-thenable -- must not be read
        void Object.defineProperty(this, 'then', { get: () => expect.fail('touched') })
      }
    }
    class Choosy extends Promise<number> {
      constructor(executor: ConstructorParameters<typeof Promise<number>>[0], key?: string) {
        super(executor)
        if (key !== 'open sesame') throw new Error('not for you')
      }
    }
    const nosy = new Nosy(() => {})
    const choosy = new Choosy(() => {}, 'open sesame')
    expect(
      Object.is(
        show.track('trailer', () => nosy),
        nosy,
      ),
    ).toBe(true)
    expect(
      Object.is(
        show.track('library-poster', () => choosy),
        choosy,
      ),
    ).toBe(true)
    expect([task('t1')?.status, task('t2')?.status]).toEqual(['interrupted', 'interrupted'])
    expect(errors.length).toBeGreaterThanOrEqual(2)
  })

  it('comes from a single call', async () => {
    const { show } = setup()
    const fn = vi.fn((_run: unknown) => Promise.resolve(1))
    await show.track('trailer', fn)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(fn.mock.calls[0]).toHaveLength(1)
  })

  // Vitest's own watch for unhandled rejections stands aside for a moment.
  async function unhandled(action: () => unknown): Promise<unknown[]> {
    const listeners = process.listeners('unhandledRejection')
    const seen: unknown[] = []
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => seen.push(reason))
    try {
      action()
      await quiet()
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener)
    }
    return seen
  }

  it('counts as handled when it rejects, unless promises are derived', async () => {
    const error = new Error('no')
    const reject = () => Promise.reject(error)
    const same = setup()
    expect(await unhandled(() => void same.show.track('trailer', reject))).toEqual([])
    expect(same.task()?.status).toBe('failed')
    const derived = setup({ promises: 'derived' })
    expect(await unhandled(() => void derived.show.track('trailer', reject))).toEqual([error])
  })

  it('is a failed Response whose body breaks off, without an unhandled rejection', async () => {
    const { show, task } = setup()
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"err')),
      pull: () => Promise.reject(new Error('connection reset')),
    })
    const seen = await unhandled(() => show.track('trailer', () => new Response(body, { status: 502 })))
    expect(seen).toEqual([])
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'HTTP 502' } })
  })

  it('is the same although sinks and listeners reject later', async () => {
    const error = new Error('disk full')
    const { tracker, show, errors } = setup({ sinks: [{ write: () => Promise.reject(error) as never }] })
    tracker.on('taskFinished', () => Promise.reject(error) as never)
    expect(await unhandled(() => show.track('trailer', () => 1))).toEqual([])
    expect(errors).toEqual([error, error, error])
  })
})

describe('wrap', () => {
  it('keeps this, the arguments and the result', async () => {
    const { show, task } = setup()
    const studio = {
      name: 'Studio',
      paint: show.wrap(
        'portrait',
        async function paint(this: { name: string }, id: string, size = 1) {
          return [this.name, id, size, arguments.length]
        },
        (id) => ({ characterId: id, stage: `painting ${id}` }),
      ),
    }
    expect(await studio.paint('ada')).toEqual(['Studio', 'ada', 1, 1])
    expect(task()).toMatchObject({ type: 'portrait', characterId: 'ada', status: 'succeeded' })
  })

  it('makes a task at each call', () => {
    const { show, tracker } = setup()
    const poster = show.wrap('library-poster', (a: number, b: number) => a + b)
    expect([poster(1, 2), poster(3, 4)]).toEqual([3, 7])
    expect(tracker.getTasks({ showId: 's' })).toHaveLength(2)
  })

  it('calls the function untracked if toOptions throws, and reports it', () => {
    const { show, tracker, errors } = setup()
    const error = new Error('no options')
    const fn = vi.fn((id: string) => id)
    const paint = show.wrap('portrait', fn, () => {
      throw error
    })
    expect(paint('ada')).toBe('ada')
    expect(fn).toHaveBeenCalledTimes(1)
    expect(errors).toEqual([error])
    expect(tracker.getTasks()).toEqual([])
  })
})

describe('a Response', () => {
  const json = (status: number, body: unknown) =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })

  it('that is ok makes the task succeed, unread', async () => {
    const { show, task } = setup()
    const response = await show.track('trailer', () => Promise.resolve(json(200, { url: '/t.mp4' })))
    expect(task()?.status).toBe('succeeded')
    expect(response.bodyUsed).toBe(false)
    expect(await response.json()).toEqual({ url: '/t.mp4' })
  })

  it.each([
    [{ error: 'Schema mismatch' }, 'Schema mismatch'],
    [{ error: 'Failed', details: 'no seeds' }, 'Failed: no seeds'],
    [{ error: 'Failed', detail: 'NSFW content' }, 'Failed: NSFW content'],
    [{ error: { message: 'quota', code: 'x' } }, 'quota'],
    [
      { error: 'Invalid', messages: [{ instancePath: '/a', message: 'is required' }] },
      'Invalid: is required',
    ],
    [{ message: 'slow down' }, 'slow down'],
    [{ status: null, detail: 'gone' }, 'gone'],
    ['just text', 'just text'],
    [{ unheard: 'of' }, 'HTTP 422'],
  ])(
    'that is not ok fails the task with what the body %j says, and is still the caller’s to read',
    async (body, message) => {
      const { show, task } = setup()
      const response = await show.track('trailer', () => Promise.resolve(json(422, body)))
      expect(task()).toMatchObject({ status: 'failed', error: { httpStatus: 422, retryable: false } })
      await quiet()
      expect(task()?.error?.message).toBe(message)
      expect(response.bodyUsed).toBe(false)
      expect(await response.json()).toEqual(body)
    },
  )

  it.each([
    [400, false],
    [401, false],
    [404, false],
    [408, true],
    [425, true],
    [429, true],
    [500, true],
    [503, true],
  ])('with the status %i says whether it is worth another try: %s', (status, retryable) => {
    const { show, task } = setup()
    show.track('trailer', () => new Response(null, { status, statusText: 'So it is' }))
    expect(task()?.error).toEqual({ message: `HTTP ${status} So it is`, httpStatus: status, retryable })
  })

  it('with a page of HTML says its status alone', async () => {
    const { show, task } = setup()
    const page = '<!doctype html><title>502 Bad Gateway</title>'
    const response = await show.track('trailer', () => Promise.resolve(new Response(page, { status: 502 })))
    await quiet()
    expect(task()?.error?.message).toBe('HTTP 502')
    expect(await response.text()).toBe(page)
  })

  it('with a plain text says its first 500 characters', async () => {
    const { show, task } = setup()
    show.track('trailer', () => new Response(` ${'no '.repeat(1_000)}`, { status: 500 }))
    await quiet()
    expect(task()?.error?.message).toHaveLength(500)
  })

  it('with secrets in its body keeps them out of the record', async () => {
    const { show, task } = setup()
    show.track('trailer', () => json(401, { error: 'Incorrect key sk-abcdefghijklmnopqrstuv' }))
    await quiet()
    expect(task()?.error?.message).toBe('Incorrect key [redacted]')
  })

  it('with a huge body is read no further than needed, and is whole for the caller', async () => {
    const { show, task } = setup()
    let pulled = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1
        if (pulled > 1_000) controller.close()
        else controller.enqueue(new Uint8Array(1_024).fill(97))
      },
    })
    const response = await show.track('trailer', () => Promise.resolve(new Response(body, { status: 500 })))
    await quiet()
    expect(task()?.error?.message).toBe('a'.repeat(500))
    expect(pulled).toBeLessThan(25)
    expect((await response.text()).length).toBe(1_000 * 1_024)
  })

  it('with a body that never ends fails the task at once, and is let go soon', async () => {
    const { show, task, clock } = setup()
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"error":"half')),
    })
    const response = await show.track('trailer', () => Promise.resolve(new Response(body, { status: 500 })))
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'HTTP 500' } })
    await quiet()
    await clock.advance(99)
    expect(clock.pending).toBe(1)
    await clock.advance(1)
    expect(clock.pending).toBe(0)
    expect(task()?.status).toBe('failed')
    expect(response.bodyUsed).toBe(false)
  })

  it('with a body that was read already fails the task with its status', async () => {
    const { show, task, errors } = setup()
    await show.track('trailer', async () => {
      const response = json(500, { error: 'seen' })
      await response.text()
      return response
    })
    await quiet()
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'HTTP 500' } })
    expect(errors).toEqual([])
  })

  it('says nothing any more once the task has gone on to its next attempt', async () => {
    const { show, task, tracker } = setup()
    show.track('trailer', () => json(500, { error: 'first' }))
    tracker.updateTask('t1', { status: 'processing' })
    tracker.updateTask('t1', { status: 'failed', error: 'second' })
    await quiet()
    expect(task()).toMatchObject({ attempt: 2, error: { message: 'second' } })
  })

  it('from a synchronous fn counts the same', () => {
    const { show, task } = setup()
    const response = json(404, { error: 'x' })
    expect(show.track('trailer', () => response)).toBe(response)
    expect(task()?.status).toBe('failed')
  })

  it('that is opaque counts as a success', () => {
    const { show, task } = setup()
    const opaque = { [Symbol.toStringTag]: 'Response', ok: false, type: 'opaque', status: 0, statusText: '' }
    expect(show.track('trailer', () => opaque)).toBe(opaque)
    expect(task()?.status).toBe('succeeded')
  })

  it('of another library counts the same when it says that it is one', () => {
    const { show, task } = setup()
    const foreign = { [Symbol.toStringTag]: 'Response', ok: false, status: 418, statusText: '' }
    expect(show.track('trailer', () => foreign)).toBe(foreign)
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'HTTP 418' } })
  })
})

describe('the run', () => {
  it('is told of its task, attempt and signal', () => {
    const { show } = setup()
    show.track(
      'portrait',
      (run) => {
        expect(run.task).toMatchObject({ id: 't1', type: 'portrait', characterId: 'ada', stepNumber: 4 })
        expect(run.task).toMatchObject({ status: 'processing', stage: 'queued', metadata: { model: 'm' } })
        expect(run.attempt).toBe(1)
        expect(run.signal.aborted).toBe(false)
        expect(run.lastError).toBeUndefined()
      },
      { characterId: 'ada', stage: 'queued', metadata: { model: 'm' } },
    )
  })

  it('sets a progress that never goes down', () => {
    const { show, task } = setup()
    show.track('trailer', ({ progress }) => {
      for (const [given, shown] of [
        [10, 10],
        [55.9, 55],
        [20, 55],
        [-1, 55],
        [Number.NaN, 55],
        [400, 100],
      ] as const) {
        progress(given)
        expect(task()?.progress).toBe(shown)
      }
    })
  })

  it('says its stage, its job and whatever else there is to say', () => {
    const { show, task } = setup()
    show.track('trailer', (run) => {
      run.stage('veo-processing')
      run.job({ provider: 'fal', id: 'j1', url: 'https://queue.example/j1' })
      run.update({ metadata: { model: 'veo' }, maxAttempts: 3 })
      expect(run.task).toMatchObject({
        stage: 'veo-processing',
        job: { provider: 'fal', id: 'j1', url: 'https://queue.example/j1' },
        metadata: { model: 'veo' },
        maxAttempts: 3,
      })
    })
    expect(task()).toMatchObject({ status: 'succeeded', metadata: { model: 'veo' } })
    expect(task()).not.toHaveProperty('stage')
  })

  it('goes through attempts as one task, and knows why the last one failed', async () => {
    const { show, tracker, task } = setup()
    const seen: unknown[] = []
    await show.track('trailer', async (run) => {
      run.progress(80)
      run.job({ provider: 'fal', id: 'j1' })
      await Promise.resolve()
      run.nextAttempt({ message: 'rate limit', code: 'rate', httpStatus: 429 })
      seen.push(run.attempt, run.lastError, run.task.stage, run.task.progress, run.task.job)
      run.progress(10)
      run.nextAttempt(new Error('stuck'))
      seen.push(run.attempt, run.lastError?.message, run.task.stage)
    })
    expect(seen).toEqual([
      2,
      { message: 'rate limit', code: 'rate', httpStatus: 429 },
      'rate limit',
      undefined,
      undefined,
      3,
      'stuck',
      'stuck',
    ])
    expect(task()).toMatchObject({ id: 't1', attempt: 3, status: 'succeeded' })
    expect(tracker.getTasks()).toHaveLength(1)
  })

  it('has methods that work when they are taken off, and that never throw', () => {
    const { show, task, errors } = setup()
    const loop: Record<string, unknown> = {}
    loop['error'] = loop
    show.track('trailer', ({ progress, stage, job, update, nextAttempt }) => {
      progress(1)
      stage('a')
      job(5 as never)
      job({} as never)
      update(undefined as never)
      update({ status: 'queued' } as never)
      update({
        metadata: () => {
          throw new Error('updater')
        },
      })
      nextAttempt(loop)
      nextAttempt(undefined)
      nextAttempt(
        new Proxy(
          {},
          {
            get() {
              throw new Error('trap')
            },
          },
        ),
      )
    })
    expect(task()?.status).toBe('succeeded')
    expect(errors.map(({ message }) => message)).toContain('updater')
  })

  it('does nothing any more once it has ended', async () => {
    const { show, tracker, task } = setup()
    let kept!: RunContext<never>
    await show.track('trailer', async (run) => {
      kept = run as never
    })
    const before = task()
    kept.progress(50)
    kept.stage('late')
    kept.nextAttempt('late')
    kept.update({ status: 'failed' })
    expect(task()).toBe(before)
    expect(kept.task).toBe(before)
    expect(tracker.getTasks()).toHaveLength(1)
  })

  it('records what the result option reads from the value', async () => {
    const { show, task } = setup()
    const value = { imageUrl: 'https://a.example/p.png' }
    const got = await show.track('portrait', () => Promise.resolve(value), {
      characterId: 'ada',
      result: ({ imageUrl }) => ({ outputUrl: imageUrl, metadata: { model: 'm' } }),
    })
    expect(got).toBe(value)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: value.imageUrl, metadata: { model: 'm' } })
  })

  it('fails when the result option finds a failure in what came as a success', async () => {
    const { show, task } = setup()
    await show.track('trailer', () => Promise.resolve({ status: null, detail: 'no output' }), {
      result: ({ status, detail }) => (status === null ? { status: 'failed', error: detail } : undefined),
    })
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'no output' } })
  })

  it('takes an id that is given', () => {
    const { show, task } = setup()
    show.track('trailer', () => 1, { id: 'mine' })
    expect(task('mine')?.status).toBe('succeeded')
  })

  it('has no unhandled end when the caller aborts it itself: the task is canceled', async () => {
    const { show, task } = setup()
    const controller = new AbortController()
    const call = show.track(
      'trailer',
      () =>
        new Promise((_resolve, reject) => {
          controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error))
        }),
    )
    controller.abort()
    await expect(call).rejects.toBe(controller.signal.reason)
    expect(task()).toMatchObject({ status: 'canceled', error: { message: 'This operation was aborted' } })
  })
})

describe('a slot that is already being worked on', () => {
  const at = { startedAt: 900_000, updatedAt: 900_000 }
  const elsewhere = taskOf({ id: 'theirs', type: 'trailer', stepNumber: 8, ...at, by: 'you' })

  it('is joined: every caller gets what the first one gets, and the paid call is made once', async () => {
    const { show, tracker } = setup()
    const { promise, resolve } = deferred<number>()
    const fn = vi.fn(() => promise)
    const first = show.track('trailer', fn)
    const second = show.track('trailer', fn)
    resolve(5)
    expect(await Promise.all([first, second])).toEqual([5, 5])
    expect(fn).toHaveBeenCalledTimes(1)
    expect(tracker.getTasks()).toHaveLength(1)
  })

  it('is joined by the id of its show, step and character: another one is free', () => {
    const { show, tracker } = setup()
    const fn = vi.fn(() => new Promise(() => {}))
    void show.track('portrait', fn, { characterId: 'ada' })
    void show.track('portrait', fn, { characterId: 'bo' })
    void show.track('video', fn, { characterId: 'ada' })
    void tracker.show('other').track('portrait', fn, { characterId: 'ada' })
    expect(fn).toHaveBeenCalledTimes(4)
  })

  it('is joined also under the id that the show had before', async () => {
    const { show, tracker } = setup()
    const { promise, resolve } = deferred<number>()
    void show.track('trailer', () => promise)
    tracker.renameShow('s', 'final')
    const again = vi.fn(() => promise)
    const joined = tracker.show('final').track('trailer', again)
    resolve(5)
    expect(await joined).toBe(5)
    expect(again).not.toHaveBeenCalled()
  })

  it('is superseded: the old run is canceled, and its late result changes nothing', async () => {
    const { show, task } = setup()
    const [old, fresh] = [deferred(), deferred()]
    let signal!: AbortSignal
    const first = show.track('trailer', (run) => {
      signal = run.signal
      return old.promise
    })
    const second = show.track('trailer', () => fresh.promise, { onConflict: 'supersede' })
    expect(second).toBe(fresh.promise)
    expect(signal.reason).toBeInstanceOf(CanceledError)
    expect([task('t1')?.status, task('t2')?.status]).toEqual(['canceled', 'processing'])
    const canceled = task('t1')
    old.resolve('late')
    expect(await first).toBe('late')
    expect(task('t1')).toBe(canceled)
    expect(show.getPipeline().step('trailer').task()).toBe(task('t2'))
    fresh.resolve('new')
    await second
    expect(task('t2')?.status).toBe('succeeded')
  })

  it('starts a new run that counts as newer although no time has passed', () => {
    const { show, task } = setup()
    for (let turn = 0; turn < 3; turn += 1) {
      void show.track('trailer', () => new Promise(() => {}), { onConflict: 'supersede' })
    }
    expect([task('t1')?.startedAt, task('t2')?.startedAt, task('t3')?.startedAt]).toEqual([
      1_000_000, 1_000_001, 1_000_002,
    ])
  })

  it('is refused where that was asked for, without a call', async () => {
    const { show } = setup()
    void show.track('trailer', () => new Promise(() => {}))
    const fn = vi.fn(() => Promise.resolve(1))
    const refused = show.track('trailer', fn, { onConflict: 'reject' })
    await expect(refused).rejects.toBeInstanceOf(AlreadyRunningError)
    await expect(refused).rejects.toMatchObject({ taskId: 't1' })
    expect(fn).not.toHaveBeenCalled()
  })

  it.each(['join', 'reject'] as const)('elsewhere is not started here: %s rejects', async (onConflict) => {
    const { show, tracker } = setup()
    tracker.merge(parseRecords({ tasks: [elsewhere] }))
    const fn = vi.fn(() => Promise.resolve(1))
    await expect(show.track('trailer', fn, { onConflict })).rejects.toMatchObject({
      name: 'AlreadyRunningError',
      taskId: 'theirs',
    })
    expect(fn).not.toHaveBeenCalled()
  })

  it('elsewhere is superseded where that was asked for', () => {
    const { show, tracker, task } = setup()
    tracker.merge(parseRecords({ tasks: [elsewhere] }))
    expect(show.track('trailer', () => 1, { onConflict: 'supersede' })).toBe(1)
    expect(task('theirs')).toMatchObject({ status: 'canceled', by: 'me' })
  })

  it('elsewhere with a clock that goes ahead does not hide what is begun here afterwards', () => {
    const { show, tracker } = setup()
    tracker.merge(parseRecords({ tasks: [{ ...elsewhere, status: 'failed', startedAt: 9_000_000 }] }))
    show.track('trailer', () => 1)
    expect(show.getPipeline().step('trailer').task()).toMatchObject({ id: 't1', startedAt: 9_000_001 })
  })

  it('and finished is free again: a new task', () => {
    const { show, tracker } = setup()
    show.track('trailer', () => 1)
    show.track('trailer', () => 2)
    expect(tracker.getTasks()).toHaveLength(2)
    expect(show.getPipeline().step('trailer').task()?.id).toBe('t2')
  })

  it('and interrupted is free again', () => {
    const { show, tracker } = setup()
    tracker.merge(parseRecords({ tasks: [{ ...elsewhere, status: 'interrupted' }] }))
    expect(show.track('trailer', () => 1)).toBe(1)
  })
})

describe('timeout', () => {
  it('finishes the task at once and aborts the signal; the promise settles as fn does', async () => {
    const { show, task, clock } = setup()
    const { promise, resolve } = deferred()
    let signal!: AbortSignal
    const call = show.track(
      'trailer',
      (run) => {
        signal = run.signal
        return promise
      },
      { timeout: 60_000 },
    )
    await clock.advance(59_999)
    expect(task()?.status).toBe('processing')
    await clock.advance(1)
    expect(task()).toMatchObject({
      status: 'failed',
      error: { message: 'trailer took longer than 60000 ms.', code: 'timeout', retryable: true },
    })
    expect(signal.reason).toBeInstanceOf(TimeoutError)
    const timedOut = task()
    resolve('late')
    expect(await call).toBe('late')
    expect(task()).toBe(timedOut)
  })

  it('is stopped by the end of the work, however it ends', async () => {
    const { show, tracker, clock } = setup()
    show.track('trailer', () => 1, { timeout: 5 })
    await show.track('trailer', () => Promise.reject(new Error('no')), { timeout: 5 }).catch(() => {})
    void show.track('trailer', () => new Promise(() => {}), { timeout: 5 })
    tracker.cancel({ showId: 's' })
    expect(clock.pending).toBe(0)
  })
})

describe('cancel', () => {
  const running = (showId = 's', type: 'trailer' | 'library-poster' = 'trailer') => {
    const made = setup()
    let signal!: AbortSignal
    const { promise, resolve, reject } = deferred()
    const call = made.tracker.show(showId).track(type, (run) => {
      signal = run.signal
      return promise
    })
    return { ...made, signal, call, resolve, reject }
  }

  it.each([
    ['an id', (t: ReturnType<typeof running>) => t.tracker.cancel('t1', 'not needed')],
    [
      'a slot',
      (t: ReturnType<typeof running>) => t.tracker.cancel({ showId: 's', type: 'trailer' }, 'not needed'),
    ],
    ['a show', (t: ReturnType<typeof running>) => t.tracker.cancel({ showId: 's' }, 'not needed')],
  ])('by %s ends the run with the reason', async (_what, cancel) => {
    const made = running()
    expect(cancel(made)).toBe(1)
    expect(made.task()).toMatchObject({
      status: 'canceled',
      completedAt: 1_000_000,
      error: { message: 'not needed', code: 'canceled' },
    })
    expect(made.signal.reason).toMatchObject({ name: 'CanceledError', message: 'not needed' })
    const canceled = made.task()
    made.resolve('late')
    expect(await made.call).toBe('late')
    expect(made.task()).toBe(canceled)
    expect(made.errors).toEqual([])
  })

  it('leaves a rejection that comes late without effect', async () => {
    const made = running()
    made.show.cancel('enough')
    made.reject(new Error('aborted'))
    await expect(made.call).rejects.toThrow('aborted')
    expect(made.task()).toMatchObject({ status: 'canceled', error: { message: 'enough' } })
  })

  it('ends what is meant and nothing else', () => {
    const { tracker, show, task } = setup()
    const forever = () => new Promise(() => {})
    void show.track('portrait', forever, { characterId: 'ada' })
    void show.track('portrait', forever, { characterId: 'bo' })
    void show.track('trailer', forever)
    void tracker.show('other').track('trailer', forever)
    expect(tracker.cancel({ showId: 's', type: 'portrait', characterId: 'ada' })).toBe(1)
    expect(['t1', 't2', 't3', 't4'].map((id) => task(id)?.status)).toEqual([
      'canceled',
      'processing',
      'processing',
      'processing',
    ])
    expect(tracker.cancel({ showId: 's' })).toBe(2)
    expect(task('t4')?.status).toBe('processing')
    expect([tracker.cancel('t1'), tracker.cancel('nowhere'), tracker.cancel({ showId: 'nowhere' })]).toEqual([
      0, 0, 0,
    ])
  })

  it('that comes from elsewhere ends the run here', async () => {
    const made = running()
    const theirs = { ...made.task()!, status: 'canceled', rev: 2, by: 'you', completedAt: 1_000_001 }
    made.tracker.merge(parseRecords({ tasks: [theirs] }))
    expect(made.signal.reason).toBeInstanceOf(CanceledError)
    made.resolve(1)
    await made.call
    expect(made.task()).toMatchObject({ status: 'canceled', by: 'you' })
  })

  it('gives way to a success that another writer knows of', () => {
    const made = running()
    made.show.cancel()
    const paid = {
      ...made.task()!,
      status: 'succeeded',
      rev: 2,
      by: 'webhook',
      outputUrl: 'https://a.example/t.mp4',
    }
    made.tracker.merge(parseRecords({ tasks: [paid] }))
    expect(made.task()).toMatchObject({ status: 'succeeded', by: 'webhook' })
  })
})

describe('tracking that fails', () => {
  const boom = new Error('boom')
  const fail = () => {
    throw boom
  }

  it.each<[string, Partial<TrackerOptions<ShowPipeline>>]>([
    ['a sink', { sinks: [{ write: fail }] }],
    ['createId', { createId: fail }],
  ])('because %s throws leaves the call as it is, and tells', async (_what, options) => {
    const { show, errors } = setup(options)
    const fn = vi.fn(() => Promise.resolve(5))
    expect(await show.track('trailer', fn)).toBe(5)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(errors).toContain(boom)
  })

  it('because listeners throw leaves the call, the record and the other listeners as they are', async () => {
    const { tracker, show, errors, task } = setup()
    const heard = vi.fn()
    for (const event of ['taskChanged', 'taskFinished', 'stepCompleted', 'error'] as const) {
      tracker.on(event, fail)
      tracker.on(event, heard)
    }
    tracker.subscribe(fail)
    tracker.subscribe(heard)
    expect(await show.track('trailer', () => Promise.resolve(5))).toBe(5)
    expect(task()?.status).toBe('succeeded')
    expect(heard.mock.calls.length).toBeGreaterThanOrEqual(6)
    expect(new Set(errors)).toEqual(new Set([boom]))
  })

  it('because the clock throws leaves the call as it is, and is reported', async () => {
    const clock = { isBroken: false }
    const { show, errors } = setup({ clock: () => (clock.isBroken ? fail() : 1) })
    clock.isBroken = true
    expect(await show.track('trailer', ({ progress }) => (progress(5), Promise.resolve(5)))).toBe(5)
    clock.isBroken = false
    const later = show.track('trailer', () => Promise.resolve(6), { timeout: 5 })
    clock.isBroken = true
    expect(await later).toBe(6)
    expect(errors).toContain(boom)
  })

  it('because the schedule throws leaves the call as it is, and is reported', async () => {
    const { show, errors, task } = setup({ schedule: fail })
    expect(await show.track('trailer', () => Promise.resolve(5), { timeout: 5 })).toBe(5)
    expect(task()?.status).toBe('succeeded')
    expect(errors).toEqual([boom])
    const response = new Response('{"error":"x"}', { status: 500 })
    expect(show.track('trailer', () => response)).toBe(response)
    await quiet()
    expect(task('t2')?.status).toBe('failed')
  })

  it.each<[string, () => object]>([
    ['throws', fail],
    ['gives a status that there is none of', () => ({ status: 'done' })],
    ['gives an updater that throws', () => ({ metadata: fail })],
  ])('because the result option %s still ends the task', async (_what, result) => {
    const { show, errors, task } = setup()
    expect(await show.track('trailer', () => Promise.resolve(5), { result: result as never })).toBe(5)
    expect(task()?.status).toBe('succeeded')
    expect(errors).toHaveLength(1)
  })

  const trap = new Proxy({}, { get: fail, ownKeys: fail, has: fail, getOwnPropertyDescriptor: fail })
  it.each<[string, unknown[]]>([
    ['a step that there is none of', ['potrait', {}]],
    ['a step that is a symbol', [Symbol('s'), {}]],
    ['no characterId', ['portrait', {}]],
    ['no options', ['portrait']],
    ['null for options', ['portrait', null]],
    ['options that cannot be read', ['portrait', trap]],
    ['an empty characterId', ['portrait', { characterId: '' }]],
    ['a characterId that is a number', ['portrait', { characterId: 5 }]],
    ['a characterId that is a symbol', ['portrait', { characterId: Symbol('s') }]],
    ['a characterId that is a bare object', ['portrait', { characterId: Object.create(null) as object }]],
    ['a characterId with control characters', ['portrait', { characterId: 'a\nb' }]],
    ['a characterId where there is none', ['trailer', { characterId: 'ada' }]],
    ['an id that is none', ['trailer', { id: '\0' }]],
  ])('because of %s makes the call all the same, untracked, and tells', async (_what, [type, ...options]) => {
    const { tracker, show, errors } = setup()
    const fn = vi.fn(({ progress, stage, job, update, nextAttempt, task, attempt }: RunContext<never>) => {
      progress(1)
      stage('s')
      job({ provider: 'p', id: 'j' })
      update({})
      nextAttempt('no')
      expect([task.status, attempt]).toEqual(['processing', 1])
      return Promise.resolve(5)
    })
    const track = show.track as unknown as (type: unknown, fn: unknown, ...options: unknown[]) => unknown
    expect(await track(type, fn, ...options)).toBe(5)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(tracker.getTasks()).toEqual([])
    expect(errors.length).toBeGreaterThan(0)
  })

  it('because of metadata that throw keeps the task without them, and is reported', () => {
    const { show, task, errors } = setup()
    expect(show.track('trailer', () => 1, { metadata: trap as never, stage: 's' })).toBe(1)
    expect(task()).toMatchObject({ status: 'succeeded' })
    expect(task()).not.toHaveProperty('metadata.a')
    expect(errors.length).toBeGreaterThan(0)
  })

  it('because of a known id still makes the call, and leaves the known task', () => {
    const { show, task, errors } = setup()
    show.track('trailer', () => 1, { id: 'mine' })
    const before = task('mine')
    expect(show.track('trailer', () => 2, { id: 'mine' })).toBe(2)
    expect(task('mine')).toBe(before)
    expect(errors[0]?.message).toMatch(/"mine" is known already/)
  })

  it('with nothing that can be told is silent', async () => {
    const { tracker, show } = setup({ sinks: [{ write: () => fail() }] })
    tracker.on('error', fail)
    const bare = Object.create(null) as object
    tracker.subscribe(() => {
      throw bare
    })
    expect(await show.track('trailer', () => Promise.resolve(5))).toBe(5)
  })
})
