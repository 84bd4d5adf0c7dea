/** The usual limit of an answer, in bytes after decompression. */
export const longestAnswer = 1_048_576

/** The bytes of a body; undefined for more than `most` of them, and the rest is then canceled. */
export async function readBytes(
  body: ReadableStream<Uint8Array> | null,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = body?.getReader()
  const parts: Uint8Array[] = []
  let length = 0
  for (;;) {
    const part = await reader?.read()
    if (!part || part.done) break
    length += part.value.byteLength
    if (length > most) {
      reader?.cancel().catch(() => {})
      return undefined
    }
    parts.push(part.value)
  }
  const bytes = new Uint8Array(length)
  let place = 0
  for (const part of parts) {
    bytes.set(part, place)
    place += part.byteLength
  }
  return bytes
}

/** The same as text. */
export async function readStreamText(
  body: ReadableStream<Uint8Array> | null,
  most: number,
): Promise<string | undefined> {
  const bytes = await readBytes(body, most)
  return bytes && new TextDecoder().decode(bytes)
}

/**
 * The text of a response that has no other reader; undefined for more than `most` bytes, and the rest is then canceled.
 *
 * A body without a web stream (React Native, node-fetch) is read whole, unless it announces to be longer.
 */
export async function readText(
  response: Pick<Response, 'body' | 'headers' | 'text'>,
  most: number = longestAnswer,
): Promise<string | undefined> {
  const { body, headers } = response
  if (body === null || typeof body?.getReader === 'function') return readStreamText(body, most)
  if (Number(headers?.get('content-length')) > most) return undefined
  const text = await response.text()
  return text.length > most ? undefined : text
}
