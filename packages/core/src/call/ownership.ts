import { AlreadyRunningError, CanceledError } from '../records/errors.ts'
import { labelOf, type TaskRecord } from '../records/task.ts'
import { kindOf } from './observe.ts'
import type { Ownership, Run } from './run.ts'

/** How several trackers (browser tabs, processes) agree on which of them works on a slot. */
export interface OwnershipOptions {
  /**
   * Makes this tracker the owner of the task's slot, for the task's attempt. Resolves to undefined once it is, or to the id
   * of the task that another owner works on. The call is made in the same turn of the event loop. If it rejects, the error
   * is reported, and the call is made without a claim.
   */
  readonly claim: (task: TaskRecord) => Promise<string | undefined>
  /** Whether another living tracker works on the task. */
  readonly isElsewhere: (task: TaskRecord) => boolean
}

/**
 * Makes what `tracker.own` takes: before each attempt the slot of its task is claimed. For adapters; a browser's is
 * `keepInBrowser`.
 *
 * @example
 * const locks = new Map<string, string>()
 * const owned = tracker.own(
 *   createOwnership({
 *     claim: async ({ id, type }) => (locks.has(type) ? locks.get(type) : void locks.set(type, id)),
 *     isElsewhere: () => false,
 *   }),
 * )
 * owned.release()
 */
export function createOwnership({ claim, isElsewhere }: OwnershipOptions): Ownership {
  async function ownerOf(task: TaskRecord, report: (error: unknown) => void) {
    try {
      return await claim(task)
    } catch (error) {
      report(error)
      return undefined
    }
  }

  /** Rejects if the slot is owned elsewhere. */
  async function claimed(run: Run, call: () => unknown): Promise<unknown> {
    const { host, task } = run
    const owner = await ownerOf(task, host.report)
    // Canceled meanwhile.
    if (run.abort.reason) throw run.abort.reason
    if (owner !== undefined) {
      const finished = () => host.ended(owner, task.showId)
      const error = new AlreadyRunningError(labelOf(task), owner, { finished })
      run.withdraw(error)
      throw error
    }
    // Made elsewhere while the slot was claimed.
    if (run.options.unless === 'done' && task.attempt === 1 && host.isDone(task)) {
      run.withdraw(new CanceledError(`${labelOf(task)} is done already.`))
      return undefined
    }
    run.beginAttempt({})
    return call()
  }

  async function valueOf(run: Run, call: () => unknown): Promise<unknown> {
    const value = await claimed(run, call)
    const kind = kindOf(value)
    if (kind === 'lazy' || kind === 'generator') run.lose(value)
    return value
  }

  /** Its first step claims the slot. */
  async function* stepsOf(run: Run, call: () => unknown): AsyncGenerator {
    const steps = (await claimed(run, call)) as AsyncGenerator | undefined
    return steps && (yield* steps)
  }

  return {
    isElsewhere,
    ownerOf,
    attempt: (run, fn, call) => () => (isGeneratorFunction(fn) ? stepsOf(run, call) : valueOf(run, call)),
  }
}

/** Whether a function is an `async function*`, of any realm. */
const isGeneratorFunction = (fn: unknown): boolean =>
  Object.prototype.toString.call(fn) === '[object AsyncGeneratorFunction]'
