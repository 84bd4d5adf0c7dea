import { CallsheetError } from '@callsheet/core'
import { longestAnswer, readBytes, readText } from './read-body.ts'
import type { CopyOptions } from './share-body.ts'
import { hasStream, type SharedResponse, tryClone } from './shared-response.ts'

/**
 * What `read` says of the JSON of a response, from a copy that is made at once; undefined where that cannot be had.
 *
 * @param unread What is said instead where the body is no JSON.
 */
export async function readJson<T>(
  shared: SharedResponse,
  read: (body: unknown) => T | undefined,
  report: (error: unknown) => void,
  longest = longestAnswer,
  options: CopyOptions = {},
  unread?: T,
): Promise<T | undefined> {
  const { original } = shared
  const text = isShort(original, longest) ? await textOf(shared, longest, options) : undefined
  try {
    if (text !== undefined) return read(JSON.parse(text))
    // A query may be secret.
    const address = original.url.split('?')[0]
    const why = `it is longer than ${longest} bytes, or was read before`
    if (original.body) report(new CallsheetError(`The response body of ${address} was not read: ${why}.`))
  } catch (error) {
    report(error)
    return unread
  }
  return undefined
}

async function textOf(shared: SharedResponse, longest: number, options: CopyOptions) {
  const copy = shared.copy(options)
  if (copy) {
    const bytes = await readBytes(copy, longest)
    return bytes && new TextDecoder().decode(bytes)
  }
  const { original } = shared
  const clone = hasStream(original) || original.body === null ? undefined : tryClone(original)
  return clone && readText(clone, longest)
}

export const isJson = ({ headers }: Response): boolean =>
  /^[^;]*[/+]json\s*(;|$)/i.test(headers?.get('content-type') ?? '')

export const isShort = ({ headers }: Response, longest = longestAnswer): boolean =>
  !(Number(headers?.get('content-length')) > longest)
