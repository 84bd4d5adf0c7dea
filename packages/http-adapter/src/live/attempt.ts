import type { LiveHost } from './request.ts'
import { orAborted } from '../body/signals.ts'
import { trouble, type Trouble } from './live-error.ts'

/** One try to get records. */
export interface Attempt {
  readonly signal: AbortSignal
  /** Ends the try when nothing comes within some ms; until it is called again. `next` is asked then. */
  readonly expect: (ms: number, what: string, next: () => Trouble['next']) => void
}

/** Makes one try, until it ends by itself or is aborted. Rejects with the trouble that it ended with. */
export async function makeAttempt(
  { clock, schedule }: LiveHost,
  controller: AbortController,
  action: (attempt: Attempt) => Promise<void>,
): Promise<void> {
  const { signal } = controller
  let stopTimer = () => {}

  function expect(ms: number, what: string, next: () => Trouble['next'], isSecond = false): void {
    stopTimer()
    const due = clock() + ms
    stopTimer = schedule(() => {
      // A machine that slept runs its timers first, and only then reads what has come: it gets time for that, once.
      if (!isSecond && clock() - due > 5_000) expect(10_000, what, next, true)
      else controller.abort(trouble(what, { next: next() }))
    }, ms)
  }

  try {
    // What does not listen to the signal is left behind.
    await orAborted(signal, action({ signal, expect: (...args) => signal.aborted || expect(...args) }))
  } finally {
    stopTimer()
    // Lets go of a body that was not read to its end.
    controller.abort()
  }
}
