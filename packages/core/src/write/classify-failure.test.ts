import { describe, expect, it } from 'vitest'
import { classifyFailure, type FailureKind, type SeenFailure } from './classify-failure.ts'

const now = Date.parse('2026-11-22T12:00:00Z')
const judge = (seen: Partial<SeenFailure> & { status?: number; message?: string; code?: string }) => {
  const { status, message = 'failed', code, ...rest } = seen
  const error = {
    message,
    ...(status === undefined ? {} : { httpStatus: status }),
    ...(code === undefined ? {} : { code }),
  }
  return classifyFailure({ error, ...rest }, now)
}

describe('the kind of a failure', () => {
  it.each<[FailureKind, boolean, Parameters<typeof judge>[0]]>([
    ['rate-limit', true, { status: 429 }],
    ['rate-limit', true, { message: 'Rate limit reached for images' }],
    ['rate-limit', true, { code: 'too_many_requests' }],
    ['rate-limit', false, { status: 429, code: 'insufficient_quota' }],
    ['timeout', true, { status: 408 }],
    ['timeout', true, { status: 504 }],
    ['timeout', true, { code: 'TimeoutError', message: 'The operation was aborted due to timeout' }],
    ['timeout', true, { code: 'ETIMEDOUT' }],
    ['network', true, { message: 'fetch failed' }],
    ['network', true, { message: 'Failed to fetch' }],
    ['network', true, { message: 'Load failed' }],
    ['network', true, { code: 'ECONNRESET' }],
    ['network', true, { code: 'UND_ERR_SOCKET', message: 'other side closed' }],
    ['server', true, { status: 500 }],
    ['server', true, { status: 503 }],
    ['server', true, { status: 521 }],
    ['content-filter', false, { status: 400, code: 'content_policy_violation' }],
    ['content-filter', false, { message: 'Your request was rejected by our safety system' }],
    ['content-filter', false, { message: 'NSFW content detected. Try a different prompt.' }],
    ['content-filter', false, { status: 422, message: 'The prompt was flagged as sensitive' }],
    ['content-filter', false, { code: 'SAFETY.INPUT.TEXT', message: 'An input was rejected' }],
    ['content-filter', false, { code: 'IMAGE_SAFETY', message: 'Unable to show the image' }],
    ['content-filter', false, { code: 'PROHIBITED_CONTENT', message: 'The prompt was blocked' }],
    ['unknown', true, { message: 'The model gave an empty answer' }],
    ['unknown', false, { status: 400 }],
    ['unknown', false, { status: 401 }],
    ['unknown', false, { status: 404 }],
    ['unknown', false, { status: 422, message: 'timeout must be a number' }],
    ['unknown', false, { status: 501 }],
  ])('is %s (again: %s) for %o', (kind, retryable, seen) => {
    expect(judge(seen)).toMatchObject({ kind, retryable })
  })

  it('uses the error’s own `retryable`', () => {
    const error = { message: 'no', httpStatus: 503, retryable: false }
    expect(classifyFailure({ error, thrown: new Error('no') }, now).retryable).toBe(false)
    const busy = { message: 'busy', httpStatus: 409, retryable: true }
    expect(classifyFailure({ error: busy, thrown: new Error('busy') }, now).retryable).toBe(true)
  })

  it('retries just the statuses that may pass, of 100 to 599', () => {
    const statuses = Array.from({ length: 500 }, (_, index) => index + 100)
    expect(statuses.filter((status) => status >= 400 && judge({ status }).retryable)).toEqual([
      408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524,
    ])
  })
})

describe('the wait that a server asks for', () => {
  const header = (fields: Record<string, string>) => judge({ headers: new Headers(fields) }).retryAfter

  it.each([
    ['7', 7_000],
    [' 7 ', 7_000],
    ['0', 0],
    ['1.5', 1_500],
    ['100000', 300_000],
    ['-5', undefined],
    ['', undefined],
    ['garbage', undefined],
    ['7 minutes', undefined],
    ['2026-11-22', undefined],
    ['Sun, 22 Nov 2026 12:00:20 GMT', 20_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', undefined],
  ])('in Retry-After %j is %j ms', (value, ms) => {
    expect(header({ 'retry-after': value })).toBe(ms)
  })

  it("measures a date by the response's own clock", () => {
    const date = 'Sun, 22 Nov 2026 09:00:00 GMT'
    expect(header({ 'retry-after': 'Sun, 22 Nov 2026 09:00:05 GMT', date })).toBe(5_000)
  })

  it('may be in milliseconds, or in the body', () => {
    expect(header({ 'retry-after-ms': '250', 'retry-after': '7' })).toBe(250)
    expect(judge({ body: { detail: 'throttled', retry_after: 10 } }).retryAfter).toBe(10_000)
    expect(judge({ body: { error: { retryAfterMs: 400 } } }).retryAfter).toBe(400)
    expect(judge({ body: { retry_after: 'soon' } }).retryAfter).toBeUndefined()
    expect(judge({ body: { retry_after: -1 } }).retryAfter).toBeUndefined()
  })
})
