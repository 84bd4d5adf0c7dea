/** Runs an action, and tells what it throws or rejects with: an asynchronous function fits where none is asked for. */
export function guard(action: () => unknown, tell: (error: unknown) => void): void {
  try {
    const result = action()
    if (result !== null && typeof result === 'object' && 'then' in result) {
      Promise.resolve(result).then(undefined, tell)
    }
  } catch (error) {
    tell(error)
  }
}
