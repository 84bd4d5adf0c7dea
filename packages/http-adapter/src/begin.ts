import type { Job, TaskPatch } from '@callsheet/core'
import { type JobState, patchOfJob } from '@callsheet/core/jobs'
import { failed, job } from './answers.ts'

/** What the answer of a call that begins a job says: that it goes on, or how it has ended already. */
export function begin(
  state: JobState,
  handle: Job,
  options: { readonly needsOutput?: boolean } = {},
): TaskPatch {
  if (!state.status) return failed(`The answer of ${handle.provider} says no status.`)
  const patch = patchOfJob(state, options)
  const { status, ...more } = patch
  return status === 'starting' || status === 'processing' ? job(handle, more) : patch
}

/**
 * An id as one segment of a path. Ids come out of records too, and a request must not climb with them to another path.
 */
export function segmentOf(id: string): string {
  if (id !== '' && !/^\.\.?$/.test(id)) return encodeURIComponent(id)
  throw Object.assign(new Error(`"${id}" is no id of a job`), { retryable: false })
}
