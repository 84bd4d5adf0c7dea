import type { TaskPatch } from '@callsheet/core'
import type { LooseRoute, Outcome } from './contract.ts'
import type { Bytes } from '../body/branch.ts'
import { longestAnswer } from '../body/read-body.ts'
import {
  cloneOf,
  isBroken,
  isHtml,
  isJson,
  isShort,
  isText,
  readJson,
  unreadError,
} from '../body/read-json.ts'
import { observe } from '../body/share-call.ts'
import type { ReadStream, StreamRun } from '../route/read-stream.ts'
import { misread } from '../route/error-in-body.ts'
import type { RouteRequest } from '../route/request.ts'
import type { SharedResponse } from '../body/shared-response.ts'

/** What reading needs of a run. */
export interface ReadRun extends Pick<StreamRun, 'update' | 'now' | 'report'> {
  /** The caller gets the response only when it is known what it says: then no copy waits for the caller. */
  readonly isHeld: boolean
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** How long an answer is read on when its caller has canceled it, in ms: it may name a paid job. */
const longestLinger = 2_000
/** Maximum bytes of an event stream that is not a web stream and is read as one text. */
const longestText = 67_108_864
const pausedStage = 'waiting for the response to be read'

/**
 * Reads the outcome of a response, from a copy that is made before the caller has the response.
 *
 * Rejects only as the body itself does, which means that the call has failed.
 */
export function readOutcome(
  shared: SharedResponse,
  { read, stream, maxBytes, unread }: Pick<LooseRoute, 'read' | 'stream' | 'maxBytes' | 'unread'>,
  request: RouteRequest,
  run: ReadRun,
): Outcome | Promise<Outcome> {
  const { original } = shared
  // A fake may give anything.
  if (typeof original?.ok !== 'boolean') return original
  const said = (patch?: TaskPatch): Outcome => ({ patch: patchOf(original, patch) })
  const linger = (signal: AbortSignal) => run.wait(longestLinger, signal)
  try {
    // A failure names no job to wait for: its body is canceled with the caller's.
    if (!original.ok) return failureOf(shared)
    if (isJson(original)) {
      if (!read) return said()
      const reading = readJson(shared, (body) => read(body, request), run.report, {
        maxBytes,
        empty: unread,
        invalid: unread ?? misread(request.url.pathname, undefined),
        linger,
        onPause: pauseIn(run),
        ...(run.isHeld && { longestLead: Infinity }),
      })
      return reading.then(said)
    }
    // A host's HTML page in place of JSON. Other types may be the answer of an own route.
    const page = read && isHtml(original) ? misread(request.url.pathname, undefined) : undefined
    const other = original.status === 202 ? undefined : (unread ?? page)
    return stream ? readStream(stream, shared, request, run, other).then(said) : said(other)
  } catch (error) {
    run.report(error)
    return said()
  }
}

/** Rejects as the body does. What else goes wrong is a mistake of the reader: it is reported. */
async function readStream(
  stream: ReadStream,
  shared: SharedResponse,
  request: RouteRequest,
  { wait: _wait, isHeld: _isHeld, ...run }: ReadRun,
  unread: TaskPatch | undefined,
): Promise<TaskPatch | undefined> {
  const { original: response } = shared
  const failures: unknown[] = []
  let stage: string | undefined
  const update = (patch: TaskPatch) => {
    stage = patch.stage ?? stage
    run.update(patch)
  }
  const fail = (error: unknown) => void failures.push(error)
  let isMissing = false
  const copy = () => {
    const body = shared.copy({ onPause: pauseIn(run, () => stage), onFail: fail })
    const all = body ?? (isText(response) ? textCopyOf(response, longestText, fail) : undefined)
    isMissing = !all && response.body !== null
    return all
  }
  try {
    const reading = stream(copy, response.headers, { ...run, update, request, response })
    if (reading) return await reading
    if (isMissing) run.report(unreadError(response, 'it was read before, or cannot be copied'))
    return isMissing ? undefined : unread
  } catch (error) {
    if (failures.length > 0) throw failures[0]
    run.report(error)
    return undefined
  } finally {
    shared.release()
  }
}

/** Shows that the copy waits, and then again what was shown before. */
const pauseIn =
  ({ update }: Pick<ReadRun, 'update'>, stage = (): string | undefined => undefined) =>
  (isPaused: boolean) =>
    update({ stage: isPaused ? pausedStage : (stage() ?? 'reading') })

/** What core reads a failure from: the fields of a response, and a copy of its body. */
function failureOf(shared: SharedResponse): Response {
  const { ok, type, status, statusText, headers } = shared.original
  const body = shared.copy() ?? (isShort(shared.original) ? textCopyOf(shared.original) : undefined)
  const failure = {
    ok,
    type,
    status,
    statusText,
    headers,
    body,
    isCopy: true,
    clone: () => failure,
    [Symbol.toStringTag]: 'Response',
  }
  return failure as unknown as Response
}

/**
 * A copy of a body that is not a web stream, as far as it is read like one.
 *
 * @param onFail The body has failed; not called for what is wrong with the copy alone.
 */
function textCopyOf(
  original: Response,
  maxBytes = longestAnswer,
  onFail: (error: unknown) => void = () => {},
): ReadableStream<Bytes> | undefined {
  const clone = cloneOf(original)
  if (!clone) return undefined
  const texts: Promise<string | undefined>[] = [clone.text(maxBytes)]
  observe(texts[0]!, undefined, (error) => isBroken(error) && onFail(error))
  const reader = {
    async read() {
      const text = (await texts.pop()) ?? ''
      return text === '' ? { done: true } : { done: false, value: new TextEncoder().encode(text) }
    },
    cancel: async () => {},
  }
  return { getReader: () => reader } as unknown as ReadableStream<Bytes>
}

/** The patch of a response: an accepted one (202) goes on, unless `read` says otherwise. */
const patchOf = ({ status }: Response, patch?: TaskPatch): TaskPatch | undefined =>
  status === 202 ? { status: 'processing', stage: 'accepted', ...patch } : patch
