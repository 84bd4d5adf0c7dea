import { problem } from '../records/errors.ts'
import { onRejected } from '../records/guard.ts'
import { onAbort } from './lazy-abort.ts'

/** Calls back after some ms. Returns the undo. */
export type Schedule = (callback: () => void, ms: number) => () => void

/** The maximum of setTimeout: above it, a timer fires at once. */
const longestTimer = 2_147_483_647

/**
 * Makes a schedule for any duration: a long one is split into parts, Infinity never calls back, and an invalid one counts
 * as 0. Throws if the given schedule returns a promise, whose rejection then counts as handled.
 *
 * @example
 * const schedule = anyDuration((callback, ms) => {
 *   const timer = setTimeout(callback, ms)
 *   return () => clearTimeout(timer)
 * })
 * const stop = schedule(() => {}, 30 * 86_400_000)
 */
export const anyDuration =
  (schedule: Schedule): Schedule =>
  (callback, ms) => {
    let stop = () => {}
    const go = (left: number): void => {
      const rest = left - longestTimer
      stop = rest > 0 ? schedule(() => go(rest), longestTimer) : schedule(callback, left)
      if (!onRejected(stop, () => {})) return
      const message = 'Invalid "schedule": expected a function that stops the timer, got a promise.'
      throw problem('invalid_option', message)
    }
    if (ms !== Infinity) go(ms > 0 ? ms : 0)
    return () => stop()
  }

/** Resolves after some ms. Rejects with the reason as soon as one of the signals is aborted. */
export const wait = (schedule: Schedule, ms: number, signals: readonly AbortSignal[]): Promise<void> =>
  new Promise((resolve, reject) => {
    let stopTimer = () => {}
    const stop = () => {
      stopTimer()
      undo()
      reject(signals.find(({ aborted }) => aborted)?.reason as Error)
    }
    const undo = onAbort(signals, stop)
    if (signals.some(({ aborted }) => aborted)) return stop()
    stopTimer = schedule(() => {
      undo()
      resolve()
    }, ms)
  })

/**
 * How long to wait before the next try, in ms: `first`, then twice, four times … as long, up to `max`. A random half
 * to all of that, so that many clients do not come back at once.
 *
 * @param failures Number of consecutive failures before the last one.
 * @param random From 0 to under 1.
 */
export const backoff = (
  failures: number,
  random: number,
  { first = 1_000, max = 60_000 }: { readonly first?: number; readonly max?: number } = {},
): number => Math.min(Math.max(first, max), first * 2 ** failures) * (0.5 + random / 2)
