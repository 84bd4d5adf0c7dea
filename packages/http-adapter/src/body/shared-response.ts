import type { Bytes } from './branch.ts'
import { type CopyOptions, shareBody, type SharedBody } from './share-body.ts'

/** A response that its caller reads, and others beside it. */
export interface SharedResponse {
  readonly original: Response
  /** The caller's: the original, or, once it is shared, the same with a body that passes on the original's. */
  readonly response: Response
  /**
   * Shares the body, before the caller has the response. False where it cannot be shared: there is none, it was read
   * before, or it is not a web stream.
   */
  readonly share: () => boolean
  /** A copy of a shared body for the tracker. Shares it. */
  readonly copy: (options?: CopyOptions) => ReadableStream<Bytes> | undefined
  /** Reads a shared body ahead where nothing else does, so that it ends also when its caller does not read it. */
  readonly drain: () => void
  /** The copy is not needed any more. */
  readonly release: () => void
  /** The response for one more caller, whose signal ends its body; undefined where it can no longer be had. */
  readonly join: (signal: AbortSignal | undefined) => Response | undefined
  /** No caller joins any more. */
  readonly close: () => void
}

/**
 * @param aborted The aborted signal of the call, if it is.
 * @param onEnd Called when a shared body has ended or was canceled.
 */
export function shareResponse(
  original: Response,
  aborted: () => AbortSignal | undefined = () => undefined,
  onEnd?: () => void,
): SharedResponse {
  let response = original
  let body: SharedBody | undefined
  let [isGiven, isCopied] = [false, false]

  function copy(options?: CopyOptions): ReadableStream<Bytes> | undefined {
    isCopied = true
    return share() ? body?.copy(options) : undefined
  }

  function share(): boolean {
    if (body || isGiven) return body !== undefined
    try {
      const shared = shareBody(original.body as ReadableStream<Bytes>, aborted, onEnd)
      const passing = withBody(original, shared.stream)
      shared.start()
      body = shared
      response = passing
      return true
    } catch {
      return false
    }
  }

  return {
    original,
    get response() {
      isGiven = true
      return response
    },
    share,
    copy,
    drain() {
      if (!isCopied)
        void copy()
          ?.pipeTo(new WritableStream())
          .catch(() => {})
    },
    join(signal) {
      // Without a stream, a copy delays no reader.
      if (!body) return hasStream(original) ? undefined : tryClone(original)
      const stream = body.join(signal)
      return stream && withBody(original, stream)
    },
    release: () => body?.release(),
    close: () => body?.close(),
  }
}

/** Whether the body is a web stream: of React Native's and node-fetch's responses it is none. */
export const hasStream = ({ body }: Response): boolean => typeof body?.getReader === 'function'

/** A fake, or a body that has been read already, cannot be copied. */
export function tryClone(response: Response): Response | undefined {
  try {
    return response.clone()
  } catch {
    return undefined
  }
}

/**
 * A response of the same class with another body. Native code takes it as well: a server's handler returns it, a cache
 * keeps it.
 */
function withBody(original: Response, body: ReadableStream<Bytes>): Response {
  const Class = original.constructor as typeof Response
  return dress(new Class(body, original), original)
}

/** What a constructor cannot give a response. */
function dress(response: Response, original: Response): Response {
  const clone = response.clone.bind(response)
  const { url, redirected, type, headers } = original
  const fields: Record<string, unknown> = { url, redirected, clone: () => dress(clone(), original) }
  // Those of a fetch cannot be changed.
  if (type !== response.type) Object.assign(fields, { type, headers })
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(response, name, { value, configurable: true, writable: true })
  }
  return response
}
