import type { Job } from '@callsheet/core'
import { parseJson } from '../body/parse-json.ts'
import { longestAnswer, readText } from '../body/read-body.ts'
import type { RouteRequest } from '../route/request.ts'

/** A request to a provider: an address, or an address and an `init`. */
export type Question = string | readonly [url: string, init: RequestInit]

/**
 * Headers of every request, or a function that returns them.
 *
 * `request` is the call that began the job, with its credentials; undefined after a reload. Pass them on only to its own
 * origin.
 */
export type JobHeaders =
  HeadersInit | ((job: Job, request: RouteRequest | undefined) => HeadersInit | Promise<HeadersInit>)

/**
 * Sends a request to a provider and returns an ok response. What it throws says whether to try again.
 *
 * @param request The call that began the job.
 */
export async function askJob(
  question: Question,
  {
    fetch: send,
    job,
    headers: given,
    request,
    signal,
  }: {
    readonly fetch: typeof globalThis.fetch
    readonly job: Job
    readonly headers: JobHeaders | undefined
    readonly request: RouteRequest | undefined
    readonly signal: AbortSignal | undefined
  },
): Promise<Response> {
  const [address, init] = typeof question === 'string' ? [question, {}] : question
  const headers = new Headers(await headersFor(given, job, address, request))
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value)
  // Credentials must not follow a redirect. ('error' is not known everywhere.)
  const response = await send(address, {
    redirect: 'manual',
    ...init,
    headers,
    ...(signal && { signal }),
  })
  if (response.ok) return response
  const { status, headers: answered } = response
  const isRedirect = status < 400
  // The shape that clients of providers throw and core reads: the server's words count more than the status.
  throw Object.assign(new Error(isRedirect ? 'a redirect, not followed' : `HTTP ${status}`), {
    status,
    headers: answered,
    error: await jsonOf(response).catch(() => undefined),
    ...(isRedirect && { retryable: false }),
  })
}

/** The JSON of a response. Rejects for anything else, such as a host's HTML page. */
export async function jsonOf(response: Response, maxBytes = longestAnswer): Promise<unknown> {
  const text = await readText(response, maxBytes)
  if (text === undefined) {
    throw Object.assign(new Error(`the answer is longer than ${maxBytes} bytes`), { retryable: false })
  }
  return parseJson(text)
}

async function headersFor(
  headers: JobHeaders | undefined,
  job: Job,
  address: string,
  request: RouteRequest | undefined,
): Promise<HeadersInit> {
  if (headers !== undefined) return typeof headers === 'function' ? headers(job, request) : headers
  const authorization = request?.headers.get('authorization')
  const isSame = request && new URL(address, request.url).origin === request.url.origin
  return authorization && isSame ? { authorization } : {}
}
