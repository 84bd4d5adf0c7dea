import { CallsheetError } from '@callsheet/core'
import { anyDuration, onRejected } from '@callsheet/core/provider'
import type { Fetch } from '../route/request.ts'

type SomeHeaders = HeadersInit | undefined

/** Headers, or a function that returns them. */
export type GivenHeaders = SomeHeaders | (() => SomeHeaders | Promise<SomeHeaders>)

/** Throws for invalid headers. The message leaves them out, since they may be secret. */
export function headersOf(given: SomeHeaders): Headers {
  try {
    return new Headers(given)
  } catch {
    throw new Error('invalid headers')
  }
}

/** What a sink or a source needs from its environment. */
export interface Platform {
  /** Makes the requests. @default the global fetch at the time of each */
  readonly fetch: Fetch
  /** Epoch ms. @default Date.now */
  readonly clock: () => number
  /** A number from 0 to under 1, for jitter. @default Math.random */
  readonly random: () => number
  /** Calls back after some ms; returns the undo. @default setTimeout */
  readonly schedule: (callback: () => void, ms: number) => () => void
}

export const platformOf = ({
  fetch = (...args) => globalThis.fetch(...args),
  clock = Date.now,
  random = Math.random,
  schedule = later,
}: Partial<Platform>): Platform => ({
  fetch,
  clock: () => atOnce('clock', clock()),
  random: () => atOnce('random', random()),
  schedule: anyDuration((callback, ms) => atOnce('schedule', schedule(callback, ms))),
})

/** Throws for a promise, so that an asynchronous option is reported like one that throws. */
function atOnce<T>(option: string, answer: T): T {
  if (!onRejected(answer, () => {})) return answer
  const message = `"${option}" returned a promise; expected a value.`
  throw new CallsheetError(message, { code: 'invalid_option' })
}

const later: Platform['schedule'] = (callback, ms) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}
