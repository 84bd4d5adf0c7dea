import { CallsheetError, CanceledError } from '../records/errors.ts'
import { seenIn } from '../write/classify-failure.ts'

/** The provider no longer knows the job, polls keep failing, or a status stays unknown. The outcome is unknown. */
export class JobLostError extends CallsheetError {
  override readonly name = 'JobLostError'
  override readonly code = 'job_lost'
  /** The paid call is not retried. */
  readonly retryable = false
}

/** The provider reports that the job failed. */
export class JobFailedError extends CallsheetError {
  override readonly name = 'JobFailedError'
  override readonly code = 'job_failed'
}

/** The error that ends the run of a job, with the provider's message and code. */
export function endError(cause: unknown, status: 'failed' | 'canceled'): Error {
  const { message, code, retryable } = seenIn(cause).error
  if (status === 'canceled') return new CanceledError(message)
  return Object.assign(
    new JobFailedError(message, { cause }),
    code !== undefined && { code },
    retryable !== undefined && { retryable },
  )
}
