import type { Job, TaskPatch } from '@callsheet/core'

type Plain = Omit<TaskPatch, 'status' | 'error' | 'metadata'>
type Detailed<M extends object> = Plain & { readonly metadata: M }

/**
 * For `read`: the call has done its work, also with a 202.
 *
 * @param output The patch, such as `{ outputUrl }`, or the address alone.
 * @example
 * const read = (body: unknown) => done((body as { imageUrl: string }).imageUrl)
 */
export function done(output?: string | Plain): Plain & { readonly status: 'succeeded' }
export function done<M extends object>(output: Detailed<M>): Detailed<M> & { readonly status: 'succeeded' }
export function done(output: string | Plain = {}): TaskPatch {
  return { ...(typeof output === 'string' ? { outputUrl: output } : output), status: 'succeeded' }
}

/**
 * For `read`: the call has begun a job. The task stays open, and `jobs` or a provider follows it.
 *
 * @param handle The provider, the job's id, and the address to poll.
 * @param more Its state so far: `{ stage, progress }`.
 * @example
 * const read = (body: unknown) => job({ provider: 'ours', id: (body as { jobId: string }).jobId })
 */
export function job(handle: Job, more?: Plain): Plain & { readonly status: 'processing' }
export function job<M extends object>(
  handle: Job,
  more: Detailed<M>,
): Detailed<M> & { readonly status: 'processing' }
export function job(handle: Job, more?: Plain): TaskPatch {
  // Of servers that number their jobs.
  const id = typeof handle.id === 'number' ? String(handle.id) : handle.id
  return { ...more, status: 'processing', job: { ...handle, id } }
}

/**
 * For `read`: the call has failed, though its status says otherwise.
 *
 * @param reason An Error, a text, or `{ message, code?, httpStatus?, retryable? }`.
 * @example
 * const read = (body: unknown) => ((body as { detail?: string }).detail ? failed('no image') : undefined)
 */
export const failed = (reason: unknown): Pick<TaskPatch, 'status' | 'error'> => ({
  status: 'failed',
  error: reason,
})
