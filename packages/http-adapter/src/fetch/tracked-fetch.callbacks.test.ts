import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { createTrackedFetch, type Provider, readEvents, resend } from '../index.ts'
import { jsonJob } from '../providers/json-job.ts'
import { post, type Routes, setUp, soon } from '../testing/tracked-calls.ts'
import { until } from '../testing/until.ts'
import { unhandled } from '../testing/unhandled.ts'

/** What plain JavaScript gives where a value is expected. */
const reject = (() => Promise.reject(new Error('boom'))) as () => never
const resolve = <T>(value: T) => (() => Promise.resolve(value)) as unknown as () => T
const throws = () => {
  throw new Error('boom')
}

type TestRoute = NonNullable<Routes['POST /a']>
const route = (more: object): Routes => ({
  'POST /a': { type: 'trailer', scope: () => ({ showId: 's1' }), ...more } as TestRoute,
})

describe('an option that does not exist', () => {
  it('is reported once, when the route is given, and the call is tracked without it', async () => {
    const { fetch, sent, errors, task } = setUp(route({ retires: 3 }))
    expect(errors.map(({ message }) => message)).toEqual([
      'Unknown option "retires" of route "POST /a". Known options: type, metadata, onConflict, timeout, attemptTimeout, idempotencyHeader, retry, scope, read, stream, job, redact. The option is ignored.',
    ])
    expect(errors[0]).toMatchObject({ code: 'invalid_option' })
    const call = fetch('/a', post)
    sent[0]!.answer(new Response('cut'))
    await call
    await soon()
    expect(task()?.status).toBe('succeeded')
    expect(errors).toHaveLength(1)
  })

  it('is reported for the work of fetch.for, whose ids name the slot', () => {
    const { fetch, errors } = setUp()
    fetch.for({ showId: 's1', type: 'portrait', characterId: 'ada', timeout: 1_000, stage: 'x' } as never)
    expect(errors.map(({ message }) => message)).toEqual([
      'Unknown option "stage" of fetch.for. Known options: type, metadata, onConflict, timeout, attemptTimeout, idempotencyHeader, retry. The option is ignored.',
    ])
  })
})

describe('a function of a route that throws or rejects', () => {
  it.each([
    ['scope', throws, []],
    ['scope', reject, []],
    ['metadata', throws, ['succeeded']],
    ['metadata', reject, ['succeeded']],
    ['job', throws, ['succeeded']],
    ['job', reject, ['succeeded']],
    ['redact', throws, ['succeeded']],
    ['redact', reject, ['succeeded']],
  ])('%s: the call is made, and the error reported (%#)', async (name, callback, statuses) => {
    const seen = unhandled()
    const { fetch, sent, errors, tasks } = setUp(route({ [name]: callback }))
    const call = fetch('/a', post)
    const response = new Response('cut')
    sent[0]!.answer(response)
    expect(await (await call).text()).toBe('cut')
    await soon()
    expect(tasks().map(({ status }) => status)).toEqual(statuses)
    expect(errors.map(({ message }) => message)).toContain('boom')
    expect(seen).toEqual([])
  })

  it.each(['scope', 'metadata', 'job', 'redact'])(
    '%s: an asynchronous one is reported, and the call goes on without it',
    async (name) => {
      const { fetch, sent, errors } = setUp(route({ [name]: resolve({ showId: 's1' }) }))
      const call = fetch('/a', post)
      sent[0]!.answer(new Response('cut'))
      await call
      await soon()
      expect(errors[0]).toMatchObject({ code: 'invalid_option' })
      expect(errors[0]!.message).toContain('returned a promise')
    },
  )

  it('records no more than the status of what an asynchronous redact was given', async () => {
    const { fetch, sent, task } = setUp(
      route({ redact: resolve({}), read: () => ({ outputUrl: 'https://x.test/secret' }) }),
    )
    const call = fetch('/a', post)
    sent[0]!.answer(Response.json({}))
    await call
    await soon()
    expect(task()?.status).toBe('succeeded')
    expect(JSON.stringify(task())).not.toContain('secret')
  })

  it('read: what an asynchronous one resolves with is recorded', async () => {
    const { fetch, sent, task } = setUp(route({ read: async () => ({ outputUrl: 'https://x.test/a' }) }))
    const call = fetch('/a', post)
    sent[0]!.answer(Response.json({}))
    await call
    await soon()
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/a' })
  })

  it.each([throws, reject])(
    'read: is reported, and the answer is one that was not understood',
    async (read) => {
      const seen = unhandled()
      const { fetch, sent, task, errors } = setUp(route({ read }))
      const call = fetch('/a', post)
      sent[0]!.answer(Response.json({ url: 'https://x.test/a' }))
      await call
      await soon()
      expect(task()).toMatchObject({
        status: 'failed',
        error: { message: 'Cannot understand the answer of /a.', retryable: false },
      })
      expect(errors.map(({ message }) => message)).toEqual(['boom'])
      expect(seen).toEqual([])
    },
  )

  it.each([throws, reject])('the function of fetch.for: the call is made without tracking', async (work) => {
    const seen = unhandled()
    const { tracker } = createTestTracker()
    const errors: string[] = []
    tracker.on('error', ({ error }) => errors.push(error.message))
    const provider: Provider = { name: 'own', starts: { 'POST https://own.test/a': {} } }
    const fetch = createTrackedFetch({
      tracker,
      providers: [provider],
      fetch: async () => new Response('ok'),
    })
    const response = await fetch.for(work)('https://own.test/a', post)
    expect(await response.text()).toBe('ok')
    await soon()
    expect(errors).toContain('boom')
    expect(tracker.getPipelines()).toEqual([])
    expect(seen).toEqual([])
  })

  it.each([throws, reject])(
    'readEvents: the events go on without it, and it is told once',
    async (onEvent) => {
      const seen = unhandled()
      const { fetch, sent, task, errors } = setUp(route({ stream: readEvents(onEvent) }))
      const call = fetch('/a', post)
      const text = 'data: 1\n\ndata: 2\n\n'
      sent[0]!.answer(new Response(text, { headers: { 'content-type': 'text/event-stream' } }))
      expect(await (await call).text()).toBe(text)
      await soon()
      expect(task()?.status).toBe('succeeded')
      expect(errors.filter(({ message }) => message === 'boom')).toHaveLength(1)
      expect(seen).toEqual([])
    },
  )

  it.each(['classify', 'when', 'delay', 'before'])('%s of resend: is reported', async (name) => {
    const seen = unhandled()
    const { fetch, sent, errors } = setUp(
      route({ retry: resend({ attempts: 2, delay: () => 0, [name]: reject }) }),
    )
    const call = fetch('/a', post)
    sent[0]!.answer(new Response('busy', { status: 503 }))
    call.catch(() => {})
    await until(() => expect(errors.map(({ message }) => message)).toContain('boom'))
    expect(seen).toEqual([])
  })

  it.each([throws, reject])('repeats and watches of a provider: are reported', async (callback) => {
    const seen = unhandled()
    const { tracker } = createTestTracker()
    const errors: string[] = []
    tracker.on('error', ({ error }) => errors.push(error.message))
    const provider: Provider = {
      name: 'own',
      starts: { 'POST https://own.test/a': { repeats: { ended: callback, endOf: callback } } },
      watches: { 'GET https://own.test/a': { id: callback, read: callback } },
      jobs: () =>
        Object.assign(async () => {}, { begun: async () => {}, tell: () => false, watch: callback }) as never,
    }
    const fetch = createTrackedFetch({
      tracker,
      providers: [provider],
      fetch: async (_input, init) => new Response('', { status: init?.method === 'POST' ? 500 : 200 }),
    })
    const own = fetch.for({ showId: 's1', type: 'trailer' })
    expect((await own('https://own.test/a', post)).status).toBe(500)
    await soon()
    // Of `endOf` and of `ended`.
    expect(errors.filter((message) => message === 'boom')).toHaveLength(2)
    expect((await own('https://own.test/a')).status).toBe(200)
    await soon()
    expect(errors.filter((message) => message === 'boom')).toHaveLength(3)
    expect(seen).toEqual([])
  })

  it.each(['id', 'read'])('%s of jsonJob: is reported, and the answer was not understood', async (name) => {
    const seen = unhandled()
    const { tracker } = createTestTracker()
    const errors: string[] = []
    tracker.on('error', ({ error }) => errors.push(error.message))
    const provider = jsonJob({
      start: 'POST https://own.test/jobs',
      status: 'https://own.test/jobs/:id',
      [name]: reject,
    })
    const fetch = createTrackedFetch({
      tracker,
      providers: [provider],
      fetch: async () => Response.json({ id: 'j1' }),
    })
    const own = fetch.for({ showId: 's1', type: 'trailer' })
    await own('https://own.test/jobs', post)
    await soon()
    expect(errors).toEqual(['boom'])
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })?.status).toBe('failed')
    await own('https://own.test/jobs/j1')
    await soon()
    expect(seen).toEqual([])
  })

  it('id and read of jsonJob may be asynchronous', async () => {
    const { tracker, clock } = createTestTracker()
    const provider = jsonJob({
      start: 'POST https://own.test/jobs',
      status: 'https://own.test/jobs/:id',
      id: async (body) => (body as { ticket: string }).ticket,
      read: async (body) => ({ status: (body as { phase?: string }).phase, outputUrl: 'https://x.test/a' }),
    })
    const fetch = createTrackedFetch({
      tracker,
      providers: [provider],
      fetch: async (_input, init) =>
        Response.json(init?.method === 'POST' ? { ticket: 'j1', phase: 'waiting' } : { phase: 'done' }),
    })
    await fetch.for({ showId: 's1', type: 'trailer' })('https://own.test/jobs', post)
    await clock.advance(10_000)
    expect(tracker.getTask({ showId: 's1', type: 'trailer' })).toMatchObject({
      status: 'succeeded',
      outputUrl: 'https://x.test/a',
      job: { id: 'j1' },
    })
  })
})

describe('a rejection that nothing awaits', () => {
  const lost = async () => {
    throw new TypeError('fetch failed')
  }

  it.each([
    ['same', []],
    ['derived', ['fetch failed', 'fetch failed']],
  ] as const)(
    'of a joined call, with promises "%s", is one of the process only where it was asked for',
    async (promises, expected) => {
      const seen = unhandled()
      const { tracker } = createTestTracker({ promises })
      const fetch = createTrackedFetch({ tracker, routes: route({}), fetch: lost })
      void fetch('https://own.test/a', post)
      await soon()
      void fetch('https://own.test/a', post)
      void fetch('https://own.test/a', post)
      await soon()
      expect(seen.length > 0).toBe(expected.length > 0)
    },
  )
})
