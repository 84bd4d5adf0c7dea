import { parseSnapshot } from '@callsheet/core/schema'
import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { createTrackedFetch, followHttpJob } from '../index.ts'
import { jsonJob } from '../providers/json-job.ts'
import { openai } from '../providers/openai.ts'
import type { Provider } from './provider.ts'
import { replicate } from '../providers/replicate.ts'
import type { Fetch } from '../route/request.ts'

interface Asked {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly isOurs: boolean
}

const clip = 'https://cdn.test/clip.mp4'
const slot = { showId: 's1', type: 'trailer' } as const

interface Server {
  readonly provider: Provider
  readonly create: string
  readonly status: string
  /** What the page's own client sends with each call, and we do not. */
  readonly init?: RequestInit
  readonly query?: string
  /** What the server answers to a call without it. */
  readonly refusal: (asked: Asked) => Response | undefined
  readonly answer: (state: 'begun' | 'running' | 'done' | 'failed') => object
}

const runway = 'https://api.dev.runwayml.com/v1'
const azure = 'https://acme.openai.azure.com/openai/v1'

const servers: Readonly<Record<string, Server>> = {
  'a provider that wants a version header, as Runway does': {
    provider: jsonJob({
      name: 'runway',
      start: `POST ${runway}/image_to_video`,
      status: `${runway}/tasks/:id`,
    }),
    create: `${runway}/image_to_video`,
    status: `${runway}/tasks/j1`,
    init: { headers: { authorization: 'Bearer key', 'x-runway-version': '2024-11-06' } },
    refusal: ({ headers }) =>
      headers.has('x-runway-version')
        ? undefined
        : Response.json({ error: 'X-Runway-Version is required' }, { status: 400 }),
    answer: (state) =>
      ({
        begun: { id: 'j1' },
        running: { id: 'j1', status: 'RUNNING', progress: 0.4 },
        done: { id: 'j1', status: 'SUCCEEDED', output: [clip] },
        failed: { id: 'j1', status: 'FAILED', error: 'moderated' },
      })[state],
  },
  'a server of one’s own that wants an x-api-key': {
    provider: jsonJob({ start: 'POST https://own.test/jobs', status: 'https://own.test/jobs/:id' }),
    create: 'https://own.test/jobs',
    status: 'https://own.test/jobs/j1',
    init: { headers: { 'x-api-key': 'key' } },
    refusal: ({ headers }) =>
      headers.has('x-api-key') ? undefined : Response.json({ error: 'no key' }, { status: 401 }),
    answer: (state) =>
      ({
        begun: { jobId: 'j1', status: 'starting' },
        running: { status: 'processing', progress: 40 },
        done: { status: 'succeeded', url: clip },
        failed: { status: 'failed', error: 'moderated' },
      })[state],
  },
  'Azure, which wants an api-version in the query': {
    provider: openai({ baseUrl: azure, videoUrl: () => clip }),
    create: `${azure}/videos`,
    status: `${azure}/videos/j1`,
    init: { headers: { 'api-key': 'key' } },
    query: '?api-version=preview',
    refusal: ({ url }) =>
      url.searchParams.has('api-version')
        ? undefined
        : Response.json({ error: { code: '404', message: 'Resource not found' } }, { status: 404 }),
    answer: (state) => ({
      id: 'j1',
      object: 'video',
      status: { begun: 'queued', running: 'in_progress', done: 'completed', failed: 'failed' }[state],
      ...(state === 'running' && { progress: 40 }),
      ...(state === 'failed' && { error: { code: 'x', message: 'moderated' } }),
    }),
  },
  'a proxy that forbids our polls': {
    provider: replicate({ baseUrl: 'https://own.test/replicate' }),
    create: 'https://own.test/replicate/predictions',
    status: 'https://own.test/replicate/predictions/j1',
    init: { headers: { cookie: 'session=1' } },
    refusal: ({ headers }) => (headers.has('cookie') ? undefined : new Response('<html>', { status: 403 })),
    answer: (state) => ({
      id: 'j1',
      status: { begun: 'starting', running: 'processing', done: 'succeeded', failed: 'failed' }[state],
      ...(state === 'running' && { logs: ' 40%|####      | 4/10' }),
      ...(state === 'done' && { output: clip }),
      ...(state === 'failed' && { error: 'moderated' }),
    }),
  },
}

function setUp({ provider, create, status, init, query = '', refusal, answer }: Server, saved?: string) {
  const made = createTestTracker()
  const asked: Asked[] = []
  let state: Parameters<Server['answer']>[0] = 'running'
  const send: Fetch = async (input, given) => {
    const url = new URL(input as string)
    const headers = new Headers(given?.headers)
    const method = given?.method ?? 'GET'
    const refused = refusal({ url, method, headers, isOurs: true })
    asked.push({ url, method, headers, isOurs: refused !== undefined })
    return refused ?? Response.json(answer(method === 'POST' ? 'begun' : state))
  }
  const fetch = createTrackedFetch({ tracker: made.tracker, providers: [provider], fetch: send })
  if (saved !== undefined) {
    made.tracker.restore(parseSnapshot(saved))
    made.tracker.resume(fetch.followers)
  }
  const { clock, tracker } = made
  return {
    ...made,
    fetch,
    set: (next: typeof state) => void (state = next),
    begin: () => fetch.for(slot)(`${create}${query}`, { ...init, method: 'POST', body: '{}' }),
    /** What the page's own client does: asks with all that the server wants. */
    poll: async () => {
      const response = await fetch(`${status}${query}`, init)
      await clock.advance(0)
      return response
    },
    task: () => tracker.getTask(slot),
    ours: () => asked.filter(({ isOurs }) => isOurs).length,
    paid: () => asked.filter(({ method }) => method === 'POST').length,
  }
}

describe.each(Object.entries(servers))('a poll of ours that is refused by %s', (_name, server) => {
  it('ends our polling, and not the task: the end that the page hears counts', async () => {
    const { begin, poll, clock, task, ours, set, paid } = setUp(server)
    await begin()
    await clock.advance(3_000)
    expect(ours()).toBe(1)
    expect(task()?.status).toBe('processing')
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.advance(50_000)
      expect((await poll()).status).toBe(200)
      expect(task()).toMatchObject({ status: 'processing', progress: 40, updatedAt: clock.now() })
    }
    set('done')
    await clock.advance(50_000)
    await poll()
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: clip })
    expect([ours(), paid(), clock.pending]).toEqual([1, 1, 0])
  })

  it('fails with the job, in the words that the page hears', async () => {
    const { begin, poll, clock, task, set } = setUp(server)
    await begin()
    await clock.advance(3_000)
    set('failed')
    await poll()
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'moderated' } })
    expect(clock.pending).toBe(0)
  })

  it('is interrupted after 60 s without a sign of life, and not before', async () => {
    const { begin, poll, clock, task } = setUp(server)
    await begin()
    await clock.advance(3_000)
    await clock.advance(30_000)
    await poll()
    await clock.advance(59_999)
    expect(task()?.status).toBe('processing')
    await clock.advance(1)
    expect(task()).toMatchObject({ status: 'interrupted', error: { code: 'job_lost' } })
    // Not that of the last sign of life.
    expect(task()?.stage).toMatch(/^status polls refused/)
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['done', { status: 'succeeded', outputUrl: clip }],
    ['failed', { status: 'failed', error: { message: 'moderated' } }],
  ] as const)('takes a later outcome all the same: %s', async (state, end) => {
    const { begin, poll, clock, task, set, errors } = setUp(server)
    await begin()
    await clock.advance(120_000)
    expect(task()?.status).toBe('interrupted')
    await poll()
    set(state)
    await poll()
    expect(task()).toMatchObject(end)
    expect(errors).toEqual([])
  })

  it('takes what the page hears after a reload, too', async () => {
    const one = setUp(server)
    await one.begin()
    await one.clock.advance(0)
    const saved = JSON.stringify(one.tracker.serialize())
    const { poll, clock, task, set, ours, paid } = setUp(server, saved)
    await clock.advance(0)
    expect([ours(), task()?.status]).toEqual([1, 'processing'])
    await clock.advance(59_000)
    await poll()
    await clock.advance(59_000)
    expect(task()).toMatchObject({ status: 'processing', progress: 40 })
    set('done')
    await poll()
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: clip })
    expect([ours(), paid()]).toEqual([1, 0])
  })

  it('is resumed by hand after it was interrupted', async () => {
    const { begin, clock, task, tracker, fetch, ours } = setUp(server)
    await begin()
    await clock.advance(120_000)
    expect(tracker.resume(fetch.followers).resumed).toEqual([task()?.id])
    await clock.advance(0)
    expect(ours()).toBe(2)
    tracker.cancel({ showId: 's1' })
    await clock.advance(0)
    expect(clock.pending).toBe(0)
  })
})

describe('a poll that says 404', () => {
  const own = servers['a server of one’s own that wants an x-api-key']!
  const missing = () => Response.json({ error: 'Not found' }, { status: 404 })

  it('more than 30 s after the create has lost its job: the task is interrupted at once', async () => {
    let isGone = false
    const { begin, clock, task, poll, set } = setUp({
      ...own,
      refusal: ({ method }) => (isGone && method === 'GET' ? missing() : undefined),
    })
    await begin()
    await clock.advance(30_000)
    isGone = true
    await clock.advance(3_000)
    expect(task()?.status).toBe('interrupted')
    isGone = false
    set('done')
    await poll()
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: clip })
  })
})

describe('followed where no tracked fetch watches', () => {
  it.each([400, 401, 403, 404])(
    'a job whose poll is refused by %i is interrupted at once',
    async (status) => {
      const { tracker, clock } = createTestTracker()
      const follow = followHttpJob({
        fetch: async () => Response.json({ error: 'no' }, { status }),
        url: () => 'https://own.test/jobs/j1',
        read: () => ({ status: 'processing' }),
      })
      const run = tracker
        .show('s1')
        .track('trailer', (context) => follow({ provider: 'own', id: 'j1' }, context))
      await expect(run).rejects.toThrow('Lost sight of job "j1": no.')
      expect(tracker.getTask(slot)?.status).toBe('interrupted')
      expect(clock.pending).toBe(0)
    },
  )
})
