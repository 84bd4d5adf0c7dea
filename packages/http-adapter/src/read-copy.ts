import type { StreamRun } from './read-outcome.ts'

/** Reads a copy; rejects with an AbortError when its caller has canceled the original. */
export interface CopyReader {
  readonly read: () => Promise<ReadableStreamReadResult<Uint8Array>>
  readonly cancel: () => void
}

/**
 * A reader of a copy of the body, which lets go as soon as the caller cancels the original.
 *
 * By the standard a cancel settles only when the copy is canceled too: a client that awaits it before it aborts the
 * call, as OpenAI's does, would wait to the end of the stream.
 */
export function readCopy(
  copy: () => ReadableStream<Uint8Array> | undefined,
  { response }: StreamRun,
): CopyReader | undefined {
  const reader = copy()?.getReader()
  if (!reader) return undefined
  let hasLeft = false
  const cancel = () => {
    reader.cancel().catch(() => {})
  }
  // Since it was copied, this one is the caller's.
  if (response.body) {
    watchCancel(response.body, () => {
      hasLeft = true
      cancel()
    })
  }
  return {
    async read() {
      const result = await reader.read()
      if (hasLeft) throw new DOMException('The reader of the response has left.', 'AbortError')
      return result
    },
    cancel,
  }
}

/** What a pipe or `response.text()` cancels shows nowhere; nobody waits for that. */
function watchCancel(body: ReadableStream<Uint8Array>, leave: () => void): void {
  const cancel = body.cancel.bind(body)
  const getReader = body.getReader.bind(body)
  // Not everywhere can a stream be iterated.
  const { values } = body as { readonly values?: Iterate }
  own(body, 'cancel', (reason?: unknown) => {
    if (!body.locked) leave()
    return cancel(reason)
  })
  own(body, 'getReader', (options?: ReadableStreamGetReaderOptions) => {
    const reader = getReader(options as never)
    const stop = reader.cancel.bind(reader)
    return own(reader, 'cancel', (reason?: unknown) => {
      leave()
      return stop(reason)
    })
  })
  if (!values) return
  const iterate: Iterate = (options) => {
    const iterator = values.call(body, options)
    const stop = iterator.return?.bind(iterator)
    return own(iterator, 'return', (value: undefined) => {
      if (!options?.preventCancel) leave()
      return stop?.(value)
    })
  }
  own(body, 'values', iterate)
  own(body, Symbol.asyncIterator, iterate)
}

type Iterate = ReadableStream<Uint8Array>['values']

const own = <T extends object>(target: T, name: PropertyKey, value: unknown): T =>
  Object.defineProperty(target, name, { value, configurable: true, writable: true })
