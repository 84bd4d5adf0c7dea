import { CallsheetError } from '@callsheet/core'
import {
  type Branch,
  type BranchOptions,
  type Bytes,
  createBranch,
  type End,
  failedWith,
  sizeOf,
} from './branch.ts'

/** How far a copy runs ahead of the callers, and how much is kept for those that join later, in bytes. */
const longestLead = 1_048_576
/** No chunk of the network is larger. */
const usualChunk = 65_536
/** How far a copy may fall behind the callers, in bytes. */
const longestLag = 16_777_216

/** How far callers may be apart, in bytes: what one has read waits in memory for the others. */
const longestGap = 67_108_864

const tooSlow = (reader: string, bytes: number): CallsheetError =>
  new CallsheetError(
    `The response body was read too slowly: ${reader} fell more than ${bytes} bytes behind and gets no more of it.`,
    { code: 'limit_reached' },
  )

/** What the tracker reads of a body. */
export interface CopyOptions {
  /** How far the copy may run ahead of the callers, in bytes. @default 1 MiB */
  readonly longestLead?: number
  /** Called when the copy starts and stops waiting for the callers. */
  readonly onPause?: (isPaused: boolean) => void
  /** The body has failed, or all callers have canceled it: why the copy fails, too. */
  readonly onFail?: (error: unknown) => void
  /**
   * For how long the copy may be read on when all callers have canceled; the signal ends the wait.
   *
   * @default not at all
   */
  readonly linger?: (signal: AbortSignal) => Promise<unknown>
}

/** A body that several read: callers, and the tracker from a copy. */
export interface SharedBody {
  /** The first caller's. */
  readonly stream: ReadableStream<Bytes>
  /** Locks the body. Throws when it is locked already. */
  readonly start: () => void
  /** The whole body for one more caller; undefined when its start is dropped already. */
  readonly join: (signal: AbortSignal | undefined) => ReadableStream<Bytes> | undefined
  /** A copy for the tracker, one at a time. It fails as the body does, and when all callers have canceled. */
  readonly copy: (options?: CopyOptions) => ReadableStream<Bytes>
  /** The copy is not needed any more. */
  readonly release: () => void
  /** No caller joins any more. */
  readonly close: () => void
}

/**
 * Passes a body on, chunk by chunk, as its callers read it. Only the copy may read ahead of them, and not far.
 *
 * A tee would do neither: it reads as fast as its faster reader, loses what the slower one has not read when the body
 * breaks off, settles a cancel only with the last reader's, and in Node an abort then rejects with a TypeError.
 *
 * @param aborted The aborted signal of the call, if it is.
 * @param onEnd Called when the body has ended or was canceled.
 */
export function shareBody(
  body: ReadableStream<Bytes>,
  aborted: () => AbortSignal | undefined,
  onEnd: () => void = () => {},
): SharedBody {
  const isByteStream = takesBuffers(body)
  const callers = new Set<Branch>()
  let reader: ReadableStreamDefaultReader<Bytes> | undefined
  let kept: Bytes[] | undefined = []
  let copy: Branch | undefined
  let copyOptions: CopyOptions = {}
  let [total, takenBefore] = [0, 0]
  let [isReading, isPaused] = [false, false]
  let last: End | undefined
  let stopLingering = () => {}

  const lead = () => total - Math.max(takenBefore, ...[...callers].map(({ taken }) => taken))

  function read(): void {
    if (isReading || last || !reader) return
    const isBehind = lead() > (copyOptions.longestLead ?? longestLead) - usualChunk
    const isCopyHungry = copy?.isHungry === true
    if (isCopyHungry && isBehind) pause(true)
    else if (isPaused && lead() <= longestLead / 2) pause(false)
    if (!(isCopyHungry && !isBehind) && ![...callers].some(({ isHungry }) => isHungry)) return
    // The first caller's body never fails because others have joined: they wait for it.
    if (first.waiting > longestGap) return
    isReading = true
    reader.read().then(
      ({ done, value }) => {
        isReading = false
        if (done) return finish({ isError: false })
        give(value)
        read()
      },
      (error: unknown) => {
        isReading = false
        finish(failedWith(error))
      },
    )
  }

  function pause(to: boolean): void {
    if (isPaused === to) return
    isPaused = to
    copyOptions.onPause?.(to)
  }

  function give(chunk: Bytes): void {
    total += sizeOf(chunk)
    if (total <= longestLead) kept?.push(copyOf(chunk))
    else kept = undefined
    // A byte stream takes the chunk's memory away, so the copies are made before.
    const [owner, ...others] = callers
    for (const branch of copy ? [copy, ...others] : others) branch.push(copyOf(chunk))
    owner?.push(chunk)
    for (const caller of callers) {
      if (caller === first || caller.waiting <= longestGap) continue
      callers.delete(caller)
      caller.fail(tooSlow('a call that joined', longestGap))
    }
    if (copy && copy.waiting > longestLag) {
      copy.end(failedWith(tooSlow('the copy of the tracker', longestLag)))
      copy = undefined
    }
  }

  function finish(end: End): void {
    if (last) return
    last = end
    for (const branch of callers) branch.end(end)
    endCopy(end)
    onEnd()
  }

  function endCopy(end: End): void {
    stopLingering()
    if (copy && end.isError) copyOptions.onFail?.(end.error)
    copy?.end(end)
  }

  /** Cancels the body: it has no reader any more. */
  function stop(reason: unknown): Promise<void> {
    if (last) return Promise.resolve()
    last = { isError: false }
    kept = undefined
    endCopy(failedWith(new DOMException('The response body was canceled.', 'AbortError')))
    onEnd()
    return reader!.cancel(reason)
  }

  const stopQuietly = (reason?: unknown) => void stop(reason).catch(() => {})

  /** All callers have canceled, and need not wait for the rest of the copy. */
  function linger(reason: unknown): Promise<void> | void {
    kept = undefined
    if (!copy || !copyOptions.linger) return stop(reason)
    const over = new AbortController()
    const end = () => stopQuietly(reason)
    copyOptions.linger(over.signal).then(end, end)
    stopLingering = () => over.abort()
    read()
  }

  function release(): void {
    copy = undefined
    if (callers.size === 0) stopQuietly()
  }

  function branchOf(more: Pick<BranchOptions, 'aborted' | 'signal'>): Branch {
    const branch = createBranch({
      like: body,
      isByteStream,
      onPull: read,
      onCancel(reason) {
        takenBefore = Math.max(takenBefore, branch.taken)
        callers.delete(branch)
        return callers.size > 0 || last ? undefined : linger(reason)
      },
      ...more,
    })
    callers.add(branch)
    return branch
  }

  const first = branchOf({ aborted })
  return {
    stream: first.stream,
    start() {
      reader = body.getReader()
      // Unlike a pending read, this also tells of an end between two reads.
      reader.closed?.then(
        () => isReading || finish({ isError: false }),
        (error: unknown) => isReading || finish(failedWith(error)),
      )
    },
    join(signal) {
      if (!kept) return undefined
      const branch = branchOf({ signal })
      for (const chunk of kept) branch.push(copyOf(chunk))
      if (last) branch.end(last)
      return branch.stream
    },
    copy(options = {}) {
      copyOptions = options
      copy = createBranch({
        like: body,
        isByteStream: false,
        onPull: read,
        onCancel: release,
      })
      return copy.stream
    },
    release,
    close() {
      kept = undefined
    },
  }
}

/** Not `slice` of the chunk itself: that of Node's Buffer copies nothing. */
const copyOf = (chunk: Bytes): Bytes =>
  ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer.slice(chunk.byteOffset, chunk.byteOffset + chunk.byteLength))
    : chunk

/** Whether a body is a byte stream: such a reader can be had only of one. */
function takesBuffers(body: ReadableStream<Bytes>): boolean {
  try {
    body.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}
