import type { Job, JsonObject, TaskPatch } from '@callsheet/core'

type Output<M> = Omit<TaskPatch<M>, 'status' | 'error'>

/**
 * Says that a call has done its work, also where its status is 202.
 *
 * @param output What to record: `{ outputUrl }`, or the address alone.
 * @example
 * const read = (body: unknown) => done((body as { imageUrl: string }).imageUrl)
 */
export const done = <M = JsonObject>(output: string | Output<M> = {}): TaskPatch<M> => ({
  ...(typeof output === 'string' ? { outputUrl: output } : output),
  status: 'succeeded',
})

/**
 * Says that a call has begun work that goes on: the task stays open, and is followed where `jobs` or a provider knows
 * how.
 *
 * @param handle The provider, the job's id, and where to ask for it.
 * @param more What is known of it so far: `{ stage, progress }`.
 * @example
 * const read = (body: unknown) => job({ provider: 'ours', id: (body as { jobId: string }).jobId })
 */
export const job = <M = JsonObject>(handle: Job, more?: Output<M>): TaskPatch<M> => ({
  ...more,
  status: 'processing',
  job: handle,
})

/**
 * Says that a call has failed, though its status says otherwise.
 *
 * @param reason An Error, a text, or `{ message, code?, httpStatus?, retryable? }`.
 * @example
 * const read = (body: unknown) => ((body as { detail?: string }).detail ? failed('no image') : undefined)
 */
export const failed = <M = JsonObject>(reason: unknown): TaskPatch<M> => ({ status: 'failed', error: reason })
