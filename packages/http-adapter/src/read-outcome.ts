import { CallsheetError, type TaskPatch } from '@callsheet/core'
import type { RouteRequest } from './request.ts'
import type { LooseRoute } from './route.ts'
import { tryClone } from './share-call.ts'

/** What the tracker is given of a response that is read: a failed response itself, else what it says. */
export type Outcome = Response | { readonly patch: TaskPatch | undefined }

/** What the reader of a stream has to do with. */
export interface StreamRun {
  readonly request: RouteRequest
  /** The caller's, whose body is not to be read. */
  readonly response: Response
  /** Records what is known so far. */
  readonly update: (patch: TaskPatch) => void
  /** Epoch ms by the tracker's clock. */
  readonly now: () => number
  /** For what goes wrong in the reading, and is not the call's fault. */
  readonly report: (error: unknown) => void
}

/**
 * Reads a response that is no JSON while it comes in. Gives what to record at its end; undefined at once leaves the
 * response alone. `copy` takes a copy of the body; a copy that is read slower than it comes, or faster than its caller
 * reads the original, is held in memory, so end it where it grows. Read it by `readCopy`, which ends with the original.
 */
export type ReadStream = (
  copy: () => ReadableStream<Uint8Array> | undefined,
  headers: Headers,
  run: StreamRun,
) => Promise<TaskPatch | undefined> | undefined

const longestBody = 1_048_576

/**
 * What a response says, from a copy that is taken at once, before its caller reads it.
 *
 * Rejects only as the body itself does, which means that the call has failed.
 */
export function readOutcome(
  response: Response,
  { read, stream, longest }: Pick<LooseRoute, 'read' | 'stream' | 'longest'>,
  request: RouteRequest,
  run: Pick<StreamRun, 'update' | 'now'>,
  report: (error: unknown) => void,
): Outcome | Promise<Outcome> {
  if (!response.ok) return forTracker(tryClone(response)) ?? response
  const said = (patch?: TaskPatch): Outcome => ({ patch: patchOf(response, patch) })
  try {
    if (isJson(response)) {
      return read ? readJson(response, (body) => read(body, request), report, longest).then(said) : said()
    }
    const copy = () => tryClone(response)?.body ?? undefined
    return stream?.(copy, response.headers, { ...run, request, response, report })?.then(said) ?? said()
  } catch (error) {
    report(error)
    return said()
  }
}

/** Core reads a clone of what it is given. A clone of a clone would leave one unread, which holds up its caller's cancel. */
const forTracker = (copy: Response | undefined) => copy && Object.assign(copy, { clone: () => copy })

/** What is said of a response: that of one which is only accepted goes on, unless the patch says otherwise. */
export const patchOf = ({ status }: Response, patch?: TaskPatch): TaskPatch | undefined =>
  status === 202 ? { status: 'processing', stage: 'accepted', ...patch } : patch

/** What `read` says of the JSON of a response, whose copy is taken at once; undefined where that cannot be had. */
export async function readJson<T>(
  response: Response,
  read: (body: unknown) => T | undefined,
  report: (error: unknown) => void,
  longest = longestBody,
): Promise<T | undefined> {
  const copy = isShort(response, longest) ? tryClone(response) : undefined
  const text = copy?.body ? await readText(copy.body, longest) : undefined
  try {
    if (text !== undefined) return read(JSON.parse(text))
    // A query may be secret.
    const address = response.url.split('?')[0]
    const why = `The body of ${address} was not read: above ${longest} bytes, or read before.`
    if (response.body) report(new CallsheetError(why, { code: 'unread_response' }))
  } catch (error) {
    report(error)
  }
  return undefined
}

export const isJson = ({ headers }: Response): boolean =>
  /^[^;]*[/+]json\s*(;|$)/i.test(headers?.get('content-type') ?? '')

export const isShort = ({ headers }: Response, longest = longestBody): boolean =>
  !(Number(headers.get('content-length')) > longest)

/** All of a text; undefined when it is too long. */
async function readText(body: ReadableStream<Uint8Array>, longest: number): Promise<string | undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let left = longest; left >= 0;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    left -= value.byteLength
    text += decoder.decode(value, { stream: true })
  }
  // Settles only when the caller is done with the original, too.
  reader.cancel().catch(() => {})
  return undefined
}
