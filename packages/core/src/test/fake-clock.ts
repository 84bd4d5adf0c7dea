import { CallsheetError } from '../records/errors.ts'
import { shown } from '../write/input.ts'

/** A clock that advances only on demand, and its timers. */
export interface FakeClock {
  /** Returns whole epoch ms. Pass it to a tracker as `clock`. */
  readonly now: () => number
  /** Calls the callback after ms; returns its undo. Pass it to a tracker as `schedule`. */
  readonly schedule: (callback: () => void, ms: number) => () => void
  /** The number of pending timers. */
  readonly pending: number
  /** Advances by ms: runs the due timers in order, and after each one the pending promises. */
  readonly advance: (ms: number) => Promise<void>
  /** Advances to the next timer and runs it. Returns the ms that passed; undefined without a pending timer. */
  readonly next: () => Promise<number | undefined>
  /** Advances by ms without running timers, like a closed laptop. Due timers run at the next `advance`. */
  readonly sleep: (ms: number) => void
}

interface Timer {
  readonly due: number
  readonly callback: () => void
}

/**
 * Creates a clock for tests. Time passes only by `advance`, `next` and `sleep`.
 *
 * The clock does not wait for real files, sockets or timers. If a timer throws, `advance` rejects. A duration that is not a
 * finite number throws a CallsheetError.
 *
 * @param start Epoch ms. @default the first of January 2026, UTC
 * @example
 * const clock = createFakeClock()
 * const tracker = createTracker({ pipeline: showPipeline, clock: clock.now, schedule: clock.schedule })
 * void tracker.show('neon-noir').track('trailer', () => new Promise(() => {}), { timeout: 60_000 })
 * await clock.advance(60_000)
 * tracker.getTasks()[0]?.status // 'failed'
 */
export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let time = start
  // In insertion order, so that of two timers that are due at once the older runs first.
  const timers = new Set<Timer>()

  const first = (): Timer | undefined => {
    let best: Timer | undefined
    for (const timer of timers) if (best === undefined || timer.due < best.due) best = timer
    return best
  }

  const fire = (timer: Timer): void => {
    timers.delete(timer)
    time = Math.max(time, timer.due)
    timer.callback()
  }

  return {
    now: () => time,
    schedule(callback, ms) {
      // Whole ms, rounded up.
      const timer = { due: time + Math.max(0, Math.ceil(checked(ms))), callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    get pending() {
      return timers.size
    },
    advance: (ms) =>
      withTurns(async (turn) => {
        const end = time + checked(ms)
        await turn()
        for (let timer = first(); timer && timer.due <= end; timer = first()) {
          fire(timer)
          await turn()
        }
        time = Math.max(time, end)
      }),
    next: () =>
      withTurns(async (turn) => {
        await turn()
        const before = time
        const timer = first()
        if (!timer) return undefined
        fire(timer)
        await turn()
        return Math.max(before, timer.due) - before
      }),
    sleep: (ms) => void (time += checked(ms)),
  }
}

const checked = (ms: number): number => {
  if (Number.isFinite(ms)) return ms
  throw new CallsheetError(`Invalid duration: expected finite milliseconds, got ${shown(ms)}.`, {
    code: 'invalid_option',
  })
}

/**
 * Provides turns of the event loop. After a turn, all pending promises have been processed.
 *
 * Uses messages, because a number of microtasks would be a guess, and because fakes of `setTimeout` do not affect them.
 */
async function withTurns<T>(action: (turn: () => Promise<void>) => Promise<T>): Promise<T> {
  const { port1, port2 } = new MessageChannel()
  try {
    return await action(
      () =>
        new Promise((resolve) => {
          port1.addEventListener('message', () => resolve(), { once: true })
          port1.start()
          port2.postMessage(undefined)
        }),
    )
  } finally {
    port1.close()
  }
}
