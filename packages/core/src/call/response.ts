import { observe } from './observe.ts'
import type { TaskError } from '../records/task.ts'
import type { Schedule } from './timers.ts'

/** Also a Response of another realm or library; that of React Native has no name of its own. */
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
    // A proxy, or a getter, that throws.
    return false
  }
}

/** A response that says that it failed. An opaque one tells nobody how it went. */
export function isFailedResponse(value: unknown): value is Response {
  try {
    return isResponse(value) && !value.ok && value.type !== 'opaque'
  } catch {
    return false
  }
}

/** What a response that is not ok says without its body being read. */
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
/** For a body that was made here: it has all of its text, or is a stream that may never end. */
const shortestWait = 100

/** Whether the body is a web stream: of React Native's and node-fetch's responses it is none. */
const hasStream = ({ body }: Response): boolean => typeof body?.getReader === 'function'

function isShort({ headers }: Response): boolean {
  const length = headers?.get('content-length') ?? undefined
  return length !== undefined && Number(length) <= longestBody
}

/** A copy for the tracker alone, as a tracked fetch makes it: it changes nothing for the caller. */
const isOwnCopy = (response: Response): boolean => 'isCopy' in response

/**
 * Tells what the server says of a failure, and leaves the response as it is for its caller.
 *
 * Only a short body is read from a clone. A clone of another one would change the caller's call: in Node an abort would
 * reject with a TypeError, a cancel would wait for the clone, and node-fetch would stop until the clone is read. Such a
 * body tells its message when the caller reads it by `text` or `json`.
 */
export function listen(response: Response, schedule: Schedule, tell: (body: unknown) => void): void {
  const { url } = response
  const isSafe = isOwnCopy(response) || isShort(response) || (hasStream(response) ? !url : !response.body)
  if (!isSafe) return overhear(response, tell)
  const ms = url === '' && !isShort(response) ? shortestWait : longestWait
  // A body that cannot be read says no more than its status.
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
      // Its rejection stays the caller's to handle.
      return observe(reading, told, (error) => Promise.reject(error as Error)) ?? reading
    }
    Object.defineProperty(response, name, { value, configurable: true, writable: true })
  }
}

/**
 * What the server says of a failure: JSON, or the first 500 characters of a text that is no page. It is read from a
 * clone, so the response itself stays unread; of one without a web stream, only when it is short.
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
    // A body that broke off cannot be canceled; nobody waits for it any more.
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
 * A response for a caller that has joined. Has to be called before the first caller can read its own, which then neither
 * waits for the copy when it is canceled, nor stops until the copy is read.
 */
export function copyFor(response: Response): Response | Promise<Response> {
  try {
    const copy = response.clone()
    if (!hasStream(response)) return response.body ? whole(copy) : copy
    for (const { body } of [response, copy]) detach(body!)
    return copy
  } catch {
    // It was read already.
    return response
  }
}

/** The same with its body in memory. */
async function whole(response: Response): Promise<Response> {
  const Class = response.constructor as typeof Response
  return new Class(await response.arrayBuffer(), response)
}

/** Lets a stream be canceled without the other half of its tee. */
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
