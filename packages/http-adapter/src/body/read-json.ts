import { CallsheetError } from '@callsheet/core'
import { isNetworkError } from '@callsheet/core/provider'
import { parseJson } from './parse-json.ts'
import { longestAnswer, readStreamText, readText } from './read-body.ts'
import type { CopyOptions } from './share-body.ts'
import { hasStream, type SharedResponse, tryClone } from './shared-response.ts'

/** How the JSON of a response is read. */
export interface ReadJsonOptions<T> extends CopyOptions {
  /** Maximum bytes. A longer body is not read. */
  readonly maxBytes?: number | undefined
  /** The result for an empty body. */
  readonly empty?: T | undefined
  /** The result for a body that is not JSON. */
  readonly invalid?: T | undefined
}

/**
 * What `read` says of the JSON of a response, from a copy that is made at once; undefined where that cannot be had.
 *
 * What `read` throws or rejects with is reported. Rejects only as the body does.
 */
export async function readJson<T>(
  shared: SharedResponse,
  read: (body: unknown) => T | undefined | Promise<T | undefined>,
  report: (error: unknown) => void,
  { maxBytes = longestAnswer, empty, invalid, ...options }: ReadJsonOptions<T> = {},
): Promise<T | undefined> {
  const { original } = shared
  const text = await textOf(shared, maxBytes, options, report)
  if (text === undefined) return undefined
  let body: unknown
  try {
    body = parseJson(text)
  } catch {
    report(unreadError(original, 'it is not valid JSON'))
    return text.trim() === '' ? empty : invalid
  }
  try {
    return await read(body)
  } catch (error) {
    report(error)
    return invalid
  }
}

/** Says which body was not read, without the query, which may be secret. A fake may have no address. */
export function unreadError({ url }: Response, why: string, cause?: unknown): CallsheetError {
  const place = url ? ` of ${url.split('?')[0]}` : ''
  return new CallsheetError(`The response body${place} was not read: ${why}.`, {
    code: 'unread_response',
    cause,
  })
}

/** Undefined for a body that cannot be had, which is reported. */
async function textOf(
  shared: SharedResponse,
  maxBytes: number,
  options: CopyOptions,
  report: (error: unknown) => void,
): Promise<string | undefined> {
  const { original } = shared
  let text: string | undefined
  if (isShort(original, maxBytes)) {
    const copy = shared.copy(options)
    try {
      text = copy ? await readStreamText(copy, maxBytes) : await cloneOf(original)?.text(maxBytes)
    } catch (error) {
      if (copy || isBroken(error)) throw error
      report(unreadError(original, 'a clone of the response cannot be read', error))
      return undefined
    }
  }
  const why = `it is longer than ${maxBytes} bytes, was read before, or cannot be copied`
  if (text === undefined && original.body !== null) report(unreadError(original, why))
  return text
}

/** A clone of a body that is not a web stream (React Native, node-fetch): it can be read as text alone. */
export function cloneOf(original: Response) {
  const clone = hasStream(original) || original.body === null ? undefined : tryClone(original)
  return clone?.text && { text: (maxBytes: number) => readText(clone, maxBytes) }
}

/** Whether the body itself has failed, as opposed to the reading of a clone. */
export const isBroken = (error: unknown): boolean =>
  isNetworkError(error) || /abort|premature close/i.test(String(error))

const typeOf = ({ headers }: Response): string => headers?.get('content-type') ?? ''

export const isJson = (response: Response): boolean => /^[^;]*[/+]json\s*(;|$)/i.test(typeOf(response))
export const isHtml = (response: Response): boolean => /^\s*text\/html\b/i.test(typeOf(response))
export const isText = (response: Response): boolean => /^\s*text\//i.test(typeOf(response))

export const isShort = ({ headers }: Response, maxBytes = longestAnswer): boolean =>
  !(Number(headers?.get('content-length')) > maxBytes)
