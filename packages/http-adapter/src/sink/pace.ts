import { backoff } from '@callsheet/core/provider'
import type { Platform } from '../platform/platform.ts'

/**
 * Decides when a sink sends: `delay` after a change, at once when a batch is full, and with backoff after a failure.
 *
 * @param delay From a change, in ms.
 * @param turn Called then; must not throw.
 */
export function createPace({ schedule, random }: Platform, delay: number, turn: () => void) {
  let failures = 0
  let isUrgent = false
  let stopTimer: (() => void) | undefined
  let stopWaiting: (() => void) | undefined
  /** The server asked for the current wait. */
  let isAsked = false

  function due(): void {
    stopTimer?.()
    stopTimer = undefined
    turn()
  }

  function endWait(): void {
    stopWaiting?.()
    stopWaiting = undefined
    isAsked = false
  }

  function wake(): void {
    endWait()
    due()
  }

  return {
    isWaiting: () => stopWaiting !== undefined,
    isAsked: () => isAsked,
    /** Something waits. */
    soon(isFull: boolean): void {
      if (stopTimer && (isUrgent || !isFull)) return
      stopTimer?.()
      isUrgent = isFull
      stopTimer = schedule(due, isFull ? 0 : delay)
    },
    /** @param ms What the server asks for. */
    fail(ms: number | undefined): void {
      endWait()
      isAsked = ms !== undefined
      // A server that asks for no pause gets one all the same.
      const least = backoff(isAsked ? 0 : failures, random())
      stopWaiting = schedule(wake, Math.max(ms ?? 0, least))
      failures += 1
    },
    succeed(): void {
      failures = 0
      endWait()
    },
    /** Now rather than later, but for when the server said how much later. */
    hurry(): void {
      if (!isAsked) wake()
    },
    stop(): void {
      endWait()
      stopTimer?.()
    },
  }
}
