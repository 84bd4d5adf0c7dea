import type { JobState } from '@callsheet/core/jobs'
import { messageOf } from '@callsheet/core/provider'
import { errorIn } from '../route/error-in-body.ts'
import { outputOf } from './output.ts'
import { percentIn, queued, stages } from './stage.ts'

/**
 * Reads a status of fal's queue. No status for anything else.
 *
 * A success has no output here: `falResult` reads it from the `response_url`.
 */
export function falState(answer: unknown): JobState {
  const {
    status,
    queue_position: ahead,
    logs,
    error,
    error_type: code,
  } = (answer ?? {}) as Record<string, unknown>
  if (typeof status !== 'string' || status === '') return {}
  if (status === 'IN_QUEUE') {
    return { status: 'starting', stage: queued(typeof ahead === 'number' ? ahead + 1 : undefined) }
  }
  if (status === 'COMPLETED')
    return error || code ? failure({ detail: error, error_type: code }) : { status: 'succeeded' }
  const progress = percentIn(textOf(logs))
  const said: JobState =
    status === 'IN_PROGRESS'
      ? { status: 'processing', stage: stages.running }
      : { status, ...(error ? { error } : {}) }
  return { ...said, ...(progress === undefined ? {} : { progress }) }
}

/**
 * Reads the result of a request: an output of any shape, or `{ detail, error_type? }` or `{ error }` for a failure. No
 * status for anything else.
 */
export function falResult(body: unknown): JobState {
  if (typeof body !== 'object' || body === null) return {}
  const output = outputOf(body)
  if (isFailure(body) && !(output.outputUrl && isMild(body))) return failure(body)
  const error = output.outputUrl ? undefined : errorIn(body)
  return error === undefined ? { status: 'succeeded', ...output } : { status: 'failed', error }
}

/** A mere text, which may stand beside an output. */
const isMild = ({ detail, error_type: code }: FailureBody): boolean =>
  typeof detail === 'string' && code === undefined

/** Reads a webhook of fal. No status for anything else. */
export function falDelivery(body: unknown): JobState {
  const { status, payload, error, payload_error: unreadable } = (body ?? {}) as Record<string, unknown>
  if (status !== 'OK' && status !== 'ERROR') return {}
  // The details say more than "Invalid status code: 422".
  if (isFailure(payload)) return failure(payload)
  if (status === 'ERROR') return failure({ detail: error ?? unreadable })
  if (unreadable && !payload) return failure({ detail: unreadable, error_type: 'payload_error' })
  return payload ? falResult(payload) : { status: 'succeeded' }
}

interface FailureBody {
  readonly detail?: unknown
  readonly error_type?: unknown
}

const isFailure = (body: unknown): body is FailureBody => {
  const { detail, error_type: code } = (body ?? {}) as FailureBody
  return (
    typeof code === 'string' ||
    typeof detail === 'string' ||
    (Array.isArray(detail) && detail.some(isProblem))
  )
}

function failure({ detail, error_type: type }: FailureBody): JobState {
  const problem = Array.isArray(detail) ? detail.find(isProblem) : undefined
  const code = [type, problem?.type].find((it) => typeof it === 'string')
  if (code === 'client_cancelled') return { status: 'canceled' }
  return {
    status: 'failed',
    error: { message: messageOf({ detail }) ?? code ?? 'fal says: error.', ...(code ? { code } : {}) },
  }
}

/** What was wrong with one field. Its `input` and `ctx` repeat the request, and are left alone. */
interface Problem {
  readonly msg: string
  readonly type?: unknown
}

const isProblem = (it: unknown): it is Problem => typeof (it as Problem | null)?.msg === 'string'

/** The last lines of a list of `{ message }`. */
const textOf = (logs: unknown): string | undefined =>
  Array.isArray(logs)
    ? logs
        .slice(-20)
        .map((line: { readonly message?: string } | null) => line?.message ?? '')
        .join('\n')
    : undefined
