import type { SharedResponse } from './shared-response.ts'
import { orAborted } from './signals.ts'

/** Also for a promise of another realm or library (Jest, zone.js), which is not an instance of the global Promise. */
export const isThenable = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof (value as Partial<Promise<T>> | null | undefined)?.then === 'function'

/** `then` with a handler, where nothing is returned and a rejection is not left behind. */
export function observe<T>(
  promise: Promise<T>,
  onValue?: (value: T) => void,
  onError: (error: unknown) => void = () => {},
): void {
  void promise.then(onValue, onError)
}

/** Why a call cannot be joined: the start of its body is dropped already. */
export const spent = Symbol('spent')

/** A response that others may wait for, each of whom gets one. */
export interface SharedCall {
  /** A response of its own for one more caller, whose signal ends its waiting and its body, and not the call. */
  readonly join: (signal: AbortSignal | undefined) => Promise<Response>
  /** No caller joins any more: lets go of what was kept for them. */
  readonly close: () => void
  /** A caller has joined. */
  readonly isJoined: () => boolean
}

/** Shares a call. `received` settles before its first caller has the response, and asks `isJoined` then. */
export function shareCall(received: () => Promise<SharedResponse>): SharedCall {
  let isJoined = false
  return {
    join(signal) {
      isJoined = true
      const joined = received().then((shared) => {
        const response = shared.join(signal)
        if (response) return response
        throw spent
      })
      return orAborted(signal, joined)
    },
    close: () => observe(received(), ({ close }) => close()),
    isJoined: () => isJoined,
  }
}
