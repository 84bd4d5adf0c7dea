import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { fal } from './fal.ts'
import { createTrackedFetch } from '../index.ts'
import { jsonJob } from './json-job.ts'
import { openai } from './openai.ts'
import type { Provider } from '../jobs/provider.ts'
import { replicate } from './replicate.ts'
import type { Fetch } from '../route/request.ts'

const file = 'https://cdn.test/a.png'
const json = (body: unknown, status = 200) => Response.json(body, { status })

/** One call that begins work, the answer to it, and the answers to each status poll, the last one for ever. */
async function play(provider: Provider, address: string, first: Response, ...polls: Response[]) {
  const { tracker, clock, errors } = createTestTracker()
  const sent: string[] = []
  const rest = [...polls]
  const send: Fetch = async (input, init) => {
    sent.push(`${init?.method ?? 'GET'} ${input as string}`)
    if (sent.length === 1) return first
    return (rest.length > 1 ? rest.shift()! : rest[0]!).clone()
  }
  const fetch = createTrackedFetch({ tracker, providers: [provider], fetch: send })
  await fetch.for({ showId: 's1', type: 'portrait', characterId: 'ada' })(address, {
    method: 'POST',
    body: '{}',
  })
  await clock.advance(0)
  const begun = tracker.getTasks()[0]!
  await clock.advance(400_000)
  return { begun, task: tracker.getTasks()[0]!, sent, errors, pending: clock.pending }
}

const starts: Readonly<Record<string, readonly [Provider, string]>> = {
  'openai responses': [openai(), 'https://api.openai.com/v1/responses'],
  'openai chat completions': [openai(), 'https://api.openai.com/v1/chat/completions'],
  'openai images': [openai(), 'https://api.openai.com/v1/images/generations'],
  'openai image edits': [openai(), 'https://api.openai.com/v1/images/edits'],
  'openai videos': [openai(), 'https://api.openai.com/v1/videos'],
  'openai remixes': [openai(), 'https://api.openai.com/v1/videos/v1/remix'],
  'fal submit': [fal(), 'https://queue.fal.run/fal-ai/painter'],
  'fal run': [fal(), 'https://fal.run/fal-ai/painter'],
  'fal stream': [fal(), 'https://fal.run/fal-ai/painter/stream'],
  'replicate predictions': [replicate(), 'https://api.replicate.com/v1/predictions'],
  'replicate models': [replicate(), 'https://api.replicate.com/v1/models/acme/painter/predictions'],
  'replicate deployments': [replicate(), 'https://api.replicate.com/v1/deployments/acme/painter/predictions'],
  'a server of one’s own': [
    jsonJob({ start: 'POST https://own.test/jobs', status: 'https://own.test/jobs/:id' }),
    'https://own.test/jobs',
  ],
}

const no = 'quota exhausted'

const noes: readonly (readonly [string, unknown])[] = [
  ['an error object', { error: { message: no, code: 'insufficient_quota' } }],
  ['an error text', { error: no }],
  ['an error beside empty fields', { id: null, status: null, output: null, data: null, error: no }],
  ['a detail', { detail: no }],
  ['a message', { message: no }],
  ['a text', no],
  ['a list with an error', [{ error: { message: no } }]],
]
const riddles: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['an empty list', []],
  ['a list of nothing', [null]],
  ['an empty text', ''],
  ['a number', 42],
  ['false', false],
  ['an empty object', {}],
  ['fields that are empty', { id: '', status: '', output: [], choices: [], data: [] }],
  ['fields of wrong types', { id: {}, request_id: [], status: 7, output: '', choices: {}, data: '' }],
]

describe.each(Object.entries(starts))('an answer of %s', (endpoint, [provider, address]) => {
  // The output of a model that answers directly may be any object.
  const isOutput = ([what]: readonly [string, unknown]) =>
    /^fal (?:run|stream)$/.test(endpoint) && /^(?:a message|fields of wrong types)$/.test(what)

  it.each(noes.filter((row) => !isOutput(row)))(
    'that says no with a 200 fails the task, in the words of the server: %s',
    async (_what, body) => {
      const { task, errors, sent, pending } = await play(provider, address, json(body))
      expect(task).toMatchObject({ status: 'failed', error: { message: no } })
      expect([sent.length, pending, errors]).toEqual([1, 0, []])
    },
  )

  it.each(riddles.filter((row) => !isOutput(row)))(
    'that cannot be understood fails the task, and is not paid for again by itself: %s',
    async (_what, body) => {
      const { task, errors, sent, pending } = await play(provider, address, json(body))
      const { message, retryable } = task.error ?? {}
      expect(task.status).toBe('failed')
      expect(retryable === false || /without an output|is empty|no picture/.test(message ?? '')).toBe(true)
      expect([sent.length, pending, errors]).toEqual([1, 0, []])
    },
  )
})

describe.each(Object.entries(starts))(
  'a 200 of %s whose body is not JSON',
  (_endpoint, [provider, address]) => {
    it.each([
      ['a page', () => new Response('<html>Sign in</html>', { headers: { 'content-type': 'text/html' } })],
      [
        'a page that is called JSON',
        () => new Response('<html>', { headers: { 'content-type': 'application/json' } }),
      ],
      [
        'nothing that is called JSON',
        () => new Response('', { headers: { 'content-type': 'application/json' } }),
      ],
      ['nothing at all', () => new Response(null)],
      ['a text', () => new Response('ok')],
    ])('fails the task: %s', async (_what, answer) => {
      const { task, sent, pending } = await play(provider, address, answer())
      expect(task).toMatchObject({ status: 'failed', error: { retryable: false } })
      expect([sent.length, pending]).toEqual([1, 0])
    })
  },
)

describe('work that was paid for and goes on', () => {
  const queue = 'https://queue.fal.run/fal-ai/painter'
  const predictions = 'https://api.replicate.com/v1/predictions'
  const api = 'https://api.openai.com/v1'
  const own = starts['a server of one’s own']!

  it.each([
    [
      'replicate',
      replicate(),
      predictions,
      { id: 'p1' },
      json({ id: 'p1', status: 'succeeded', output: file }),
    ],
    [
      'replicate',
      replicate(),
      predictions,
      { id: 'p1', status: null, error: null },
      json({ status: 'succeeded', output: file }),
    ],
    [
      'openai videos',
      openai({ videoUrl: () => file }),
      `${api}/videos`,
      { id: 'v1' },
      json({ id: 'v1', status: 'completed' }),
    ],
    [
      'openai videos',
      openai({ videoUrl: () => file }),
      `${api}/videos`,
      { id: 'v1', object: 'video', error: null },
      json({ object: 'video', status: 'completed' }),
    ],
    [
      'a server of one’s own',
      own[0],
      own[1],
      { id: 7, message: 'accepted' },
      json({ status: 'done', url: file }),
    ],
    [
      'a server of one’s own',
      own[0],
      own[1],
      { jobId: 'j1', error: null, detail: 'queued' },
      json({ status: 'done', url: file }),
    ],
  ])('%s: an id without a status is followed: %#', async (_name, provider, address, body, poll) => {
    const { begun, task } = await play(provider, address, json(body), poll)
    expect(begun.status).toBe('processing')
    expect(begun.job?.id).toMatch(/^(?:p1|v1|7|j1)$/)
    expect(task).toMatchObject({ status: 'succeeded', outputUrl: file })
  })

  it.each([{ request_id: 'r1' }, { request_id: 'r1', status: 'COMPLETED' }])(
    'fal: a request is followed to its result: %j',
    async (body) => {
      const { begun, task } = await play(
        fal(),
        queue,
        json(body),
        json({ status: 'COMPLETED' }),
        json({ images: [{ url: file }] }),
      )
      expect(begun).toMatchObject({ status: 'processing', job: { id: 'r1' } })
      expect(task).toMatchObject({ status: 'succeeded', outputUrl: file })
    },
  )

  it.each([
    ['fal', fal(), queue, { status: 'IN_QUEUE', queue_position: 0 }],
    ['replicate', replicate(), predictions, { status: 'starting' }],
    ['replicate', replicate(), predictions, { id: '..', status: 'processing' }],
    ['openai responses', openai(), `${api}/responses`, { status: 'queued', background: true }],
    ['openai videos', openai(), `${api}/videos`, { object: 'video', status: 'queued' }],
    ['a server of one’s own', own[0], own[1], { status: 'processing' }],
  ])(
    '%s: a status without a usable id is interrupted, not failed: %#',
    async (_name, provider, address, body) => {
      const { task, sent, errors, pending } = await play(provider, address, json(body))
      expect(task).toMatchObject({
        status: 'interrupted',
        error: { message: expect.stringContaining('no job id') as string },
      })
      expect([sent.length, pending, errors]).toEqual([1, 0, []])
    },
  )

  it.each([
    ['replicate', replicate(), predictions, { status: 'succeeded', output: [file] }],
    ['fal run', fal(), 'https://fal.run/fal-ai/painter', { images: [{ url: file }], detail: 'high' }],
    [
      'fal run',
      fal(),
      'https://fal.run/fal-ai/painter',
      { video: { url: file }, error: 'one of two frames was dropped' },
    ],
    ['openai images', openai(), `${api}/images/generations`, { data: [{ url: file }] }],
    ['a server of one’s own', own[0], own[1], [file]],
    ['a server of one’s own', own[0], own[1], file],
    ['a server of one’s own', own[0], own[1], { url: file, message: 'ok' }],
    ['a server of one’s own', own[0], own[1], { status: 'done', output: file, error: null }],
  ])('%s: an output is a success, whatever stands beside it: %#', async (_name, provider, address, body) => {
    const { task } = await play(provider, address, json(body))
    expect(task).toMatchObject({ status: 'succeeded', outputUrl: file })
  })

  it.each([
    ['fal run', fal(), 'https://fal.run/fal-ai/writer', { output: 'Once upon a time' }],
    ['replicate', replicate(), predictions, { status: 'succeeded', output: 'Once upon a time' }],
    [
      'openai responses',
      openai(),
      `${api}/responses`,
      { output: [{ content: [{ type: 'output_text', text: 'Once' }] }] },
    ],
    ['openai chat', openai(), `${api}/chat/completions`, { choices: [{ message: { content: 'Once' } }] }],
  ])('%s: a text is a success: %#', async (_name, provider, address, body) => {
    const { task } = await play(provider, address, json(body))
    expect(task.status).toBe('succeeded')
  })

  it('an image without bytes is none', async () => {
    for (const data of [[{ b64_json: '' }], [{ url: '' }], [{}], [null]]) {
      const { task } = await play(openai(), `${api}/images/generations`, json({ data }))
      expect(task).toMatchObject({
        status: 'failed',
        error: { message: 'The answer has no picture.' },
      })
    }
  })
})

describe('a status poll of ours', () => {
  const jobs: Readonly<Record<string, readonly [Provider, string, object, readonly object[]]>> = {
    replicate: [
      replicate(),
      'https://api.replicate.com/v1/predictions',
      { id: 'p1', status: 'starting' },
      [{ id: 'p1', status: 'succeeded', output: file }],
    ],
    'openai videos': [
      openai({ videoUrl: () => file }),
      'https://api.openai.com/v1/videos',
      { id: 'v1', object: 'video', status: 'queued' },
      [{ id: 'v1', status: 'completed' }],
    ],
    'openai responses': [
      openai(),
      'https://api.openai.com/v1/responses',
      { id: 'r1', status: 'queued', background: true },
      [{ id: 'r1', status: 'completed', output: [{ type: 'image_generation_call', result: 'AAAA' }] }],
    ],
    'fal status': [
      fal(),
      'https://queue.fal.run/fal-ai/painter',
      { request_id: 'r1', status: 'IN_QUEUE' },
      [{ status: 'COMPLETED' }, { images: [{ url: file }] }],
    ],
    'a server of one’s own': [
      starts['a server of one’s own']![0],
      'https://own.test/jobs',
      { id: 'j1', status: 'starting' },
      [{ status: 'done', url: file }],
    ],
  }

  describe.each(Object.entries(jobs))('to %s', (_name, [provider, address, begun, done]) => {
    it.each([
      ['an error object', () => json({ error: { message: no } })],
      ['null', () => json(null)],
      ['a list', () => json([])],
      ['a text', () => json(no)],
      ['a number', () => json(42)],
      ['an empty object', () => json({})],
      ['a page', () => new Response('<html>busy</html>', { headers: { 'content-type': 'text/html' } })],
      ['nothing', () => new Response('')],
      ['a status of null', () => json({ status: null, detail: 'busy', isTransient: true })],
    ])('that is answered by %s is sent again, and does not end the job', async (_what, answer) => {
      const { task, sent } = await play(
        provider,
        address,
        json(begun),
        answer(),
        answer(),
        ...done.map((it) => json(it)),
      )
      expect(task.status).toBe('succeeded')
      expect(sent.filter((line) => line.startsWith('POST'))).toHaveLength(1)
    })

    it('says why it gave up', async () => {
      const { task } = await play(provider, address, json(begun), json({ error: { message: no } }))
      expect(task).toMatchObject({
        status: 'interrupted',
        error: { message: expect.stringContaining(`${no}, 8 times in a row`) as string },
      })
    })
  })

  it('to the result of fal that is answered by a page is sent again', async () => {
    const page = new Response('<html>busy</html>', { headers: { 'content-type': 'text/html' } })
    const { task } = await play(
      fal(),
      'https://queue.fal.run/fal-ai/painter',
      json({ request_id: 'r1', status: 'IN_QUEUE' }),
      json({ status: 'COMPLETED' }),
      page,
      json({ status: 'COMPLETED' }),
      json({ images: [{ url: file }] }),
    )
    expect(task).toMatchObject({ status: 'succeeded', outputUrl: file })
  })

  it.each([401, 403, 404])(
    'to the result of fal that is refused by %i does not fail the task',
    async (status) => {
      const { task } = await play(
        fal(),
        'https://queue.fal.run/fal-ai/painter',
        json({ request_id: 'r1', status: 'IN_QUEUE' }),
        json({ status: 'COMPLETED' }),
        json({ detail: 'Authentication is required' }, status),
      )
      expect(task.status).toBe('interrupted')
    },
  )

  it.each([
    [{ error: { message: no } }, no],
    [{ detail: no }, no],
    [{}, 'The job succeeded without an output.'],
    [null, 'The job succeeded without an output.'],
  ])('to the result of fal that says no fails the task: %j', async (body, message) => {
    const { task } = await play(
      fal(),
      'https://queue.fal.run/fal-ai/painter',
      json({ request_id: 'r1', status: 'IN_QUEUE' }),
      json({ status: 'COMPLETED' }),
      json(body),
    )
    expect(task).toMatchObject({ status: 'failed', error: { message } })
  })
})
