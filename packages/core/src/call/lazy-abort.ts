/** An AbortController that is made when its signal is first read: most functions never read it. */
export class LazyAbort {
  /** Why it was aborted. */
  reason: Error | undefined = undefined
  #controller: AbortController | undefined = undefined

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.reason) this.#controller.abort(this.reason)
    }
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.reason ??= reason
    this.#controller?.abort(reason)
  }
}

/** Calls a listener when one of some signals is aborted. Returns the undo. */
export function onAbort(signals: readonly AbortSignal[], listener: () => void): () => void {
  for (const signal of signals) signal.addEventListener('abort', listener)
  return () => {
    // Signals of some polyfills have no removeEventListener.
    for (const signal of signals) signal.removeEventListener?.('abort', listener)
  }
}

/** A controller that is aborted with a signal. `leave` ends that, and aborts it. */
export function childOf(signal: AbortSignal) {
  const controller = new AbortController()
  const stop = () => controller.abort(signal.reason)
  signal.addEventListener('abort', stop)
  const leave = () => {
    signal.removeEventListener('abort', stop)
    controller.abort()
  }
  return { signal: controller.signal, leave }
}
