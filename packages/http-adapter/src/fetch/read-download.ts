import type { ReadStream } from '../route/read-stream.ts'

/** Options of `readDownload`. */
export interface DownloadOptions {
  /**
   * The server sends uncompressed bodies. A browser shows the Content-Length of another origin's response and hides its
   * Content-Encoding, so the length may be that of compressed bytes.
   *
   * @default false: no progress for another origin, unless its encoding is exposed
   */
  readonly isUncompressed?: boolean
}

/**
 * For `stream` of a route: shows how much of a body the caller has read, at most 1 MiB ahead, and ends the task with it.
 *
 * It needs the length: a body without Content-Length, or an encoded one, is left alone. Fetch shows no progress of
 * uploads.
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
