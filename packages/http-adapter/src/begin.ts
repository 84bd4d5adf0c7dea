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
  const end = endOf(status)
  if (end === 'failed') return failed(error ?? `The provider says: ${status}.`)
  if (end === 'canceled') return { status: end }
  const { stage = status, progress, outputUrl, outputs, metadata } = state
  if (end === undefined) return job(handle, { stage, ...(progress !== undefined && { progress }) })
  // As of a job that is followed.
  const isEmpty = !outputUrl && !outputs?.length && metadata === undefined
  if (needsOutput && isEmpty) return failed('The job succeeded without an output.')
  return done({ ...(outputUrl && { outputUrl }), ...(outputs && { outputs }), ...(metadata && { metadata }) })
}

/**
 * An id as one segment of a path. Ids come out of records too, and a request must not climb with them to another path.
 */
export function segmentOf(id: string): string {
  if (id !== '' && !/^\.\.?$/.test(id)) return encodeURIComponent(id)
  throw Object.assign(new Error(`"${id}" is no id of a job`), { retryable: false })
}
