import { onAbort } from './signals.ts'

export type Bytes = Uint8Array<ArrayBuffer>
type Controller = ReadableStreamDefaultController<Bytes> | ReadableByteStreamController

/** How a body ended. */
export type End = { readonly isError: false } | { readonly isError: true; readonly error: unknown }

export const failedWith = (error: unknown): End => ({ isError: true, error })

/** One reader's stream of a body. It asks for the next chunk only when its reader does. */
export interface Branch {
  readonly stream: ReadableStream<Bytes>
  /** Bytes that its reader has taken. */
  readonly taken: number
  /** Bytes that wait for its reader. */
  readonly waiting: number
  /** Its reader waits for the next chunk. */
  readonly isHungry: boolean
  readonly push: (chunk: Bytes) => void
  /** Ends the stream, after what waits. */
  readonly end: (end: End) => void
  /** Ends the stream with an error at once, and lets go of what waits. */
  readonly fail: (error: unknown) => void
}

export interface BranchOptions {
  /** The body. The stream is of the same class, and takes the same readers. */
  readonly like: ReadableStream<Bytes>
  readonly isByteStream: boolean
  /** The reader has taken a chunk, or waits for one. */
  readonly onPull: () => void
  /** The reader has canceled the stream. Its cancel settles as the returned promise does. */
  readonly onCancel: (reason: unknown) => Promise<void> | void
  /** The call of the reader was aborted. As with fetch, it then gets nothing of what came before. */
  readonly aborted?: () => AbortSignal | undefined
  /** Ends only this stream. */
  readonly signal?: AbortSignal | undefined
}

export const sizeOf = (chunk: Bytes): number => chunk?.byteLength ?? 0

export function createBranch(options: BranchOptions): Branch {
  const { like, isByteStream, onPull, onCancel, aborted, signal } = options
  const queue: Bytes[] = []
  let controller!: Controller
  let last: End | undefined
  let isOver = false
  let [taken, waiting, isHungry] = [0, 0, false]
  let stopWaiting = () => {}

  function give(): void {
    const chunk = queue.shift()!
    waiting -= sizeOf(chunk)
    taken += sizeOf(chunk)
    controller.enqueue(chunk)
    if (last && queue.length === 0) finish(last)
    else stopWaiting()
  }

  function finish(end: End): void {
    if (isOver) return
    letGo()
    if (end.isError) return controller.error(end.error)
    try {
      controller.close()
      // What a reader with a buffer of its own waits for.
      if ('byobRequest' in controller) controller.byobRequest?.respond(0)
    } catch {
      // The body ended within an element of that buffer: the stream is an error now, as the standard has it.
    }
  }

  function letGo(): void {
    isOver = true
    queue.length = waiting = 0
    stopWaiting()
  }

  function leave(): void {
    finish(failedWith(signal!.reason))
    void onCancel(signal!.reason)
  }

  function pull(): Promise<void> | void {
    if (signal?.aborted) return leave()
    const abort = aborted?.()
    if (abort && last) return finish(failedWith(abort.reason))
    if (queue.length > 0 && !abort) {
      give()
      return onPull()
    }
    const pulled = new Promise<void>((resolve) => {
      const undo = onAbort(signal, leave)
      isHungry = true
      stopWaiting = () => {
        isHungry = false
        undo()
        resolve()
      }
    })
    onPull()
    return pulled
  }

  const source = {
    start: (given: Controller) => void (controller = given),
    pull,
    async cancel(reason: unknown) {
      // As with fetch, the abort has made the stream an error already.
      const abort = aborted?.()
      letGo()
      await onCancel(reason)
      if (abort) throw abort.reason
    },
    ...(isByteStream && { type: 'bytes' }),
  } as unknown as UnderlyingDefaultSource<Bytes>
  // Of the body's own realm or library, so that it passes for one wherever the body would.
  const Stream = like.constructor as typeof ReadableStream<Bytes>
  const stream = new Stream(source, { highWaterMark: 0 })

  return {
    stream,
    get taken() {
      return taken
    },
    get waiting() {
      return waiting
    },
    get isHungry() {
      return isHungry
    },
    push(chunk) {
      if (isOver || (isByteStream && sizeOf(chunk) === 0)) return
      queue.push(chunk)
      waiting += sizeOf(chunk)
      if (isHungry) give()
    },
    end(end) {
      last = end
      if (queue.length === 0 || (end.isError && aborted?.())) finish(end)
    },
    fail: (error) => finish(failedWith(error)),
  }
}
