import { isError, nameOf, rootOf, toTaskError } from '../records/thrown.ts'
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

const kindsByStatus: Readonly<Record<number, FailureKind>> = {
  408: 'timeout',
  425: 'server',
  429: 'rate-limit',
  500: 'server',
  502: 'server',
  503: 'server',
  504: 'timeout',
  507: 'server',
  520: 'server',
  521: 'server',
  522: 'timeout',
  523: 'server',
  524: 'timeout',
}

const contentFilter =
  /content.?(?:policy|filter)|moderat(?:ion|ed)|nsfw|safety (?:system|filter|checker)|flagged as|responsible.?ai/i
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
  const isWrong = httpStatus !== undefined && httpStatus >= 400 && kindsByStatus[httpStatus] === undefined
  const isMistake = kind === 'unknown' && chainOf(seen.thrown).some(isOwnMistake)
  const isHopeless = kind === 'content-filter' || outOfMoney.test(`${code} ${message}`) || isMistake
  const isTransient = kind !== 'unknown' || !isWrong
  // Without a thrown error, `retryable` was derived from the status here.
  const said = seen.thrown === undefined ? undefined : error.retryable
  return { ...seen, kind, retryable: said ?? (isTransient && !isHopeless), retryAfter: waitOf(seen, now) }
}

/** What a thrown error tells, with headers and body if it carries a response, as errors of many clients do. */
export function seenIn(thrown: unknown): SeenFailure {
  const seen = { error: toTaskError(thrown), thrown }
  try {
    const error = thrown as {
      headers?: unknown
      response?: { headers?: unknown }
      error?: unknown
      body?: unknown
    }
    const headers = (error.headers ?? error.response?.headers) as Pick<Headers, 'get'> | undefined
    const hasHeaders = typeof headers?.get === 'function'
    return { ...seen, headers: hasHeaders ? headers : undefined, body: error.error ?? error.body }
  } catch {
    return seen
  }
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
  try {
    const name = nameOf(rootOf(thrown))
    if (name === 'AbortError' || name === 'CanceledError') return 'canceled'
    return name === 'JobLostError' ? 'interrupted' : 'failed'
  } catch {
    return 'failed'
  }
}

function kindOf(status: number | undefined, text: string): FailureKind {
  if (contentFilter.test(text)) return 'content-filter'
  const known = status === undefined ? undefined : kindsByStatus[status]
  if (known) return known
  if (rateLimit.test(text)) return 'rate-limit'
  // A status means that the network worked.
  if (status !== undefined) return 'unknown'
  if (timeout.test(text)) return 'timeout'
  return network.test(text) ? 'network' : 'unknown'
}

function waitOf(seen: SeenFailure, now: number): number | undefined {
  try {
    return readWait(seen, now)
  } catch {
    // Custom headers or body classes may throw.
    return undefined
  }
}

function readWait({ headers, body }: SeenFailure, now: number): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') || Number.NaN)
  const wait = Number.isFinite(ms)
    ? ms
    : (readRetryAfter(headers?.get('retry-after'), headers?.get('date'), now) ?? waitInBody(body))
  return wait === undefined || !(wait >= 0) ? undefined : Math.min(longestWait, wait)
}

/** A Retry-After header in ms: seconds, or a date relative to the response's Date. Undefined if invalid. */
function readRetryAfter(
  value: string | null | undefined,
  date: string | null | undefined,
  now: number,
): number | undefined {
  if (!value) return undefined
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(value)) return Number(value) * 1_000
  // Date.parse accepts almost anything; an HTTP date has the name of a month.
  const until = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN
  const from = Date.parse(date ?? '')
  const wait = until - (Number.isNaN(from) ? now : from)
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
