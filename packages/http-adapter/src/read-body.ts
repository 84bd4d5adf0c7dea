import { CallsheetError, type TaskPatch } from '@callsheet/core'
import type { ReadBody } from './route.ts'
import { tryClone } from './share-call.ts'

/** What the tracker is given of a response whose body is read: a failed response itself, else what it says. */
export type Outcome = Response | { readonly patch: TaskPatch | undefined }

const nothing: Outcome = { patch: undefined }
const longestBody = 1_048_576

/**
 * What a response says, from a copy that is taken at once, before its caller reads it.
 *
 * Rejects only as the body itself does, which means that the call has failed.
 */
export function readOutcome(
  response: Response,
  read: ReadBody,
  report: (error: unknown) => void,
): Outcome | Promise<Outcome> {
  if (!response.ok) return tryClone(response) ?? response
  if (!isJson(response)) return nothing
  const copy = isShort(response) ? tryClone(response) : undefined
  const parse = (text: string | undefined): Outcome => {
    try {
      if (text !== undefined) return { patch: read(JSON.parse(text)) }
      const why = `it is above ${longestBody} bytes, or somebody had it first`
      report(new CallsheetError(`The body of ${response.url} was not read for its task: ${why}.`))
    } catch (error) {
      report(error)
    }
    return nothing
  }
  return copy?.body ? readText(copy.body).then(parse) : parse(undefined)
}

const isJson = ({ headers }: Response): boolean =>
  /^[^;]*[/+]json\s*(;|$)/i.test(headers?.get('content-type') ?? '')

const isShort = ({ headers }: Response): boolean => !(Number(headers.get('content-length')) > longestBody)

/** All of a text; undefined when it is too long. */
async function readText(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let left = longestBody; left >= 0;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    left -= value.byteLength
    text += decoder.decode(value, { stream: true })
  }
  // Settles only when the caller is done with the original, too.
  reader.cancel().catch(() => {})
  return undefined
}
