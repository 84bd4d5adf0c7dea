import { problem } from '../records/errors.ts'
import { answerOf, onRejected } from '../records/guard.ts'
import { limits } from '../records/text.ts'
import { shown } from '../write/input.ts'

// randomUUID is missing on pages without a secure context.
const randomId = (): string =>
  globalThis.crypto.randomUUID?.() ??
  Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

export const setTimer = (callback: () => void, ms: number) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

/** Makes `newId`. A promise is refused as an id, and its rejection counts as handled. */
export const createIds =
  (createId: () => string = randomId) =>
  (): string => {
    const id = createId()
    onRejected(id, () => {})
    return id
  }

/** Makes `now`: the time in epoch ms, limited to what a record may hold. An invalid time is reported. */
export function createClock(clock: () => number, report: (error: unknown) => void): () => number {
  let last = 0
  return () => {
    const time = answerOf(clock, report)
    if (time === undefined) return last
    if (typeof time !== 'number' || !(time >= 0)) {
      report(problem('invalid_option', `clock: expected epoch milliseconds, got ${shown(time)}.`))
      return last
    }
    if (time > limits.time) {
      const message = `clock: ${time} is beyond the maximum time ${limits.time}, which is used instead.`
      report(problem('limit_reached', message))
    }
    return (last = Math.min(time, limits.time))
  }
}
