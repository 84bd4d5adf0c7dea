import { problem } from '../records/errors.ts'
import { shown } from '../write/input.ts'

/**
 * A page event, for `tracker.page`.
 *
 * `watched`: page events will be passed on from now. `may-leave`: the page may be about to end (`beforeunload`). `left`: the
 * page is hidden for good, cached or frozen (`pagehide`, `freeze`). `returned`: it continues (`pageshow`, `resume`).
 */
export type PageEvent = 'watched' | 'may-leave' | 'left' | 'returned'

/**
 * Milliseconds around `may-leave` and before `left` in which a broken connection counts as cut by the browser. Measured:
 * Firefox cuts 4 to 30 ms after `beforeunload`, Chromium 26 ms before `pagehide` when a window is closed.
 */
export const cutTime = 300
/** Milliseconds for which `may-leave` holds up new work. Firefox sends `pagehide` up to 1.2 s later. */
const doubtTime = 2_000

/** The page of a tracker, as page events describe it. Without events it is always here. */
export interface Page {
  readonly tell: (event: PageEvent) => void
  readonly isHere: () => boolean
  /** From `left` until `returned`. */
  readonly isLeft: () => boolean
  /** Changes whenever the page is left. */
  readonly departures: () => number
  /** Calls back at once if the page is here, or when it has returned. Returns the undo. */
  readonly whenHere: (callback: () => void) => () => void
  /**
   * Calls back with whether the browser cut a connection that has just broken because the page is left. Takes up to 300 ms
   * if page events are watched. Returns a function that answers at once, with false by default.
   */
  readonly judge: (callback: (isCut: boolean) => void) => (isCut?: boolean) => void
  /** Watches the page while a connection is open. The returned function says afterwards whether the browser has cut it. */
  readonly watch: () => () => Promise<boolean>
}

interface World {
  readonly now: () => number
  readonly schedule: (callback: () => void, ms: number) => () => void
  /** Runs an action and reports what it throws. Returns false if it threw. */
  readonly guarded: (action: () => void) => boolean
}

export function createPage({ now, schedule, guarded }: World): Page {
  let isWatched = false
  let departures = 0
  let state: 'here' | 'in doubt' | 'left' = 'here'
  let mayLeaveAt = -Infinity
  let stopDoubt = () => {}
  const waiting = new Set<() => void>()
  const judged = new Set<(isCut: boolean) => void>()

  function comeBack(): void {
    stopDoubt()
    state = 'here'
    for (const callback of waiting) {
      waiting.delete(callback)
      guarded(callback)
    }
  }

  function leave(event: 'may-leave' | 'left'): void {
    stopDoubt()
    if (event === 'left') {
      departures += 1
      state = 'left'
    } else if (state !== 'left') {
      mayLeaveAt = now()
      stopDoubt = schedule(comeBack, doubtTime)
      state = 'in doubt'
    }
    for (const answer of judged) answer(true)
  }

  const isCutting = () => state === 'left' || Math.abs(now() - mayLeaveAt) < cutTime

  function judge(callback: (isCut: boolean) => void): (isCut?: boolean) => void {
    let stopTimer = () => {}
    const answer = (isCut = false) => {
      if (!judged.delete(answer)) return
      stopTimer()
      callback(isCut)
    }
    judged.add(answer)
    const isHeld = guarded(() => {
      if (isCutting()) answer(true)
      else if (isWatched) stopTimer = schedule(() => answer(), cutTime)
      else answer()
    })
    if (!isHeld) answer()
    return answer
  }

  return {
    tell: (event) =>
      void guarded(() => {
        if (event === 'watched') isWatched = true
        else if (event === 'returned') comeBack()
        else if (event === 'may-leave' || event === 'left') leave(event)
        else {
          const message = `Invalid page event ${shown(event)}: expected "watched", "may-leave", "left" or "returned".`
          throw problem('invalid_option', message)
        }
      }),
    isHere: () => state === 'here',
    isLeft: () => state === 'left',
    departures: () => departures,
    whenHere(callback) {
      if (state !== 'here') waiting.add(callback)
      else callback()
      return () => void waiting.delete(callback)
    },
    judge,
    watch() {
      const before = departures
      return () =>
        new Promise((resolve) => {
          if (departures === before) judge(resolve)
          else resolve(true)
        })
    },
  }
}
