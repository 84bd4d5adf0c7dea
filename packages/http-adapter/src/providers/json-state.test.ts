import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonState, readState } from './json-state.ts'

const url = 'https://files.test/a.png'

describe('jsonState', () => {
  it.each([
    [{ status: 'starting' }, { status: 'starting' }],
    [{ state: 'veo-processing' }, { status: 'veo-processing' }],
    [
      { status: 'processing', stage: 'upscaling', progress: 40.7 },
      { status: 'processing', stage: 'upscaling', progress: 40 },
    ],
    [
      { status: 'processing', phase: 'final cut', percent: 40.9 },
      { status: 'processing', stage: 'final cut', progress: 40 },
    ],
    [
      { status: 'queued', queuePosition: 3 },
      { status: 'queued', stage: '3rd in the queue' },
    ],
    [{ status: 'pending' }, { status: 'pending', stage: 'in the queue' }],
    [
      { status: 'Pending', progress: 0.3 },
      { status: 'Pending', stage: 'running', progress: 30 },
    ],
    [
      { status: 'running', logs: ' 30%|###   | 3/10' },
      { status: 'running', progress: 30 },
    ],
    [
      { status: 'succeeded', imageUrl: url, statusUrl: 'https://api.test/jobs/1' },
      { status: 'succeeded', outputUrl: url },
    ],
    [
      { status: 'done', outputs: [url] },
      { status: 'done', outputUrl: url, outputs: [url] },
    ],
    [
      { status: 'done', result: { video: { url } }, webhook_url: 'https://me.test' },
      { status: 'done', outputUrl: url },
    ],
    [
      { status: 'done', data: { title: 'Neon Noir' } },
      { status: 'done', metadata: { outputType: 'json' } },
    ],
    [
      { status: 'failed', detail: 'no face found' },
      { status: 'failed', error: 'no face found' },
    ],
    [
      { status: 'error', error: { message: 'too long', code: 'E7' } },
      { status: 'error', error: { message: 'too long', code: 'E7' } },
    ],
    [{ status: 'processing', progress: 'half' }, { status: 'processing' }],
    [{ status: 'processing', progress: 140 }, { status: 'processing' }],
  ])('reads %j', (body, state) => {
    expect(jsonState(body)).toEqual(state)
  })

  it.each([
    ['a fraction', 0.45, 45],
    ['a fraction that binary numbers miss', 0.29, 29],
    ['a percentage', 45.9, 45],
    ['a percentage as a text', '45%', 45],
    ['a number as a text', ' 45 ', 45],
    ['a fraction as a text', '0.45', 45],
    ['one percent by its sign', '1%', 1],
    ['less than one percent by its sign', '0.5%', 0],
    ['nothing yet', 0, 0],
    ['all', 100, 100],
    ['1, which may be one percent or all', 1, undefined],
    ['"1", which may be one percent or all', '1', undefined],
    ['more than all', 101, undefined],
    ['less than nothing', -1, undefined],
    ['another text', '3 of 10', undefined],
    ['nothing', null, undefined],
  ])('reads progress that is %s', (_what, progress, percent) => {
    expect(jsonState({ status: 'processing', progress }).progress).toBe(percent)
  })

  it('believes the name of a field, and then the option', () => {
    expect(jsonState({ status: 'processing', percent: 0.6 }).progress).toBe(0)
    expect(jsonState({ status: 'processing', progressPercent: 1 }).progress).toBe(1)
    expect(jsonState({ status: 'processing', progress: { percentage: 40 } }).progress).toBe(40)
    const fraction = { progress: 'fraction' } as const
    expect(readState({ status: 'processing', progress: 1 }, fraction).progress).toBe(100)
    expect(readState({ status: 'processing', progress: '45%' }, fraction).progress).toBe(45)
    expect(readState({ status: 'processing', progress: 45 }, fraction).progress).toBeUndefined()
    const percent = { progress: 'percent' } as const
    expect(readState({ status: 'processing', progress: 1 }, percent).progress).toBe(1)
    expect(readState({ status: 'processing', progress: 0.5 }, percent).progress).toBe(0)
  })

  it.each([
    [
      'data',
      { code: 0, message: 'SUCCEED', request_id: 'r', data: { task_id: 't', task_status: 'processing' } },
    ],
    ['result', { success: true, errors: [], result: { status: 'processing' } }],
    ['output', { request_id: 'r', output: { task_id: 't', task_status: 'processing' } }],
    ['task', { task: { state: 'processing' } }],
    ['a success of the request', { status: 'success', data: { status: 'processing' } }],
    ['a number of the request', { status: 200, data: { taskStatus: 'processing' } }],
    ['two envelopes', { code: 200, data: { job: { status: 'processing' } } }],
    ['a named table', { generations_by_pk: { status: 'processing', generated_images: [] } }],
  ])('opens the envelope %s', (_what, body) => {
    expect(jsonState(body)).toMatchObject({ status: 'processing' })
  })

  it.each([
    ['a success', { status: 'success', data: { url } }, 'success'],
    ['a success with a task of its own', { status: 'success', data: { status: 'failed' } }, 'failed'],
    ['a status around another', { status: 'processing', result: { status: 'succeeded' } }, 'processing'],
    ['an error', { error: { status: 'INVALID_ARGUMENT', message: 'no' } }, undefined],
    ['an operation that goes on', { name: 'models/veo/operations/x' }, 'running'],
    ['an operation that is not done', { name: 'operations/x', done: false }, 'running'],
    ['an operation that failed', { done: true, error: { code: 3, message: 'no' } }, 'failed'],
    ['an operation with a response', { done: true, response: { uri: url } }, 'succeeded'],
  ])('takes the status of the job from %s', (_what, body, status) => {
    expect(jsonState(body).status).toBe(status)
  })

  it.each([
    ['a failure', { state: 'failed', failure_reason: 'no face' }, 'no face'],
    [
      'its code',
      { status: 'FAILED', failure: 'no face', failureCode: 'E7' },
      { message: 'no face', code: 'E7' },
    ],
    ['a code alone', { state: 'failed', err_code: 'E7' }, { message: 'E7', code: 'E7' }],
    [
      'the envelope',
      { code: 0, message: 'SUCCEED', data: { task_status: 'failed', task_status_msg: 'no face' } },
      'no face',
    ],
    ['a message outside', { code: 1201, msg: 'no face', data: { status: 'failed' } }, 'no face'],
    [
      'reasons of a moderation',
      { status: 'Request Moderated', details: { 'Moderation Reasons': ['Violence'] } },
      'Moderation Reasons: Violence',
    ],
    ['FastAPI', { status: 'failed', detail: [{ loc: ['body', 'image'], msg: 'no face' }] }, 'image: no face'],
    ['a status with details', { status: 'error', status_details: 'no face' }, 'no face'],
    ['a task error', { status: 'FAILED', task_error: { message: 'no face' } }, 'no face'],
    ['a list', { status: 'failed', errors: [{ message: 'no face' }] }, 'no face'],
    [
      'a success of the request',
      { status: 'Fail', base_resp: { status_code: 0, status_msg: 'success' } },
      undefined,
    ],
  ])('finds the sentence of %s', (_what, body, error) => {
    expect(jsonState(body).error).toEqual(error)
  })

  it.each([
    ['under a name of its own', { state: 'success', masterpiece: { href: url } }],
    ['outside the envelope', { data: { status: 'done' }, picture: url }],
    ['beside an input', { status: 'done', image_prompt: 'https://files.test/in.png', still: url }],
    [
      'beside a thumbnail',
      {
        status: 'done',
        thumbnail_url: 'https://files.test/t.png',
        result_url: url,
        cover: 'https://files.test/c.png',
      },
    ],
    [
      'beside addresses of the job',
      {
        status: 'done',
        urls: { get: 'https://api.test/1', cancel: 'https://api.test/1/cancel' },
        polling_url: 'https://api.test/1',
        video: url,
      },
    ],
    [
      'beside the request',
      {
        state: 'done',
        request: { keyframes: { frame0: { url: 'https://files.test/in.png' } } },
        assets: { video: url },
      },
    ],
    [
      'beside its picture',
      { status: 'done', images: { image: 'https://files.test/i.png' }, video_url: url },
      [url, 'https://files.test/i.png'],
    ],
  ])('finds an output %s', (_what, body, outputs?: readonly string[]) => {
    expect(jsonState(body)).toMatchObject({ outputUrl: url, ...(outputs && { outputs }) })
    expect(jsonState(body).outputs).toEqual(outputs)
  })

  it('takes a thumbnail for want of anything else, and never an input', () => {
    expect(jsonState({ status: 'done', thumbnail: url }).outputUrl).toBe(url)
    expect(jsonState({ status: 'done', input: { image: url }, source_url: url })).toEqual({ status: 'done' })
    expect(jsonState({ status: 'Success', file_id: '1761' })).toMatchObject({
      metadata: { outputType: 'json' },
    })
  })

  it('reads the first thousand of 100,000 fields', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, place) => [`field_${place}`, place]),
    )
    const body = { data: { state: 'done', url, ...fields }, ...fields }
    const started = performance.now()
    expect(jsonState(body)).toMatchObject({ outputUrl: url })
    // Looking through all of them for each name takes a minute.
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('has a state for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(jsonState(body)).toBeTypeOf('object')
        expect(jsonState({ status: 'failed', error: body, data: body }).status).toBeTypeOf('string')
      }),
    )
  })

  it('translates the words of a provider, numbers too', () => {
    const words = { 1: 'succeeded', 5: 'processing', baked: 'succeeded', cold: 'failed' } as const
    expect(readState({ Resp: { status: 1, url } }, { words })).toEqual({
      status: 'succeeded',
      stage: '1',
      outputUrl: url,
    })
    expect(readState({ status: 'baked', url }, { words })).toMatchObject({
      status: 'succeeded',
      outputUrl: url,
    })
    expect(readState({ status: 'cold', error: 'no fire' }, { words })).toMatchObject({
      status: 'failed',
      error: 'no fire',
    })
    expect(readState({ status: 5 }, { words })).toMatchObject({ status: 'processing' })
    expect(jsonState({ status: 5 })).toEqual({})
  })

  it.each([undefined, null, 'ok', 7, [], {}, { status: null, detail: 'try again', isTransient: true }])(
    'has no status for %j',
    (body) => {
      expect(jsonState(body)).toEqual({})
    },
  )
})
