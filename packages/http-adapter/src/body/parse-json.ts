/** Parses JSON. Unlike the error of `JSON.parse`, this one does not quote the text, which may hold a secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the body is not valid JSON')
  }
}
