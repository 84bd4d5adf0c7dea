import { parseSnapshot } from '@callsheet/core/schema'
import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { createTrackedFetch } from '../index.ts'
import { jsonJob, type JsonJobOptions } from './json-job.ts'
import { type Fetch, type FetchArguments, methodOf } from '../route/request.ts'
import { until } from '../testing/until.ts'

const file = 'https://cdn.test/ada.png'
const api = 'https://api.test'
const authorization = 'Bearer secret-of-ada'

interface Sent {
  readonly call: string
  readonly credentials: string | null
  readonly body: unknown
}

/** A page that makes one call; `answers` come in order, the last one for ever. */
async function open(options: JsonJobOptions, ...answers: object[]) {
  const sent: Sent[] = []
  const rest = [...answers]
  const send: Fetch = async (input, init) => {
    const headers = new Headers(init?.headers)
    sent.push({
      call: `${methodOf([input, init])} ${input as string}`,
      credentials: headers.get('authorization') ?? headers.get('x-key'),
      body: init?.body,
    })
    return Response.json(rest.length > 1 ? rest.shift() : rest[0])
  }
  const page = (saved?: string) => {
    const test = createTestTracker()
    const fetch = createTrackedFetch({ tracker: test.tracker, providers: [jsonJob(options)], fetch: send })
    if (saved !== undefined) {
      test.tracker.restore(parseSnapshot(saved))
      test.tracker.resume(fetch.followers)
    }
    const work = fetch.for({ showId: 's1', type: 'trailer' })
    const task = () => test.tracker.getTasks()[0]!
    return { ...test, fetch, work, task }
  }
  const first = page()
  const begin = async (address = `${api}/jobs`) => {
    await first.work(address, { method: 'POST', body: '{}', headers: { authorization } })
    await first.clock.advance(0)
  }
  /** What a page that is opened after a reload finds. */
  const reload = (change = (snapshot: string) => snapshot) =>
    page(change(JSON.stringify(first.tracker.serialize())))
  return { ...first, sent, begin, reload }
}

const done = { status: 'done', url: file }
const calls = (sent: readonly Sent[]) => sent.map(({ call }) => call)

describe('jsonJob with an address out of the answer', () => {
  const options: JsonJobOptions = { start: `POST ${api}/jobs`, status: { from: 'polling_url' } }
  const at = `${api}/v1/get?id=7&region=eu`

  it('polls that address with the credentials of the call, where it is at the same origin', async () => {
    const one = await open(options, { id: 7, polling_url: at }, { status: 'running' }, done)
    await one.begin()
    expect(one.task()).toMatchObject({ status: 'processing', job: { provider: 'json', id: '7', url: at } })
    await one.clock.advance(6_000)
    expect(one.task()).toMatchObject({ status: 'succeeded', outputUrl: file })
    expect(one.sent.slice(1)).toEqual(
      Array.from({ length: 2 }, () => ({ call: `GET ${at}`, credentials: authorization, body: undefined })),
    )
  })

  it.each([
    ['nested', 'urls.get', { id: 'j', urls: { get: `${api}/j`, cancel: `${api}/j/cancel` } }],
    ['within an envelope', 'data.status_url', { data: { task_id: 'j', status_url: `${api}/j` } }],
    ['relative', 'status_url', { id: 'j', status_url: '/j' }],
  ])('finds an address that is %s', async (_what, from, answer) => {
    const one = await open({ ...options, status: { from } }, answer, done)
    await one.begin()
    await one.clock.advance(3_000)
    expect(one.task()).toMatchObject({ status: 'succeeded', job: { id: 'j', url: `${api}/j` } })
    expect(calls(one.sent)).toEqual([`POST ${api}/jobs`, `GET ${api}/j`])
  })

  it('names a job by its address where the answer has no id', async () => {
    const one = await open(options, { polling_url: at }, done)
    await one.begin()
    expect(one.task().job).toEqual({ provider: 'json', id: at, url: at })
  })

  it.each([
    'https://evil.test/v1/get?id=7',
    'http://api.test/v1/get?id=7',
    'https://api.test.evil.test/7',
    'https://api.test:8443/7',
    'https://evil.test/https://eu.api.test/7',
    'https://evilapi.test/7',
  ])('sends nothing to %s, and interrupts the task with the option that would allow it', async (foreign) => {
    const status = { from: 'polling_url', origins: ['https://*.api.test/'] }
    const headers = { 'x-key': 'secret' }
    const one = await open({ ...options, headers, status }, { id: 7, polling_url: foreign }, done)
    await one.begin()
    await one.clock.advance(600_000)
    expect(calls(one.sent)).toEqual([`POST ${api}/jobs`])
    expect(one.task()).toMatchObject({
      status: 'interrupted',
      error: { message: expect.stringContaining('"origins"') as string },
    })
  })

  it('polls other origins that are named, with their regions', async () => {
    const region = 'https://eu1.api.test/7'
    const status = { from: 'polling_url', origins: ['https://*.api.test', 'https://other.test'] }
    for (const address of [region, 'https://other.test/7']) {
      const headers = { 'x-key': 'secret' }
      const one = await open({ ...options, headers, status }, { id: 7, polling_url: address }, done)
      await one.begin()
      await one.clock.advance(3_000)
      expect(one.task().status).toBe('succeeded')
      expect(one.sent[1]).toEqual({ call: `GET ${address}`, credentials: 'secret', body: undefined })
    }
  })

  it('follows the job after a reload, and checks the address of the record again', async () => {
    const headers = { 'x-key': 'secret' }
    const one = await open({ ...options, headers }, { id: 7, polling_url: at }, done)
    await one.begin()
    const next = one.reload()
    await next.clock.advance(0)
    expect(next.task()).toMatchObject({ status: 'succeeded', outputUrl: file })
    expect(calls(one.sent)).toEqual([`POST ${api}/jobs`, `GET ${at}`])

    const changed = one.reload((snapshot) => snapshot.replace(at, 'https://evil.test/7'))
    await changed.clock.advance(600_000)
    expect(changed.task().status).toBe('interrupted')
    const without = one.reload((snapshot) => snapshot.replace(`,"url":"${at}"`, ''))
    await without.clock.advance(600_000)
    expect(without.task()).toMatchObject({
      status: 'interrupted',
      error: { message: expect.stringContaining('no address in "polling_url"') as string },
    })
    expect(one.sent).toHaveLength(2)
  })

  it('hears the polls of its page, also after a reload, and asks nothing beside them', async () => {
    const one = await open({ ...options, interval: 60_000 }, { id: 7, polling_url: at }, { status: 'baking' })
    await one.begin()
    await one.work(at)
    await one.clock.advance(0)
    expect(one.task().stage).toBe('baking')
    expect(one.sent).toHaveLength(2)
    const next = one.reload()
    await next.clock.advance(0)
    await next.work(at)
    await next.clock.advance(30_000)
    expect(one.sent).toHaveLength(4)
    expect((await next.work('https://api.test/other')).ok).toBe(true)
  })
})

describe('jsonJob with polls by POST', () => {
  const options: JsonJobOptions = {
    start: `POST ${api}/jobs`,
    status: `POST ${api}/jobs/query`,
    body: (id) => ({ task_id: id }),
  }

  it('sends the id in the body', async () => {
    const one = await open(options, { data: { task_id: 't1' } }, done)
    await one.begin()
    await one.clock.advance(3_000)
    expect(one.task()).toMatchObject({ status: 'succeeded', job: { id: 't1' } })
    expect(one.sent[1]).toEqual({
      call: `POST ${api}/jobs/query`,
      credentials: authorization,
      body: '{"task_id":"t1"}',
    })
  })

  const query = { method: 'POST', body: '{"task_id":"t1"}' }

  it.each<[string, FetchArguments]>([
    ['a string', [`${api}/jobs/query`, query]],
    ['a Request', [new Request(`${api}/jobs/query`, query)]],
  ])('hears those of its page, by %s', async (_what, args) => {
    const one = await open({ ...options, interval: 60_000 }, { task_id: 't1' }, done)
    await one.begin()
    await one.work(...args)
    await until(() => expect(one.task().status).toBe('succeeded'))
    expect(one.task()).toMatchObject({ outputUrl: file })
    expect(one.sent).toHaveLength(2)
  })

  it('sends a POST without a body where the id is in the address', async () => {
    const one = await open(
      { start: `POST ${api}/jobs`, status: `POST ${api}/jobs/:id/query` },
      { id: 't1' },
      done,
    )
    await one.begin()
    await one.clock.advance(3_000)
    expect(one.sent[1]).toMatchObject({ call: `POST ${api}/jobs/t1/query`, body: undefined })
  })
})

describe('jsonJob with several routes', () => {
  const options: JsonJobOptions = {
    start: `POST ${api}/v1/:what/:kind`,
    status: `${api}/v1/:what/:kind/:id`,
    cancel: `DELETE ${api}/v1/:what/:kind/:id`,
  }

  it('asks for each job beside the call that began it, and cancels it there', async () => {
    const one = await open(options, { id: 'a/1' }, { status: 'running' })
    await one.begin(`${api}/v1/videos/text2video`)
    await one.clock.advance(3_000)
    expect(one.task().job?.url).toBe(`${api}/v1/videos/text2video/a%2F1`)
    one.tracker.cancel({ showId: 's1' })
    await one.clock.advance(0)
    expect(calls(one.sent).slice(1)).toEqual([
      `GET ${api}/v1/videos/text2video/a%2F1`,
      `DELETE ${api}/v1/videos/text2video/a%2F1`,
    ])
  })

  it('asks there after a reload, and nowhere else', async () => {
    const one = await open(options, { id: '1' }, done)
    await one.begin(`${api}/v1/videos/text2video`)
    const next = one.reload()
    await next.clock.advance(0)
    expect(next.task()).toMatchObject({ status: 'succeeded', outputUrl: file })
    expect(calls(one.sent)).toEqual([`POST ${api}/v1/videos/text2video`, `GET ${api}/v1/videos/text2video/1`])
    const url = `${api}/v1/videos/text2video/1`
    for (const other of ['https://evil.test/v1/videos/text2video/1', `${api}/v1/../admin/1`, `${api}/v1/a`]) {
      const changed = one.reload((snapshot) => snapshot.replace(url, other))
      await changed.clock.advance(600_000)
      expect(changed.task().status, other).toBe('interrupted')
    }
    expect(one.sent).toHaveLength(2)
  })
})

describe('the addresses of jsonJob', () => {
  it.each([
    ['status', { start: 'POST /jobs', status: 'POST /jobs/query' }],
    ['status', { start: 'POST /jobs', status: 'GET /jobs/query', body: () => ({}) }],
    ['status', { start: ['POST /:kind', 'POST /x'], status: '/:kind/:id' }],
    ['cancel', { start: 'POST /jobs', status: '/jobs/:id', cancel: 'DELETE /:kind/:id' }],
  ] as const)('are refused where nothing fills "%s": %j', (option, options) => {
    expect(() => jsonJob(options as unknown as JsonJobOptions)).toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        message: expect.stringContaining(`"${option}"`) as string,
      }),
    )
  })

  it('follow a job by words of its own', async () => {
    const one = await open(
      {
        start: `POST ${api}/jobs`,
        status: `${api}/jobs/:id`,
        words: { 1: 'succeeded', 5: 'processing' },
        progress: 'fraction',
      },
      { Resp: { video_id: 12 } },
      { Resp: { status: 5, progress: 1 } },
      { Resp: { status: 1, url: file } },
    )
    await one.begin()
    await one.clock.advance(3_000)
    expect(one.task()).toMatchObject({ status: 'processing', progress: 100, job: { id: '12' } })
    await one.clock.advance(3_000)
    expect(one.task()).toMatchObject({ status: 'succeeded', outputUrl: file })
  })

  it.each([
    [{ request_id: 'r', task_id: 't' }, 't'],
    [{ request_id: 'r', output: { task_id: 't', task_status: 'PENDING' } }, 't'],
    [{ code: 0, request_id: 'r', data: { task_id: 't' } }, 't'],
    [{ request_id: 'r', id: 't' }, 't'],
    [{ requestId: 't' }, 't'],
    [{ jobId: 't', id: 'x' }, 't'],
    [{ sdGenerationJob: { generationId: 't', apiCreditCost: 11 } }, 't'],
    [{ error: null, data: { video_id: 't' } }, 't'],
    [{ dubbing_id: 't', expected_duration_sec: 30 }, 't'],
    [{ task_id: 42 }, '42'],
    [{ task_id: '', id: 't' }, 't'],
    [{ status: 'success', id: 't' }, 't'],
    [{ status: 'ok', data: { task_id: 't' } }, 't'],
  ])('have the id of %j', async (answer, id) => {
    const one = await open({ start: `POST ${api}/jobs`, status: `${api}/jobs/:id` }, answer)
    await one.begin()
    expect(one.task()).toMatchObject({ status: 'processing', job: { id } })
    one.tracker.cancel({ showId: 's1' })
  })

  it('are asked for an hour long where the word is not known, which the option "words" can translate', async () => {
    const options: JsonJobOptions = {
      start: `POST ${api}/jobs`,
      status: `${api}/jobs/:id`,
      interval: 60_000,
    }
    const baked = { status: 'baked', url: file }
    const one = await open(options, { id: 't' }, baked)
    await one.begin()
    await one.clock.advance(3_600_000)
    expect(one.task()).toMatchObject({ status: 'processing', stage: 'baked' })
    await one.clock.advance(60_000)
    expect(one.task()).toMatchObject({
      status: 'interrupted',
      error: { message: expect.stringMatching(/"baked".+"words".+"unknownTimeout"/s) as string },
    })
    const taught = await open({ ...options, words: { baked: 'succeeded' } }, { id: 't' }, baked)
    await taught.begin()
    await taught.clock.advance(60_000)
    expect(taught.task()).toMatchObject({ status: 'succeeded', outputUrl: file })
    const patient = await open({ ...options, unknownTimeout: Infinity }, { id: 't' }, baked)
    await patient.begin()
    await patient.clock.advance(86_400_000)
    expect(patient.task().status).toBe('processing')
    patient.tracker.cancel({ showId: 's1' })
  })

  it('are asked for again where the first answer does not know the job yet', async () => {
    const one = await open(
      { start: `POST ${api}/jobs`, status: `${api}/jobs/:id` },
      { id: 't', status: 'UNKNOWN' },
      { id: 't', status: 'UNKNOWN' },
      done,
    )
    await one.begin()
    expect(one.task()).toMatchObject({ status: 'processing', job: { id: 't' } })
    expect(one.task().error).toBeUndefined()
    await one.clock.advance(10_000)
    expect(one.task()).toMatchObject({ status: 'succeeded', outputUrl: file })
  })

  it('are not asked for where the answer is a failure with HTTP 200', async () => {
    const one = await open(
      { start: `POST ${api}/jobs`, status: `${api}/jobs/:id` },
      { task_id: '', base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
    )
    await one.begin()
    expect(one.task()).toMatchObject({ status: 'failed', error: { message: 'insufficient balance' } })
    expect(one.sent).toHaveLength(1)
  })
})
