/** Calls back after some ms; gives the undo. */
export type Schedule = (callback: () => void, ms: number) => () => void

/** Above this a timer of JavaScript runs at once. */
const longest = 2_147_483_647

/**
 * Makes a schedule that takes any duration: a long one is split into parts, Infinity never calls back, and what is not a
 * number counts as 0.
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
      stop = left > longest ? schedule(() => go(left - longest), longest) : schedule(callback, left)
    }
    if (ms !== Infinity) go(ms > 0 ? ms : 0)
    return () => stop()
  }
