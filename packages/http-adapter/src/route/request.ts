import { nowhere } from './match.ts'
import { parseJson } from '../body/parse-json.ts'
import { longestAnswer, readText } from '../body/read-body.ts'
import { joinSignals, orAborted } from '../body/signals.ts'

export type Fetch = typeof globalThis.fetch
export type FetchArguments = Parameters<Fetch>
type Input = FetchArguments[0]
type Init = FetchArguments[1]

/** A call as the functions of a route see it. Its fields are read on demand, and nothing is consumed. */
export interface RouteRequest<Name extends string = string> {
  readonly url: URL
  /** In upper case. */
  readonly method: string
  readonly headers: Headers
  /** The parameters of the route's key, decoded. */
  readonly params: { readonly [N in Name]: string }
  /**
   * The body, parsed, if it is a JSON string, or that of a Request with a JSON or text body of at most 1 MiB; else
   * undefined: streams, blobs and forms are not read. A Request is read from a clone before it is sent, and the function
   * that has asked is then called again. Undefined where only `read` or `stream` asks.
   */
  readonly json: () => unknown
}

/** A call whose body can be read before it is sent. */
export interface CallRequest extends RouteRequest {
  /** What is compared to tell two bodies apart. Of a Request its text; a new object where that is not known. */
  readonly body: () => unknown
  /**
   * Whether the body was not read though it is needed: `unread` for that of a Request that can be read, `unreadable` for
   * others.
   *
   * @param isNeeded Default: whether `json` was called.
   */
  readonly missed: (isNeeded?: boolean) => 'unread' | 'unreadable' | undefined
  /** Reads the body of a Request from a clone, which is made at once. Never rejects. */
  readonly readAhead: () => Promise<void>
}

/** Also for a Request of another realm or library. */
export const isRequest = (input: Input): input is Request =>
  typeof input === 'object' && input !== null && 'url' in input

export const methodOf = ([input, init]: FetchArguments): string =>
  (init?.method ?? (isRequest(input) ? input.method : 'GET')).toUpperCase()

/** The address of a call; undefined for an invalid one, for which fetch itself throws. */
export function urlOf([input]: FetchArguments): URL | undefined {
  const page = (globalThis as { document?: Document }).document?.baseURI ?? globalThis.location?.href
  try {
    return new URL(isRequest(input) ? input.url : input, /^https?:/.test(page ?? '') ? page : nowhere)
  } catch {
    return undefined
  }
}

/** The signal that ends a call: one in `init` replaces the Request's, also when it is null. */
export function signalOf([input, init]: FetchArguments): AbortSignal | undefined {
  const given = init?.signal
  if (given !== undefined) return given ?? undefined
  return isRequest(input) ? input.signal : undefined
}

/** An iterator can be read only once, and fetch has to read it. */
const isOneShot = (headers: unknown): boolean =>
  typeof (headers as { readonly next?: unknown } | undefined)?.next === 'function'

export function headersOf([input, init]: FetchArguments): Headers {
  const given = init?.headers ?? (isRequest(input) ? input.headers : undefined)
  return new Headers(isOneShot(given) ? undefined : given)
}

export function describeRequest(
  args: FetchArguments,
  rest: Pick<RouteRequest, 'url' | 'method' | 'params'>,
): CallRequest {
  const [input, init] = args
  const body = init?.body ?? undefined
  const source = body === undefined && isRequest(input) ? input : undefined
  let text = typeof body === 'string' ? body : undefined
  let isAsked = false
  let ahead: Promise<void> | undefined
  return {
    ...rest,
    get headers() {
      return headersOf(args)
    },
    body: () => (!source ? body : isEmpty(source) ? undefined : (text ?? {})),
    json() {
      isAsked = true
      try {
        return text === undefined ? undefined : parseJson(text)
      } catch {
        return undefined
      }
    },
    missed(isNeeded = isAsked) {
      if (!isNeeded || text !== undefined || (source ? isEmpty(source) : body === undefined)) return undefined
      return source && !ahead && isReadable(source) ? 'unread' : 'unreadable'
    },
    async readAhead() {
      if (source && !isEmpty(source) && isReadable(source)) {
        await (ahead ??= textOf(source).then((it) => void (text = it)))
      }
    },
  }
}

/** Firefox has no `body` of a Request. */
const isEmpty = ({ body, method }: Request): boolean => body === null || /^(?:GET|HEAD)$/i.test(method)

/** A stream has no type, and a form another one. */
const isReadable = ({ bodyUsed, headers }: Request): boolean =>
  !bodyUsed && /^\s*(?:text\/|[^;]*[/+]json\b)/i.test(headers.get('content-type') ?? '')

/** Milliseconds that a call waits for its body to be read: only a stream takes longer. */
const patience = 1_000

/** The text of a Request, from a clone. */
async function textOf(request: Request): Promise<string | undefined> {
  try {
    return await orAborted(AbortSignal.timeout?.(patience), readText(request.clone(), longestAnswer))
  } catch {
    return undefined
  }
}

/** A call as it is sent. */
export interface SignedCall {
  readonly args: FetchArguments
  readonly signal: AbortSignal | undefined
  /** Removes what listens to the caller's signal: once the call and its body are done. */
  readonly release?: (() => void) | undefined
}

/** A header that is sent unless the caller sets it. */
export type ExtraHeader = readonly [name: string, value: string]

/** The same call with one signal more, which ends it with that signal's reason. */
export function withSignal(args: FetchArguments, signal: AbortSignal, extra?: ExtraHeader): SignedCall {
  const [input, init] = args
  const own = signalOf(args)
  const copy: Record<string, unknown> = {}
  // Inherited fields too: a Request or an instance of one's own class may be given as `init`.
  for (const name in init) copy[name] = init[name as keyof RequestInit]
  if (isRequest(input) && Object.values(copy).every((value) => value === undefined)) keepReferrer(input, copy)
  if (extra && !isOneShot(init?.headers)) {
    const headers = headersOf(args)
    if (!headers.has(extra[0])) headers.set(...extra)
    copy['headers'] = headers
  }
  const joined = own ? joinSignals([own, signal]) : { signal }
  copy['signal'] = joined.signal
  return { args: [input, copy as NonNullable<Init>], ...joined }
}

// The Fetch standard resets both as soon as `init` has any field.
function keepReferrer({ referrer, referrerPolicy }: Request, copy: Record<string, unknown>): void {
  if (referrer !== 'about:client') copy['referrer'] = referrer
  if (referrerPolicy) copy['referrerPolicy'] = referrerPolicy
}
