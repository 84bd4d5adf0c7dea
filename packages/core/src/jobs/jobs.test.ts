import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { followJob, type JobState, JobLostError, patchOfJob, withSidePoll } from './jobs.ts'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { createTracker } from '../tracker/tracker.ts'

function setup() {
  const made = createTestTracker({ by: 'me', random: () => 0.5 })
  const task = () => made.tracker.getTask({ showId: 's', type: 'trailer' })
  const { advance: pass, sleep, now } = made.clock
  return { ...made, show: made.tracker.show('s'), task, pass, sleep, now }
}

const job = { provider: 'replicate', id: 'p1', url: 'https://api.test/p1' }

/** Answers one after the other, the last one for ever. */
const answering = (...answers: (JobState | Error | null)[]) => {
  let place = 0
  return vi.fn(async () => {
    const answer = answers[Math.min(place, answers.length - 1)]!
    place += 1
    if (answer instanceof Error) throw answer
    return answer
  })
}

const status = (httpStatus: number, more: object = {}) =>
  Object.assign(new Error(`HTTP ${httpStatus}`), { httpStatus, ...more })

/** A tracker that knows the task and its job, as after a reload. */
function reloaded(tracked: ReturnType<typeof setup>, more: object = {}) {
  const before = createTracker({ pipeline: showPipeline, by: 'before', clock: tracked.now })
  before.addTask({ id: 't', showId: 's', type: 'trailer', status: 'processing', job, ...more })
  tracked.tracker.restore(parseSnapshot(JSON.stringify(before.serialize())))
}

describe('resume', () => {
  it('asks for the job again, and never calls the paid function', async () => {
    const one = setup()
    reloaded(one)
    const read = answering(
      { status: 'processing' },
      { status: 'succeeded', outputUrl: 'https://x.test/t.mp4' },
    )
    expect(one.tracker.resume({ replicate: followJob({ read }) })).toEqual({
      resumed: ['t'],
      interrupted: [],
    })
    await one.pass(3_000)
    expect(read).toHaveBeenCalledTimes(2)
    expect(read.mock.calls[0]).toMatchObject([job, { signal: expect.any(AbortSignal) as AbortSignal }])
    expect(one.task()).toMatchObject({
      id: 't',
      status: 'succeeded',
      attempt: 1,
      outputUrl: 'https://x.test/t.mp4',
      by: 'me',
    })
    expect(one.clock.pending).toBe(0)
    expect(one.errors).toEqual([])
  })

  it('interrupts tasks without a follower, and follows an interrupted task again', async () => {
    const one = setup()
    reloaded(one)
    one.tracker.addTask({ id: 'u', showId: 's', type: 'show-generation', status: 'processing' })
    expect(one.tracker.resume({})).toEqual({ resumed: [], interrupted: ['t', 'u'] })
    expect(one.task()?.status).toBe('interrupted')
    expect(one.tracker.resume({})).toEqual({ resumed: [], interrupted: [] })
    const read = answering({ status: 'running' })
    expect(one.tracker.resume({ replicate: followJob({ read }) }).resumed).toEqual(['t'])
    await one.pass(0)
    expect(one.task()).toMatchObject({ status: 'processing', stage: 'running' })
    one.tracker.cancel('t')
  })

  it('leaves alone what is followed already, what runs here, and what it is told to', async () => {
    const one = setup()
    reloaded(one)
    const running = one.show.track('show-generation', () => new Promise<void>(() => {}))
    void running
    const follow = vi.fn(() => new Promise<void>(() => {}))
    expect(one.tracker.resume({ replicate: follow }, { only: ({ by }) => by !== 'before' })).toEqual({
      resumed: [],
      interrupted: [],
    })
    expect(one.tracker.resume({ replicate: follow }).resumed).toEqual(['t'])
    expect(one.tracker.resume({ replicate: follow }).resumed).toEqual([])
    expect(follow).toHaveBeenCalledTimes(1)
  })

  it('reports a follower that is not a function, and interrupts its task', () => {
    const one = setup()
    reloaded(one)
    expect(one.tracker.resume({ replicate: 'follow' as never })).toEqual({ resumed: [], interrupted: ['t'] })
    expect(one.errors.map(({ message }) => message)).toEqual([
      'resume: invalid follower of "replicate": expected a function, got "follow".',
    ])
  })

  it('does not take a provider for one that it has inherited', () => {
    const one = setup()
    reloaded(one, { job: { ...job, provider: 'constructor' } })
    expect(one.tracker.resume({})).toEqual({ resumed: [], interrupted: ['t'] })
  })

  it('fails the task with what the follower throws, at once or later', async () => {
    const one = setup()
    reloaded(one)
    one.tracker.resume({
      replicate: () => {
        throw new Error('broken follower')
      },
    })
    await one.pass(0)
    expect(one.task()).toMatchObject({ status: 'failed', error: { message: 'broken follower' } })
  })

  it('is work as any other: a second track waits, cancel ends it, and a late answer changes nothing', async () => {
    const one = setup()
    reloaded(one)
    let answer: (state: JobState) => void = () => {}
    const read = vi.fn(() => new Promise<JobState>((resolve) => void (answer = resolve)))
    one.tracker.resume({ replicate: followJob({ read }) })
    await one.pass(0)
    const paid = vi.fn(async () => 'again')
    await expect(one.show.track('trailer', paid)).rejects.toThrow('already running')
    expect(paid).not.toHaveBeenCalled()
    one.tracker.cancel('t', 'enough')
    answer({ status: 'succeeded', outputUrl: 'https://x.test/late.mp4' })
    await one.pass(60_000)
    expect(one.task()).toMatchObject({ status: 'canceled' })
    expect(one.task()).not.toHaveProperty('outputUrl')
    expect(read).toHaveBeenCalledTimes(1)
    expect(one.clock.pending).toBe(0)
  })
})

describe('followJob', () => {
  const following = (options: Parameters<typeof followJob>[0]) => {
    const one = setup()
    const result = one.show.track('trailer', async (run) => {
      run.job(job)
      return followJob(options)(job, run)
    })
    result.catch(() => {})
    return { ...one, result }
  }

  it.each([
    ['succeeded', 'succeeded'],
    ['COMPLETED', 'succeeded'],
    ['done', 'succeeded'],
    ['failed', 'failed'],
    ['ERROR', 'failed'],
    ['timed_out', 'failed'],
    ['canceled', 'canceled'],
    ['cancelled', 'canceled'],
    ['succeed', 'succeeded'],
    ['Success', 'succeeded'],
    ['Fail', 'failed'],
    ['Request Moderated', 'failed'],
    ['succeeded (veo)', 'succeeded'],
  ])('fault 14: takes %s for %s, and asks no more', async (word, end) => {
    const read = answering({ status: word, outputUrl: 'https://x.test/t.mp4' })
    const { pass, task, clock } = following({ read })
    await pass(60_000)
    expect(task()?.status).toBe(end)
    expect(read).toHaveBeenCalledTimes(1)
    expect(clock.pending).toBe(0)
  })

  it('shows every other status as a stage, or the stage of the provider', async () => {
    const read = answering(
      { status: 'IN_QUEUE' },
      { status: 'veo-processing', progress: 40 },
      { status: 'processing', stage: 'Upscaling', progress: 70 },
      { status: 'succeeded', outputs: ['https://x.test/1.png', 'https://x.test/2.png'] },
    )
    const { pass, task, result } = following({ read, interval: 2_000 })
    await pass(0)
    expect(task()).toMatchObject({ status: 'processing', stage: 'IN_QUEUE' })
    await pass(2_000)
    expect(task()).toMatchObject({ stage: 'veo-processing', progress: 40 })
    await pass(2_000)
    expect(task()).toMatchObject({ stage: 'Upscaling', progress: 70 })
    await pass(2_000)
    expect(await result).toEqual({ outputs: ['https://x.test/1.png', 'https://x.test/2.png'] })
    expect(task()).toMatchObject({
      status: 'succeeded',
      outputs: ['https://x.test/1.png', 'https://x.test/2.png'],
    })
  })

  it('fault 14: a success without an output is a failure, unless needsOutput is false', async () => {
    const without = following({ read: answering({ status: 'succeeded' }) })
    await expect(without.result).rejects.toThrow('succeeded without an output')
    expect(without.task()).toMatchObject({ status: 'failed', error: { code: 'job_failed' } })
    const needless = following({ read: answering({ status: 'succeeded' }), needsOutput: false })
    expect(await needless.result).toEqual({})
    expect(needless.task()?.status).toBe('succeeded')
  })

  it('interrupts a job that says a word for an hour that is not known, and names the word and the option', async () => {
    const read = answering({ status: 'running' }, { status: 'baked' })
    const { pass, task, clock, result } = following({ read, interval: 60_000 })
    await pass(3_540_000)
    expect(task()).toMatchObject({ status: 'processing', stage: 'baked' })
    await pass(60_000)
    expect(task()).toMatchObject({
      status: 'interrupted',
      error: { message: expect.stringMatching(/"baked" for 60 minutes.+"unknownTimeout"/s) as string },
    })
    await expect(result).rejects.toBeInstanceOf(JobLostError)
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['a word that says that it goes on', { status: 'stirring' }, {}],
    ['a known word', { status: 'IN_PROGRESS' }, {}],
    ['a limit that is raised', { status: 'baked' }, { unknownTimeout: Infinity }],
  ])('follows a job for a day with %s', async (_what, state, options) => {
    const { pass, task, tracker } = following({ read: answering(state), interval: 600_000, ...options })
    await pass(86_400_000)
    expect(task()).toMatchObject({ status: 'processing', stage: state.status })
    tracker.cancel({ showId: 's' })
  })

  it('follows a job with unknown words as long as its progress grows', async () => {
    let progress = 0
    const read = () => ({ status: 'baked', progress: (progress += 1) })
    const { pass, task, tracker } = following({ read, interval: 1_800_000 })
    await pass(20_000_000)
    expect(task()).toMatchObject({ status: 'processing', progress: 12 })
    tracker.cancel({ showId: 's' })
  })

  it.each(['Task not found', 'UNKNOWN', 'not_found'])(
    'asks again after "%s", which a provider says of a job that is too new, and never fails the task by it',
    async (word) => {
      const late = following({
        read: answering({ status: word }, { status: 'Ready', outputUrl: 'https://x.test/t.mp4' }),
      })
      await late.pass(3_000)
      expect(late.task()?.status).toBe('succeeded')
      const gone = following({ read: answering({ status: word }) })
      await gone.pass(600_000)
      expect(gone.task()).toMatchObject({
        status: 'interrupted',
        error: { message: expect.stringContaining(word) as string },
      })
      await expect(gone.result).rejects.toBeInstanceOf(JobLostError)
    },
  )

  it("records the provider's own reason", async () => {
    const { result, task } = following({
      read: answering({ status: 'failed', error: { message: 'NSFW content', code: 'E005' } }),
    })
    await expect(result).rejects.toMatchObject({ name: 'JobFailedError', message: 'NSFW content' })
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'NSFW content', code: 'E005' } })
  })

  it("keeps the provider's word that the same call would fail again", async () => {
    const error = { message: 'Blocked', code: 'SAFETY.INPUT.TEXT', retryable: false }
    const { result, task } = following({ read: answering({ status: 'failed', error }) })
    await expect(result).rejects.toMatchObject({ retryable: false })
    expect(task()).toMatchObject({ status: 'failed', error })
  })

  it('fault 10: one question at a time, the next one after the answer', async () => {
    let open = 0
    let most = 0
    const read = vi.fn(async (): Promise<JobState> => {
      open += 1
      most = Math.max(most, open)
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
      open -= 1
      return { status: 'running' }
    })
    const { pass, tracker } = following({ read })
    await pass(30_000)
    expect(most).toBe(1)
    expect(read).toHaveBeenCalledTimes(11)
    tracker.cancel({ showId: 's' })
  })

  it('fault 15: retries failed polls after growing pauses, which a good answer resets', async () => {
    const read = answering(
      new Error('fetch failed'),
      status(503),
      { status: null },
      null,
      { status: 'running' },
      status(500),
      { status: 'succeeded', outputUrl: 'https://x.test/t.mp4' },
    )
    const { pass, task } = following({ read })
    await pass(0)
    expect(task()?.stage).toBe('poll failed (fetch failed), retrying in 3 s')
    await pass(3_000)
    expect(task()?.stage).toBe('poll failed (HTTP 503), retrying in 6 s')
    await pass(6_000)
    expect(task()?.stage).toBe('poll failed (the answer has no status), retrying in 12 s')
    await pass(12_000)
    await pass(24_000)
    expect(task()).toMatchObject({ status: 'processing', stage: 'running' })
    await pass(3_000)
    expect(task()?.stage).toBe('poll failed (HTTP 500), retrying in 3 s')
    await pass(3_000)
    expect(task()?.status).toBe('succeeded')
  })

  it('retries after a state whose getters throw', async () => {
    const broken = {
      status: 'running',
      get progress(): number {
        throw new Error('broken getter')
      },
    }
    const read = answering(broken, { status: 'succeeded', outputUrl: 'https://x.test/t.mp4' })
    const { pass, task } = following({ read })
    await pass(0)
    expect(task()?.stage).toMatch(/^poll failed \(broken getter\)/)
    await pass(3_000)
    expect(task()?.status).toBe('succeeded')
  })

  it('fault 15: does not bear them for ever: the task is interrupted, not failed', async () => {
    const read = answering(new Error('fetch failed'))
    const { pass, task, result, clock } = following({ read })
    await pass(600_000)
    await expect(result).rejects.toThrow('Lost sight of job "p1": fetch failed, 8 times in a row.')
    expect(read).toHaveBeenCalledTimes(8)
    expect(task()).toMatchObject({ status: 'interrupted', error: { code: 'job_lost' } })
    expect(clock.pending).toBe(0)
  })

  it.each([404, 410, 401, 403, 400])('takes HTTP %i for a lost job at once', async (code) => {
    const read = answering(status(code))
    const { pass, task, result } = following({ read })
    await pass(60_000)
    await expect(result).rejects.toBeInstanceOf(JobLostError)
    expect(read).toHaveBeenCalledTimes(1)
    expect(task()?.status).toBe('interrupted')
  })

  it('a lost job is not paid for again by a retry', async () => {
    const one = setup()
    const paid = vi.fn(async (run: Parameters<ReturnType<typeof followJob>>[1]) =>
      followJob({ read: answering(status(404)) })(job, run),
    )
    const result = one.show.track('trailer', paid, { retry: { attempts: 5 } })
    await expect(result).rejects.toBeInstanceOf(JobLostError)
    await one.pass(600_000)
    expect(paid).toHaveBeenCalledTimes(1)
    expect(one.task()?.status).toBe('interrupted')
  })

  it('waits as long as the provider asks to', async () => {
    const headers = new Headers({ 'retry-after': '20' })
    const read = answering(status(429, { headers }), { status: 'running' })
    const { pass, tracker } = following({ read })
    await pass(19_999)
    expect(read).toHaveBeenCalledTimes(1)
    await pass(1)
    expect(read).toHaveBeenCalledTimes(2)
    tracker.cancel({ showId: 's' })
  })

  it('asks a last time before it gives up: a laptop that slept has not failed', async () => {
    let isDone = false
    const read = vi.fn(async () =>
      isDone ? { status: 'succeeded', outputUrl: 'https://x.test/t.mp4' } : { status: 'running' },
    )
    const { pass, task, sleep, result } = following({ read, timeout: 900_000 })
    await pass(10_000)
    sleep(8 * 3_600_000)
    isDone = true
    await pass(10_000)
    expect(await result).toMatchObject({ outputUrl: 'https://x.test/t.mp4' })
    expect(task()?.status).toBe('succeeded')
  })

  it('gives up after its time when the job goes on', async () => {
    const read = answering({ status: 'running' })
    const { pass, task, result, clock } = following({ read, timeout: 10_000 })
    await pass(60_000)
    await expect(result).rejects.toThrow('took longer than 10000 ms')
    // At 0, 3, 6, 9 and, the last one, 10 s.
    expect(read).toHaveBeenCalledTimes(5)
    expect(task()).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    expect(clock.pending).toBe(0)
  })

  it('counts an unanswered poll as failed, and aborts it', async () => {
    const signals: AbortSignal[] = []
    const read = vi.fn((_job: unknown, { signal }: { signal: AbortSignal }) => {
      signals.push(signal)
      return new Promise<JobState>(() => {})
    })
    const { pass, task, tracker, clock } = following({ read, readTimeout: 5_000 })
    await pass(5_000)
    expect(signals[0]?.aborted).toBe(true)
    expect(task()?.stage).toBe('poll failed (no answer in 5000 ms), retrying in 3 s')
    await pass(3_000)
    expect(read).toHaveBeenCalledTimes(2)
    tracker.cancel({ showId: 's' })
    expect(signals[1]?.aborted).toBe(true)
    await pass(0)
    expect(clock.pending).toBe(0)
  })

  it('fault 11: a late answer of an old run neither changes the new one nor polls on', async () => {
    const one = setup()
    let answer: (state: JobState) => void = () => {}
    const old = vi.fn(() => new Promise<JobState>((resolve) => void (answer = resolve)))
    const first = one.show.track('trailer', async (run) => followJob({ read: old })(job, run))
    first.catch(() => {})
    const read = answering({ status: 'running' })
    const second = one.show.track('trailer', async (run) => followJob({ read })(job, run), {
      onConflict: 'supersede',
    })
    second.catch(() => {})
    answer({ status: 'failed', error: 'late' })
    await one.pass(9_000)
    expect(old).toHaveBeenCalledTimes(1)
    expect(one.task()).toMatchObject({ status: 'processing', stage: 'running' })
    expect(read).toHaveBeenCalledTimes(4)
    one.tracker.cancel({ showId: 's' })
  })

  it('stops polling once a webhook has recorded the end', async () => {
    const read = answering({ status: 'running' })
    const { pass, task, tracker, result } = following({ read })
    await pass(3_000)
    const held = task()!
    const told = { ...held, status: 'succeeded', rev: 50, by: 'webhook', outputUrl: 'https://x.test/w.mp4' }
    tracker.merge(parseRecords({ tasks: [told] }))
    await pass(3_000)
    expect(await result).toEqual({ outputUrl: 'https://x.test/w.mp4' })
    expect(read).toHaveBeenCalledTimes(3)
    await pass(60_000)
    expect(read).toHaveBeenCalledTimes(3)
  })

  describe('over a server', () => {
    const servers: ReturnType<typeof createServer>[] = []
    afterEach(() => {
      for (const server of servers.splice(0)) server.close()
    })

    it('finds the end of a job through an outage', async () => {
      const answers = [
        () => ({ code: 200, body: { status: 'starting' } }),
        () => ({ code: 503, body: { error: 'busy' } }),
        () => undefined,
        () => ({ code: 200, body: { status: 'processing' } }),
        () => ({ code: 200, body: { status: 'succeeded', outputUrl: 'https://x.test/real.mp4' } }),
      ]
      let place = 0
      const server = createServer((_request, response) => {
        const answer = answers[place]?.()
        place += 1
        if (!answer) response.destroy()
        else
          response
            .writeHead(answer.code, { 'content-type': 'application/json' })
            .end(JSON.stringify(answer.body))
      })
      servers.push(server)
      await new Promise<void>((resolve) => void server.listen(0, resolve))
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const tracker = createTracker({ pipeline: showPipeline })
      const follow = followJob({
        interval: 5,
        async read(_job, { signal }) {
          const response = await fetch(url, { signal })
          if (!response.ok) throw Object.assign(new Error('not ok'), { httpStatus: response.status })
          return (await response.json()) as JobState
        },
      })
      const outcome = await tracker.show('s').track('trailer', (run) => follow(job, run))
      expect(outcome).toEqual({ outputUrl: 'https://x.test/real.mp4' })
      expect(place).toBe(5)
    })
  })
})

describe('a page that is left', () => {
  /** A poll that is cut by the browser, as often as it is asked for. */
  function following(read: Parameters<typeof followJob>[0]['read'], more: object = {}) {
    const one = setup()
    one.tracker.page('watched')
    const result = one.show.track('trailer', async (run) => followJob({ read, ...more })(job, run))
    result.catch(() => {})
    return { ...one, result }
  }
  const held = () => {
    const polls: { answer: (state: JobState) => void; cut: () => void }[] = []
    const read = vi.fn(
      () =>
        new Promise<JobState>((answer, reject) => {
          polls.push({ answer, cut: () => reject(new TypeError('Failed to fetch')) })
        }),
    )
    return { polls, read }
  }

  it('begins no poll until it is back, however long that takes', async () => {
    const read = answering({ status: 'running' })
    const { pass, tracker, task } = following(read)
    await pass(3_000)
    expect(read).toHaveBeenCalledTimes(2)
    tracker.page('left')
    await pass(3_600_000)
    expect(read).toHaveBeenCalledTimes(2)
    expect(task()?.status).toBe('processing')
    tracker.page('returned')
    await pass(0)
    expect(read).toHaveBeenCalledTimes(3)
    tracker.cancel({ showId: 's' })
  })

  it.each(['left', 'may-leave'] as const)(
    'a poll that is cut after "%s" does not count as an error of the job',
    async (event) => {
      const { polls, read } = held()
      const { pass, tracker, task } = following(read, { maxConsecutiveErrors: 1 })
      await pass(0)
      const before = task()
      tracker.page(event)
      await pass(10)
      polls[0]!.cut()
      await pass(1_000)
      expect(task()).toBe(before)
      expect(read).toHaveBeenCalledTimes(1)
      tracker.page('returned')
      await pass(0)
      expect(read).toHaveBeenCalledTimes(2)
      polls[1]!.answer({ status: 'succeeded', outputUrl: 'https://x.test/t.mp4' })
      await pass(0)
      expect(task()?.status).toBe('succeeded')
    },
  )

  it('a poll that is cut just before the page is left does not count as an error of the job', async () => {
    const { polls, read } = held()
    const { pass, tracker, task } = following(read, { maxConsecutiveErrors: 1 })
    await pass(0)
    const before = task()
    polls[0]!.cut()
    await pass(26)
    tracker.page('left')
    await pass(60_000)
    expect(task()).toBe(before)
    tracker.cancel({ showId: 's' })
  })

  it('a poll that hung while the page was away is sent again', async () => {
    const { polls, read } = held()
    const { pass, tracker, task } = following(read, { maxConsecutiveErrors: 1 })
    await pass(0)
    tracker.page('left')
    await pass(3_600_000)
    tracker.page('returned')
    await pass(0)
    expect(task()?.status).toBe('processing')
    expect(read).toHaveBeenCalledTimes(2)
    polls[1]!.answer({ status: 'succeeded', outputUrl: 'https://x.test/t.mp4' })
    await pass(0)
    expect(task()?.status).toBe('succeeded')
  })

  it('a network error counts where the page stays', async () => {
    const { pass, task } = following(answering(new TypeError('Failed to fetch')), { maxConsecutiveErrors: 2 })
    await pass(300)
    expect(task()?.stage).toMatch(/^poll failed/)
    await pass(3_000)
    expect(task()?.stage).toMatch(/^poll failed/)
    await pass(600)
    expect(task()?.status).toBe('interrupted')
  })

  it('a call that is cut is not asked for beside it until the page is back', async () => {
    const one = setup()
    one.tracker.page('watched')
    let cut = () => {}
    const call = () =>
      new Promise<never>((_resolve, reject) => void (cut = () => reject(new TypeError('Failed to fetch'))))
    const read = answering(status(404), status(404), {
      status: 'succeeded',
      outputUrl: 'https://x.test/t.mp4',
    })
    const result = one.show.track('trailer', (run) =>
      withSidePoll(run, call, (side) => followJob({ read })(job, side)),
    )
    result.catch(() => {})
    await one.pass(3_000)
    expect(read).toHaveBeenCalledTimes(2)
    one.tracker.page('left')
    cut()
    await one.pass(600_000)
    expect(read).toHaveBeenCalledTimes(2)
    expect(one.task()?.status).toBe('processing')
    one.tracker.page('returned')
    await one.pass(0)
    expect(one.task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/t.mp4' })
  })
})

describe('durations', () => {
  it.each([
    ['interval', Number.NaN],
    ['interval', -1],
    ['timeout', Number.NaN],
    ['readTimeout', Number.NaN],
    ['maxConsecutiveErrors', Number.NaN],
    ['interval', '3000'],
  ])('refuses %s: %j', (name, value) => {
    expect(() => followJob({ read: () => ({ status: 'running' }), [name]: value })).toThrow(
      expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining(name) as string }),
    )
  })

  it('accepts Infinity, and durations longer than a timer', async () => {
    const one = setup()
    const read = answering({ status: 'running' })
    const options = {
      interval: 2 ** 31,
      timeout: 2 ** 40,
      readTimeout: Infinity,
      maxConsecutiveErrors: Infinity,
    }
    one.show.track('trailer', (run) => followJob({ read, ...options })(job, run)).catch(() => {})
    await one.pass(60_000)
    expect(read).toHaveBeenCalledTimes(1)
    await one.pass(2 ** 31)
    expect(read).toHaveBeenCalledTimes(2)
    one.tracker.cancel({ showId: 's' })
    await one.pass(0)
    expect(one.clock.pending).toBe(0)
  })

  it('never asks again by itself where every is Infinity', async () => {
    const one = setup()
    const read = answering({ status: 'running' })
    one.show.track('trailer', (run) => followJob({ read, interval: Infinity })(job, run)).catch(() => {})
    await one.pass(2 ** 33)
    expect(read).toHaveBeenCalledTimes(1)
    one.tracker.cancel({ showId: 's' })
  })
})

describe('patchOfJob', () => {
  it.each([
    ['succeeded', 'succeeded'],
    ['COMPLETED', 'succeeded'],
    ['Timed out', 'failed'],
    ['cancelled', 'canceled'],
    ['aborted', 'canceled'],
    ['Content Moderated', 'failed'],
    ['rejected', 'failed'],
    ['dubbed', 'succeeded'],
    ['succeeded (veo)', 'succeeded'],
    ['failed: no face', 'failed'],
    ['JOB_STATE_SUCCEEDED', 'succeeded'],
    ['TASK_STATUS_FAILED', 'failed'],
    ['COMPLETE - 2 of 2', 'succeeded'],
    ['UNKNOWN', 'interrupted'],
    ['starting', 'starting'],
    ['IN_PROGRESS', 'processing'],
    ['constructor', 'processing'],
    ['ready_to_start', 'processing'],
    ['intermediate-complete', 'processing'],
    ['failed (retrying in 3 s)', 'processing'],
    ['(succeeded)', 'succeeded'],
    ['', undefined],
    [null, undefined],
  ])('takes %j for %s', (word, status) => {
    expect(patchOfJob({ status: word, outputUrl: 'https://a.test/b.png' }).status).toBe(status)
  })

  it('keeps what belongs to the end, and nothing of the way', () => {
    const state = { stage: 'up', progress: 40, outputs: ['https://a.test/b.png'], metadata: { model: 'm' } }
    expect(patchOfJob({ ...state, status: 'done' })).toEqual({
      status: 'succeeded',
      outputs: ['https://a.test/b.png'],
      metadata: { model: 'm' },
    })
    expect(patchOfJob({ ...state, status: 'queued' })).toEqual({
      status: 'processing',
      stage: 'up',
      progress: 40,
    })
    expect(patchOfJob({ ...state, status: 'failed' })).toEqual({ status: 'failed', error: 'up' })
  })

  it('says what the provider says when it says no more', () => {
    expect(patchOfJob({ status: 'ERRORED' })).toEqual({
      status: 'failed',
      error: 'The provider says: ERRORED.',
    })
    expect(patchOfJob({ status: 'Request Moderated' }).error).toBe('Request Moderated')
    expect(patchOfJob({ status: 'Cancelled' }).error).toEqual({
      message: 'The provider says: Cancelled.',
      code: 'canceled',
    })
  })

  it('says why a success has no output where the provider says it', () => {
    expect(patchOfJob({ status: 'done', error: { detail: 'The picture was filtered.' } }).error).toBe(
      'The job succeeded without an output: The picture was filtered.',
    )
    expect(patchOfJob({ status: 'canceled', error: { message: 'out of credits' } }).error).toEqual({
      message: 'out of credits',
      code: 'canceled',
    })
  })

  it('reads a word of megabytes in linear time', () => {
    expect(patchOfJob({ status: `failed${' '.repeat(3_000_000)}x` }).status).toBe('processing')
  })

  it('treats a success without an output as a failure, unless needsOutput is false', () => {
    expect(patchOfJob({ status: 'succeeded', outputs: [] })).toEqual({
      status: 'failed',
      error: 'The job succeeded without an output.',
    })
    expect(patchOfJob({ status: 'succeeded' }, { needsOutput: false })).toEqual({ status: 'succeeded' })
  })
})

describe('withSidePoll', () => {
  const trailer = { outputUrl: 'https://x.test/t.mp4' }

  function beside(call: () => Promise<unknown>, read: Parameters<typeof followJob>[0]['read']) {
    const one = setup()
    const result = one.show.track('trailer', (run) =>
      withSidePoll(run, call, (side) => followJob({ read })(job, side)),
    )
    result.catch(() => {})
    return { ...one, result }
  }

  it('fault 16: asks from the start, and a dropped call does not lose a finished trailer', async () => {
    let drop: (error: Error) => void = () => {}
    const call = () => new Promise<never>((_resolve, reject) => void (drop = reject))
    const read = answering({ status: 'running' }, { status: 'running' }, { status: 'succeeded', ...trailer })
    const { pass, task, result, clock } = beside(call, read)
    await pass(0)
    expect(read).toHaveBeenCalledTimes(1)
    drop(new TypeError('fetch failed'))
    await pass(6_000)
    expect(await result).toEqual(trailer)
    expect(task()).toMatchObject({ status: 'succeeded', ...trailer })
    expect(clock.pending).toBe(0)
  })

  it("gives the call's own value while the call lives, and stops asking", async () => {
    let answer: (value: string) => void = () => {}
    const call = () => new Promise<string>((resolve) => void (answer = resolve))
    const read = answering({ status: 'running' })
    const { pass, result, clock } = beside(call, read)
    await pass(3_000)
    answer('the call')
    expect(await result).toBe('the call')
    await pass(60_000)
    expect(read).toHaveBeenCalledTimes(2)
    expect(clock.pending).toBe(0)
  })

  it('a poll that fails does not harm the call', async () => {
    let answer: (value: string) => void = () => {}
    const call = () => new Promise<string>((resolve) => void (answer = resolve))
    const { pass, result, task } = beside(call, answering(status(404)))
    await pass(60_000)
    expect(task()?.status).toBe('processing')
    answer('the call')
    expect(await result).toBe('the call')
  })

  it('asks again for work that the server does not know of yet, while the call is open', async () => {
    let drop: (error: Error) => void = () => {}
    const call = () => new Promise<never>((_resolve, reject) => void (drop = reject))
    const read = answering(
      status(404),
      status(404),
      { status: 'running', progress: 20 },
      { status: 'succeeded', ...trailer },
    )
    const { pass, task, result, clock } = beside(call, read)
    await pass(3_000)
    expect(read).toHaveBeenCalledTimes(2)
    await pass(6_000)
    expect(task()).toMatchObject({ status: 'processing', progress: 20 })
    drop(new TypeError('fetch failed'))
    await pass(3_000)
    expect(await result).toEqual(trailer)
    expect(clock.pending).toBe(0)
  })

  it('asks once more at once when the call has broken off, and no more when it has answered', async () => {
    let drop: (error: Error) => void = () => {}
    const broken = beside(
      () => new Promise<never>((_resolve, reject) => void (drop = reject)),
      answering(status(404)),
    )
    await broken.pass(60_000)
    drop(new TypeError('fetch failed'))
    await broken.pass(0)
    await expect(broken.result).rejects.toThrow('fetch failed')
    expect(broken.clock.pending).toBe(0)
    let answer: (value: string) => void = () => {}
    const read = answering(status(404))
    const good = beside(() => new Promise<string>((resolve) => void (answer = resolve)), read)
    await good.pass(4_000)
    answer('the call')
    expect(await good.result).toBe('the call')
    await good.pass(60_000)
    expect(read).toHaveBeenCalledTimes(2)
    expect(good.clock.pending).toBe(0)
  })

  it("gives the call's own end when the poll knows no better", async () => {
    const lost = new TypeError('fetch failed')
    const { result, task } = beside(() => Promise.reject(lost), answering(status(404)))
    await expect(result).rejects.toBe(lost)
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'fetch failed' } })
    const bad = new Response('{"error":"gone"}', { status: 502 })
    const other = beside(async () => bad, answering(status(404)))
    expect(await other.result).toBe(bad)
    expect(other.task()?.status).toBe('failed')
  })

  describe('an answer of the call is an answer', () => {
    const html = (httpStatus: number) =>
      new Response('<html>Bad gateway</html>', {
        status: httpStatus,
        headers: { 'content-type': 'text/html; charset=utf-8' },
      })
    const json = (httpStatus: number) => Response.json({ error: 'no' }, { status: httpStatus })

    it.each([
      ['a 400', () => json(400)],
      ['a 401', () => json(401)],
      ['a 404', () => json(404)],
      ['a 422', () => json(422)],
      ['a 429', () => json(429)],
      ['a 500', () => json(500)],
    ])('%s ends the task at once, whatever the side poll says', async (_what, respond) => {
      for (const read of [
        answering(new TypeError('fetch failed')),
        answering({ status: 'running' }),
        answering(status(404)),
      ]) {
        const answer = respond()
        const { result, task, clock, pass } = beside(async () => answer, read)
        await pass(0)
        expect(task()).toMatchObject({ status: 'failed', error: { httpStatus: answer.status } })
        expect(await result).toBe(answer)
        expect(clock.pending).toBe(0)
      }
    })

    it.each([
      ['an error with a status', () => status(400)],
      [
        'an error with a response, as ky and axios throw it',
        () => Object.assign(new Error('no'), { response: json(422) }),
      ],
      ["the call's own word", () => new Error('quota exhausted')],
      ['a mistake of its code', () => new TypeError("Cannot read properties of null (reading 'url')")],
      ["the caller's own abort", () => new DOMException('left', 'AbortError')],
    ])('%s ends the task at once', async (_what, thrown) => {
      const error = thrown()
      const { result, task, clock, pass } = beside(
        () => Promise.reject(error),
        answering({ status: 'running' }),
      )
      await pass(0)
      expect(task()?.status).toMatch(/failed|canceled/)
      await expect(result).rejects.toBe(error)
      expect(clock.pending).toBe(0)
    })

    it.each([
      ['a network error', () => Promise.reject(new TypeError('Failed to fetch'))],
      [
        'a network error by its cause',
        () => Promise.reject(new TypeError('fetch failed', { cause: new Error('other side closed') })),
      ],
      ['a broken socket', () => Promise.reject(Object.assign(new Error('read'), { code: 'ECONNRESET' }))],
      ['a time limit of the caller', () => Promise.reject(new DOMException('too long', 'TimeoutError'))],
      ['a page read as JSON', async () => JSON.parse('<html>') as unknown],
      ['a 502', async () => json(502)],
      ['a 503', async () => json(503)],
      ['a 504', async () => json(504)],
      ['a 524 of Cloudflare', async () => new Response('error code: 524', { status: 524 })],
      ["a host's HTML page", async () => html(500)],
      ["a host's HTML page with the status of a success", async () => html(200)],
      ['an error with the status of a gateway', () => Promise.reject(status(504))],
      ['an error with a page', () => Promise.reject(Object.assign(new Error('no'), { response: html(500) }))],
    ])('%s is none: the work goes on, and the side poll finds its end', async (_what, call) => {
      const read = answering({ status: 'running' }, { status: 'succeeded', ...trailer })
      const { pass, result, task, clock } = beside(call, read)
      await pass(3_000)
      expect(task()).toMatchObject({ status: 'succeeded', ...trailer })
      expect(await result).toEqual(trailer)
      expect(clock.pending).toBe(0)
    })
  })

  it.each([400, 401, 403])('polls no more after a %i, and the call goes on', async (refusal) => {
    let answer: (value: string) => void = () => {}
    const call = () => new Promise<string>((resolve) => void (answer = resolve))
    const read = answering(status(refusal))
    const { pass, result, task, clock } = beside(call, read)
    await pass(600_000)
    expect(read).toHaveBeenCalledTimes(1)
    expect(task()?.status).toBe('processing')
    answer('the call')
    expect(await result).toBe('the call')
    expect(clock.pending).toBe(0)
  })

  it("tells the job's own reason where the call dropped", async () => {
    const read = answering({ status: 'failed', error: 'NSFW content' })
    const { pass, result, task } = beside(() => Promise.reject(new TypeError('fetch failed')), read)
    await pass(0)
    await expect(result).rejects.toThrow('NSFW content')
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'NSFW content' } })
  })

  it('ends by the poll when the call hangs: it has a while to answer first', async () => {
    const call = () => new Promise<never>(() => {})
    const { pass, result, task, clock } = beside(call, answering({ status: 'succeeded', ...trailer }))
    await pass(9_999)
    expect(task()?.status).toBe('processing')
    await pass(1)
    expect(await result).toEqual(trailer)
    expect(task()?.status).toBe('succeeded')
    expect(clock.pending).toBe(0)
  })

  it('ends with the run', async () => {
    const read = answering({ status: 'running' })
    const { pass, tracker, result, clock } = beside(() => new Promise<never>(() => {}), read)
    await pass(3_000)
    tracker.cancel({ showId: 's' }, 'enough')
    await pass(60_000)
    expect(read).toHaveBeenCalledTimes(2)
    expect(clock.pending).toBe(0)
    void result
  })
})
