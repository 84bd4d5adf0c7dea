/** A clock that stands still until it is told to go on, and the timers that hang on it. */
export interface FakeClock {
  /** Epoch ms, whole. Give it to a tracker as `clock`. */
  readonly now: () => number
  /** Calls back after some ms; gives the undo. Give it to a tracker as `schedule`. Throws a RangeError on no number. */
  readonly schedule: (callback: () => void, ms: number) => () => void
  /** How many timers wait. */
  readonly pending: number
  /** Lets ms pass: runs the timers that come due, in order, and after each what promises do next. */
  readonly advance: (ms: number) => Promise<void>
  /** Goes to the next timer and runs it. Gives the ms that passed; undefined when no timer waits. */
  readonly next: () => Promise<number | undefined>
  /** Lets ms pass while no timer runs, as a closed laptop does: those that came due run at the next `advance`. */
  readonly sleep: (ms: number) => void
}

interface Timer {
  readonly due: number
  readonly callback: () => void
}

/**
 * Makes a clock for tests: time passes only by `advance`, `next` and `sleep`.
 *
 * Work that waits for a real file, socket or timer is not waited for. A timer that throws makes `advance` reject.
 *
 * @param start Epoch ms. Default: the first of January 2026, UTC.
 * @example
 * const clock = createFakeClock()
 * const tracker = createTracker({ pipeline: showPipeline, clock: clock.now, schedule: clock.schedule })
 * void tracker.show('neon-noir').track('trailer', () => new Promise(() => {}), { timeout: 60_000 })
 * await clock.advance(60_000)
 * tracker.getTasks()[0]?.status // 'failed'
 */
export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let time = start
  // In the order of their making, so that of two that are due at once the older runs first.
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
      // Whole ms, and never early.
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
  throw new RangeError(`A fake clock cannot wait for ${ms} ms; give a number.`)
}

/**
 * Hands out turns of the event loop: after one, whatever promises could do by themselves is done.
 *
 * Messages, because counting microtasks would guess, and because fakes of `setTimeout` leave them alone.
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
