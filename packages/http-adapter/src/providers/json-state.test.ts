import { describe, expect, it } from 'vitest'
import { jsonState } from './json-state.ts'

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
      { status: 'processing', phase: 'final cut', percent: 0.4 },
      { status: 'processing', stage: 'final cut', progress: 40 },
    ],
    [
      { status: 'queued', queuePosition: 3 },
      { status: 'queued', stage: '3rd in the queue' },
    ],
    [{ status: 'pending' }, { status: 'pending', stage: 'in the queue' }],
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

  it.each([undefined, null, 'ok', 7, [], {}, { status: null, detail: 'try again', isTransient: true }])(
    'has no status for %j',
    (body) => {
      expect(jsonState(body)).toEqual({})
    },
  )
})
