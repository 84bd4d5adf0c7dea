import type { Outcome } from './outcome.ts'
import type { Run } from './run.ts'
import { verdictOf } from './verdict.ts'

/**
 * The outcome of an attempt, or a TimeoutError if it takes longer than `attemptTimeout`.
 *
 * A late success beats the timeout: if the attempt succeeds after all, before the run is over, its task has succeeded, the
 * attempts after it are aborted, and `win` is called with its value.
 */
export function inTime(
  run: Run,
  attempt: number,
  end: Promise<Outcome>,
  win: (value: unknown) => void,
): Promise<Outcome> {
  const { attemptTimeout: limit = Infinity } = run.options
  if (limit === Infinity) return end
  return new Promise((resolve) => {
    const expire = () => {
      if (run.isOver) return
      resolve({ thrown: run.expire(attempt, limit) })
      void end.then((late) => {
        if ('thrown' in late || run.isOver) return
        const { status, patch } = verdictOf(run, late)
        if (status !== 'succeeded' || run.isOver) return
        run.succeedLate(patch)
        win(late.value)
      })
    }
    const stopTimer = run.later(expire, limit)
    void end.then((outcome) => {
      stopTimer()
      resolve(outcome)
    })
  })
}
