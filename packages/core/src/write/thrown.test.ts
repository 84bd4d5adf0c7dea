import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import vm from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { isError, toTaskError } from '../records/thrown.ts'
import { classifyFailure, isNetworkError, seenIn } from './classify-failure.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { quiet } from '../testing.ts'

/** An error as a page, a worker or a test runner with a realm of its own throws it. */
const foreign = (code: string): unknown => vm.runInNewContext(code)

function taskAfter(thrown: unknown) {
  const { tracker } = createTestTracker()
  const slot = { showId: 's', type: 'trailer' } as const
  void tracker.show('s').track('trailer', () => Promise.reject(thrown))
  return async () => {
    await quiet()
    return tracker.getTask(slot)
  }
}

const caught = async (action: () => Promise<unknown>): Promise<unknown> => {
  try {
    await action()
  } catch (error) {
    return error
  }
  return expect.fail('nothing was thrown')
}

describe('an error of another realm', () => {
  it('keeps its name, its message and its cause', () => {
    const error = foreign(
      `new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) })`,
    )
    expect(error instanceof Error).toBe(false)
    expect(isError(error)).toBe(true)
    expect(toTaskError(error)).toEqual({
      message: 'fetch failed: connect ECONNREFUSED',
      code: 'ECONNREFUSED',
    })
    expect(toTaskError(foreign('new RangeError()'))).toEqual({ message: 'RangeError', code: 'RangeError' })
  })

  it('cancels the task when it is an AbortError, whatever class it is of', async () => {
    const abort = foreign(`Object.assign(new Error('The user aborted a request.'), { name: 'AbortError' })`)
    expect(await taskAfter(abort)()).toMatchObject({ status: 'canceled' })
    expect(await taskAfter(new DOMException('stopped', 'AbortError'))()).toMatchObject({ status: 'canceled' })
    // A DOMException of jsdom is not an Error.
    const jsdom = { [Symbol.toStringTag]: 'DOMException', name: 'AbortError', message: 'stopped', code: 20 }
    expect(await taskAfter(jsdom)()).toMatchObject({
      status: 'canceled',
      error: { message: 'stopped', code: 'AbortError' },
    })
  })

  it.each([
    ['ky', { response: new Response('', { status: 403 }) }],
    ['axios', { response: { status: 403, data: {} } }],
  ])(
    'has the status of the response that an error of %s carries, and is not tried again',
    (_client, fields) => {
      const error = Object.assign(new Error('Request failed'), fields)
      for (const thrown of [error, new Error('no portrait', { cause: error })]) {
        expect(toTaskError(thrown)).toMatchObject({ httpStatus: 403 })
        expect(classifyFailure(seenIn(thrown), 0).retryable).toBe(false)
      }
    },
  )

  it('is not tried again when it wraps a mistake of the code, but is when it wraps a broken connection', () => {
    const wrap = (cause: unknown) => classifyFailure(seenIn(new Error('no portrait', { cause })), 0).retryable
    expect(wrap(new TypeError("Cannot read properties of undefined (reading 'url')"))).toBe(false)
    expect(wrap(new TypeError('fetch failed'))).toBe(true)
  })

  it('is not tried again when it is a mistake of the code', () => {
    const error = foreign(`new TypeError("Cannot read properties of undefined (reading 'url')")`)
    expect(classifyFailure(seenIn(error), 0)).toMatchObject({ kind: 'unknown', retryable: false })
  })
})

describe('an abort', () => {
  it('that a timeout has caused is a timeout, not a cancel', async () => {
    const cause = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
    const abort = Object.assign(new Error('This operation was aborted', { cause }), { name: 'AbortError' })
    expect(await taskAfter(abort)()).toMatchObject({
      status: 'failed',
      error: { message: 'The operation was aborted due to timeout', code: 'TimeoutError' },
    })
    expect(classifyFailure(seenIn(abort), 0)).toMatchObject({ kind: 'timeout', retryable: true })
  })
})

describe('what fetch rejects with', () => {
  it('says what its cause says', async () => {
    const refused = await caught(() => fetch('http://127.0.0.1:1/'))
    // Node refuses port 1 itself; a free port refuses the connection.
    expect(toTaskError(refused).message).toBe('fetch failed: bad port')
    const server = createServer((request) => request.socket.destroy()).listen(0)
    await new Promise((resolve) => void server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const broken = await caught(() => fetch(url))
    expect(toTaskError(broken)).toEqual({
      message: 'fetch failed: other side closed',
      code: 'UND_ERR_SOCKET',
    })
    await new Promise((resolve) => void server.close(resolve))
    const closed = await caught(() => fetch(url))
    expect(toTaskError(closed)).toMatchObject({ code: 'ECONNREFUSED' })
    expect(toTaskError(closed).message).toContain('ECONNREFUSED')
    for (const error of [broken, closed]) {
      expect(isNetworkError(error)).toBe(true)
      expect(classifyFailure(seenIn(error), 0)).toMatchObject({ kind: 'network', retryable: true })
    }
  })

  it.each([
    new TypeError('Failed to fetch'),
    new TypeError('network error'),
    new TypeError('NetworkError when attempting to fetch resource.'),
    new TypeError('Error in input stream'),
    new TypeError('Error in body stream'),
    new TypeError('Load failed'),
    new TypeError('The network connection was lost.'),
    new TypeError('The Internet connection appears to be offline.'),
    new TypeError('Could not connect to the server.'),
    new TypeError('A server with the specified hostname could not be found.'),
    new TypeError('cancelled'),
    new TypeError('Network request failed'),
    new TypeError('terminated'),
    new TypeError('error sending request for url (http://localhost:1/)'),
    Object.assign(new Error('Unable to connect. Is the computer able to access the url?'), {
      code: 'ConnectionRefused',
    }),
    Object.assign(new Error('The socket connection was closed unexpectedly.'), { code: 'ECONNRESET' }),
    Object.assign(new Error('Network Error'), { name: 'AxiosError', code: 'ERR_NETWORK' }),
    Object.assign(new Error('Request aborted'), { name: 'AxiosError', code: 'ECONNABORTED' }),
    Object.assign(new Error('request to http://localhost:1/ failed, reason: connect'), {
      name: 'FetchError',
      code: 'ECONNREFUSED',
    }),
    new Error('Connection error.', { cause: new TypeError('fetch failed') }),
  ])('is a network error and worth another try: %s', (error) => {
    expect(isNetworkError(error)).toBe(true)
    expect(classifyFailure(seenIn(error), 0)).toMatchObject({ kind: 'network', retryable: true })
  })
})

describe('a mistake of the code', () => {
  it.each([
    new TypeError("Cannot read properties of undefined (reading 'url')"),
    new TypeError('fetch is not a function'),
    new ReferenceError('prompt is not defined'),
    new SyntaxError('Unexpected token < in JSON at position 0'),
  ])('is not tried again by default: %s', async (error) => {
    expect(isNetworkError(error)).toBe(false)
    const { tracker, clock } = createTestTracker()
    let calls = 0
    const fail = () => {
      calls += 1
      return Promise.reject(error)
    }
    const call = tracker.show('s').track('trailer', fail, { retry: { attempts: 3 } })
    await clock.advance(100_000)
    await expect(call).rejects.toBe(error)
    expect(calls).toBe(1)
  })

  it('is tried again where `when` says so', async () => {
    const { tracker, clock } = createTestTracker()
    let calls = 0
    const fail = async () => {
      calls += 1
      throw new TypeError('flaky')
    }
    const call = tracker.show('s').track('trailer', fail, { retry: { attempts: 2, when: () => true } })
    await clock.advance(100_000)
    await expect(call).rejects.toThrow('flaky')
    expect(calls).toBe(2)
  })
})

describe('what was thrown instead of an error', () => {
  it('keeps what it says when it is a number, a symbol or a text', () => {
    expect(toTaskError(404)).toEqual({ message: 'HTTP 404', httpStatus: 404 })
    expect(toTaskError(7)).toEqual({ message: '7' })
    expect(toTaskError(7n)).toEqual({ message: '7' })
    expect(toTaskError(false)).toEqual({ message: 'false' })
    expect(toTaskError(Symbol('gone'))).toEqual({ message: 'Symbol(gone)' })
    expect(toTaskError('no seeds')).toEqual({ message: 'no seeds' })
    expect(toTaskError(undefined)).toEqual({ message: 'failed' })
  })

  it('keeps the status and the status text of a Response, which stays unread', async () => {
    const response = new Response('{"error":"No such show"}', { status: 404, statusText: 'Not Found' })
    expect(await taskAfter(response)()).toMatchObject({
      status: 'failed',
      error: { message: 'No such show', httpStatus: 404, retryable: false },
    })
    expect(response.bodyUsed).toBe(false)
    expect(toTaskError(new Response(null, { status: 503, statusText: 'Busy' }))).toEqual({
      message: 'HTTP 503 Busy',
      httpStatus: 503,
    })
  })

  it('is tried again when it is a Response that may pass, and not when it is not', async () => {
    for (const [status, calls] of [
      [503, 2],
      [404, 1],
    ] as const) {
      const { tracker, clock } = createTestTracker()
      let made = 0
      const fail = async () => {
        made += 1
        throw new Response(null, { status })
      }
      const call = tracker.show('s').track('trailer', fail, { retry: { attempts: 2 } })
      await clock.advance(100_000)
      await expect(call).rejects.toMatchObject({ status })
      expect(made).toBe(calls)
    }
  })

  it('keeps the message of the first of several errors', () => {
    const error = new AggregateError([new Error('connect ECONNREFUSED ::1:80')], '')
    expect(toTaskError(new TypeError('fetch failed', { cause: error })).message).toBe(
      'fetch failed: connect ECONNREFUSED ::1:80',
    )
  })

  it('ends although its causes go round', () => {
    const error = new Error('loop')
    error.cause = error
    expect(toTaskError(error)).toEqual({ message: 'loop' })
  })
})

describe('an error body', () => {
  it.each([
    ['FastAPI', { detail: [{ loc: ['body', 'prompt'], msg: 'Field required', type: 'missing' }] }],
    ['FastAPI with a list of places', { detail: [{ loc: ['body'], msg: 'prompt: Field required' }] }],
    ['a nested detail', { detail: { status: 'missing_prompt', message: 'prompt: Field required' } }],
    ['a list of texts', { name: 'bad_request', errors: ['prompt: Field required'] }],
    ['zod', { issues: [{ message: 'Field required', path: ['prompt'], code: 'invalid_type' }] }],
    ['GraphQL', { errors: [{ message: 'prompt: Field required', locations: [{ line: 1 }] }] }],
    ['errors of a kind', { dubbedErrors: [{ error: 'prompt: Field required', language: 'tlh' }] }],
    [
      'details for programs',
      { error: { message: 'prompt: Field required', details: [{ reason: 'X', message: 'X' }] } },
    ],
    ['lists by field', { errors: { prompt: ['Field required'] } }],
    ['a failure', { failure: 'prompt: Field required', failureCode: 'INPUT' }],
    ['a reason', { failure_reason: 'prompt: Field required' }],
    ['a status code of its own', { base_resp: { status_code: 2013, status_msg: 'prompt: Field required' } }],
    [
      'an envelope that calls itself a success',
      { message: 'SUCCEED', task_status_msg: 'prompt: Field required' },
    ],
    ['a description', { kind: 'ValidationError', description: 'prompt: Field required' }],
    ['a problem of RFC 9457', { title: 'prompt', detail: 'Field required', status: 422 }],
    ['a list around it', [{ error: { message: 'prompt: Field required', code: 400 } }]],
  ])('gives its sentence in the form of %s', (_form, body) => {
    expect(toTaskError(body).message).toBe('prompt: Field required')
  })

  it.each([
    { message: 'success' },
    { base_resp: { status_code: 0, status_msg: 'success' } },
    { detail: [] },
    { tags: ['a', 'b'] },
  ])('has none that tells of a success: %j', (body) => {
    expect(toTaskError(body).message).toBe('failed')
  })

  it('is looked at once, field by field, however little it says', () => {
    let looks = 0
    const silent = new Proxy({}, { get: () => void (looks += 1) })
    expect(toTaskError({ error: silent, message: silent, detail: [silent] }).message).toBe('failed')
    expect(looks).toBeLessThan(100)
  })

  it('gives at most three sentences of a list', () => {
    const problems = Array.from({ length: 9 }, (_, place) => ({
      loc: ['body', 'frames', place],
      msg: 'is too large',
    }))
    expect(toTaskError({ detail: problems }).message).toBe(
      'frames.0: is too large; frames.1: is too large; frames.2: is too large',
    )
  })
})

describe('an error that throws when it is read', () => {
  const boom = () => {
    throw new Error('boom')
  }
  const hostile = {
    'headers whose `get` throws': () => Object.assign(new Error('orig'), { headers: { get: boom } }),
    'a body whose fields throw': () =>
      Object.assign(new Error('orig'), {
        body: new Proxy({}, { get: boom }),
        headers: new Map([['retry-after', 'soon']]),
      }),
    'a response without words': () =>
      Object.defineProperty(new Response(null, { status: 503 }), 'statusText', { get: boom }),
    'a response that cannot be read at all': () =>
      Object.defineProperties(
        { [Symbol.toStringTag]: 'Response' },
        { status: { get: boom }, headers: { get: boom }, clone: { get: boom } },
      ),
  }
  const cases = Object.entries(hostile).flatMap(([what, make]) =>
    [undefined, { attempts: 2, delay: () => 0 }].map((retry) => [what, retry, make] as const),
  )

  it.each(cases)(
    'reaches the caller as it is, and fails the task: %s, retry %o',
    async (_what, retry, make) => {
      const { tracker, clock } = createTestTracker()
      const error = make()
      const call = tracker.show('s').track('trailer', () => Promise.reject(error), retry && { retry })
      const seen = vi.fn()
      void call.catch(seen)
      await clock.advance(10_000)
      expect(seen.mock.calls).toEqual([[expect.anything()]])
      expect(seen.mock.calls[0]![0]).toBe(error)
      expect(tracker.getTask({ showId: 's', type: 'trailer' })?.status).toBe('failed')
    },
  )

  it.each(Object.entries(hostile))('is thrown on by a synchronous function: %s', (_what, make) => {
    const { tracker } = createTestTracker()
    const error = make()
    const seen = vi.fn()
    try {
      tracker.show('s').track('trailer', () => {
        throw error
      })
    } catch (thrown) {
      seen(thrown === error)
    }
    expect(seen).toHaveBeenCalledWith(true)
    expect(tracker.getTask({ showId: 's', type: 'trailer' })?.status).toBe('failed')
  })

  it('ends a response that is returned, too', async () => {
    const { tracker, clock } = createTestTracker()
    const response = hostile['a response without words']()
    const retry = { attempts: 2, delay: () => 0 }
    for (const options of [{}, { retry }]) {
      const call = tracker.show('s').track('trailer', () => Promise.resolve(response), options)
      await clock.advance(10_000)
      expect(await call).toBe(response)
      expect(tracker.getTask({ showId: 's', type: 'trailer' })).toMatchObject({
        status: 'failed',
        error: { message: 'HTTP 503', httpStatus: 503 },
      })
    }
  })
})
