import type { TaskError } from './task.ts'

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

/**
 * What the server says of a failure: JSON, or the first 500 characters of a text that is no page. It is read from a
 * clone, so the response itself stays unread.
 */
export async function readBody(
  response: Response,
  schedule: (callback: () => void, ms: number) => () => void,
): Promise<unknown> {
  const reader = response.clone().body?.getReader()
  if (!reader) return undefined
  const stop = () => {
    // A body that broke off cannot be canceled; nobody waits for it any more.
    reader.cancel().catch(() => undefined)
  }
  const stopTimer = schedule(stop, longestWait)
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
  try {
    return JSON.parse(text)
  } catch {
    return /^\s*</.test(text) ? undefined : text.trim().slice(0, 500) || undefined
  }
}
