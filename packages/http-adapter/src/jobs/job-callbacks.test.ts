import vm from 'node:vm'
import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { falProxy } from '../providers/fal-proxy.ts'
import { createTrackedFetch, followHttpJob, type HttpJobOptions, job, type Provider } from '../index.ts'
import type { Fetch } from '../route/request.ts'
import { unhandled } from '../testing/unhandled.ts'

const boom = () => {
  throw new Error('boom')
}
const reject = () => Promise.reject(new Error('boom'))
const file = 'https://cdn.test/a.png'
const jobUrl = 'https://own.test/jobs/j1'
const soon = () => new Promise((resolve) => setTimeout(resolve, 5))

function follow(options: Partial<HttpJobOptions>, answers: readonly (Response | Error)[] = []) {
  const made = createTestTracker()
  const rest = [...answers]
  const jobs = followHttpJob({
    fetch: async () => {
      const answer = rest.shift() ?? Response.json({ status: 'running' })
      if (answer instanceof Error) throw answer
      return answer
    },
    url: () => jobUrl,
    read: (body) => body as { status: string },
    ...options,
  })
  const run = made.tracker
    .show('s1')
    .track('trailer', (context) => jobs({ provider: 'own', id: 'j1' }, context))
  run.catch(() => {})
  return { ...made, run, task: () => made.tracker.getTask({ showId: 's1', type: 'trailer' }) }
}

describe('callbacks that throw or reject', () => {
  it.each<[string, Partial<HttpJobOptions>]>([
    ['read', { read: boom }],
    ['a read that rejects', { read: reject }],
    ['a read that gives nothing', { read: () => undefined as never }],
    ['headers', { headers: boom }],
    ['headers that reject', { headers: reject }],
    ['url', { url: boom }],
    ['a url that rejects', { url: reject }],
    ['headers that cannot be sent', { headers: { 'x\n': 'y' } }],
  ])('%s: the job is asked for again, and at last lost, not failed', async (_what, options) => {
    const seen = unhandled()
    const { clock, task } = follow(options)
    await clock.advance(600_000)
    await soon()
    expect(task()).toMatchObject({ status: 'interrupted', error: { code: 'job_lost' } })
    expect([clock.pending, seen]).toEqual([0, []])
  })

  it.each<[string, Partial<HttpJobOptions>]>([
    ['cancel', { cancel: boom }],
    ['a cancel that rejects', { cancel: reject }],
    ['cancel, with a report that throws', { cancel: boom, report: boom }],
    ['cancel, with a report that rejects', { cancel: boom, report: reject as unknown as () => void }],
    [
      'a cancel that is refused, with a report that throws',
      { cancel: () => [jobUrl, { method: 'DELETE' }], report: boom },
    ],
  ])('%s: the task is canceled all the same', async (_what, options) => {
    const seen = unhandled()
    const { clock, task, tracker } = follow(options, [
      Response.json({ status: 'running' }),
      Response.json({}, { status: 500 }),
    ])
    await clock.advance(0)
    tracker.cancel({ showId: 's1' })
    await clock.advance(0)
    await soon()
    expect(task()?.status).toBe('canceled')
    expect([clock.pending, seen]).toEqual([0, []])
  })
})

describe('an asynchronous url and cancel', () => {
  it('are awaited', async () => {
    const { tracker, clock } = createTestTracker()
    const asked: string[] = []
    const jobs = followHttpJob({
      fetch: async (input, init) => {
        asked.push(`${init?.method ?? 'GET'} ${input as string}`)
        return Response.json({ status: 'running' })
      },
      url: async () => jobUrl,
      cancel: async () => [jobUrl, { method: 'DELETE' }],
      read: (body) => body as { status: string },
    })
    const run = tracker.show('s1').track('trailer', (context) => jobs({ provider: 'own', id: 'j1' }, context))
    run.catch(() => {})
    await clock.advance(0)
    tracker.cancel({ showId: 's1' })
    await clock.advance(0)
    expect(asked).toEqual([`GET ${jobUrl}`, `DELETE ${jobUrl}`])
  })
})

describe('a provider that gives what a record refuses', () => {
  it.each(['data:image/png;base64,AAAA', 'javascript:alert(1)', '', 'x'.repeat(100_001)])(
    'an address of the job %#: it is followed to its end all the same',
    async (url) => {
      const { tracker, clock } = createTestTracker()
      const send: Fetch = async (_input, init) =>
        Response.json(init?.method === 'POST' ? { id: 'j1' } : { status: 'done', outputUrl: file })
      const provider: Provider = {
        name: 'own',
        starts: { 'POST https://own.test/jobs': { read: () => job({ provider: 'own', id: 'j1', url }) } },
        jobs: (tools) =>
          followHttpJob({ ...tools, url: () => jobUrl, read: (body) => body as { status: string } }),
      }
      const fetch = createTrackedFetch({ tracker, providers: [provider], fetch: send })
      await fetch.for({ showId: 's1', type: 'trailer' })('https://own.test/jobs', { method: 'POST' })
      await clock.advance(10_000)
      const task = tracker.getTask({ showId: 's1', type: 'trailer' })
      expect(task).toMatchObject({ status: 'succeeded', outputUrl: file })
      expect(clock.pending).toBe(0)
    },
  )
})

describe('values of another realm', () => {
  it('a promise of a fetch of another realm is followed, and watched', async () => {
    const { tracker, clock } = createTestTracker()
    const AlienPromise = vm.runInNewContext('Promise') as PromiseConstructor
    const send: Fetch = (_input, init) =>
      AlienPromise.resolve(
        Response.json(init?.method === 'POST' ? { id: 'j1' } : { status: 'done', outputUrl: file }),
      )
    const provider: Provider = {
      name: 'own',
      starts: { 'POST https://own.test/jobs': { read: () => job({ provider: 'own', id: 'j1' }) } },
      watches: {
        'GET https://own.test/jobs/:id': {
          id: ({ params }) => params['id'],
          read: (body) => body as { status: string },
        },
      },
      jobs: (tools) =>
        followHttpJob({
          ...tools,
          interval: Infinity,
          url: () => jobUrl,
          read: (body) => body as { status: string },
        }),
    }
    const fetch = createTrackedFetch({ tracker, providers: [provider], fetch: send })
    await fetch.for({ showId: 's1', type: 'trailer' })('https://own.test/jobs', { method: 'POST' })
    await clock.advance(0)
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })).toMatchObject({
      status: 'processing',
      job: { id: 'j1' },
    })
    await fetch(jobUrl)
    await clock.advance(0)
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })).toMatchObject({
      status: 'succeeded',
      outputUrl: file,
    })
  })

  it('falProxy takes a Request that is none of this realm', async () => {
    const asked: [unknown, RequestInit | undefined][] = []
    const send: Fetch = async (input, init) => {
      asked.push([input, init])
      return new Response()
    }
    const alien = {
      url: 'https://queue.fal.run/a/b',
      method: 'POST',
      headers: new Headers({ authorization: 'Key k' }),
    }
    await falProxy('https://own.test/proxy', send)(alien as Request, { body: '{}' })
    const [input, init] = asked[0]!
    expect(input).toMatchObject({ url: 'https://own.test/proxy', method: 'POST' })
    expect(new Headers(init?.headers).get('x-fal-target-url')).toBe('https://queue.fal.run/a/b')
    expect(new Headers(init?.headers).get('authorization')).toBe('Key k')
  })
})
