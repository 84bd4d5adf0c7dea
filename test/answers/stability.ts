// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const page = 'Stability AI REST API (v2beta), https://platform.stability.ai/docs/api-reference'
const model = 'Comfy-Org/ComfyUI comfy_api_nodes/apis/stability_api.py, StabilityResultsGetResponse'

const id = 'a6dc6c6e20acda010fe14d71f180658f2896ed9b4ec25aa99a6ff06c796987c4'

export const stability = answersOf('stability', [
  start('a generation', page, { id }, { status: 'processing', jobId: id }),
  status(
    'in progress, with HTTP 202',
    page,
    { id, status: 'in-progress' },
    { status: 'processing' },
    { httpStatus: 202 },
  ),
  status(
    'a video as data',
    page,
    { video: 'AAAAIGZ0eXBpc29t', finish_reason: 'SUCCESS', seed: 343940597 },
    { status: 'succeeded' },
  ),
  status(
    'a video that is filtered, with HTTP 200',
    page,
    { video: 'AAAAIGZ0eXBpc29t', finish_reason: 'CONTENT_FILTERED', seed: 343940597 },
    { status: 'failed', error: 'CONTENT_FILTERED' },
  ),
  start(
    'a picture at once, as data',
    model,
    { image: 'iVBORw0KGgo=', finish_reason: 'SUCCESS', seed: 343940597 },
    { status: 'succeeded' },
  ),
  start(
    'a picture that is filtered, with HTTP 200',
    page,
    { image: 'iVBORw0KGgo=', finish_reason: 'CONTENT_FILTERED', seed: 343940597 },
    { status: 'failed', error: 'CONTENT_FILTERED' },
  ),
  refusal(
    'a field that is invalid',
    page,
    400,
    { id: '4212a4b66fbe1cedca4bf2133d35dca5', name: 'bad_request', errors: ['The prompt must not be empty'] },
    'The prompt must not be empty',
  ),
  refusal(
    'a prompt that is moderated',
    page,
    403,
    {
      id: 'ed14db44362126aab3cbd25cca51ffe3',
      name: 'content_moderation',
      errors: ['The prompt was flagged'],
    },
    'The prompt was flagged',
  ),
  refusal(
    'too many calls',
    page,
    429,
    {
      id: 'rate_limit_exceeded',
      name: 'rate_limit_exceeded',
      errors: ['150 calls in ten seconds are allowed'],
    },
    '150 calls in ten seconds are allowed',
  ),
])
