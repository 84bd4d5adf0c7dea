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
  if (status !== 'starting' && status !== 'processing') return patch
  if (handle) return job(handle, more)
  return {
    status: 'interrupted',
    error: `The answer of ${provider} has no job id, so the job cannot be followed.`,
  }
}

/** A handle; undefined for what is not an id. */
export function handleOf(provider: string, id: unknown, urlOf: (id: string) => string): Job | undefined {
  if (typeof id !== 'string') return undefined
  try {
    return { provider, id, url: urlOf(id) }
  } catch {
    return undefined
  }
}

/**
 * An id as one segment of a path. Ids come out of records too, and a request must not climb with them to another path.
 */
export function segmentOf(id: string): string {
  if (id !== '' && !/^\.\.?$/.test(id)) return encodeURIComponent(id)
  throw Object.assign(new Error(`Invalid job id "${id}"`), { retryable: false })
}
