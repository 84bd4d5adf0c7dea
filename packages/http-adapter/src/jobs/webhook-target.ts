import type { TaskPatch } from '@callsheet/core'
import { type JobState, patchOfJob } from '@callsheet/core/jobs'
import { findJob, type JobKey, type JobTracker, type KnownTask } from './find-job.ts'

/** Where tasks are kept that are in no tracker: a collector, a database. */
export interface WebhookTarget<T extends KnownTask = KnownTask> {
  /** The task that has this job now, finished or not. */
  readonly find: (job: JobKey) => T | undefined | Promise<T | undefined>
  /**
   * Writes the next version of what `find` gave. The patch is as the provider said it: what writes it has to redact, as a
   * tracker does.
   */
  readonly update: (task: T, patch: TaskPatch) => unknown
}

/** A tracker, as far as a webhook needs one. */
export interface WebhookTracker extends JobTracker {
  // So that a tracker of any pipeline can stand here.
  readonly updateTask: (id: string, patch: never) => unknown
  readonly report?: (error: unknown) => void
}

/** A tracker as a target. */
export const targetOf = <T extends KnownTask>(given: WebhookTarget<T> | WebhookTracker): WebhookTarget<T> =>
  'find' in given
    ? given
    : {
        find: (job) => findJob(given, job) as T | undefined,
        update: ({ id }, patch) => given.updateTask(id, patch as never),
      }

/**
 * What a delivery changes; undefined when nothing is new.
 *
 * A success counts even after a cancel or a failure, for it was paid for. Nothing else changes a finished task, and
 * a late `starting` does not change a task that is already processing.
 */
export function patchFor(task: KnownTask, state: JobState, needsOutput: boolean): TaskPatch | undefined {
  if (task.status === 'succeeded') return undefined
  const patch = patchOfJob(state, { needsOutput })
  if (patch.status === 'succeeded') return patch
  if (task.status === 'failed' || task.status === 'canceled') return undefined
  // A provider that does not know the job says nothing new of it.
  if (patch.status === 'interrupted') return undefined
  return patch.status === 'starting' && task.status === 'processing' ? undefined : patch
}
