/** `then` of a promise, also where it has a `then` of its own. */
export const derive = <T, U>(promise: Promise<T>, onValue: (value: T) => U | Promise<U>): Promise<U> =>
  Promise.prototype.then.call(promise, onValue as never) as Promise<U>

/** Attaches handlers, which must not throw, and leaves no rejection behind. */
export function observe<T>(
  promise: Promise<T>,
  onValue?: (value: T) => void,
  onError: (error: unknown) => void = () => {},
): void {
  void Promise.prototype.then.call(promise, onValue as never, onError)
}

/** Why a call cannot be joined: its response has been read already. */
export const spent = Symbol('spent')

/** A response that others may wait for, each of whom gets a copy. */
export interface SharedCall {
  /** A copy of its own for one more caller, whose signal ends the waiting and not the call. */
  readonly join: (signal: AbortSignal | undefined) => Promise<Response>
  /** Nobody joins any more: lets go of what was kept for them. */
  readonly close: () => void
}

/**
 * Shares a call. Has to see the response before its first caller does: a body that has been read cannot be copied.
 *
 * Where `keeps` says so, a copy is held for those who come later than the response; memory holds what others read of
 * it.
 */
export function shareCall(response: Promise<Response>, keeps: (response: Response) => boolean): SharedCall {
  let isWanted = false
  let spare: Response | undefined
  const ready = derive(response, (original) => {
    if (isWanted || keeps(original)) spare = tryClone(original)
    return original
  })
  observe(ready)
  return {
    join(signal) {
      isWanted = true
      return new Promise((resolve, reject) => {
        const leave = () => reject(signal?.reason as Error)
        const end = () => signal?.removeEventListener('abort', leave)
        if (signal?.aborted) return leave()
        signal?.addEventListener('abort', leave)
        observe(
          ready,
          (original) => {
            end()
            const copy = tryClone(spare ?? original)
            if (copy) resolve(copy)
            else reject(spent)
          },
          (error) => {
            end()
            reject(error as Error)
          },
        )
      })
    },
    close() {
      spare?.body?.cancel().catch(() => {})
    },
  }
}

/** A fake, or a body that somebody has read already, cannot be copied. */
export function tryClone(response: Response): Response | undefined {
  try {
    return response.clone()
  } catch {
    return undefined
  }
}
