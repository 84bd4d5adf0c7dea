import { parseSnapshot } from '@callsheet/core/schema'
import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it, vi } from 'vitest'
import {
  createTrackedFetch,
  done,
  failed,
  followHttpJob,
  type HttpJobOptions,
  job,
  type Provider,
} from '../index.ts'
import type { Fetch, FetchArguments, RouteRequest } from '../route/request.ts'
import { until } from '../testing/until.ts'

const json = (body: unknown, init: ResponseInit = {}) =>
  new Response(JSON.stringify(body), {
    ...init,
    headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
  })

type Answer = unknown

/** A provider that a hand drives: the paid call begins job `j1`, whose states are answered one after the other. */
function setUp({
  states = [] as Answer[],
  begin = (): Answer => ({ id: 'j1', status: 'starting' }),
  headers = undefined as HttpJobOptions['headers'],
} = {}) {
  const made = createTestTracker()
  const calls: { method: string; url: string; headers: Headers }[] = []
  const next = [...states]
  const fake: Fetch = async function (this: unknown, ...[input, init]: FetchArguments) {
    // As a browser's: "Illegal invocation" when it is called as a method.
    if (this !== undefined) throw new TypeError('Illegal invocation')
    const url = input instanceof Request ? input.url : input.toString()
    const method = init?.method ?? 'GET'
    calls.push({ method, url, headers: new Headers(init?.headers) })
    const answer = url.endsWith('/cancel')
      ? { status: 'canceled' }
      : method === 'POST'
        ? begin()
        : next.length > 1
          ? next.shift()
          : next[0]
    if (answer instanceof Promise) {
      return new Promise<Response>((resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal!.reason as Error))
        void answer.then((late) => resolve(json(late)))
      })
    }
    if (answer instanceof Error) throw answer
    return answer instanceof Response ? answer.clone() : json(answer)
  }
  const provider: Provider = {
    name: 'acme',
    starts: {
      'POST https://api.acme.test/jobs': {
        read(body) {
          const { id, status, url } = body as { id: string; status: string; url?: string }
          if (status === 'done') return done(url)
          return status === 'broken' ? failed('it broke') : job({ provider: 'acme', id }, { stage: status })
        },
        metadata: ({ json: body }) => ({ model: (body() as { model?: string })?.model ?? 'none' }),
      },
    },
    watches: {
      'GET https://api.acme.test/jobs/:id': {
        id: ({ params }) => params['id'],
        read: (body) => body as { status: string; outputUrl?: string },
      },
    },
    jobs: (tools) =>
      followHttpJob({
        ...tools,
        ...(headers && { headers }),
        url: ({ id }) => `https://api.acme.test/jobs/${id}`,
        read: (body) => body as { status: string; outputUrl?: string },
        cancel: ({ id }) => [`https://api.acme.test/jobs/${id}/cancel`, { method: 'POST' }],
        timeout: 600_000,
      }),
  }
  const fetch = createTrackedFetch({ tracker: made.tracker, providers: [provider], fetch: fake })
  const slot = { showId: 's1', type: 'portrait', characterId: 'ada' } as const
  const mine = fetch.for(slot)
  return {
    ...made,
    fetch,
    calls,
    slot,
    begin: () =>
      mine('https://api.acme.test/jobs', {
        method: 'POST',
        body: JSON.stringify({ model: 'm1' }),
        headers: { authorization: 'Bearer secret-token-of-mine' },
      }),
    task: () => made.tracker.getTask(slot),
    polls: () => calls.filter(({ method }) => method === 'GET').length,
    paid: () => calls.filter(({ method, url }) => method === 'POST' && url.endsWith('/jobs')).length,
  }
}

const image = { status: 'succeeded', outputUrl: 'https://cdn.acme.test/ada.png' }

describe('a call that begins a job', () => {
  it('gives the answer at once, and keeps the task open until the job has ended', async () => {
    const { begin, clock, task, calls, polls, errors } = setUp({
      states: [{ status: 'processing', progress: 40, stage: 'painting' }, image],
    })
    const response = await begin()
    expect(await response.json()).toEqual({ id: 'j1', status: 'starting' })
    await clock.advance(0)
    expect(task()).toMatchObject({
      status: 'processing',
      stage: 'starting',
      job: { provider: 'acme', id: 'j1' },
      metadata: { model: 'm1' },
    })
    await clock.advance(2_999)
    expect(polls()).toBe(0)
    await clock.advance(1)
    expect(task()).toMatchObject({ progress: 40, stage: 'painting' })
    await clock.advance(3_000)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: image.outputUrl })
    expect(calls[1]!.headers.get('authorization')).toBe('Bearer secret-token-of-mine')
    expect(clock.pending).toBe(0)
    expect(errors).toEqual([])
  })

  it('asks `headers` with the call that began the job, whose key may stand in any header', async () => {
    const key = (_job: unknown, request?: RouteRequest) => ({
      'x-api-key': request?.headers.get('authorization')?.replace('Bearer ', '') ?? 'none',
    })
    const { begin, clock, task, calls } = setUp({ states: [image], headers: key })
    await begin()
    await clock.advance(3_000)
    expect(task()?.status).toBe('succeeded')
    expect(calls[1]!.headers.get('x-api-key')).toBe('secret-token-of-mine')
  })

  it.each([
    ['done at once', { id: 'j1', status: 'done', url: 'https://x.test/a.png' }, 'succeeded'],
    ['a failure that came as a success', { id: 'j1', status: 'broken' }, 'failed'],
  ])('ends the task with %s', async (_name, answer, status) => {
    const { begin, clock, task } = setUp({ begin: () => answer })
    await begin()
    await clock.advance(0)
    expect(task()?.status).toBe(status)
    expect(clock.pending).toBe(0)
  })

  it("fails the task with the job, in the provider's words", async () => {
    const { begin, clock, task } = setUp({ states: [{ status: 'failed', error: 'NSFW content' }] })
    await begin()
    await clock.advance(3_000)
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'NSFW content' } })
  })

  it('is joined by a second call while the job goes on', async () => {
    const { begin, clock, paid } = setUp({ states: [image] })
    await begin()
    await clock.advance(1_000)
    const second = await begin()
    expect(await second.json()).toEqual({ id: 'j1', status: 'starting' })
    expect(paid()).toBe(1)
    await clock.advance(3_000)
  })

  it('asks again after bad answers, as long as they say, and gives up what is lost', async () => {
    const busy = json({ error: 'busy' }, { status: 503, headers: { 'retry-after': '20' } })
    const gone = json({ detail: 'Not found.' }, { status: 404 })
    const { begin, clock, task, polls } = setUp({
      states: [busy, new TypeError('fetch failed'), '<html>', gone],
    })
    await begin()
    await clock.advance(3_000)
    expect(task()?.stage).toBe('poll failed (busy), retrying in 20 s')
    await clock.advance(19_999)
    expect(polls()).toBe(1)
    await clock.advance(200_000)
    expect(polls()).toBe(4)
    expect(task()).toMatchObject({ status: 'interrupted' })
    expect(clock.pending).toBe(0)
  })

  it('stays open, with its handle, where such jobs have no follower', async () => {
    const { tracker, clock } = createTestTracker()
    const fetch = createTrackedFetch({
      tracker,
      fetch: async () => json({ id: 'x' }, { status: 202 }),
      routes: {
        'POST /a': {
          type: 'trailer',
          scope: () => ({ showId: 's1' }),
          read: (body) => job({ provider: 'unknown', id: (body as { id: string }).id }),
        },
        'POST /b': { type: 'library-poster', scope: () => ({ showId: 's1' }) },
        'POST /c': {
          type: 'portrait-grid',
          scope: () => ({ showId: 's1' }),
          read: () => done('https://x.test/g'),
        },
      },
    })
    for (const path of ['/a', '/b', '/c']) await fetch(path, { method: 'POST' })
    await clock.advance(0)
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })).toMatchObject({
      status: 'processing',
      job: { id: 'x' },
    })
    expect(tracker.getTask({ showId: 's1', type: 'library-poster' })).toMatchObject({
      status: 'processing',
      stage: 'accepted',
    })
    expect(tracker.getTask({ showId: 's1', type: 'portrait-grid' })?.status).toBe('succeeded')
  })
})

describe('what a provider’s own client is told', () => {
  it('counts as a poll: the job is not polled twice, and the end is known at once', async () => {
    const { begin, fetch, clock, task, polls } = setUp({
      states: [{ status: 'processing', progress: 10 }, { status: 'processing', progress: 60 }, image],
    })
    await begin()
    for (const progress of [10, 60]) {
      await clock.advance(2_000)
      await fetch('https://api.acme.test/jobs/j1')
      await clock.advance(0)
      expect(task()).toMatchObject({ status: 'processing', progress })
    }
    await clock.advance(2_000)
    const last = await fetch('https://api.acme.test/jobs/j1')
    expect(await last.json()).toEqual(image)
    await clock.advance(0)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: image.outputUrl })
    expect(polls()).toBe(3)
    expect(clock.pending).toBe(0)
  })

  it('counts also while our own question hangs', async () => {
    const { begin, fetch, clock, task } = setUp({ states: [new Promise(() => {}), image] })
    await begin()
    await clock.advance(3_000)
    await fetch('https://api.acme.test/jobs/j1')
    await clock.advance(0)
    expect(task()?.status).toBe('succeeded')
    expect(clock.pending).toBe(0)
  })

  it('is taken in order, however quickly it comes', async () => {
    const { begin, fetch, clock, task, sink } = setUp({ states: [{ status: 'painting' }, image] })
    await begin()
    await clock.advance(0)
    await Promise.all([fetch('https://api.acme.test/jobs/j1'), fetch('https://api.acme.test/jobs/j1')])
    await clock.advance(0)
    expect(sink.history(task()!.id).map((version) => 'stage' in version && version.stage)).toContain(
      'painting',
    )
    expect(task()?.status).toBe('succeeded')
  })

  it('reports nothing where no task follows the job here', async () => {
    const { fetch, clock, tracker, errors } = setUp({ states: [{ status: 'processing' }, image] })
    for (const status of ['processing', 'succeeded']) {
      const response = await fetch('https://api.acme.test/jobs/elsewhere')
      expect(await response.json()).toMatchObject({ status })
      await clock.advance(0)
    }
    expect(errors).toEqual([])
    expect(tracker.getTasks()).toEqual([])
  })

  it('is passed on untouched, whatever it is', async () => {
    const { fetch, tracker, errors } = setUp({ states: [json({ no: 1 }, { status: 404 })] })
    const response = await fetch('https://api.acme.test/jobs/unknown')
    expect(response.status).toBe(404)
    expect(tracker.getTasks()).toEqual([])
    expect(errors).toEqual([])
  })
})

describe('a provider whose functions throw', () => {
  it('harms no call, and each is made once', async () => {
    const { tracker, errors, clock } = createTestTracker()
    const send = vi.fn(async () => json({ id: 'j1' }))
    const broken = () => {
      throw new Error('broken')
    }
    const provider: Provider = {
      name: 'acme',
      starts: { 'POST https://api.acme.test/jobs': { read: broken } },
      watches: {
        'GET https://api.acme.test/a': { id: broken, read: () => undefined },
        'GET https://api.acme.test/b': { id: () => 'j1', read: broken },
      },
      jobs: (tools) => followHttpJob({ ...tools, url: broken, read: broken }),
    }
    const fetch = createTrackedFetch({ tracker, providers: [provider], fetch: send })
    await fetch.for({ showId: 's1', type: 'trailer' })('https://api.acme.test/jobs', { method: 'POST' })
    for (const path of ['a', 'b']) {
      expect(await (await fetch(`https://api.acme.test/${path}`)).json()).toEqual({ id: 'j1' })
    }
    await clock.advance(0)
    expect(send).toHaveBeenCalledTimes(3)
    expect(errors.map(({ message }) => message)).toEqual(['broken', 'broken', 'broken'])
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })).toMatchObject({
      status: 'failed',
      error: { message: 'Cannot understand the answer of /jobs.', retryable: false },
    })
  })
})

describe('a job that is canceled', () => {
  it('is canceled at the provider too, once, with its credentials', async () => {
    const { begin, clock, tracker, calls, task } = setUp({ states: [{ status: 'processing' }] })
    await begin()
    await clock.advance(3_000)
    tracker.cancel({ showId: 's1' }, 'changed my mind')
    await clock.advance(60_000)
    expect(task()?.status).toBe('canceled')
    const cancels = calls.filter(({ url }) => url.endsWith('/cancel'))
    expect(cancels).toHaveLength(1)
    expect(cancels[0]!.headers.get('authorization')).toBe('Bearer secret-token-of-mine')
    expect(clock.pending).toBe(0)
  })

  it('is asked for without going where an answer sends us, and canceled within a time', async () => {
    const { tracker } = createTestTracker()
    const inits: RequestInit[] = []
    const follow = followHttpJob({
      fetch: async (_input, init) => {
        inits.push(init!)
        return json({ status: 'processing' })
      },
      url: ({ id }) => `https://app.test/jobs/${id}`,
      cancel: ({ id }) => [`https://app.test/jobs/${id}`, { method: 'DELETE', redirect: 'follow' }],
      read: (body) => body as { status: string },
    })
    const slot = tracker.show('s1')
    const run = slot.track('trailer', (context) => follow({ provider: 'ours', id: 'j1' }, context))
    await until(() => expect(inits).toHaveLength(1))
    tracker.cancel({ showId: 's1' })
    await expect(run).rejects.toThrow()
    await until(() => expect(inits).toHaveLength(2))
    expect(inits.map(({ redirect }) => redirect)).toEqual(['manual', 'follow'])
    expect(inits[1]!.signal).toBeInstanceOf(AbortSignal)
  })

  it.each([
    [
      'as a server says it',
      () => new Response(null, { status: 307, headers: { location: 'https://b.test' } }),
    ],
    [
      'as a browser hides it',
      () => Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' }),
    ],
  ])('is lost where the answer is a redirect, %s', async (_how, answer) => {
    const { tracker } = createTestTracker()
    const fetch = vi.fn(async () => answer())
    const follow = followHttpJob({ fetch, url: () => 'https://a.test/j1', read: () => ({ status: 'done' }) })
    const run = tracker
      .show('s1')
      .track('trailer', (context) => follow({ provider: 'ours', id: 'j1' }, context))
    await expect(run).rejects.toThrow('Lost sight of job "j1": a redirect, not followed.')
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('is told of by both when two follow it', async () => {
    const { tracker, clock } = createTestTracker()
    const jobs = followHttpJob({
      fetch: async () => json({ status: 'processing' }),
      url: ({ id }) => `https://app.test/jobs/${id}`,
      read: (body) => body as { status: string },
    })
    for (const characterId of ['ada', 'bo']) {
      void tracker
        .show('s1')
        .track('portrait', (context) => jobs({ provider: 'ours', id: 'j1' }, context), { characterId })
    }
    await clock.advance(0)
    expect(jobs.tell('j1', { status: 'succeeded', outputUrl: image.outputUrl })).toBe(true)
    await clock.advance(0)
    expect(tracker.getTasks({ showId: 's1' }).map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
    expect(jobs.tell('j1', { status: 'succeeded' })).toBe(false)
  })

  it('is canceled at the provider when it takes too long, after a last question', async () => {
    const { begin, clock, calls, task } = setUp({ states: [{ status: 'processing' }] })
    await begin()
    await clock.advance(620_000)
    expect(task()).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    expect(calls.filter(({ url }) => url.endsWith('/cancel'))).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('is left alone at the provider when a webhook knew of its success first', async () => {
    const { begin, clock, calls, tracker, task } = setUp({ states: [{ status: 'processing' }] })
    await begin()
    await clock.advance(0)
    tracker.updateTask(task()!.id, { status: 'succeeded', outputUrl: 'https://x.test/hook.png' })
    await clock.advance(10_000)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/hook.png' })
    expect(calls.filter(({ url }) => url.endsWith('/cancel'))).toEqual([])
    expect(clock.pending).toBe(0)
  })
})

describe('a reload', () => {
  it('follows the job again, and never pays again', async () => {
    const one = setUp()
    await one.begin()
    await one.clock.advance(0)
    const stored = JSON.stringify(one.tracker.serialize())
    expect(stored).not.toContain('secret-token-of-mine')

    const two = setUp({ states: [{ status: 'processing' }, image] })
    two.tracker.restore(parseSnapshot(stored))
    expect(two.tracker.resume(two.fetch.followers).resumed).toHaveLength(1)
    await two.clock.advance(3_000)
    expect(two.task()).toMatchObject({ status: 'succeeded', outputUrl: image.outputUrl })
    expect(two.paid()).toBe(0)
  })
})

describe('a long call with a side status', () => {
  const setUpLong = (states: Answer[]) => {
    const { tracker, clock, errors } = createTestTracker()
    let settle = { answer: (_: Response) => {}, refuse: (_: Error) => {} }
    const polls = vi.fn()
    const fake: Fetch = (input, init) => {
      if (init?.method === 'POST')
        return new Promise((answer, refuse) => {
          settle = { answer, refuse }
        })
      polls(input)
      return Promise.resolve(json(states.length > 1 ? states.shift() : states[0]))
    }
    const fetch = createTrackedFetch({
      tracker,
      fetch: fake,
      jobs: {
        side: followHttpJob({
          fetch: fake,
          url: ({ id }) => `/status/${id}`,
          read: (body) => body as { status: string },
          cancel: ({ id }) => [`/stop/${id}`, { method: 'DELETE' }],
        }),
      },
      routes: {
        'POST /trailer/:id': {
          type: 'trailer',
          scope: () => ({ showId: 's1' }),
          job: ({ params }) => ({ provider: 'side', id: params.id }),
          read: (body) => done((body as { url: string }).url),
        },
      },
    })
    const task = () => tracker.getTask({ showId: 's1', type: 'trailer' })
    return { fetch, task, clock, polls, tracker, errors, settle: () => settle }
  }

  it('is finished by its side status when it dies, and its caller hears of the death', async () => {
    const { fetch, task, clock, settle } = setUpLong([
      { status: 'processing', progress: 30 },
      { status: 'succeeded', outputUrl: 'https://x.test/t.mp4' },
    ])
    const call = fetch('/trailer/t1', { method: 'POST' })
    await clock.advance(3_000)
    expect(task()).toMatchObject({ progress: 30, job: { provider: 'side', id: 't1' } })
    settle().refuse(new TypeError('fetch failed'))
    await expect(call).rejects.toThrow('fetch failed')
    await clock.advance(3_000)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/t.mp4' })
    expect(clock.pending).toBe(0)
  })

  it('is left to its side status when a host’s HTML page answers with 200', async () => {
    const { fetch, task, clock, settle } = setUpLong([
      { status: 'processing', progress: 30 },
      { status: 'succeeded', outputUrl: 'https://x.test/t.mp4' },
    ])
    const call = fetch('/trailer/t1', { method: 'POST' })
    await clock.advance(3_000)
    const headers = { 'content-type': 'text/html; charset=utf-8' }
    settle().answer(new Response('<h1>Starting…</h1>', { headers }))
    expect(await (await call).text()).toBe('<h1>Starting…</h1>')
    await clock.advance(0)
    expect(task()?.status).toBe('processing')
    await clock.advance(3_000)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/t.mp4' })
    expect(clock.pending).toBe(0)
  })

  it('ends with its own answer where that comes', async () => {
    const { fetch, task, clock, settle, polls } = setUpLong([{ status: 'processing' }])
    const call = fetch('/trailer/t1', { method: 'POST' })
    await clock.advance(7_000)
    settle().answer(json({ url: 'https://x.test/own.mp4' }))
    expect(await (await call).json()).toEqual({ url: 'https://x.test/own.mp4' })
    await clock.advance(30_000)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/own.mp4' })
    expect(polls).toHaveBeenCalledTimes(2)
    expect(clock.pending).toBe(0)
  })

  it('is not canceled at the server because its side status is not needed any more', async () => {
    const { fetch, task, clock, settle, polls } = setUpLong([{ status: 'processing' }])
    const call = fetch('/trailer/t1', { method: 'POST' })
    await clock.advance(4_000)
    settle().answer(json({ url: 'https://x.test/own.mp4' }))
    await call
    await clock.advance(30_000)
    expect(task()?.status).toBe('succeeded')
    expect(polls.mock.calls).toEqual([['/status/t1']])
  })

  it('is canceled at the server with its task', async () => {
    const { fetch, task, clock, tracker, polls } = setUpLong([{ status: 'processing' }])
    fetch('/trailer/t1', { method: 'POST' }).catch(() => {})
    await clock.advance(4_000)
    tracker.cancel({ showId: 's1' })
    await clock.advance(30_000)
    expect(task()?.status).toBe('canceled')
    expect(polls.mock.calls).toEqual([['/status/t1'], ['/stop/t1']])
  })

  it('goes on after a reload by its handle', async () => {
    const one = setUpLong([{ status: 'processing' }])
    void one.fetch('/trailer/t1', { method: 'POST' })
    await one.clock.advance(0)
    const { tracker, clock } = createTestTracker()
    tracker.restore(parseSnapshot(JSON.stringify(one.tracker.serialize())))
    const follow = followHttpJob({
      fetch: async () => json({ status: 'done', outputUrl: 'https://x.test/t.mp4' }),
      url: ({ id }) => `https://app.test/status/${id}`,
      read: (body) => body as { status: string },
    })
    tracker.resume({ side: follow })
    await clock.advance(0)
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })?.status).toBe('succeeded')
  })
})
