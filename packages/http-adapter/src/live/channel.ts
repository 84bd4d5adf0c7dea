import { createGuard } from '@callsheet/core/provider'
import type { LiveHost } from './request.ts'
import { connect, type Connection, type LiveState } from './connection.ts'
import { followPage, type HostPage } from '../platform/page-events.ts'

/** The state that all live sources of one show share, while one of them is in use. */
export interface Channel {
  readonly state: LiveState
  /** Connects, unless it is connected; returns the undo. */
  readonly open: (host: LiveHost, page: HostPage | undefined) => () => void
  readonly subscribe: (listener: () => void) => () => void
  readonly resume: () => void
}

export const idle: LiveState = { status: 'idle' }

/** How long a connection outlives its last user, in ms: another view may come. */
const linger = 1_000

export function createChannel(report: (error: unknown) => void, onUnused: () => void): Channel {
  const guard = createGuard(report)
  const listeners = new Set<() => void>()
  const users = new Set<object>()
  let state = idle
  let latest: LiveHost
  let connection: Connection | undefined
  let unwatch: (() => void) | undefined
  let stay: (() => void) | undefined

  /** With an undo that does not throw. */
  const safely =
    (schedule: LiveHost['schedule']): LiveHost['schedule'] =>
    (callback, ms) => {
      const undo = schedule(callback, ms)
      return () => void guard(undo)
    }

  function set(next: LiveState): void {
    state = next
    // A listener may subscribe or unsubscribe others.
    const present = Array.from(listeners)
    for (const listener of present) guard(listener)
  }

  function leave(): void {
    connection?.stop()
    unwatch?.()
    connection = undefined
    set(idle)
    dropUnused()
  }

  const dropUnused = () => !connection && users.size + listeners.size === 0 && onUnused()

  return {
    get state() {
      return state
    },
    open(given, page) {
      const host = { ...given, schedule: safely(given.schedule) }
      const user = {}
      users.add(user)
      // The newest user of a shared connection has the newest credentials.
      latest = host
      stay?.()
      if (connection) {
        if (state.status === 'stopped') connection.resume()
      } else {
        const followed =
          page &&
          followPage(page, host.clock, (news) => {
            // A page in the back-forward cache would hold a connection; Chromium throws it out for that after a minute.
            if (news === 'pagehide') made.leave()
            else if (/^(visible|resume|pageshow|online)$/.test(news)) made.hurry()
          })
        const made = connect({ ...host, headers: () => latest.headers() }, set, followed?.isLeaving)
        connection = made
        unwatch = followed?.stop
      }
      return () => {
        if (!users.delete(user) || users.size > 0) return
        try {
          stay = host.schedule(leave, linger)
        } catch (error) {
          report(error)
          leave()
        }
      }
    },
    subscribe(listener) {
      // The same function may be given twice.
      const own = () => listener()
      listeners.add(own)
      return () => {
        listeners.delete(own)
        dropUnused()
      }
    },
    resume: () => connection?.resume(),
  }
}
