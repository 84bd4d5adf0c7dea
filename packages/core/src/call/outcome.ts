import type { TaskStatus } from '../records/task.ts'
import type { SeenFailure } from '../write/classify-failure.ts'
import type { TaskPatch } from '../write/next-version.ts'

/** How a call ended. */
export type Outcome<T = unknown> = { readonly value: T } | { readonly thrown: unknown }

/** What the end of a call means for its task. */
export interface Verdict {
  /** The last status, unless the patch has one. */
  readonly status: TaskStatus
  readonly patch: TaskPatch<never>
  /** For a failure: what a retry policy may know of it. */
  readonly see?: () => SeenFailure
  /** The connection broke, perhaps because the page is about to be left. */
  readonly isBroken?: boolean
  /** The response that failed. Its body may have a better message. */
  readonly response?: Response
}

export const settled = async <T>(call: () => T | PromiseLike<T>): Promise<Outcome<T>> => {
  try {
    return { value: await call() }
  } catch (thrown) {
    return { thrown }
  }
}

export const unwrap = <T>(outcome: Outcome<T>): T => {
  if ('thrown' in outcome) throw outcome.thrown
  return outcome.value
}
