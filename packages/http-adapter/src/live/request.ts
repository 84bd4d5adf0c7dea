import type { Tracker } from '@callsheet/core'
import { classifyFailure } from '@callsheet/core/provider'
import { trouble } from './live-error.ts'
import { headersOf, type Platform } from '../platform/platform.ts'

/** What a connection needs. */
export interface LiveHost extends Platform {
  readonly tracker: Pick<Tracker, 'pipeline' | 'merge' | 'report'>
  /** Of the show's snapshot; its stream is at `/live` below. */
  readonly url: string
  readonly headers: () => HeadersInit | undefined | Promise<HeadersInit | undefined>
  /** In ms. */
  readonly pollInterval: number
}

/** Asks the collector, with two headers over those of the user; an empty one is left out. Throws for any other status. */
export async function ask(
  { headers, fetch, clock }: LiveHost,
  url: string,
  accept: string,
  [name, value]: readonly [string, string],
  signal: AbortSignal,
): Promise<Response> {
  const sent = headersOf(await headers())
  sent.set('accept', accept)
  if (value) sent.set(name, value)
  const response = await fetch(url, { headers: sent, signal })
  const { ok, status } = response
  if (status === 204) throw trouble('HTTP 204', { next: 'stopped', isExpected: true })
  if (ok || status === 304) return response
  const message = `HTTP ${status}`
  const { retryable, retryAfter } = classifyFailure(
    { error: { message, httpStatus: status }, headers: response.headers },
    clock(),
  )
  const isRefused = status === 401 || status === 403
  // A show that is not known yet may be soon.
  const isExpected = status === 404
  throw trouble(message, {
    next: isRefused ? 'stopped' : retryable || isExpected ? 'waiting' : 'polling',
    retryAfter,
    isExpected,
  })
}
