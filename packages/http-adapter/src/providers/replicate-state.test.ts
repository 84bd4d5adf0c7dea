import { expectNoSecrets } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { replicateState } from './replicate-state.ts'

/** As the API gives it. */
const prediction = (fields: object) => ({
  id: 'gm3qorzdhgbfurvjtvhg6dckhu',
  model: 'black-forest-labs/flux-dev',
  version: 'hidden',
  input: { prompt: 'a rainy street', api_key: 'r8_abcdefghijklmnopqrstuvwxyz0123456789' },
  output: null,
  error: null,
  logs: '',
  data_removed: false,
  metrics: {},
  created_at: '2026-11-23T01:00:00Z',
  urls: { get: 'https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu' },
  ...fields,
})

describe('replicateState', () => {
  it.each([
    [{ status: 'starting' }, { status: 'starting', stage: 'starting' }],
    [{ status: 'queued' }, { status: 'starting', stage: 'in the queue' }],
    [
      { status: 'processing', logs: null },
      { status: 'processing', stage: 'running' },
    ],
    [
      { status: 'processing', logs: ' 38%|███▊ | 19/50', output: ['https://files.test/first.png'] },
      { status: 'processing', stage: 'running', progress: 38 },
    ],
    [{ status: 'constructor' }, { status: 'processing', stage: 'constructor' }],
    [
      { status: 'succeeded', output: 'https://files.test/a.png', logs: '100%|███|' },
      { status: 'succeeded', outputUrl: 'https://files.test/a.png' },
    ],
    [
      { status: 'succeeded', output: ['Once ', 'upon'] },
      { status: 'succeeded', metadata: { outputType: 'text' } },
    ],
    [{ status: 'succeeded', output: null }, { status: 'succeeded' }],
    [
      { status: 'succeeded', output: null, data_removed: true },
      { status: 'succeeded', metadata: { outputType: 'removed' } },
    ],
    [
      { status: 'failed', error: 'CUDA out of memory' },
      { status: 'failed', error: 'CUDA out of memory' },
    ],
    [{ status: 'failed' }, { status: 'failed' }],
    [{ status: 'canceled' }, { status: 'canceled' }],
    [{ status: 'aborted' }, { status: 'canceled', error: 'Replicate aborted it before it began.' }],
  ])('reads %j', (fields, state) => {
    expect(replicateState(prediction(fields))).toEqual(state)
  })

  it.each([undefined, null, 'ok', [], {}, { status: null, detail: 'try later' }])(
    'has no status for %j',
    (answer) => {
      expect(replicateState(answer)).toEqual({})
    },
  )

  it('takes nothing of the input', () => {
    for (const status of ['starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted']) {
      const state = replicateState(prediction({ status }))
      expectNoSecrets(state)
      expect(JSON.stringify(state)).not.toContain('rainy')
    }
  })
})
