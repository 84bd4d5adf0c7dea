import type { Answer } from './local-server.ts'
import type { Fields } from './openai-bodies.ts'

/** An error in OpenAI's form. */
export const problem = (status: number, message: string, more: Fields = {}): Answer => ({
  status,
  headers: { 'x-request-id': 'req_1' },
  body: { error: { message, type: 'invalid_request_error', param: null, code: null, ...more } },
})

/** What OpenAI answers when too much is asked of it. */
export const rateLimited = (seconds: number): Answer => ({
  ...problem(429, `Rate limit reached for requests. Please try again in ${seconds}s.`, {
    type: 'requests',
    code: 'rate_limit_exceeded',
  }),
  headers: {
    'x-request-id': 'req_1',
    'retry-after': String(seconds),
    'x-ratelimit-limit-requests': '5',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': `${seconds}s`,
  },
})

/** What OpenAI answers to a prompt that it does not take. */
export const refusedByPolicy: Answer = problem(400, 'Your request was rejected by the safety system.', {
  type: 'image_generation_user_error',
  code: 'moderation_blocked',
})
