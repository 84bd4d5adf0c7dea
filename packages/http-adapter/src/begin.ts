import type { Job, TaskPatch } from '@callsheet/core'
import { endOf, type JobState } from '@callsheet/core/jobs'
import { done, failed, job } from './answers.ts'

/** What the answer of a call that begins a job says: that it goes on, or how it has ended already. */
export function begin(
  { status, error, ...state }: JobState,
  handle: Job,
  { needsOutput = true }: { readonly needsOutput?: boolean } = {},
): TaskPatch {
  if (!status) return failed(`The answer of ${handle.provider} says no status.`)
  switch (endOf(status)) {
    case 'failed':
      return failed(error ?? `The provider says: ${status}.`)
    case 'canceled':
      return { status: 'canceled' }
    case 'succeeded':
      // As of a job that is followed.
      if (needsOutput && Object.keys(state).length === 0)
        return failed('The job succeeded without an output.')
      return done(state)
    case undefined: {
      const { stage = status, progress } = state
      return job(handle, { stage, ...(progress !== undefined && { progress }) })
    }
  }
}

/**
 * An id as one segment of a path. Ids come out of records too, and a request must not climb with them to another path.
 */
export function segmentOf(id: string): string {
  if (id !== '' && !/^\.\.?$/.test(id)) return encodeURIComponent(id)
  throw Object.assign(new Error(`"${id}" is no id of a job`), { retryable: false })
}
