import type { Job, TaskRecord, TaskVersion } from '@callsheet/core'

/** The fields of a task that merging a webhook needs. */
export type KnownTask = Pick<TaskRecord, 'id' | 'status' | 'job'>

/** The job that a delivery is about. */
export type JobKey = Pick<Job, 'provider' | 'id'>

/** The part of a tracker that finding a job needs. */
export interface JobTracker {
  readonly serialize: () => { readonly tasks: readonly TaskVersion[] }
  readonly getTask: (id: string) => KnownTask | undefined
  readonly on: (
    event: 'taskChanged',
    handler: (change: { readonly task: KnownTask | undefined }) => void,
  ) => unknown
}

/** Whether the task has this job now, and not in an older attempt. */
export const isOf = ({ job }: KnownTask, { provider, id }: JobKey): boolean =>
  job?.id === id && job.provider === provider

/** By tracker, the task ids of its jobs. */
const known = new WeakMap<JobTracker, Map<string, string>>()

/**
 * The task that has a job now, also when it has left the lists.
 *
 * The first call reads all tasks and listens from then on, so that each later one costs the same with any number.
 */
export function findJob(tracker: JobTracker, job: JobKey): KnownTask | undefined {
  const taskId = (known.get(tracker) ?? listenTo(tracker)).get(keyOf(job))
  const task = taskId === undefined ? undefined : tracker.getTask(taskId)
  return task && isOf(task, job) ? task : undefined
}

function listenTo(tracker: JobTracker): Map<string, string> {
  const ids = new Map<string, string>()
  let most = 0
  const add = (task: KnownTask | undefined) => {
    if (task?.job) ids.set(keyOf(task.job), task.id)
  }
  const read = () => {
    ids.clear()
    for (const version of tracker.serialize().tasks) add('removed' in version ? undefined : version)
    most = ids.size * 2 + 1_000
  }
  read()
  known.set(tracker, ids)
  tracker.on('taskChanged', ({ task }) => {
    add(task)
    // Half of it is gone: jobs of older attempts, removed tasks, forgotten shows.
    if (ids.size > most) read()
  })
  return ids
}

const keyOf = ({ provider, id }: JobKey): string => `${provider}\n${id}`
