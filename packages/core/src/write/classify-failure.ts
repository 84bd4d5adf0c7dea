import { isError, nameOf, rootOf, toTaskError, tried } from '../records/thrown.ts'
import type { TaskError } from '../records/task.ts'

/** Why an attempt failed, as far as a retry depends on it. */
export type FailureKind = 'content-filter' | 'rate-limit' | 'network' | 'timeout' | 'server' | 'unknown'

/** What is known of a failed attempt. */
export interface SeenFailure {
  readonly error: TaskError
  /** The thrown value; undefined if the function returned a failure. */
  readonly thrown?: unknown
  /** Headers of the response, or of an error that has some. */
  readonly headers?: Pick<Headers, 'get'> | undefined
  /** The parsed body of the response, or its text, up to 16 kB. */
  readonly body?: unknown
}

/** A classified failure. */
export interface Failure extends SeenFailure {
  readonly kind: FailureKind
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** The pause that the server asks for, in ms, 0 to 300,000. */
  readonly retryAfter?: number | undefined
}

const timeouts = new Set([408, 504, 522, 524])
const busy = new Set([425, 500, 502, 503, 507, 520, 521, 523])

const kindOfStatus = (status: number): FailureKind | undefined => {
  if (status === 429) return 'rate-limit'
  return timeouts.has(status) ? 'timeout' : busy.has(status) ? 'server' : undefined
}

const contentFilter =
  /content.?(?:policy|filter)|prohibited.?content|moderat(?:ion|ed)|nsfw|(?<![a-z])safety(?![a-z])|flagged as|responsible.?ai/i
const outOfMoney = /insufficient.?(?:quota|credit|funds|balance)|billing|payment.?required/i
const rateLimit = /rate.?limit|too.?many.?requests|throttl/i
const timeout = /timed.?out|timeout/i
const network = new RegExp(
  [
    // undici, then the browsers: Chromium, Firefox, Safari.
    'fetch failed|terminated|other side closed|socket hang up|UND_ERR',
    'failed to fetch|network ?error|error in (?:input|body) stream|load failed|^\\S* ?cancelled$',
    'network connection|internet connection|could not connect|hostname could not be found',
    // React Native, Deno, Bun, axios, and Node's codes.
    'network request failed|error sending request|unable to connect|socket connection|ERR_NETWORK',
    'connection (?:error|refused|reset|closed|lost)|Connection(?:Refused|Reset|Closed)',
    'ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|ENETUNREACH|EHOSTUNREACH',
  ].join('|'),
  'i',
)
/** Errors of the code itself: a retry would fail in the same way. */
const mistake = /^(?:Type|Reference|Syntax)Error$/

/** Whether an error is a mistake of the code. Network errors may have the same names. */
function isOwnMistake(thrown: unknown): boolean {
  const { code = '', message } = toTaskError(thrown)
  return mistake.test(nameOf(thrown)) && kindOf(undefined, `${code} ${message}`) === 'unknown'
}

const longestWait = 300_000

/**
 * Classifies a failed attempt by its status, headers, body and message.
 *
 * Failures of kind `unknown` are retryable, unless the status says that the request was wrong (4xx, 501, 505). Not retryable
 * are filtered content, an empty account, and a TypeError, ReferenceError or SyntaxError that is not a network error. The
 * error's own `retryable` overrides all of these.
 *
 * @param now Epoch ms. Used for a Retry-After date when the response has no Date header.
 * @example
 * classifyFailure({ error: { message: 'HTTP 503', httpStatus: 503 } }, Date.now()).kind // 'server'
 */
export function classifyFailure(seen: SeenFailure, now: number): Failure {
  const { error } = seen
  const { httpStatus, code = '', message } = error
  const kind = kindOf(httpStatus, `${code} ${message}`)
  const isWrong = httpStatus !== undefined && httpStatus >= 400 && !kindOfStatus(httpStatus)
  const isMistake = kind === 'unknown' && chainOf(seen.thrown).some(isOwnMistake)
  const isHopeless = kind === 'content-filter' || outOfMoney.test(`${code} ${message}`) || isMistake
  const isTransient = kind !== 'unknown' || !isWrong
  // Without a thrown error, `retryable` was derived from the status here.
  const said = seen.thrown === undefined ? undefined : error.retryable
  return {
    ...seen,
    kind,
    retryable: said ?? (isTransient && !isHopeless),
    retryAfter: tried(() => readWait(seen, now), undefined),
  }
}

/** What a thrown error tells, with headers and body if it carries a response, as errors of many clients do. */
export function seenIn(thrown: unknown): SeenFailure {
  const seen = { error: toTaskError(thrown), thrown }
  return tried(() => {
    const { headers: own, response, error, body } = thrown as Record<string, unknown>
    const headers = (own ?? (response as Partial<Response> | undefined)?.headers) as SeenFailure['headers']
    return { ...seen, headers: typeof headers?.get === 'function' ? headers : undefined, body: error ?? body }
  }, seen)
}

/** An error and its causes, at most five. */
function chainOf(thrown: unknown): unknown[] {
  const chain: unknown[] = []
  try {
    for (let one = thrown; one !== undefined && one !== null && chain.length < 5; one = (one as Error).cause)
      chain.push(one)
  } catch {
    // A getter that throws.
  }
  return chain
}

const isProvidersWord = /^(?:JobFailed|Canceled)Error$/

/** Whether an error is an answer of a server or a provider, and so not a broken connection. */
export const isAnswer = (thrown: unknown): boolean =>
  chainOf(thrown).some(
    (one) => (seenIn(one).error.httpStatus ?? 0) >= 100 || isProvidersWord.test(nameOf(one)),
  )

/**
 * Whether a call failed because its connection broke, by the message of the error or of a cause. Whether the server did the
 * work is then unknown.
 */
export const isNetworkError = (thrown: unknown): boolean =>
  !isAnswer(thrown) &&
  chainOf(thrown).some((one) => isError(one) && classifyFailure(seenIn(one), 0).kind === 'network')

/** The status of a task that ends with an error. Decided by the error's name, which is the same in every realm. */
export function endOf(thrown: unknown): 'canceled' | 'interrupted' | 'failed' {
  const name = nameOf(tried(() => rootOf(thrown), undefined))
  if (name === 'AbortError' || name === 'CanceledError') return 'canceled'
  return name === 'JobLostError' ? 'interrupted' : 'failed'
}

function kindOf(status: number | undefined, text: string): FailureKind {
  if (contentFilter.test(text)) return 'content-filter'
  const known = status === undefined ? undefined : kindOfStatus(status)
  if (known) return known
  if (rateLimit.test(text)) return 'rate-limit'
  // A status means that the network worked.
  if (status !== undefined) return 'unknown'
  if (timeout.test(text)) return 'timeout'
  return network.test(text) ? 'network' : 'unknown'
}

/** Custom headers or body classes may throw. */
function readWait({ headers, body }: SeenFailure, now: number): number | undefined {
  const header = (name: string): string => headers?.get(name) ?? ''
  const ms = Number(header('retry-after-ms') || Number.NaN)
  const wait = Number.isFinite(ms)
    ? ms
    : (readRetryAfter(header('retry-after'), header('date'), now) ?? waitInBody(body))
  return wait !== undefined && wait >= 0 ? Math.min(longestWait, wait) : undefined
}

/** A Retry-After header in ms: seconds, or a date relative to the response's Date. Undefined if invalid. */
function readRetryAfter(value: string, date: string, now: number): number | undefined {
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(value)) return Number(value) * 1_000
  // Date.parse accepts almost anything; an HTTP date has the name of a month.
  const until = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN
  const wait = until - (Date.parse(date) || now)
  return wait >= 0 ? wait : undefined
}

/** `retry_after` or `retryAfter` in a JSON body, in seconds, or in ms with a suffix. */
function waitInBody(body: unknown, levels = 2): number | undefined {
  if (body === null || typeof body !== 'object' || levels === 0) return undefined
  const fields = body as Record<string, unknown>
  const ms = fields['retry_after_ms'] ?? fields['retryAfterMs']
  const seconds = fields['retry_after'] ?? fields['retryAfter']
  if (typeof ms === 'number') return ms
  return typeof seconds === 'number' ? seconds * 1_000 : waitInBody(fields['error'], levels - 1)
}
