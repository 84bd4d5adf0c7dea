import type { ReadStream } from '../route/read-stream.ts'

/** How a download is shown. */
export interface DownloadOptions {
  /**
   * Says that the server compresses nothing on the way. A browser shows the Content-Length of another origin's response,
   * and hides its Content-Encoding: the length may be that of fewer, compressed bytes.
   *
   * @default false: nothing is shown of a response from another origin, unless its encoding is exposed
   */
  readonly isUncompressed?: boolean
}

/**
 * For `stream` of a route: shows how much of a body its caller has read, and ends the task with it. It is at most 1 MiB
 * ahead of the caller.
 *
 * Only where the length is known: a body without Content-Length, or an encoded one, is left alone. (Of uploads, fetch
 * tells nothing.)
 *
 * @example
 * const route = { type: 'trailer', scope: () => ({ showId: 's1' }), stream: readDownload() } as const
 */
export const readDownload =
  ({ isUncompressed = false }: DownloadOptions = {}): ReadStream =>
  (copy, headers, { response, update }) => {
    const total = Number(headers.get('content-length'))
    const encoding = headers.get('content-encoding') ?? (response.type === 'cors' ? undefined : 'identity')
    const isExact = encoding === 'identity' || (encoding === undefined && isUncompressed)
    const body = total > 0 && isExact ? copy() : undefined
    return body && countIn(body, (size) => update({ progress: Math.floor((100 * size) / total) }))
  }

async function countIn(body: ReadableStream<Uint8Array>, tell: (size: number) => void): Promise<undefined> {
  const reader = body.getReader()
  for (let size = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return undefined
    size += value.byteLength
    tell(size)
  }
}
