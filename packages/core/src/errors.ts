import type { TaskError } from './task.ts'

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

/**
 * The slot is already being worked on, and the call was told to reject, or the work runs where its promise cannot
 * be shared (another tab, or before a reload).
 */
export class AlreadyRunningError extends CallsheetError {
  override readonly name = 'AlreadyRunningError'
  override readonly code = 'already_running'
  /** The task that is running. */
  readonly taskId: string
  constructor(what: string, taskId: string) {
    super(
      `${what} is already running as task "${taskId}"; wait for it, cancel it, or track with onConflict: 'supersede'.`,
    )
    this.taskId = taskId
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

const hasName = (thrown: unknown): thrown is Error => thrown instanceof Error && thrown.name !== 'Error'

function readTaskError(thrown: unknown): TaskError {
  const given = (thrown !== null && typeof thrown === 'object' ? thrown : {}) as Record<string, unknown>
  const code =
    // The number of a DOMException says less than its name.
    (hasName(thrown) && typeof given['code'] === 'number' ? undefined : text(given['code'])) ??
    (hasName(thrown) ? thrown.name : undefined)
  const status = given['httpStatus'] ?? given['status'] ?? given['statusCode']
  const retryable = given['retryable']
  return {
    message: messageOf(thrown) ?? (thrown instanceof Error ? thrown.name : 'failed'),
    ...(code === undefined ? {} : { code }),
    ...(Number.isInteger(status) ? { httpStatus: status as number } : {}),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
  }
}
