/** Holds work back while the page is left, and aborts what goes on then. */
export interface Presence {
  /** Aborted when the page is left. */
  readonly signal: () => AbortSignal
  /** Resolves while the page is here. */
  readonly here: () => Promise<void>
  readonly leave: () => void
  readonly comeBack: () => void
}

export function createPresence(): Presence {
  let controller = new AbortController()
  let waiting: (() => void)[] = []
  return {
    signal: () => controller.signal,
    here: () =>
      controller.signal.aborted ? new Promise<void>((resolve) => waiting.push(resolve)) : Promise.resolve(),
    leave: () => controller.abort(),
    comeBack() {
      controller = new AbortController()
      for (const go of waiting.splice(0)) go()
    },
  }
}
