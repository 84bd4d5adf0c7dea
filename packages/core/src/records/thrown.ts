// What was thrown, read for a record: it may be anything, of any realm, and its getters may throw.
import type { TaskError } from './record-types.ts'

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields =>
  (value !== null && typeof value === 'object' ? value : {}) as Fields

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

// What went wrong, as providers and frameworks name these fields.
const main =
  'error message errors msg failure failure_reason failureReason error_message errorMessage error_msg task_status_msg base_resp status_msg description title'

/**
 * The sentence in an error body: `{ error, details }` and similar shapes, also of FastAPI, and lists of them. Undefined
 * without one: a field that says `success` does not count.
 *
 * @example
 * messageOf({ detail: [{ loc: ['body', 'prompt'], msg: 'Field required' }] }) // 'prompt: Field required'
 */
export function messageOf(body: unknown, levels = 4): string | undefined {
  if (typeof body === 'string') return /^(?:ok|success\w*|succeed\w*)?$/i.test(body) ? undefined : body
  // An error may contain itself.
  if (levels === 0 || typeof body !== 'object') return undefined
  const sentence = (part: unknown) => messageOf(part, levels - 1)
  const list = (parts: readonly unknown[]) => parts.slice(0, 3).map(sentence).filter(Boolean).join('; ')
  if (Array.isArray(body)) return list(body) || undefined
  const fields = fieldsOf(body)
  const find = (names: string) => {
    for (const name of names.split(' ')) {
      const said = sentence(fields[name])
      if (said) return said
    }
    return undefined
  }
  const first = find(main)
  // Beside a sentence, details that are not a text are for programs.
  const more = text(fields['details']) ?? text(fields['detail']) ?? find('messages issues')
  const said = first ? joined(first, more) : (find('details detail') ?? more)
  // Where in the request the mistake is, as FastAPI and zod say it.
  const place = fields['loc'] ?? fields['path']
  const where = Array.isArray(place) ? place.filter((part) => part !== 'body').join('.') : ''
  if (said) return where ? `${where}: ${said}` : said
  for (const [name, part] of Object.entries(fields)) {
    const other = /errors$/i.test(name) ? sentence(part) : undefined
    if (other) return other
    // Within an error, `{ prompt: ['is too short'] }`.
    if (levels < 4 && Array.isArray(part) && typeof part[0] === 'string') return `${name}: ${list(part)}`
  }
  return undefined
}

/** What an inspection gives; `otherwise` where a getter or a proxy throws. */
export function tried<T>(inspect: () => T, otherwise: T): T {
  try {
    return inspect()
  } catch {
    return otherwise
  }
}

/** The recordable form of any thrown or passed value: an Error, a string, or an object with a message. Never throws. */
export const toTaskError = (thrown: unknown): TaskError =>
  tried(() => readTaskError(thrown), { message: 'failed' })

/** Whether a value is an Error of any realm, or a DOMException. */
export const isError = (value: unknown): value is Error =>
  tried(
    () =>
      value instanceof Error ||
      /^\[object (?:Error|DOMException)\]$/.test(Object.prototype.toString.call(value)),
    false,
  )

/** The name of an error; empty for any other value and for one that throws. */
export const nameOf = (thrown: unknown): string =>
  tried(() => (isError(thrown) ? String(thrown.name) : ''), '')

/** The cause instead of an AbortError where the cause is a timeout; any other error itself. */
export function rootOf(thrown: unknown): unknown {
  if (nameOf(thrown) !== 'AbortError') return thrown
  const { cause } = thrown as Error
  return nameOf(cause) === 'TimeoutError' ? cause : thrown
}

/** Messages that need the message of their cause. */
const bare = /^(?:fetch failed|connection error\.?)$/i

/** Message, code and HTTP status from the causes of an error. */
function causeOf(
  { cause }: Fields,
  levels = 4,
): { [N in 'message' | 'code']?: string | undefined } & {
  httpStatus?: number | undefined
} {
  if (!isError(cause) || levels === 0) return {}
  const fields = fieldsOf(cause)
  const { code } = fields
  const deeper = causeOf(fields, levels - 1)
  const own = messageOf(cause)
  const ownCode = typeof code === 'string' ? text(code) : undefined
  return {
    message: joined(own, deeper.message) ?? ownCode,
    code: ownCode ?? deeper.code,
    httpStatus: statusOf(fields) ?? deeper.httpStatus,
  }
}

/** Joins two messages, without the second if the first contains it. */
const joined = (main: string | undefined, more: string | undefined): string | undefined =>
  main === undefined || more === undefined || main.includes(more) ? (main ?? more) : `${main}: ${more}`

/** Throws what reading the value throws. */
export function readTaskError(given: unknown): TaskError {
  const thrown = rootOf(given)
  const fields = fieldsOf(thrown)
  const error = isError(thrown) ? thrown : undefined
  const name = error && error.name !== 'Error' ? error.name : undefined
  const cause = error ? causeOf(fields) : {}
  // The name of a DOMException tells more than its number.
  const ownCode = name !== undefined && typeof fields['code'] === 'number' ? undefined : text(fields['code'])
  const code = ownCode ?? cause.code ?? name
  // `throw 404` is an HTTP status.
  const isStatus = typeof thrown === 'number' && thrown >= 400 && thrown < 600
  const httpStatus = isStatus ? thrown : (statusOf(fields) ?? cause.httpStatus)
  const { retryable, statusText } = fields
  const own = messageOf(thrown)
  const said = (own === undefined || bare.test(own) ? joined(own, cause.message) : own) ?? error?.name
  const status =
    typeof statusText === 'string' ? `HTTP ${httpStatus} ${statusText}`.trim() : `HTTP ${httpStatus}`
  const isWord = ['number', 'bigint', 'boolean', 'symbol'].includes(typeof thrown)
  return {
    message: said ?? (httpStatus === undefined ? (isWord ? String(thrown) : 'failed') : status),
    ...(code !== undefined && { code }),
    ...(httpStatus !== undefined && { httpStatus }),
    ...(typeof retryable === 'boolean' && { retryable }),
  }
}

/** The HTTP status of an error or of its response. */
function statusOf(fields: Fields): number | undefined {
  const status =
    fields['httpStatus'] ?? fields['status'] ?? fields['statusCode'] ?? fieldsOf(fields['response'])['status']
  return Number.isInteger(status) ? (status as number) : undefined
}
