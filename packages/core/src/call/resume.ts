import type { AnyMetadata } from '../records/json.ts'
import { Context } from './run-context.ts'
import type { RunContext } from './run-options.ts'
import { problem } from '../records/errors.ts'
import { Run, type TrackHost } from './run.ts'
import { isActive, type Job, type TaskRecord } from '../records/task.ts'
import { shown } from '../write/input.ts'
import { settle } from './verdict.ts'
import type { TaskPatch } from '../write/next-version.ts'

/** The parts of a run that a follower of a job needs. */
export interface FollowContext extends Pick<RunContext, 'signal' | 'task' | 'wait' | 'now' | 'update'> {
  /**
   * Watches the page while a connection is open. The returned function says afterwards whether the browser has cut the
   * connection because the page was left.
   */
  readonly watchPage?: (() => () => Promise<boolean>) | undefined
}

/**
 * Waits for a job to end, and returns fields to record: nothing, or `{ outputUrl, … }`. An error fails the task; a
 * JobLostError interrupts it. It only polls: the paid call is never made again.
 */
export type Follow = (job: Job, context: FollowContext) => Promise<TaskPatch<AnyMetadata> | void>

/** What `resume` did with the unfinished tasks. */
export interface ResumeResult {
  /** Ids of the tasks that are followed again. */
  readonly resumed: readonly string[]
  /** Ids of the tasks that could not be followed. */
  readonly interrupted: readonly string[]
}

/** Follows every unfinished task that has a handle and a follower, and interrupts the rest. */
export function resume(
  host: TrackHost,
  tasks: readonly TaskRecord[],
  followers: Readonly<Record<string, Follow>>,
): ResumeResult {
  const ownership = host.ownership()
  const resumed: string[] = []
  const interrupted: string[] = []
  for (const task of tasks) {
    const { id, job } = task
    const follow: unknown = job && Object.hasOwn(followers, job.provider) && followers[job.provider]
    if (job && typeof follow === 'function') {
      const again = () => followAgain(host, task, job, follow as Follow)
      // A task that ran before, perhaps elsewhere: if another owner has it, nothing is followed here.
      if (!ownership) again()
      else
        void ownership.ownerOf(task, host.report).then((owner) => {
          if (owner === undefined && !host.runs.has(id)) again()
        })
      resumed.push(id)
      continue
    }
    if (job && follow) {
      const message = `resume: invalid follower of "${job.provider}": expected a function, got ${shown(follow)}.`
      host.report(problem('invalid_option', message))
    }
    if (!isActive(task)) continue
    host.write(id, { status: 'interrupted' })
    interrupted.push(id)
  }
  return { resumed, interrupted }
}

function followAgain(host: TrackHost, task: TaskRecord, job: Job, follow: Follow): void {
  const run = new Run(host, {})
  run.attach(task)
  // Async, because a follower may also throw synchronously.
  const followed = async () => follow(job, new Context(run) as unknown as FollowContext)
  followed().then(
    (patch) => run.end({ status: 'succeeded', patch: (patch ?? {}) as TaskPatch<never> }),
    (error: unknown) => settle(run, { thrown: error }),
  )
}
