import type { Task, TaskError } from './task.ts'

/**
 * The kind of a CallsheetError.
 *
 * Invalid calls: `unknown_step` (the pipeline has no such type), `invalid_id`, `invalid_option`, `invalid_field` (one
 * field of an update or a show; it is dropped and the rest is applied), `fixed_field` (a field that cannot change),
 * `unknown_task`, `duplicate_id`, `task_ended` (the task has ended, so an update changes nothing), `already_running`,
 * `missing_provider` (a React hook without a tracker), `assertion_failed` (a test helper).
 *
 * Ends of a run: `canceled`, `timeout`, `job_lost`, `job_failed`, `unobservable` (the returned value cannot be followed).
 *
 * Failures of tracking: `limit_reached` (something was cut or dropped to stay within the documented limits),
 * `rejected_records`, `parse_failed`, `unread_response`, `sink_failed`, `source_failed`, `webhook_failed`, and
 * `tracking_failed` for everything else.
 */
export type ErrorCode =
  | 'unknown_step'
  | 'invalid_id'
  | 'invalid_option'
  | 'invalid_field'
  | 'fixed_field'
  | 'unknown_task'
  | 'removed_show'
  | 'duplicate_id'
  | 'task_ended'
  | 'already_running'
  | 'missing_provider'
  | 'assertion_failed'
  | 'canceled'
  | 'timeout'
  | 'job_lost'
  | 'job_failed'
  | 'unobservable'
  | 'limit_reached'
  | 'rejected_records'
  | 'parse_failed'
  | 'unread_response'
  | 'sink_failed'
  | 'source_failed'
  | 'webhook_failed'
  | 'tracking_failed'

/**
 * An invalid call of Callsheet, or a failure of tracking itself.
 *
 * @example
 * tracker.on('error', ({ error }) => {
 *   if (error instanceof CallsheetError && error.code === 'unknown_step') throw error
 * })
 */
export class CallsheetError extends Error {
  override readonly name: string = 'CallsheetError'
  /** The kind of error. Messages may change between versions; codes do not. */
  readonly code: ErrorCode
  constructor(message: string, options: { readonly code?: ErrorCode; readonly cause?: unknown } = {}) {
    super(message, options)
    this.code = options.code ?? 'tracking_failed'
  }
}

interface RunningDetails {
  readonly finished: () => Promise<Task>
  /** The call is made inside the run that it would wait for. */
  readonly isNested?: boolean
}

/**
 * The slot is active, and `onConflict` is `reject`, or the running promise cannot be shared: it belongs to another tab or
 * to the time before a reload, or the call is made inside that run.
 */
export class AlreadyRunningError extends CallsheetError {
  override readonly name = 'AlreadyRunningError'
  override readonly code = 'already_running'
  /** The task that is running. */
  readonly taskId: string
  readonly #finish: () => Promise<Task>
  #finished: Promise<Task> | undefined

  constructor(what: string, taskId: string, { finished, isNested }: RunningDetails) {
    super(
      isNested
        ? `${what} is already running as task "${taskId}", and this call is made inside that run, so it would wait for itself. Track another step, or call the function without track.`
        : `${what} is already running as task "${taskId}". Wait for it (error.finished), cancel it, or track with onConflict: 'supersede'.`,
    )
    this.taskId = taskId
    this.#finish = finished
  }

  /**
   * Resolves to the task once it has ended: succeeded, failed, canceled or interrupted. Rejects when the task is
   * removed. Never raises an unhandled rejection.
   *
   * @example
   * const { status } = await error.finished
   */
  get finished(): Promise<Task> {
    if (!this.#finished) {
      this.#finished = this.#finish()
      this.#finished.catch(() => {})
    }
    return this.#finished
  }
}

/** The abort reason of `signal` when a run is canceled or superseded. */
export class CanceledError extends CallsheetError {
  override readonly name = 'CanceledError'
  override readonly code = 'canceled'
}

/** The abort reason of `signal` when a run exceeds its `timeout`. */
export class TimeoutError extends CallsheetError {
  override readonly name = 'TimeoutError'
  override readonly code = 'timeout'
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

/** The message in an error body: `{ error, details }` and similar shapes. */
export function messageOf(body: unknown, levels = 4): string | undefined {
  if (typeof body === 'string') return text(body)
  // An error may contain itself.
  if (body === null || typeof body !== 'object' || levels === 0) return undefined
  const { error, message, detail, details, messages } = body as Record<string, unknown>
  const main = messageOf(error, levels - 1) ?? text(message)
  const first = Array.isArray(messages) ? messageOf(messages[0], levels - 1) : undefined
  const more = text(details) ?? text(detail) ?? first
  return main && more && main !== more ? `${main}: ${more}` : (main ?? more)
}

/** The recordable form of any thrown or passed value: an Error, a string, or an object with a message. Never throws. */
export function toTaskError(thrown: unknown): TaskError {
  try {
    return readTaskError(thrown)
  } catch {
    // A getter or a proxy throws. The failure still has to be recorded.
    return { message: 'failed' }
  }
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value)

/** Whether a value is an Error of any realm, or a DOMException. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || /^\[object (?:Error|DOMException)\]$/.test(tagOf(value))
  } catch {
    // A proxy that throws.
    return false
  }
}

/** The name of an error; empty for any other value and for one that throws. */
export function nameOf(thrown: unknown): string {
  try {
    return isError(thrown) ? String(thrown.name) : ''
  } catch {
    return ''
  }
}

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
  error: Error,
  levels = 4,
): { [N in 'message' | 'code']?: string | undefined } & { httpStatus?: number | undefined } {
  const { cause } = error
  if (!isError(cause) || levels === 0) return {}
  const { code, errors } = cause as { readonly code?: unknown; readonly errors?: unknown }
  const deeper = causeOf(cause, levels - 1)
  const own = messageOf(cause) ?? (Array.isArray(errors) ? messageOf(errors[0]) : undefined)
  const ownCode = typeof code === 'string' ? text(code) : undefined
  return {
    message: joined(own, deeper.message) ?? ownCode,
    code: ownCode ?? deeper.code,
    httpStatus: statusOf(cause as unknown as Record<string, unknown>) ?? deeper.httpStatus,
  }
}

/** Joins two messages, without the second if the first contains it. */
const joined = (main: string | undefined, more: string | undefined): string | undefined =>
  main === undefined || more === undefined || main.includes(more) ? (main ?? more) : `${main}: ${more}`

export function readTaskError(given: unknown): TaskError {
  const thrown = rootOf(given)
  const isObject = thrown !== null && typeof thrown === 'object'
  const fields = (isObject ? thrown : {}) as Record<string, unknown>
  const error = isError(thrown) ? thrown : undefined
  const name = error && error.name !== 'Error' ? error.name : undefined
  const cause = error ? causeOf(error) : {}
  // The name of a DOMException tells more than its number.
  const ownCode = name !== undefined && typeof fields['code'] === 'number' ? undefined : text(fields['code'])
  const code = ownCode ?? cause.code ?? name
  const httpStatus = (isObject ? statusOf(fields) : statusIn(thrown)) ?? cause.httpStatus
  const retryable = fields['retryable']
  const own = messageOf(thrown)
  const said = (own === undefined || bare.test(own) ? joined(own, cause.message) : own) ?? error?.name
  return {
    message: said ?? (httpStatus === undefined ? wordsOf(thrown) : `HTTP ${httpStatus}${reasonOf(fields)}`),
    ...(code === undefined ? {} : { code }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
  }
}

/** The HTTP status of an error or of its response. */
function statusOf(fields: Record<string, unknown>): number | undefined {
  const response = fields['response'] as { readonly status?: unknown } | null | undefined
  const status = fields['httpStatus'] ?? fields['status'] ?? fields['statusCode'] ?? response?.status
  return Number.isInteger(status) ? (status as number) : undefined
}

/** `throw 404` is an HTTP status. */
const statusIn = (thrown: unknown): number | undefined =>
  typeof thrown === 'number' && thrown >= 400 && thrown < 600 ? thrown : undefined

const reasonOf = ({ statusText }: Record<string, unknown>): string =>
  typeof statusText === 'string' && statusText !== '' ? ` ${statusText}` : ''

function wordsOf(thrown: unknown): string {
  switch (typeof thrown) {
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'symbol':
      return String(thrown)
    default:
      return 'failed'
  }
}
