/** Calls back once when a signal is aborted; returns the undo. Also for signals of other realms and libraries. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  signal?.addEventListener?.('abort', listener, { once: true })
  return () => signal?.removeEventListener?.('abort', listener)
}

/** Settles as `work` does, or rejects with the reason as soon as the signal is aborted. */
export function orAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal!.reason as Error)
    const undo = onAbort(signal, stop)
    if (signal?.aborted) stop()
    work.then(resolve, reject).finally(undo)
  })
}

/** A signal that is aborted with the first of others. */
export interface JoinedSignal {
  readonly signal: AbortSignal
  /** Removes the listeners. Undefined where the platform joins signals by itself, and no listener is left. */
  readonly release?: () => void
}

/**
 * `AbortSignal.any`, also where it does not exist (Safari before 17.4), and for signals of other realms and libraries.
 * Throws for what is not a signal.
 */
export function joinSignals(signals: readonly AbortSignal[]): JoinedSignal {
  if ('any' in AbortSignal && signals.every(isNative)) return { signal: AbortSignal.any([...signals]) }
  const controller = new AbortController()
  const undos: (() => void)[] = []
  const release = () => undos.forEach((undo) => undo())
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason)
    if (typeof signal.addEventListener !== 'function') throw new TypeError('Expected an AbortSignal.')
    undos.push(
      onAbort(signal, () => {
        release()
        controller.abort(signal.reason)
      }),
    )
  }
  if (controller.signal.aborted) release()
  return { signal: controller.signal, release }
}

/** Also for another realm's, and unlike Node's own check not for what merely looks like a signal. */
function isNative(signal: AbortSignal): boolean {
  try {
    Reflect.get(AbortSignal.prototype, 'aborted', signal)
    return true
  } catch {
    return false
  }
}
