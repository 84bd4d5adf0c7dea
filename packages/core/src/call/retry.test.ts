import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CanceledError, TimeoutError } from '../records/errors.ts'
import { parseRecords } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { createTracker } from '../tracker/tracker.ts'

function setup() {
  const made = createTestTracker({ by: 'me', random: () => 0.5 })
  const task = () => made.tracker.getTask({ showId: 's', type: 'trailer' })
  /** Lets the run come to its next pause. */
  const quiet = () => made.clock.advance(0)
  return { ...made, show: made.tracker.show('s'), task, quiet, next: made.clock.next }
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers })

/** A function that gives or throws one after the other. */
const giving = (...outcomes: unknown[]) => {
  let place = 0
  return vi.fn(async () => {
    const outcome = outcomes[Math.min(place, outcomes.length - 1)]
    place += 1
    if (outcome instanceof Error) throw outcome
    return outcome
  })
}

describe('retry', () => {
  it('tries again as the same task, and shows the reason and the wait', async () => {
    const { show, task, next, quiet } = setup()
    const fn = giving(new Error('fetch failed'), 'done')
    const result = show.track('trailer', fn, { retry: { attempts: 4 } })
    const { id } = task()!
    expect(task()).toMatchObject({ status: 'processing', attempt: 1, maxAttempts: 4 })
    await quiet()
    expect(task()).toMatchObject({
      id,
      status: 'starting',
      attempt: 2,
      stage: 'fetch failed (attempt 2 of 4 in 1 s)',
    })
    expect(await next()).toBe(750)
    expect(await result).toBe('done')
    expect(fn).toHaveBeenCalledTimes(2)
    expect(task()).toMatchObject({ id, status: 'succeeded', attempt: 2 })
    expect(task()).not.toHaveProperty('stage')
  })

  it('gives the last error when the attempts are used up', async () => {
    const { show, task, next } = setup()
    const last = new Error('still broken')
    const fn = giving(new Error('broken'), new Error('broken'), last)
    const result = show.track('trailer', fn, { retry: {} })
    const caught = expect(result).rejects.toBe(last)
    await next()
    await next()
    await caught
    expect(fn).toHaveBeenCalledTimes(3)
    expect(task()).toMatchObject({ status: 'failed', attempt: 3, error: { message: 'still broken' } })
  })

  it('fault 8: endless automatic retries cannot be: there is an end, and the pauses grow', async () => {
    const { show, task, next } = setup()
    const fn = giving(new Error('fetch failed'))
    const result = show.track('trailer', fn, { retry: { attempts: Infinity, when: () => true } })
    const caught = expect(result).rejects.toThrow('fetch failed')
    const waits: number[] = []
    for (let wait = await next(); wait !== undefined; wait = await next()) waits.push(wait)
    await caught
    expect(fn).toHaveBeenCalledTimes(100)
    expect(task()).toMatchObject({ status: 'failed', attempt: 100, maxAttempts: 100 })
    expect(waits.slice(0, 6)).toEqual([750, 1_500, 3_000, 6_000, 12_000, 24_000])
    const waited = waits.reduce((sum, wait) => sum + wait, 0)
    expect(waited).toBeGreaterThan(90 * 45_000)
  })

  it('waits as long as the server asks, and gives its last response untouched', async () => {
    const { show, task, next, quiet } = setup()
    const busy = () => json(429, { error: 'Slow down' }, { 'retry-after': '7' })
    const last = busy()
    const fn = giving(busy(), last)
    const result = show.track('trailer', fn, { retry: { attempts: 2 } })
    await quiet()
    expect(task()?.stage).toBe('Slow down (attempt 2 of 2 in 7 s)')
    expect(await next()).toBe(7_000)
    expect(await result).toBe(last)
    expect(last.bodyUsed).toBe(false)
    expect(await last.json()).toEqual({ error: 'Slow down' })
    expect(task()).toMatchObject({
      status: 'failed',
      attempt: 2,
      error: { message: 'Slow down', httpStatus: 429, retryable: true },
    })
  })

  it('does not try again what would fail again', async () => {
    const { show, task } = setup()
    const wrong = json(400, { error: 'No prompt' })
    const fn = giving(wrong)
    expect(await show.track('trailer', fn, { retry: { attempts: 5 } })).toBe(wrong)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(task()).toMatchObject({ status: 'failed', attempt: 1, error: { message: 'No prompt' } })
  })

  it('lets `before` change what the next attempt sends, and then tries filtered content again', async () => {
    const { show, task, next } = setup()
    let prompt = 'a fight'
    const sent: string[] = []
    const result = show.track(
      'trailer',
      async () => {
        sent.push(prompt)
        if (prompt === 'a fight') throw Object.assign(new Error('flagged as violent'), { status: 400 })
        return prompt
      },
      {
        retry: {
          async before({ lastError, attempt, update }) {
            await Promise.resolve()
            expect(lastError?.message).toBe('flagged as violent')
            expect(attempt).toBe(2)
            prompt = 'a dance'
            update({ metadata: { prompt: 'softened' } as never })
          },
        },
      },
    )
    await next()
    expect(await result).toBe('a dance')
    expect(sent).toEqual(['a fight', 'a dance'])
    expect(task()?.metadata).toEqual({ prompt: 'softened' })
  })

  it('ends when `before` fails, and reports both errors', async () => {
    const { show, task, next, errors } = setup()
    const error = new Error('fetch failed')
    const fn = giving(error)
    const result = show.track('trailer', fn, {
      retry: {
        before() {
          throw new Error('no other prompt')
        },
      },
    })
    const caught = expect(result).rejects.toBe(error)
    await next()
    await caught
    expect(fn).toHaveBeenCalledTimes(1)
    expect(errors.map(({ message }) => message)).toEqual(['no other prompt'])
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'fetch failed' } })
  })

  it('asks the application: when, how long, and what it was', async () => {
    const { show, next } = setup()
    const fn = giving(new Error('odd'), 'done')
    const result = show.track('trailer', fn, {
      retry: {
        classify: ({ error }) =>
          error.message === 'odd' ? { kind: 'rate-limit', retryAfter: 5 } : undefined,
        when: ({ kind }) => kind === 'rate-limit',
        delay: (attempt, { retryAfter = 0 }) => attempt * 1_000 + retryAfter,
      },
    })
    expect(await next()).toBe(1_005)
    expect(await result).toBe('done')
  })

  it('goes on by its defaults when the application cannot answer', async () => {
    const { show, next, errors } = setup()
    const broken = () => {
      throw new Error('broken policy')
    }
    const fn = giving(new Error('fetch failed'), 'done')
    const result = show.track('trailer', fn, { retry: { classify: broken, delay: broken } })
    expect(await next()).toBe(750)
    expect(await result).toBe('done')
    expect(errors).toHaveLength(2)
    const never = giving(new Error('fetch failed'))
    await expect(show.track('trailer', never, { retry: { when: broken } })).rejects.toThrow('fetch failed')
    expect(never).toHaveBeenCalledTimes(1)
  })

  it('tries a failure again that came as a success', async () => {
    const { show, task, next } = setup()
    const fn = giving({ url: '' }, { url: 'https://a/b.mp4' })
    const result = show.track('trailer', fn, {
      retry: {},
      result: (value) =>
        (value as { url: string }).url
          ? { outputUrl: (value as { url: string }).url }
          : { status: 'failed', error: 'succeeded without an output' },
    })
    await next()
    expect(await result).toEqual({ url: 'https://a/b.mp4' })
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 2, outputUrl: 'https://a/b.mp4' })
  })

  it('leaves a synchronous function alone', () => {
    const { show, task } = setup()
    expect(show.track('trailer', () => 5, { retry: {} })).toBe(5)
    expect(task()?.status).toBe('succeeded')
    const fn = vi.fn(() => {
      throw new Error('no')
    })
    expect(() => show.track('trailer', fn, { retry: {} })).toThrow('no')
    expect(fn).toHaveBeenCalledTimes(1)
    expect(task()?.status).toBe('failed')
  })

  it('counts a throw of a later attempt as its failure', async () => {
    const { show, next } = setup()
    let calls = 0
    const result = show.track(
      'trailer',
      (): Promise<string> => {
        calls += 1
        if (calls === 2) throw new Error('thrown at once')
        return calls === 1 ? Promise.reject(new Error('fetch failed')) : Promise.resolve('done')
      },
      { retry: {} },
    )
    await next()
    await next()
    expect(await result).toBe('done')
  })

  it('does not try again after the caller aborted', async () => {
    const { show, task } = setup()
    const fn = giving(new DOMException('The user left', 'AbortError') as unknown as Error)
    await expect(show.track('trailer', fn, { retry: {} })).rejects.toThrow('The user left')
    expect(fn).toHaveBeenCalledTimes(1)
    expect(task()?.status).toBe('canceled')
  })

  it('shows a long pause as alive', async () => {
    const { show, task, next, clock, quiet } = setup()
    const fn = giving(json(503, {}, { 'retry-after': '100' }), 'done')
    const result = show.track('trailer', fn, { retry: {} })
    await quiet()
    const seen: [string | undefined, number][] = []
    for (let part = 0; part < 4; part += 1) {
      seen.push([task()?.stage, clock.now() - task()!.updatedAt])
      await next()
    }
    expect(seen.map(([stage]) => stage?.match(/in \d+ s/)?.[0])).toEqual([
      'in 100 s',
      'in 70 s',
      'in 40 s',
      'in 10 s',
    ])
    expect(Math.max(...seen.map(([, silence]) => silence))).toBe(0)
    expect(await result).toBe('done')
  })

  it('gives joined callers the result of the last attempt', async () => {
    const { show, next, quiet } = setup()
    const fn = giving(new Error('fetch failed'), 'done')
    const first = show.track('trailer', fn, { retry: {} })
    await quiet()
    const second = show.track('trailer', fn, { retry: {} })
    await next()
    expect(await Promise.all([first, second])).toEqual(['done', 'done'])
    expect(fn).toHaveBeenCalledTimes(2)
  })
})

describe('a pause before a retry', () => {
  it('fault 12: is ended by a cancel, and no paid request follows', async () => {
    const { show, task, clock, quiet } = setup()
    const fn = giving(new Error('fetch failed'))
    const result = show.track('trailer', fn, { retry: { attempts: 5 } })
    const caught = result.catch((error: unknown) => error)
    await quiet()
    show.cancel('no longer needed')
    expect(await caught).toEqual(new CanceledError('no longer needed'))
    expect(clock.pending).toBe(0)
    await clock.advance(600_000)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(task()).toMatchObject({ status: 'canceled', attempt: 2 })
  })

  it('leaves no timer of a hanging attempt when it is canceled', async () => {
    const { show, clock } = setup()
    const result = show.track('trailer', () => new Promise<never>(() => {}), {
      attemptTimeout: 60_000,
      retry: {},
    })
    void result.catch(() => {})
    show.cancel('enough')
    expect(clock.pending).toBe(0)
  })

  it('is ended by the timeout, which counts over all attempts', async () => {
    const { show, task, clock } = setup()
    const result = show.track('trailer', giving(new Error('fetch failed')), { retry: {}, timeout: 2_000 })
    const caught = result.catch((error: unknown) => error)
    await clock.advance(2_000)
    expect(await caught).toBeInstanceOf(TimeoutError)
    expect(task()).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'timeout' } })
    expect(clock.pending).toBe(0)
  })

  it('is ended by a run that takes the place of this one', async () => {
    const { show, tracker, quiet } = setup()
    const old = show.track('trailer', giving(new Error('fetch failed')), { retry: {} })
    const caught = old.catch((error: unknown) => error)
    await quiet()
    expect(await show.track('trailer', async () => 'new', { onConflict: 'supersede' })).toBe('new')
    expect(await caught).toBeInstanceOf(CanceledError)
    expect(tracker.getTasks().map(({ status }) => status)).toEqual(['succeeded', 'canceled'])
  })

  it('is not followed by a paid call when the work was finished elsewhere meanwhile', async () => {
    const { show, tracker, task, next, quiet } = setup()
    const error = new Error('fetch failed')
    const fn = giving(error)
    const result = show.track('trailer', fn, { retry: {} })
    const caught = expect(result).rejects.toBe(error)
    await quiet()
    const done = { ...task(), status: 'succeeded', rev: 9, by: 'webhook', completedAt: 1_000_100 }
    tracker.merge(parseRecords({ tasks: [done] }))
    await next()
    await caught
    expect(fn).toHaveBeenCalledTimes(1)
    expect(task()).toMatchObject({ status: 'succeeded', by: 'webhook' })
  })

  it('goes on when another writer has interrupted the task meanwhile', async () => {
    const { show, tracker, task, next, quiet } = setup()
    const result = show.track('trailer', giving(new Error('fetch failed'), 'done'), { retry: {} })
    await quiet()
    const lost = { ...task(), status: 'interrupted', rev: 9, by: 'another tab' }
    tracker.merge(parseRecords({ tasks: [lost] }))
    expect(task()?.status).toBe('interrupted')
    await next()
    expect(await result).toBe('done')
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 2 })
  })

  it.each(['during the next attempt', 'in the pause'])(
    'is won by an attempt that had taken too long and succeeds first: %s',
    async (when) => {
      const { show, task, clock } = setup()
      const finish: ((value: string) => void)[] = []
      const signals: AbortSignal[] = []
      const fn = vi.fn(({ signal }: { signal: AbortSignal }) => {
        signals.push(signal)
        return new Promise<string>((resolve) => finish.push(resolve))
      })
      const retry = { attempts: 3, delay: () => 1_000 }
      const result = show.track('trailer', fn, { attemptTimeout: 5_000, retry })
      await clock.advance(5_000)
      if (when === 'during the next attempt') await clock.advance(1_000)
      finish[0]!('first')
      expect(await result).toBe('first')
      expect(task()?.status).toBe('succeeded')
      expect(signals.every((signal) => signal.aborted)).toBe(true)
      finish[1]?.('second')
      await clock.advance(60_000)
      expect(fn).toHaveBeenCalledTimes(when === 'during the next attempt' ? 2 : 1)
      expect(task()?.status).toBe('succeeded')
      expect(clock.pending).toBe(0)
    },
  )

  const taken = (status: string, startedAt: number) => ({
    id: 'theirs',
    showId: 's',
    type: 'trailer',
    status,
    attempt: 1,
    startedAt,
    updatedAt: startedAt,
    rev: 1,
    by: 'another tab',
    ...(status === 'processing' ? {} : { completedAt: startedAt }),
  })

  it.each(['processing', 'succeeded', 'failed'])(
    'makes no call after another tab has taken the slot over, whose task is %s',
    async (status) => {
      for (const when of ['during the attempt', 'in the pause']) {
        const { show, tracker, task, next, quiet, clock } = setup()
        let finish!: (value: Response) => void
        const fn = vi.fn(() => new Promise<Response>((resolve) => (finish = resolve)))
        const result = show.track('trailer', fn, { retry: { attempts: 3 } })
        const mine = task()!
        const busy = new Response(null, { status: 503 })
        if (when === 'in the pause') finish(busy)
        await quiet()
        const lost = { ...task(), status: 'interrupted', rev: 9, by: 'another tab' }
        tracker.merge(parseRecords({ tasks: [lost, taken(status, mine.startedAt + 1)] }))
        finish(busy)
        await next()
        await next()
        expect(await result).toBe(busy)
        expect(fn).toHaveBeenCalledTimes(1)
        expect(tracker.getTask(mine.id)).toMatchObject({ status: 'failed', error: { message: 'HTTP 503' } })
        expect(task()).toMatchObject({ id: 'theirs', status })
        expect(clock.pending).toBe(0)
      }
    },
  )

  it('is skipped if the timer fails, and the attempts still end', async () => {
    const errors: string[] = []
    const schedule = () => {
      throw new Error('no timers here')
    }
    const tracker = createTracker({ pipeline: showPipeline, schedule })
    tracker.on('error', ({ error }) => errors.push(error.message))
    const fn = giving(new Error('fetch failed'))
    await expect(tracker.show('s').track('trailer', fn, { retry: {} })).rejects.toThrow('fetch failed')
    expect(fn).toHaveBeenCalledTimes(3)
    expect(errors).toEqual(['no timers here', 'no timers here'])
  })

  it('is skipped, and raises no unhandled rejection, if `schedule` is asynchronous', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const errors: string[] = []
    const schedule = (() => Promise.reject(new Error('no timers'))) as never
    const tracker = createTracker({ pipeline: showPipeline, schedule })
    tracker.on('error', ({ error }) => errors.push(error.message))
    tracker.page('may-leave')
    const fn = giving(new Error('busy'))
    await expect(tracker.show('s').track('trailer', fn, { retry: { attempts: 2 } })).rejects.toThrow('busy')
    await new Promise((resolve) => void setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    expect(new Set(errors)).toEqual(
      new Set(['Invalid "schedule": expected a function that stops the timer, got a promise.']),
    )
  })

  it('does not begin if a callback of the policy has stopped the run', async () => {
    const { show, clock } = setup()
    const fn = giving(new Error('fetch failed'))
    const when = () => {
      show.cancel('enough')
      return true
    }
    await expect(show.track('trailer', fn, { retry: { when } })).rejects.toThrow('enough')
    expect(fn).toHaveBeenCalledTimes(1)
    expect(clock.pending).toBe(0)
  })
})

describe('retry over a real connection', () => {
  const server = createServer()
  afterEach(() => void server.close())

  it('gets the answer from a server that is busy twice and breaks off once', async () => {
    let requests = 0
    server.on('request', (_request, response) => {
      requests += 1
      if (requests === 1) response.writeHead(429, { 'retry-after-ms': '5' }).end('{"error":"busy"}')
      else if (requests === 2) response.destroy()
      else if (requests === 3) response.writeHead(503).end('<html>down</html>')
      else response.end('{"url":"https://a/b.mp4"}')
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/trailer`
    const tracker = createTracker({ pipeline: showPipeline })
    const stages: (string | undefined)[] = []
    tracker.on('taskChanged', ({ task }) => {
      if (task?.status === 'starting') stages.push(task.stage)
    })
    const response = await tracker.show('s').track('trailer', ({ signal }) => fetch(url, { signal }), {
      retry: { attempts: 4, delay: (_attempt, { retryAfter = 1 }) => retryAfter },
    })
    expect(await response.json()).toEqual({ url: 'https://a/b.mp4' })
    expect(requests).toBe(4)
    expect(stages).toEqual([
      'busy (attempt 2 of 4 in 1 s)',
      'fetch failed: other side closed (attempt 3 of 4 in 1 s)',
      'HTTP 503 Service Unavailable (attempt 4 of 4 in 1 s)',
    ])
    expect(tracker.getTasks()).toMatchObject([{ status: 'succeeded', attempt: 4 }])
  })
})

describe('retry, when something else fails too', () => {
  const busy = new Error('fetch failed')
  const broken = (): never => {
    throw new Error('broken')
  }

  it('leaves no timer and no signal when another writer has ended the task', async () => {
    const { tracker, show, clock, task, quiet } = setup()
    let signal: AbortSignal | undefined
    const result = show.track(
      'trailer',
      async (run) => {
        signal = run.signal
        return 'late'
      },
      { timeout: 60_000, retry: {} },
    )
    tracker.updateTask(task()!.id, { status: 'succeeded' })
    expect(await result).toBe('late')
    await quiet()
    expect(clock.pending).toBe(0)
    await clock.advance(100_000)
    expect(signal?.aborted).toBe(false)
  })

  it('gives what the function gave when the clock and the chance are broken', async () => {
    const world = { isBroken: false }
    const errors: Error[] = []
    const tracker = createTracker({
      pipeline: showPipeline,
      clock: () => (world.isBroken ? broken() : 1_000),
      random: broken,
      schedule: (callback) => (queueMicrotask(callback), () => {}),
    })
    tracker.on('error', ({ error }) => errors.push(error))
    const fn = giving(busy, busy, 'done')
    const result = tracker.show('s').track('trailer', fn, { retry: {} })
    world.isBroken = true
    expect(await result).toBe('done')
    expect(errors.length).toBeGreaterThan(0)
  })

  it('goes on at once when a long pause finds no timer half way', async () => {
    const timers: (() => void)[] = []
    const tracker = createTracker({
      pipeline: showPipeline,
      schedule(callback) {
        if (timers.length > 0) broken()
        timers.push(callback)
        return () => {}
      },
    })
    const fn = giving(busy, 'done')
    const result = tracker.show('s').track('trailer', fn, { retry: { delay: () => 90_000 } })
    await setup().quiet()
    expect(timers[0]).not.toThrow()
    expect(await result).toBe('done')
    expect(tracker.cancel({ showId: 's' })).toBe(0)
  })

  it('gives what the function gave when a timer cannot be stopped', async () => {
    const tracker = createTracker({ pipeline: showPipeline, schedule: () => broken })
    expect(tracker.show('s').track('trailer', () => 7, { timeout: 1_000 })).toBe(7)
    expect(await tracker.show('s').track('trailer', async () => 8, { timeout: 1_000 })).toBe(8)
  })
})

describe('retryOf', () => {
  const failOnce = async () => {
    const made = setup()
    await made.show.track('trailer', giving(new Error('fetch failed'))).catch(() => {})
    return { ...made, first: made.task()! }
  }

  it('tries a failed task again as its next attempt', async () => {
    const { show, task, first } = await failOnce()
    const result = show.track(
      'trailer',
      async ({ attempt, lastError }) => `${attempt}: ${lastError?.message}`,
      {
        retryOf: first.id,
        stage: 'once more',
      },
    )
    expect(task()).toMatchObject({ id: first.id, status: 'processing', attempt: 2, stage: 'once more' })
    expect(task()).not.toHaveProperty('error')
    expect(await result).toBe('2: fetch failed')
    expect(task()).toMatchObject({ id: first.id, status: 'succeeded', attempt: 2 })
  })

  it('counts the attempts of a policy on', async () => {
    const { show, task, first, next } = await failOnce()
    const fn = giving(new Error('fetch failed'), 'done')
    const result = show.track('trailer', fn, { retryOf: first.id, retry: { attempts: 2 } })
    expect(task()).toMatchObject({ attempt: 2, maxAttempts: 3 })
    await next()
    expect(await result).toBe('done')
    expect(task()).toMatchObject({ id: first.id, status: 'succeeded', attempt: 3 })
  })

  it('can be canceled, timed out and joined like any run', async () => {
    const { show, task, tracker, clock, first } = await failOnce()
    const never = ({ signal }: { readonly signal: AbortSignal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      )
    const result = show.track('trailer', never, { retryOf: first.id, timeout: 1_000 })
    const joined = show.track('trailer', never)
    await clock.advance(1_000)
    await expect(result).rejects.toThrow(TimeoutError)
    await expect(joined).rejects.toThrow(TimeoutError)
    const again = show.track('trailer', never, { retryOf: first.id })
    expect(task()).toMatchObject({ id: first.id, attempt: 3, status: 'processing' })
    tracker.cancel(first.id, 'enough')
    await expect(again).rejects.toThrow('enough')
    expect(task()).toMatchObject({ id: first.id, attempt: 3, status: 'canceled' })
  })

  it('stops a run of the task that goes on although another writer has recorded a failure', async () => {
    const { show, task, tracker } = setup()
    let finish!: (value: string) => void
    let signal!: AbortSignal
    const old = show.track('trailer', (run) => {
      signal = run.signal
      return new Promise<string>((resolve) => (finish = resolve))
    })
    const { id } = task()!
    tracker.updateTask(id, { status: 'failed', error: 'said a webhook' })
    const result = show.track('trailer', giving('new'), { retryOf: id })
    expect(signal.reason).toBeInstanceOf(CanceledError)
    expect(await result).toBe('new')
    finish('old')
    expect(await old).toBe('old')
    expect(task()).toMatchObject({ id, status: 'succeeded', attempt: 2 })
  })

  it.each(['unknown', 'another one', 'succeeded', 'canceled'])(
    'makes a new task where it is %s',
    async (what) => {
      const { show, task, tracker, first } = await failOnce()
      if (what === 'another one') await show.track('trailer', giving(new Error('again'))).catch(() => {})
      else if (what !== 'unknown') tracker.updateTask(first.id, { status: what as 'succeeded' })
      await show.track('trailer', giving('done'), { retryOf: what === 'unknown' ? 'x' : first.id })
      expect(task()!.id).not.toBe(first.id)
      expect(task()).toMatchObject({ status: 'succeeded', attempt: 1 })
    },
  )
})
