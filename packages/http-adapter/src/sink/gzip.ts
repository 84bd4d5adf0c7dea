import { encoder } from './queue.ts'

/** By a writer: a pipe costs twice as much. What fails there fails in the reading, too. */
export function gzip(text: string): Promise<ArrayBuffer> {
  const { readable, writable } = new CompressionStream('gzip')
  const writer = writable.getWriter()
  writer.write(encoder.encode(text)).catch(() => {})
  writer.close().catch(() => {})
  return new Response(readable).arrayBuffer()
}
