import { CanceledError } from '../records/errors.ts'
import { createGuard } from '../records/guard.ts'
import { isActive, isFinished, labelOf } from '../records/task.ts'
import type { Queue } from './run-options.ts'
import { handled, type Run } from './run.ts'
import { wait } from './timers.ts'
import { settle } from './verdict.ts'

/** Makes the call once the queue has a place for it. Rejects as soon as the run is stopped before that. */
export function inQueue(run: Run, queue: Queue, call: () => unknown): Promise<unknown> {
  const called = async () => {
    try {
      await placeIn(queue, run)
    } catch (thrown) {
      settle(run, { thrown })
      run.share({ thrown })
      throw thrown
    }
    run.leaveQueue()
    // A listener may have ended it.
    if (run.abort.reason) throw run.abort.reason
    return call()
  }
  return handled(run.host, (run.returned = called()) as Promise<unknown>)
}

/** Resolves once the run has a place in the queue, which it keeps until it is over. */
const placeIn = (queue: Queue, run: Run): Promise<void> =>
  new Promise((resolve, reject) => {
    const { page } = run.host
    const over = run.over()
    void over.then(() => reject(run.abort.reason as Error))
    const start = async () => {
      // A page that was left makes no call.
      if (!page.isHere()) await wait(page.whenHere, 0, [run.abort.signal])
      if (isFinished(run.task)) run.stop(outdated(run))
      else if (run.isReplaced || !isActive(run.task)) run.withdraw(outdated(run))
      if (run.state !== 'over') resolve()
      await over
    }
    createGuard(reject)(() => queue(start))
  })

const outdated = ({ task }: Run): CanceledError =>
  new CanceledError(`${labelOf(task)} left the queue without a call: other work has taken its place.`)
