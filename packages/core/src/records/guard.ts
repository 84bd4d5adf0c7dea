import { CallsheetError } from './errors.ts'

/**
 * Calls `tell` when a promise (of any realm) or another thenable rejects. A value that throws when it is inspected counts
 * as rejected. Returns false for all other values.
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

/** Makes a function that runs an action and passes errors, thrown or rejected, to `tell`. Returns false if it threw. */
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

/** The result of a synchronous callback; undefined if it throws or returns a promise, which goes to `tell`. */
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
