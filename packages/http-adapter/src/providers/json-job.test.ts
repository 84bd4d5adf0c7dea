import { describe, expect, it, vi } from 'vitest'
import { jsonJob, type JsonJobOptions } from './json-job.ts'
import { type JobBody, startJobServer } from '../testing/servers/job-server.ts'
import { openPage } from '../testing/open-page.ts'
import { providerTests } from '../testing/provider-tests.ts'
import { until } from '../testing/until.ts'

type Fetch = typeof globalThis.fetch

const picture = 'https://files.test/ada.png'
const jobs = 'https://shows.example/api/jobs'
const painting: readonly JobBody[] = [
  { status: 'starting' },
  { status: 'queued', queuePosition: 2 },
  { status: 'processing', stage: 'painting', progress: 40 },
  { status: 'succeeded', imageUrl: picture },
]
const options: JsonJobOptions = {
  start: `POST ${jobs}`,
  status: `${jobs}/:id`,
  cancel: `DELETE ${jobs}/:id`,
  interval: 60_000,
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const create = async (fetch: Fetch) => {
  const response = await fetch(jobs, { method: 'POST', body: '{"prompt":"Ada"}' })
  return [response.status, (await response.json()) as { jobId: string }] as const
}

/** As a page does it by hand: asks until there is an end. */
async function poll(fetch: Fetch): Promise<unknown> {
  const [, { jobId }] = await create(fetch)
  for (;;) {
    const response = await fetch(`${jobs}/${jobId}`)
    const body = (await response.json()) as { status?: string }
    if (!response.ok || /succeeded|failed|canceled/.test(body.status ?? '')) return [response.status, body]
    await sleep(5)
  }
}

interface Given extends Partial<JsonJobOptions> {
  readonly script?: readonly JobBody[]
}

const { setUp, compare } = providerTests({
  start: ({ script = painting }: Given) => startJobServer(script),
  provider: (given) => jsonJob({ ...options, ...given }),
  clientOf: (fetch) => fetch,
  paid: (server) => [server.count('create'), server.all.length],
})

const job = { provider: 'json', id: 'job-1', url: `${jobs}/job-1` }

describe('jsonJob', () => {
  it('follows a job by what its page is told, and asks nothing itself', async () => {
    const { page, server, bare } = await compare(poll)
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture, job })
    expect(page.looks()).toEqual([
      'processing',
      'processing starting',
      'processing 2nd in the queue',
      'processing painting 40',
      'succeeded  40',
    ])
    expect([server.count('create'), server.count('status')]).toEqual([1, bare.count('status')])
    expect(page.errors).toEqual([])
  })

  it.each([{ jobId: 'job-1' }, { jobId: 'job-1', status: null }])(
    'follows a job that does not say yet how it stands: %j',
    async (answer) => {
      const { page } = await compare(create, {
        interval: 5,
        faults(at) {
          at.fault('create', { status: 200, body: answer })
          at.fault('status', { status: 200, body: { status: 'succeeded', imageUrl: picture } })
        },
      })
      expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture, job })
    },
  )

  it('takes an answer with an output and no status for the whole work', async () => {
    const { page, server } = await compare(create, {
      faults: (at) => at.fault('create', { status: 200, body: { id: 12, imageUrl: picture } }),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(server.count('status')).toBe(0)
  })

  it('refuses an address that says nowhere which job is meant', () => {
    // @ts-expect-error: no `:id`
    expect(() => jsonJob({ start: 'POST /api/jobs', status: '/api/jobs/:jobId' })).toThrow(/":id"/)
  })

  it('polls by itself when no client does', async () => {
    const { page, server } = await compare(create, { interval: 5 })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect([server.count('create'), server.count('status')]).toEqual([1, 3])
  })

  it.each([
    ['over', { status: 'succeeded', imageUrl: picture }, { status: 'succeeded', outputUrl: picture }],
    ['no job at all', { jobId: undefined, imageUrl: picture }, { status: 'succeeded', outputUrl: picture }],
    [
      'a failure',
      { status: 'failed', detail: 'no face' },
      { status: 'failed', error: { message: 'no face' } },
    ],
    [
      'a failure without a reason',
      { status: 'failed' },
      { status: 'failed', error: { message: 'The provider says: failed.' } },
    ],
    ['a cancel', { status: 'cancelled' }, { status: 'canceled' }],
    [
      'a success without an output',
      { status: 'done', stage: 'tidying up', progress: 100 },
      { status: 'failed', error: { message: 'The job succeeded without an output.' } },
    ],
  ])('ends at once where the first answer is %s', async (_what, body, end) => {
    const { page, server } = await compare(create, { script: [body] })
    expect(await page.end()).toMatchObject(end)
    expect(server.count('status')).toBe(0)
  })

  it('needs no output where it is told so', async () => {
    for (const script of [[{ status: 'done' }], [{ status: 'starting' }, { status: 'done' }]]) {
      const { page } = await compare(create, { script, needsOutput: false, interval: 5 })
      expect(await page.end()).toMatchObject({ status: 'succeeded' })
    }
  })

  it('finds the id in the query', async () => {
    const asked: string[] = []
    const fetch: Fetch = (input) => {
      asked.push(input as string)
      const body = asked.length === 1 ? { id: 7, status: 'starting' } : { status: 'done', url: picture }
      return Promise.resolve(Response.json(body))
    }
    const page = openPage(
      fetch,
      jsonJob({ start: 'POST /api/portrait', status: '/api/portrait/status?jobId=:id', interval: 10_000 }),
    )
    await page.fetch('/api/portrait', { method: 'POST' })
    await until(() => expect(page.tasks()[0]?.job?.url).toBe('/api/portrait/status?jobId=7'))
    await page.fetch('/api/portrait/status?jobId=7')
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(asked).toHaveLength(2)
  })

  it('speaks another language where it is taught', async () => {
    const { page } = await compare(create, {
      script: [{ phase: 1 }, { phase: 2, file: picture }],
      interval: 5,
      read: (body) => {
        const { phase, file } = body as { phase: number; file?: string }
        return { status: phase === 2 ? 'done' : 'at it', ...(file && { outputUrl: file }) }
      },
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(page.looks()).toContain('processing at it')
  })
})

describe('jsonJob, when it goes wrong', () => {
  it('fails with the job', async () => {
    const { page } = await compare(poll, {
      script: [{ status: 'starting' }, { status: 'failed', error: 'no face', detail: 'in 3 s' }],
    })
    expect(await page.end()).toMatchObject({ status: 'failed', error: { message: 'no face' } })
  })

  it('is canceled by its page', async () => {
    const { page } = await compare(
      async (fetch) => {
        const [, { jobId }] = await create(fetch)
        await fetch(`${jobs}/${jobId}`, { method: 'DELETE' })
      },
      { script: [{ status: 'starting' }], interval: 20 },
    )
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('is canceled when its page aborts the call', async () => {
    const { page } = await compare((fetch) => fetch(jobs, { method: 'POST', signal: AbortSignal.abort() }))
    expect(await page.end()).toMatchObject({ status: 'canceled' })
  })

  it('is canceled by the tracker, at the server too', async () => {
    const { server, page } = await setUp({ script: [{ status: 'starting' }] })
    const answer = poll(page.fetch)
    await until(() => expect(server.count('status')).toBeGreaterThan(1))
    page.tracker.cancel({ showId: 's1' })
    expect(await answer).toEqual([200, { jobId: 'job-1', status: 'canceled' }])
    expect(await page.end()).toMatchObject({ status: 'canceled' })
    expect([server.count('create'), server.count('cancel')]).toEqual([1, 1])
  })

  it('fails with a create that is throttled', async () => {
    const { page } = await compare(create, {
      faults: (at) =>
        at.fault('create', { status: 429, headers: { 'retry-after': '1' }, body: { error: 'slow down' } }),
    })
    expect(await page.end()).toMatchObject({
      status: 'failed',
      error: { message: 'slow down', httpStatus: 429 },
    })
  })

  it.each(['refused', 'lost', 'torn'] as const)('fails with a create that is %s', async (fault) => {
    const { page } = await compare(create, { faults: (at) => at.fault('create', fault) })
    expect(await page.end()).toMatchObject({ status: 'failed' })
  })

  it('asks again itself whatever breaks', async () => {
    const { page, server } = await compare(create, {
      interval: 5,
      script: [
        { status: 'starting' },
        { status: null, detail: 'the store is away', isTransient: true },
        painting.at(-1)!,
      ],
      faults: (at) =>
        at.fault('status', { status: 429, headers: { 'retry-after': '0' } }, 'torn', 'refused', 'lost'),
    })
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(server.count('create')).toBe(1)
  })

  it('goes on where its page gives up', async () => {
    const { page, server } = await compare(poll, { faults: (at) => at.fault('status', 'torn') })
    page.skip(60_000)
    expect(await page.end()).toMatchObject({ status: 'succeeded', outputUrl: picture })
    expect(server.count('create')).toBe(1)
  })
})

describe('jsonJob after a reload', () => {
  it.each([0, 1, 2])('follows a job that was told of %i times, and begins none', async (asked) => {
    const { server, page, provider } = await setUp({ script: painting.slice(0, asked + 1), interval: 5 })
    poll(page.fetch).catch(() => {})
    await until(() => expect(page.tasks()[0]).toMatchObject({ job }))
    await until(() => expect(server.count('status')).toBeGreaterThanOrEqual(asked))
    const next = openPage(server.fetch, provider, page.close())
    await until(() => expect(server.count('status')).toBeGreaterThan(asked + 2))
    server.set(painting.at(-1)!)
    expect(await next.end()).toMatchObject({
      status: 'succeeded',
      outputUrl: picture,
      id: page.tasks()[0]?.id,
    })
    expect([server.count('create'), server.all.length, next.tasks().length]).toEqual([1, 1, 1])
  })

  it.each(['..', '.'])('climbs with the id "%s" to no other address', async (id) => {
    const asked = vi.fn<Fetch>()
    const { tracker } = openPage(asked, jsonJob(options))
    tracker.addTask({ showId: 's1', type: 'trailer', status: 'processing', job: { provider: 'json', id } })
    const next = openPage(asked, jsonJob({ ...options, interval: 5 }), JSON.stringify(tracker.serialize()))
    expect(await next.end()).toMatchObject({ status: 'interrupted' })
    expect(asked).not.toHaveBeenCalled()
  })
})
