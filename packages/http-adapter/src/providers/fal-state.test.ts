import { describe, expect, it } from 'vitest'
import { falDelivery, falResult, falState } from './fal-state.ts'

const image = 'https://v3.fal.media/files/a.png'
const validation = {
  detail: [
    {
      loc: ['body', 'prompt'],
      msg: 'field required',
      type: 'value_error.missing',
      input: { prompt: 'a rainy street' },
    },
    { loc: ['body', 'images', 0], msg: 'not an image', type: 'image_load_error' },
  ],
}
const said = { message: 'prompt: field required; images.0: not an image', code: 'value_error.missing' }

describe('falState', () => {
  it.each([
    [
      { status: 'IN_QUEUE', queue_position: 0 },
      { status: 'starting', stage: '1st in the queue' },
    ],
    [
      { status: 'IN_QUEUE', queue_position: 2 },
      { status: 'starting', stage: '3rd in the queue' },
    ],
    [{ status: 'IN_QUEUE' }, { status: 'starting', stage: 'in the queue' }],
    [
      { status: 'IN_PROGRESS', logs: null },
      { status: 'processing', stage: 'running' },
    ],
    [
      { status: 'IN_PROGRESS', logs: [{ message: 'seed 7' }, { message: ' 40%|████ | 20/50' }, null] },
      { status: 'processing', stage: 'running', progress: 40 },
    ],
    [{ status: 'COMPLETED', logs: [], metrics: { inference_time: 3.7 } }, { status: 'succeeded' }],
    [
      { status: 'COMPLETED', error: 'Request timed out', error_type: 'request_timeout' },
      { status: 'failed', error: { message: 'Request timed out', code: 'request_timeout' } },
    ],
    [
      { status: 'COMPLETED', error_type: 'x' },
      { status: 'failed', error: { message: 'x', code: 'x' } },
    ],
    [
      { status: 'COMPLETED', error: 'Request was cancelled', error_type: 'client_cancelled' },
      { status: 'canceled' },
    ],
    [{ status: 'CANCELED' }, { status: 'CANCELED' }],
    [
      { status: 'FAILED', error: 'no' },
      { status: 'FAILED', error: 'no' },
    ],
  ])('reads %j', (answer, state) => {
    expect(falState(answer)).toEqual(state)
  })

  it.each([undefined, null, '', {}, { detail: 'Not found' }])('has no status for %j', (answer) => {
    expect(falState(answer)).toEqual({})
  })
})

describe('falResult', () => {
  it.each([
    [
      { images: [{ url: image }], prompt: 'a rainy street' },
      { outputUrl: image, outputs: [image] },
    ],
    [{ video: { url: image } }, { outputUrl: image }],
    [{ audio_url: image }, { outputUrl: image }],
    [{ output: 'Once upon a time' }, { metadata: { outputType: 'json' } }],
    [{ images: [] }, {}],
    [{ video: { url: image }, detail: 'high' }, { outputUrl: image }],
  ])('finds the output in %j', (body, output) => {
    expect(falResult(body)).toEqual({ status: 'succeeded', ...output })
  })

  it.each([
    [{ error: 'quota exhausted', seed: 7 }, 'quota exhausted'],
    [[{ error: { message: 'quota exhausted' } }], 'quota exhausted'],
    [{ detail: 'quota exhausted' }, 'quota exhausted'],
  ])('reads a no: %j', (body, message) => {
    const { status, error } = falResult(body)
    expect([status, JSON.stringify(error)]).toEqual(['failed', expect.stringContaining(message)])
  })

  it.each([null, undefined, 'text', 42])('has no status for %j', (body) => {
    expect(falResult(body)).toEqual({})
  })

  it('makes one readable line of what was wrong with the input, without repeating it', () => {
    expect(falResult(validation)).toEqual({ status: 'failed', error: said })
  })

  it('reads an error of the platform', () => {
    const body = { detail: 'The runner disconnected.', error_type: 'runner_disconnected' }
    const error = { message: 'The runner disconnected.', code: 'runner_disconnected' }
    expect(falResult(body)).toEqual({ status: 'failed', error })
  })
})

describe('falDelivery', () => {
  const ids = { request_id: 'r1', gateway_request_id: 'r1' }

  it('reads a success', () => {
    const body = { ...ids, status: 'OK', payload: { images: [{ url: image }] }, error: null }
    expect(falDelivery(body)).toEqual({ status: 'succeeded', outputUrl: image, outputs: [image] })
  })

  it('says what was wrong rather than its number', () => {
    const body = { ...ids, status: 'ERROR', error: 'Invalid status code: 422', payload: validation }
    expect(falDelivery(body)).toEqual({ status: 'failed', error: said })
    expect(falDelivery({ ...body, payload: null })).toEqual({
      status: 'failed',
      error: { message: 'Invalid status code: 422' },
    })
    expect(falDelivery({ ...ids, status: 'ERROR' })).toEqual({
      status: 'failed',
      error: { message: 'fal says: error.' },
    })
  })

  it('calls a result that could not be written a failure that says so', () => {
    const body = {
      ...ids,
      status: 'OK',
      payload: null,
      payload_error: 'Response payload is not JSON serializable.',
    }
    expect(falDelivery(body)).toEqual({
      status: 'failed',
      error: { message: 'Response payload is not JSON serializable.', code: 'payload_error' },
    })
  })

  it.each([undefined, null, [], { status: 'COMPLETED' }])('has no status for %j', (body) => {
    expect(falDelivery(body)).toEqual({})
  })
})
