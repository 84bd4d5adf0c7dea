import type { Job, TaskPatch } from '@callsheet/core'
import { type JobState, patchOfJob } from '@callsheet/core/jobs'
import { job } from '../route/answers.ts'
import { errorIn, misread } from '../route/error-in-body.ts'

/** What is known beside the state of an answer. */
export interface Beginning {
  /** The `provider` of its jobs. */
  readonly provider: string
  /** The answer itself. */
  readonly body: unknown
  /** Undefined for work that is over when it is answered, and for an answer without a usable id. */
  readonly handle?: Job | undefined
  readonly needsOutput?: boolean | undefined
}

/**
 * The patch of a response that begins a job: the job goes on, or has ended already.
 *
 * An id without a status is a running job. A running job without an id cannot be followed, and is not a failure.
 */
export function begin(state: JobState, { provider, body, handle, needsOutput = true }: Beginning): TaskPatch {
  if (!state.status) {
    return handle && errorIn(body) === undefined ? job(handle) : misread(provider, body)
  }
  const patch = patchOfJob(state, { needsOutput })
  const { status, ...more } = patch
  if (status === 'succeeded' || status === 'failed' || status === 'canceled') return patch
  // A job that is not known yet is asked for again.
  if (handle) return job(handle, status === 'interrupted' ? {} : more)
  return {
    status: 'interrupted',
    error: `The answer of ${provider} has no job id, so the job cannot be followed.`,
  }
}

/** A handle; undefined for what is not an id. */
export function handleOf(
  provider: string,
  id: unknown,
  urlOf: (id: string) => string | undefined,
): Job | undefined {
  if (typeof id !== 'string') return undefined
  try {
    const url = urlOf(id)
    return { provider, id, ...(url !== undefined && { url }) }
  } catch {
    return undefined
  }
}
