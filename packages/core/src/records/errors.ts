import type { Task, TaskError } from './task.ts'

/**
 * What kind of failure a CallsheetError is.
 *
 * Mistakes in a call: `unknown_step` (a type that the pipeline does not have), `invalid_id`, `invalid_option`,
 * `invalid_field` (one field of a patch or a show; it is dropped and the rest applied), `fixed_field` (a field that
 * never changes), `unknown_task`, `duplicate_id`, `task_ended` (a later version cannot replace the one held),
 * `already_running`, `missing_provider` (a React hook without a tracker), `assertion_failed` (a test helper).
 *
 * Ends of a run: `canceled`, `timeout`, `job_lost`, `job_failed`, `unobservable` (the returned value cannot be followed).
 *
 * Failures of tracking: `limit_reached` (something was cut or dropped to keep within the documented bounds),
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
 * Any mistake in using Callsheet, and any failure of tracking itself.
 *
 * @example
 * tracker.on('error', ({ error }) => {
 *   if (error instanceof CallsheetError && error.code === 'unknown_step') throw error
 * })
 */
export class CallsheetError extends Error {
  override readonly name: string = 'CallsheetError'
  /** What kind of failure it is; the message may change, the code does not. */
  readonly code: ErrorCode
  constructor(message: string, options: { readonly code?: ErrorCode; readonly cause?: unknown } = {}) {
    super(message, options)
    this.code = options.code ?? 'tracking_failed'
  }
}

interface RunningDetails {
  readonly finished: () => Promise<Task>
  /** The call is made by the very run that it would wait for. */
  readonly isNested?: boolean
}

/**
 * The slot is already being worked on, and the call was told to reject, or the work runs where its promise cannot
 * be shared (another tab, or before a reload, or because the call is made inside that very run).
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
        ? `${what} is already running as task "${taskId}", and this call is made inside that run: it would wait for itself. Track another step, or call the function without track.`
        : `${what} is already running as task "${taskId}"; wait for it (error.finished), cancel it, or track with onConflict: 'supersede'.`,
    )
    this.taskId = taskId
    this.#finish = finished
  }

  /**
   * The task as soon as it is not active any more: succeeded, failed, canceled or interrupted. Rejects when it was
   * removed, and never raises an unhandled rejection.
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

/** The reason that `signal` is aborted with when a run is canceled or superseded. */
export class CanceledError extends CallsheetError {
  override readonly name = 'CanceledError'
  override readonly code = 'canceled'
}

/** The reason that `signal` is aborted with when a run takes longer than its `timeout`. */
export class TimeoutError extends CallsheetError {
  override readonly name = 'TimeoutError'
  override readonly code = 'timeout'
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

/** What an error body says: `{ error, details }` and its relatives, as applications answer them. */
export function messageOf(body: unknown, levels = 4): string | undefined {
  if (typeof body === 'string') return text(body)
  // An error may hold itself.
  if (body === null || typeof body !== 'object' || levels === 0) return undefined
  const { error, message, detail, details, messages } = body as Record<string, unknown>
  const main = messageOf(error, levels - 1) ?? text(message)
  const first = Array.isArray(messages) ? messageOf(messages[0], levels - 1) : undefined
  const more = text(details) ?? text(detail) ?? first
  return main && more && main !== more ? `${main}: ${more}` : (main ?? more)
}

/** Makes an error that can be told from whatever was thrown or given: an Error, a text, or an object with a message. */
export function toTaskError(thrown: unknown): TaskError {
  try {
    return readTaskError(thrown)
  } catch {
    // A getter or a proxy that throws: that the task failed has to be told all the same.
    return { message: 'failed' }
  }
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value)

/** Whether a value is an error of this or another realm, or a DOMException. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || /^\[object (?:Error|DOMException)\]$/.test(tagOf(value))
  } catch {
    // A proxy that throws.
    return false
  }
}

/** The name of an error; empty for what is none, or cannot be asked. */
export function nameOf(thrown: unknown): string {
  try {
    return isError(thrown) ? String(thrown.name) : ''
  } catch {
    return ''
  }
}

/** The error that tells most: of an abort that a timeout has caused, the timeout. */
export function rootOf(thrown: unknown): unknown {
  if (nameOf(thrown) !== 'AbortError') return thrown
  const { cause } = thrown as Error
  return nameOf(cause) === 'TimeoutError' ? cause : thrown
}

/** Messages that say nothing without those of their causes. */
const bare = /^(?:fetch failed|connection error\.?)$/i

/** What the causes of an error say. */
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

/** Two messages as one; the second is left out where the first holds it. */
const joined = (main: string | undefined, more: string | undefined): string | undefined =>
  main === undefined || more === undefined || main.includes(more) ? (main ?? more) : `${main}: ${more}`

export function readTaskError(given: unknown): TaskError {
  const thrown = rootOf(given)
  const isObject = thrown !== null && typeof thrown === 'object'
  const fields = (isObject ? thrown : {}) as Record<string, unknown>
  const error = isError(thrown) ? thrown : undefined
  const name = error && error.name !== 'Error' ? error.name : undefined
  const cause = error ? causeOf(error) : {}
  // The number of a DOMException says less than its name.
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

/** The HTTP status that an error has, itself or on its response. */
function statusOf(fields: Record<string, unknown>): number | undefined {
  const response = fields['response'] as { readonly status?: unknown } | null | undefined
  const status = fields['httpStatus'] ?? fields['status'] ?? fields['statusCode'] ?? response?.status
  return Number.isInteger(status) ? (status as number) : undefined
}

/** `throw 404` means an HTTP status. */
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
