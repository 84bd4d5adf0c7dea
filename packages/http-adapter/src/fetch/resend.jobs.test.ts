import type { RunContext } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import {
  type CallOptions,
  createTrackedFetch,
  followHttpJob,
  job,
  resend,
  type ResendPolicy,
} from '../index.ts'
import type { Fetch } from '../route/request.ts'

type State = Readonly<Record<string, unknown>>

const film = 'https://files.test/film.mp4'
const works: State = { status: 'working' }
const failed: State = { status: 'failed', error: { message: 'Blood is not allowed.', code: 'moderation' } }
const made: State = { status: 'succeeded', outputUrl: film }
const gone = new Response('{}', { status: 404 })

/** A server that begins a job for each `POST`: the given states are what its jobs are asked to be, again and again. */
function setUp(states: readonly (State | Response)[], policy: ResendPolicy = {}, more: CallOptions = {}) {
  const test = createTestTracker({ random: () => 0 })
  const paid: unknown[] = []
  const canceled: string[] = []
  const state = [...states]
  const send: Fetch = async (input, init) => {
    init?.signal?.throwIfAborted()
    const { pathname } = new URL(input as string)
    if (init?.method === 'DELETE') canceled.push(pathname)
    if (init?.method === 'POST') return Response.json({ jobId: `j${paid.push(init.body)}` })
    const now = state[paid.length - 1]!
    return now instanceof Response ? now.clone() : Response.json(now)
  }
  const jobs = {
    ours: followHttpJob({
      fetch: send,
      url: ({ id }) => `https://app.test/jobs/${id}`,
      cancel: ({ id }) => [`https://app.test/jobs/${id}`, { method: 'DELETE' }],
      read: (body) => body as { status: string },
    }),
  }
  const fetch = createTrackedFetch({
    tracker: test.tracker,
    fetch: send,
    jobs,
    routes: {
      'POST https://app.test/film': {
        type: 'trailer',
        scope: () => ({ showId: 's1' }),
        read: (body) => job({ provider: 'ours', id: (body as { jobId: string }).jobId }),
        retry: resend({ attempts: 3, until: 'job', when: () => true, ...policy }),
        ...more,
      },
    },
  })
  const film = (init: RequestInit = {}) =>
    fetch('https://app.test/film', { method: 'POST', body: 'A duel', ...init })
  const task = () => test.tracker.getTask({ showId: 's1', type: 'trailer' })
  return { ...test, fetch, film, task, paid, canceled, state, jobs }
}

const idIn = async (response: Response) => ((await response.json()) as { jobId: string }).jobId
const soften = ({ lastError }: RunContext) => ({ body: `softer, for: ${lastError?.message}` })

describe('resend until the job ends', () => {
  it('begins a job that failed again with another prompt, and pays once for each attempt', async () => {
    const { film, clock, task, paid, sink } = setUp([failed, failed, made], { before: soften })
    const response = film()
    await clock.advance(60_000)
    expect(await idIn(await response)).toBe('j3')
    const softer = 'softer, for: Blood is not allowed.'
    expect(paid).toEqual(['A duel', softer, softer])
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 3, job: { id: 'j3' } })
    expect(sink.tasks.size).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('tells `before` why the job failed, in the words and with the code of the provider', async () => {
    const errors: unknown[] = []
    const before = ({ lastError }: RunContext) => void errors.push(lastError)
    const { film, clock } = setUp([failed, made], { before })
    void film()
    await clock.advance(60_000)
    expect(errors).toMatchObject([{ message: 'Blood is not allowed.', code: 'moderation' }])
  })

  it('holds the response until the job has ended, and records the end before its caller has it', async () => {
    const { film, clock, task, state } = setUp([works])
    const seen: unknown[] = []
    const response = film().then((it) => {
      seen.push(task()?.status)
      return it
    })
    await clock.advance(60_000)
    expect([seen, task()]).toMatchObject([[], { status: 'processing', job: { id: 'j1' } }])
    state[0] = made
    await clock.advance(3_000)
    expect(await idIn(await response)).toBe('j1')
    expect(seen).toEqual(['succeeded'])
  })

  it('gives the last response when the last job has failed, so that its caller sees why', async () => {
    const { film, clock, task, paid } = setUp([failed, failed], { attempts: 2 })
    const response = film()
    await clock.advance(60_000)
    expect(await idIn(await response)).toBe('j2')
    expect(task()).toMatchObject({ status: 'failed', attempt: 2, error: { code: 'moderation' } })
    expect(paid).toHaveLength(2)
  })

  it('begins no other job for one that is lost, since it may go on', async () => {
    const { film, clock, task, paid } = setUp([gone], { when: ({ retryable }) => retryable })
    const response = film()
    await clock.advance(200_000)
    expect(await idIn(await response)).toBe('j1')
    expect(task()?.status).toBe('interrupted')
    expect(paid).toHaveLength(1)
  })

  it('gives all who joined the response whose job succeeded', async () => {
    const { film, clock, paid } = setUp([failed, made])
    const both = [film(), film()]
    await clock.advance(1_500)
    both.push(film())
    await clock.advance(60_000)
    expect(await Promise.all(both.map(async (one) => idIn(await one)))).toEqual(['j2', 'j2', 'j2'])
    expect(paid).toHaveLength(2)
  })

  it.each(['the job is followed', 'it waits for the next attempt'])(
    'ends with its caller, who leaves while %s, and cancels the job',
    async (when) => {
      const { film, clock, task, paid, canceled } = setUp([when === 'the job is followed' ? works : failed], {
        delay: () => 60_000,
      })
      const controller = new AbortController()
      const reason = new Error('left the page')
      const response = expect(film({ signal: controller.signal })).rejects.toBe(reason)
      await clock.advance(10_000)
      controller.abort(reason)
      await response
      await clock.advance(200_000)
      expect(task()?.status).toBe('canceled')
      expect(paid).toHaveLength(1)
      expect(canceled).toEqual(when === 'the job is followed' ? ['/jobs/j1'] : [])
      expect(clock.pending).toBe(0)
    },
  )

  it('goes on with the job for those who joined, when the first caller leaves', async () => {
    const { film, clock, task, paid, state, canceled } = setUp([works])
    const controller = new AbortController()
    const first = expect(film({ signal: controller.signal })).rejects.toThrow('left')
    const second = film()
    await clock.advance(10_000)
    controller.abort(new Error('left'))
    await first
    const third = film()
    await clock.advance(10_000)
    state[0] = made
    await clock.advance(3_000)
    expect([await idIn(await second), await idIn(await third)]).toEqual(['j1', 'j1'])
    expect(task()).toMatchObject({ status: 'succeeded' })
    expect([paid.length, canceled]).toEqual([1, []])
  })

  it('ends when it is canceled, at the provider too', async () => {
    const { film, clock, tracker, task, paid, canceled } = setUp([works])
    const response = expect(film()).rejects.toThrow('enough')
    await clock.advance(10_000)
    tracker.cancel({ showId: 's1' }, 'enough')
    await response
    await clock.advance(200_000)
    expect(task()?.status).toBe('canceled')
    expect([paid.length, canceled]).toEqual([1, ['/jobs/j1']])
  })

  it('gives way to a call that supersedes it', async () => {
    const { film, clock, paid, canceled, state } = setUp([works, works], {}, { onConflict: 'supersede' })
    const first = expect(film()).rejects.toMatchObject({ name: 'CanceledError' })
    await clock.advance(10_000)
    const second = film()
    await first
    state[1] = made
    await clock.advance(10_000)
    expect(await idIn(await second)).toBe('j2')
    expect([paid.length, canceled]).toEqual([2, ['/jobs/j1']])
  })

  it('ends with the time limit of the whole call', async () => {
    const { film, clock, task, paid, canceled } = setUp([works], {}, { timeout: 20_000 })
    const response = expect(film()).rejects.toMatchObject({ name: 'TimeoutError' })
    await clock.advance(20_000)
    await response
    expect(task()).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    expect([paid.length, canceled]).toEqual([1, ['/jobs/j1']])
  })

  it('begins another job after one that takes longer than attemptTimeout', async () => {
    const { film, clock, task, paid, canceled } = setUp([works, made], {}, { attemptTimeout: 20_000 })
    const response = film()
    await clock.advance(60_000)
    expect(await idIn(await response)).toBe('j2')
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect([paid.length, canceled]).toEqual([2, ['/jobs/j1']])
  })

  it('waits with its page, and begins nothing while that is left', async () => {
    const { film, clock, tracker, task, paid, state } = setUp([works, made])
    const response = film()
    await clock.advance(4_000)
    tracker.page('left')
    state[0] = failed
    await clock.advance(200_000)
    expect(task()).toMatchObject({ status: 'processing', attempt: 1 })
    tracker.page('returned')
    await clock.advance(60_000)
    expect(await idIn(await response)).toBe('j2')
    expect(paid).toHaveLength(2)
  })

  it('follows the last job after a reload, and pays for nothing', async () => {
    const before = setUp([failed, works])
    void before.film()
    await before.clock.advance(10_000)
    expect(before.paid).toHaveLength(2)
    const saved = JSON.stringify(before.tracker.serialize())
    before.state[1] = made
    const after = setUp([])
    after.tracker.restore(parseSnapshot(saved))
    after.tracker.resume(before.fetch.followers)
    await after.clock.advance(10_000)
    expect(after.task()).toMatchObject({ status: 'succeeded', attempt: 2, outputUrl: film })
    expect([before.paid.length, after.paid.length]).toEqual([2, 0])
  })

  it('gives the response of a task that a webhook has finished', async () => {
    const { film, clock, tracker, task } = setUp([works])
    const response = film()
    await clock.advance(4_000)
    tracker.updateTask(task()!.id, { status: 'succeeded', outputUrl: 'https://files.test/by-webhook.mp4' })
    await clock.advance(10_000)
    expect(await idIn(await response)).toBe('j1')
    expect(task()?.outputUrl).toBe('https://files.test/by-webhook.mp4')
  })

  it('changes nothing for a response that is the whole work, or that failed', async () => {
    const { tracker, clock } = createTestTracker({ random: () => 0 })
    const answers = [new Response('busy', { status: 503 }), Response.json({ url: film })]
    const send: Fetch = async () => answers.shift()!
    const fetch = createTrackedFetch({
      tracker,
      fetch: send,
      routes: {
        'POST /film': {
          type: 'trailer',
          scope: () => ({ showId: 's1' }),
          read: (body) => ({ outputUrl: (body as { url: string }).url }),
          retry: resend({ until: 'job' }),
        },
      },
    })
    const response = fetch('/film', { method: 'POST' })
    await clock.advance(60_000)
    expect(await (await response).json()).toEqual({ url: film })
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })).toMatchObject({ outputUrl: film, attempt: 2 })
  })
})
