import { CallsheetError } from './errors.ts'

/**
 * Calls back with what a value rejects with, if it is a promise of any realm or another thenable: what a listener
 * returns is awaited. A value that cannot be looked at counts as one that rejects. False for all other values.
 */
export function onRejected(value: unknown, tell: (error: unknown) => void): boolean {
  if (value === null || typeof value !== 'object') return false
  try {
    if (!('then' in value)) return false
    Promise.resolve(value).then(undefined, tell)
  } catch (error) {
    tell(error)
  }
  return true
}

/** Makes a function that runs an action and tells what it throws, or rejects with later. False when it threw. */
export const createGuard =
  (tell: (error: unknown) => void) =>
  (action: () => unknown): boolean => {
    try {
      onRejected(action(), tell)
      return true
    } catch (error) {
      tell(error)
      return false
    }
  }

/** What a callback gives that must answer at once; undefined where it throws or gives a promise, which is told. */
export function answerOf<T>(callback: () => T, tell: (error: unknown) => void): T | undefined {
  try {
    const answer = callback()
    if (!onRejected(answer, tell)) return answer
    const message = 'A callback returned a promise; expected a value. The call went on without it.'
    tell(new CallsheetError(message, { code: 'invalid_option' }))
  } catch (error) {
    tell(error)
  }
  return undefined
}
