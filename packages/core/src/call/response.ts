import { observe } from './observe.ts'
import type { TaskError } from '../records/task.ts'
import type { Schedule } from './timers.ts'

/** Whether a value is a Response, also of another realm or library. That of React Native has no tag of its own. */
export function isResponse(value: unknown): value is Response {
  try {
    if (value === null || typeof value !== 'object') return false
    if (Object.prototype.toString.call(value) === '[object Response]') return true
    const { ok, status, clone, text } = value as Partial<Response>
    return (
      typeof ok === 'boolean' &&
      typeof status === 'number' &&
      typeof clone === 'function' &&
      typeof text === 'function'
    )
  } catch {
    // A proxy or a getter that throws.
    return false
  }
}

/** Whether a response failed. Of an opaque one, that is unknown. */
export function isFailedResponse(value: unknown): value is Response {
  try {
    return isResponse(value) && !value.ok && value.type !== 'opaque'
  } catch {
    return false
  }
}

/** The error of a response that is not ok, without its body. */
export function errorOfStatus(response: Response): TaskError {
  const { status } = response
  const statusText = wordsOf(response)
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500
  const message = `HTTP ${status}${statusText ? ` ${statusText}` : ''}`
  return { message, httpStatus: status, retryable }
}

function wordsOf(response: Response): string {
  try {
    return response.statusText
  } catch {
    return ''
  }
}

const longestBody = 16_384
const longestWait = 2_000
/** For a body that was made locally: it has all of its text, or is a stream that may never end. */
const shortestWait = 100

/** Whether the body is a web stream. Bodies of React Native and node-fetch are not. */
const hasStream = ({ body }: Response): boolean => typeof body?.getReader === 'function'

function isShort({ headers }: Response): boolean {
  const length = headers?.get('content-length') ?? undefined
  return length !== undefined && Number(length) <= longestBody
}

/** Whether a response is a copy that a tracked fetch made for the tracker only. */
const isOwnCopy = (response: Response): boolean => 'isCopy' in response

/**
 * Passes the error body of a response to `tell`, and leaves the response to its caller.
 *
 * Only a short body is cloned. A clone of a longer one would change the caller's call: in Node, an abort would reject with a
 * TypeError, a cancel would wait for the clone, and node-fetch would stall until the clone is read. Such a body is passed on
 * when the caller reads it by `text` or `json`.
 */
export function listen(response: Response, schedule: Schedule, tell: (body: unknown) => void): void {
  const { url } = response
  const isSafe = isOwnCopy(response) || isShort(response) || (hasStream(response) ? !url : !response.body)
  if (!isSafe) return overhear(response, tell)
  const ms = url === '' && !isShort(response) ? shortestWait : longestWait
  // Without a body, the status has to do.
  readBody(response, schedule, ms).then(tell, () => {})
}

function overhear(response: Response, tell: (body: unknown) => void): void {
  for (const name of ['text', 'json'] as const) {
    const read = response[name] as (...args: unknown[]) => unknown
    const value = (...args: unknown[]) => {
      const reading = read.apply(response, args)
      const told = (body: unknown) => {
        tell(name === 'text' ? parse(String(body)) : body)
        return body
      }
      // The caller handles the rejection.
      return observe(reading, told, (error) => Promise.reject(error as Error)) ?? reading
    }
    Object.defineProperty(response, name, { value, configurable: true, writable: true })
  }
}

/**
 * Reads an error body: JSON, or the first 500 characters of a text that is not HTML. Reads a clone, so the response stays
 * unread. A body without a web stream is read only if it is short.
 */
export async function readBody(response: Response, schedule: Schedule, ms = longestWait): Promise<unknown> {
  const { body } = response
  if (hasStream(response)) return readStream(response.clone().body!.getReader(), schedule, ms)
  if (body === null || (body && !isShort(response))) return undefined
  let stopTimer = () => {}
  const late = new Promise<undefined>((resolve) => {
    stopTimer = schedule(() => resolve(undefined), ms)
  })
  const text = await Promise.race([response.clone().text(), late])
  stopTimer()
  return text === undefined ? undefined : parse(text)
}

async function readStream(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  schedule: Schedule,
  ms: number,
): Promise<unknown> {
  const stop = () => {
    // A broken body cannot be canceled.
    reader.cancel().catch(() => undefined)
  }
  const stopTimer = schedule(stop, ms)
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length < longestBody) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  } finally {
    stopTimer()
    stop()
  }
  return parse(text)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return /^\s*</.test(text) ? undefined : text.trim().slice(0, 500) || undefined
  }
}

/**
 * Copies a response for a caller that has joined. Call it before the first caller can read its own, which then neither waits
 * for the copy when it is canceled, nor stalls until the copy is read.
 */
export function copyFor(response: Response): Response | Promise<Response> {
  try {
    const copy = response.clone()
    if (!hasStream(response)) return response.body ? whole(copy) : copy
    for (const { body } of [response, copy]) detach(body!)
    return copy
  } catch {
    // It was already read.
    return response
  }
}

/** The same response with its body in memory. */
async function whole(response: Response): Promise<Response> {
  const Class = response.constructor as typeof Response
  return new Class(await response.arrayBuffer(), response)
}

/** Allows a stream to be canceled without the other branch of its tee. */
function detach(stream: ReadableStream): void {
  const alone = <T extends { cancel: (reason?: unknown) => Promise<void> }>(target: T): T => {
    const cancel = target.cancel.bind(target)
    return Object.assign(target, {
      cancel: (reason?: unknown) => Promise.race([cancel(reason), Promise.resolve()]),
    })
  }
  const getReader = alone(stream).getReader.bind(stream) as (
    ...args: unknown[]
  ) => ReadableStreamDefaultReader
  Object.assign(stream, { getReader: (...args: unknown[]) => alone(getReader(...args)) })
}
