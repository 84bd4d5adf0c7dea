import { problem } from '../records/errors.ts'
import { readIds, shown } from './input.ts'
import type { Json } from '../records/json.ts'
import { cleanText, limits } from '../records/text.ts'
import { isRemoved, type TaskVersion } from '../records/task.ts'
import { hideNamed, looksSecret, suspicionOf } from './secret-names.ts'
import { secretShape } from './known-shapes.ts'

/** What to redact beside the built-in names and shapes of secrets. */
export interface RedactOptions {
  /** Additional names of secret fields. Case, spaces and signs such as `-` and `_` are ignored. */
  readonly keys?: readonly string[]
  /** Additional patterns of secrets, anywhere in a text. */
  readonly values?: readonly RegExp[]
  /** Names of fields to keep although they sound like a secret: `secret`, if a character has one. */
  readonly keep?: readonly string[]
  /**
   * Maximum length of a text in characters, 1 to 2,000; a longer one is cut.
   *
   * @default 2_000
   */
  readonly maxLength?: number
}

/** Removes secrets from the parts of a record. */
export interface Redactor {
  /** A free text as a record may hold it: without secrets and invalid characters, cut to the maximum length. */
  readonly text: (text: string) => string
  /** The content of a field that may hold an address: as `text`, but an address stays as in `url`. */
  readonly value: (text: string) => string
  /**
   * An address without its password. Its path and query stay: either may be the signature that the picture needs to load.
   * Everything else is read as a text.
   */
  readonly url: (url: string) => string
  /** The name of a field as a record may hold it; undefined for a secret field. */
  readonly name: (name: string) => string | undefined
  /** Whether a field is a secret by its name and its content together. */
  readonly isSecret: (name: string, value: Json) => boolean
}

// The start of an address, and credentials before its host. A password goes up to the last `@`, as it may hold every sign;
// the digits of a port are left.
export const authority = /:\/\/(?:(?!:\/\/)\S){1,250}/g
export const userInfo = /^(:\/\/)(?:([^/?#@:[]*:)(?!\d{1,5}(?![^/?#"'<>,;)\]}])).+|([^/?#@:[]{20,}))(?=@)/

// A parsed address: http(s) with a host, or rooted.
const address = /^(?:https?:\/\/[^\s/?#]+|\/(?!\/))[^\s"<>]*$/i

// Longer texts are cut before the search. A secret that this cuts apart is far behind the part that is kept.
const searched = limits.text * 8

/**
 * Whether a text has what every secret and every data: URL has: a word of twelve characters, or a sign between a name and
 * its value. Most texts have neither. The loop takes a tenth of the time of the search for shapes.
 */
function mayHoldSecret(text: string): boolean {
  let word = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    const isSpace = code === 32 || (code >= 9 && code <= 13)
    word = isSpace ? 0 : word + 1
    if (word === 12 || code === 37 /* % */ || code === 58 /* : */ || code === 61 /* = */) return true
  }
  return text.includes('PRIVATE KEY')
}

const plain = (name: string) => name.replace(/[\s!-/:-@[-`{-~]/g, '').toLowerCase()

/**
 * Makes a redactor. `false` disables pattern redaction: fields listed in a step's `secret` are still removed, and records
 * are still kept small and valid. Throws a CallsheetError for an invalid option.
 */
export function createRedactor(options: RedactOptions | false = {}): Redactor {
  const { keys = [], values = [], keep = [], maxLength = limits.text } = options || {}
  const own = new Set(readIds(keys, 'redact.keys').map(plain))
  const kept = new Set(readIds(keep, 'redact.keep').map(plain))
  if (!(maxLength > 0 && maxLength <= limits.text))
    throw problem(
      'invalid_option',
      `Invalid redact.maxLength: expected a number from 1 to 2000, got ${shown(maxLength)}.`,
    )
  if (!Array.isArray(values) || !values.every((shape) => shape instanceof RegExp))
    throw problem('invalid_option', `Invalid redact.values: expected a list of RegExp, got ${shown(values)}.`)
  // Copies, because a RegExp with `g` or `y` continues at its last index.
  const shapes = values.map((shape) => new RegExp(shape, shape.flags.replace(/[gy]/g, '') + 'g'))
  /** A cache of redacted field names. */
  const names = new Map<string, string | undefined>()
  const hidePasswords = (text: string) =>
    text.replace(authority, (one) =>
      one.replace(userInfo, (found, start: string, user: string | undefined, token: string) =>
        user !== undefined || looksSecret(token) ? `${start}${user ?? ''}[redacted]` : found,
      ),
    )
  function hideAll(text: string): string {
    if (options === false) return text
    let rest = hideNamed(hidePasswords(text).replace(secretShape, '[redacted]'))
    for (const shape of shapes) rest = rest.replace(shape, (found) => found && '[redacted]')
    return rest
  }
  const isHarmless = (text: string) => shapes.length === 0 && !mayHoldSecret(text)
  const hide = (text: string): string => (isHarmless(text) ? text : hideAll(text))
  const url = (text: string) =>
    options === false ? text : address.test(text) ? hidePasswords(text) : hide(text)
  const suspicion = (name: string) =>
    own.has(plain(name))
      ? 'always'
      : options === false || kept.has(plain(name))
        ? undefined
        : suspicionOf(name)
  const read = (given: string, hideIn: (text: string) => string) => {
    const text = given.slice(0, searched)
    if (isHarmless(text)) return cleanText(text, maxLength, given.length)
    const data = describeDataUrl(given)
    return data ? `[${data.type}, ${data.bytes} bytes]` : cleanText(hideIn(text), maxLength, given.length)
  }
  return {
    url,
    text: (given) => read(given, hide),
    value: (given) => read(given, url),
    name(given) {
      const name = given.slice(0, limits.text)
      if (names.has(name)) return names.get(name)
      const kept = suspicion(name) === 'always' ? undefined : cleanText(hide(name), 200, given.length)
      if (names.size >= 1_000) names.clear()
      if (name.length <= 200) names.set(name, kept)
      return kept
    },
    isSecret: (name, value) => suspicion(name) === 'often' && looksSecret(JSON.stringify(value)),
  }
}

// Not every text that begins with "Data:" is a data: URL.
// oxlint-disable-next-line no-control-regex -- control characters are what a browser skips
const dataUrl = /^[\0- ]*data:([\w.+-]+\/[\w.+-]+)?(;[^,;\s]{1,200}){0,9},/i

/** Media type and size of a well-formed data: URL; undefined for any other text. */
export function describeDataUrl(url: string): { readonly type: string; readonly bytes: number } | undefined {
  if (!dataUrl.test(url)) return undefined
  const start = url.indexOf(',') + 1 || url.length
  const head = url.slice(0, Math.min(start, 200))
  const type = cleanText(/:([^;,]*)/.exec(head)![1] || 'text/plain', 100)
  const length = url.length - start
  const padding = url.slice(-2).split('=').length - 1
  return { type, bytes: /;base64,/i.test(head) ? Math.floor((length * 3) / 4) - padding : length }
}

// The query and the fragment of an address of any form in a text.
export const query = /(\/[^\s/?#"'<>]*)[?#][^\s"'<>]+/g

/** A value without the queries of the addresses in its texts. */
export const withoutQueries = <T>(value: T): T => {
  if (typeof value === 'string') return value.replace(query, '$1') as T
  if (Array.isArray(value)) return value.map(withoutQueries) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) =>
      ids.has(name) ? [name, part] : [withoutQueries(name), withoutQueries(part)],
    ),
  ) as T
}

/** What a record is found by: never changed, although an id may hold any sign. */
const ids = new Set(['id', 'showId', 'characterId', 'by'])

/** A version for logs: without the queries of its URLs, which may be signed. */
export function forLogs(version: TaskVersion): TaskVersion {
  if (isRemoved(version)) return version
  const cut = (url: string) => url.split(/[?#]/, 1)[0]!
  const { outputUrl, outputs, job } = version
  return {
    ...withoutQueries(version),
    ...(outputUrl !== undefined && { outputUrl: cut(outputUrl) }),
    ...(outputs && { outputs: outputs.map(cut) }),
    ...(job?.url !== undefined && { job: { ...withoutQueries(job), url: cut(job.url) } }),
  }
}
