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

/** Nobody else can have this response. */
export class SpentError extends Error {}

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
  const waiting = new Set<(from: Response) => void>()
  let source: Response | undefined
  let spare: Response | undefined
  observe(response, (original) => {
    for (const take of waiting) take(original)
    source = original
    if (keeps(original)) spare = tryClone(original)
  })
  return {
    join: (signal) =>
      new Promise((resolve, reject) => {
        const take = (from: Response) => {
          const copy = tryClone(from)
          if (copy) resolve(copy)
          else reject(new SpentError('The response has been read already.'))
        }
        if (signal?.aborted) return reject(signal.reason)
        if (source) return take(spare ?? source)
        const leave = () => {
          if (waiting.delete(take)) reject(signal?.reason)
        }
        const end = () => signal?.removeEventListener('abort', leave)
        waiting.add(take)
        signal?.addEventListener('abort', leave)
        observe(response, end, (error) => {
          end()
          reject(error)
        })
      }),
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
