import { type CopyReader, readCopy } from './read-copy.ts'
import type { ReadStream } from './read-outcome.ts'

/**
 * For `stream` of a route: shows how much of a body has come in, and ends the task with it.
 *
 * Only where its length is known: a body without Content-Length, or an encoded one, is left alone. What comes faster
 * than the caller reads it is held in memory. (Of uploads, fetch tells nothing.)
 *
 * @example
 * const route = { type: 'trailer', scope: () => ({ showId: 's1' }), stream: readDownload() } as const
 */
export const readDownload = (): ReadStream => (copy, headers, run) => {
  const total = Number(headers.get('content-length'))
  const reader = total > 0 && !headers.has('content-encoding') ? readCopy(copy, run) : undefined
  return reader && countIn(reader, (size) => run.update({ progress: Math.floor((100 * size) / total) }))
}

async function countIn({ read }: CopyReader, tell: (size: number) => void): Promise<undefined> {
  for (let size = 0; ;) {
    const { done, value } = await read()
    if (done) return undefined
    size += value.byteLength
    tell(size)
  }
}
