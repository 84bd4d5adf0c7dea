import { answerOf } from '../records/guard.ts'
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
export const isFailedResponse = (value: unknown): value is Response =>
  isResponse(value) && !value.ok && answerOf(() => value.type, ignore) !== 'opaque'

/** The error of a response that is not ok, without its body. */
export function errorOfStatus(response: Response): TaskError {
  const { status } = response
  const statusText = answerOf(() => response.statusText, ignore)
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500
  const message = `HTTP ${status}${statusText ? ` ${statusText}` : ''}`
  return { message, httpStatus: status, retryable }
}

const ignore = () => {}

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

/**
 * Passes the error body of a response to `tell`, and leaves the response to its caller.
 *
 * Only a short body is cloned. A clone of a longer one would change the caller's call: in Node, an abort would reject with a
 * TypeError, a cancel would wait for the clone, and node-fetch would stall until the clone is read. Such a body is passed on
 * when the caller reads it by `text` or `json`.
 */
export function listen(response: Response, schedule: Schedule, tell: (body: unknown) => void): void {
  const { url } = response
  const isBrief = isShort(response)
  // A tracked fetch marks the copies that it makes for the tracker only.
  const isSafe = isBrief || 'isCopy' in response || (hasStream(response) ? !url : !response.body)
  if (!isSafe) return overhear(response, tell)
  const ms = url === '' && !isBrief ? shortestWait : longestWait
  // Without a body, the status has to do.
  readBody(response, schedule, ms).then(tell, ignore)
}

function overhear(response: Response, tell: (body: unknown) => void): void {
  for (const name of ['text', 'json'] as const) {
    const read = response[name] as () => unknown
    const value = () => {
      const reading = read.call(response)
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
 * unread. A body without a web stream is read only if it is short. What has not come after some ms is left out.
 */
export async function readBody(response: Response, schedule: Schedule, ms = longestWait): Promise<unknown> {
  const { body } = response
  const isStream = hasStream(response)
  if (!isStream && (body === null || (body && !isShort(response)))) return undefined
  const copy = response.clone()
  const reader = isStream ? copy.body!.getReader() : undefined
  let text = ''
  const read = async () => {
    const decoder = new TextDecoder()
    if (!reader) text = await copy.text()
    else
      while (text.length < longestBody) {
        const { done, value } = await reader.read()
        if (done) break
        text += decoder.decode(value, { stream: true })
      }
  }
  let stopTimer = ignore
  const late = new Promise<void>((resolve) => (stopTimer = schedule(resolve, ms)))
  try {
    await Promise.race([read(), late])
  } finally {
    stopTimer()
    // A broken body cannot be canceled.
    reader?.cancel().catch(ignore)
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
