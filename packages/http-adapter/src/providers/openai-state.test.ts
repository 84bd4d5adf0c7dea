import { expectNoSecrets } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { chatState, imagesState, responseState, videoState } from './openai-state.ts'

const message = (...content: object[]) => ({ type: 'message', role: 'assistant', content })
const text = { type: 'output_text', text: 'Once upon a time' }
const picture = { type: 'image_generation_call', status: 'completed', result: 'AAAA', output_format: 'webp' }

describe('videoState', () => {
  it.each([
    [
      { status: 'queued', progress: 0 },
      { status: 'starting', stage: 'in the queue' },
    ],
    [
      { status: 'in_progress', progress: 33 },
      { status: 'processing', stage: 'running', progress: 33 },
    ],
    [
      { status: 'in_progress', progress: 100 },
      { status: 'processing', stage: 'running', progress: 99 },
    ],
    [
      { status: 'rendering', progress: null },
      { status: 'processing', stage: 'rendering' },
    ],
    [
      { status: 'completed', model: 'sora-2' },
      { status: 'succeeded', metadata: { outputType: 'video', model: 'sora-2' } },
    ],
    [
      { status: 'failed', error: { code: 'moderation_blocked', message: 'blocked' } },
      { status: 'failed', error: { code: 'moderation_blocked', message: 'blocked' } },
    ],
    [{ status: 'failed', error: null }, { status: 'failed' }],
    [{}, {}],
    [null, {}],
    ['<html>', {}],
  ])('reads %j', (video, state) => {
    expect(videoState(video)).toEqual(state)
  })
})

describe('responseState', () => {
  it.each([
    [{ status: 'queued' }, { status: 'starting', stage: 'in the queue' }],
    [{ status: 'in_progress' }, { status: 'processing', stage: 'running' }],
    [{ status: 'cancelled' }, { status: 'canceled' }],
    [
      { status: 'failed', error: { code: 'server_error', message: 'broken' } },
      { status: 'failed', error: { code: 'server_error', message: 'broken' } },
    ],
    [
      { status: 'completed', model: 'gpt-5', output: [{ type: 'reasoning' }, message(text)] },
      { status: 'succeeded', metadata: { outputType: 'text', model: 'gpt-5' } },
    ],
    [{ output: [message(text)] }, { status: 'succeeded', metadata: { outputType: 'text' } }],
    [
      { status: 'completed', output: [{ type: 'function_call', name: 'draw' }] },
      { status: 'succeeded', metadata: { outputType: 'json' } },
    ],
    [
      { status: 'completed', output: [picture] },
      {
        status: 'succeeded',
        outputUrl: 'data:image/webp;base64,AAAA',
        metadata: {},
      },
    ],
    [
      { status: 'completed', output: [] },
      { status: 'failed', error: 'The answer is empty.' },
    ],
    [
      { status: 'completed', output: [message({ type: 'refusal', refusal: 'No.' })] },
      {
        status: 'failed',
        error: { code: 'refusal', message: 'The model refuses: No.', retryable: false },
      },
    ],
    [
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [message(text)] },
      { status: 'succeeded', metadata: { outputType: 'text', incomplete: 'max_output_tokens' } },
    ],
    [
      { status: 'incomplete', incomplete_details: null, output: [{ type: 'reasoning' }] },
      { status: 'failed', error: { code: 'incomplete', message: 'The answer was cut off: incomplete.' } },
    ],
    [{}, {}],
    [null, {}],
  ])('reads %j', (response, state) => {
    expect(responseState(response)).toEqual(state)
  })

  it('keeps nothing of the prompt, the text or the user', () => {
    const secret = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789'
    const output = [message({ ...text, text: secret })]
    const state = responseState({ status: 'completed', instructions: secret, user: secret, output })
    expectNoSecrets(state)
    expect(JSON.stringify(state)).not.toContain(secret)
  })
})

describe('chatState', () => {
  const chat = (answer: object, reason = 'stop') => ({
    choices: [{ message: answer, finish_reason: reason }],
  })

  it.each([
    [chat({ content: 'Once' }), { status: 'succeeded', metadata: { outputType: 'text' } }],
    [
      chat({ content: null, tool_calls: [{}] }, 'tool_calls'),
      { status: 'succeeded', metadata: { outputType: 'json' } },
    ],
    [chat({ audio: { id: 'a' } }), { status: 'succeeded', metadata: { outputType: 'json' } }],
    [
      chat({ content: 'Once' }, 'length'),
      { status: 'succeeded', metadata: { outputType: 'text', incomplete: 'length' } },
    ],
    [
      chat({ content: '' }, 'length'),
      { status: 'failed', error: { code: 'length', message: 'The answer was cut off: length.' } },
    ],
    [chat({ content: '' }), { status: 'failed', error: 'The answer is empty.' }],
    [{ choices: [] }, {}],
    [undefined, {}],
  ])('reads %j', (completion, state) => {
    expect(chatState(completion)).toEqual(state)
  })
})

describe('imagesState', () => {
  it.each([
    [{ data: [{ url: 'https://x.test/1.png' }] }, { status: 'succeeded', outputUrl: 'https://x.test/1.png' }],
    [
      { data: [{ b64_json: 'AAAA' }], output_format: 'jpeg' },
      { status: 'succeeded', outputUrl: 'data:image/jpeg;base64,AAAA' },
    ],
    // Each is described once.
    [
      { data: [{ b64_json: 'AAAA' }, { b64_json: 'BBBB' }] },
      { status: 'succeeded', outputs: ['data:image/png;base64,AAAA', 'data:image/png;base64,BBBB'] },
    ],
    [
      { data: [{ url: 'https://x.test/1.png' }, { b64_json: 'AAAA' }] },
      {
        status: 'succeeded',
        outputUrl: 'https://x.test/1.png',
        outputs: ['https://x.test/1.png', 'data:image/png;base64,AAAA'],
      },
    ],
    [{ data: [{}] }, { status: 'failed', error: 'The answer has no picture.' }],
    [{ data: [] }, {}],
    [{ data: null }, {}],
    [{}, {}],
  ])('reads %j', (images, state) => {
    expect(imagesState(images)).toEqual(state)
  })
})
