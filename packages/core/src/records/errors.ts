import type { TaskRecord } from './record-types.ts'

/**
 * The kind of a CallsheetError.
 *
 * Invalid calls: `unknown_step` (the pipeline has no such type), `invalid_id`, `invalid_option`, `invalid_field` (one
 * field of an update or a show; it is dropped and the rest is applied), `fixed_field` (a field that cannot change),
 * `unknown_task`, `removed_show` (the show's id cannot be used again), `duplicate_id`, `task_ended` (the task has ended, so an update changes nothing), `already_running`,
 * `missing_provider` (a React hook without a tracker), `assertion_failed` (a test helper).
 *
 * Ends of a run: `canceled`, `timeout`, `job_lost`, `job_failed`, `unobservable` (the returned value cannot be followed).
 *
 * Failures of tracking: `limit_reached` (something was cut or dropped to stay within the documented limits),
 * `rejected_records`, `parse_failed`, `unread_request`, `unread_response`, `sink_failed`, `source_failed`, `webhook_failed`, and
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
  | 'unread_request'
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

export const problem = (code: ErrorCode, message: string): CallsheetError =>
  new CallsheetError(message, { code })

interface RunningDetails {
  readonly finished: () => Promise<TaskRecord>
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
  readonly #finish: () => Promise<TaskRecord>
  #finished: Promise<TaskRecord> | undefined

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
  get finished(): Promise<TaskRecord> {
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
