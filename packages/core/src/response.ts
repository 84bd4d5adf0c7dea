import { messageOf } from './errors.ts'
import type { TaskError } from './task.ts'

/** Also for a Response of another realm or library. */
export const isResponse = (value: unknown): value is Response =>
  value !== null && typeof value === 'object' && Object.prototype.toString.call(value) === '[object Response]'

/** What a response that is not ok says without its body being read. */
export function errorOfStatus({ status, statusText }: Response): TaskError {
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500
  const message = `HTTP ${status}${statusText ? ` ${statusText}` : ''}`
  return { message, httpStatus: status, retryable }
}

const longestBody = 16_384
const longestWait = 2_000

/** What the server says of a failure, from a clone of its response: the response itself stays unread. */
export async function readMessage(
  response: Response,
  schedule: (callback: () => void, ms: number) => () => void,
): Promise<string | undefined> {
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
    return messageOf(JSON.parse(text))
  } catch {
    return /^\s*</.test(text) ? undefined : text.trim().slice(0, 500) || undefined
  }
}
