/** The bounds that every writer keeps and every door checks. Lengths are in UTF-16 units. */
export const limits = {
  id: 256,
  /** Free text is cut here; a record may hold a little more, for the note that tells the length. */
  text: 2_000,
  url: 8_192,
  /** Nested levels of metadata. */
  depth: 32,
  /** Keys in all of a record's metadata. */
  keys: 256,
  /** Bytes of JSON of a record's metadata. */
  metadata: 24_576,
  /** Addresses in a record's list of outputs. */
  list: 1_000,
  /** Bytes of JSON of a record's list of outputs. */
  outputs: 16_384,
  /** Bytes of JSON of a whole task. */
  record: 65_536,
  /** Items in a roster. */
  roster: 100_000,
  /** Epoch ms: a little below the last moment of a Date, so that what follows it is a moment, too. */
  time: 8.64e15 - 1e9,
  /** Versions, attempts: far below the numbers that have no next one. */
  count: 2 ** 52,
  /** Durations that are kept of each type and key of tasks. */
  samples: 128,
  /** Days after which no record from elsewhere is taken in any more. */
  days: 30,
} as const

/** The longest text that a record may hold: cut, with the note of what it was. */
export const longestText = limits.text + 40

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\u0000-\u001f\u007f-\u009f]/
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const broken = new RegExp(`\\u0000|${loneSurrogate.source}`, 'g')

/** True when no NUL and no lone surrogate is in the text: what every database and JSON reader can carry. */
export const isWellFormed = (text: string): boolean => !text.includes('\0') && !loneSurrogate.test(text)

/** At most how many bytes a value's JSON has in UTF-8. */
export const jsonSize = (value: unknown): number => JSON.stringify(value).replace(/[^\0-\x7f]/g, '...').length

/** Whether a browser would read an address as a data: URL: it skips invisible characters before it. */
// oxlint-disable-next-line no-control-regex -- control characters are what it skips
export const isDataUrl = (url: string): boolean => /^[\u0000- ]*data:/i.test(url)

/** Whether a value may be an id: 1 to 256 well-formed UTF-16 units without control characters. */
export const isId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length >= 1 &&
  value.length <= limits.id &&
  !control.test(value) &&
  !loneSurrogate.test(value)

/**
 * Replaces NUL and lone surrogates by U+FFFD, and cuts what is too long, telling how long it was.
 *
 * @param length What it is told to have been. Default: its length; a text that was cut before keeps what it tells.
 */
export function cleanText(text: string, most: number = limits.text, length = text.length): string {
  const isLong = text.length > most + (text.endsWith(' characters]') ? 40 : 0)
  const cut = isLong ? `${text.slice(0, most)}… [${length} characters]` : text
  return isWellFormed(cut) ? cut : cut.replace(broken, '\ufffd')
}
