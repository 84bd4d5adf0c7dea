import { problem } from '../records/errors.ts'
import { readIds, shown } from './input.ts'
import { cleanText, limits } from '../records/text.ts'
import { isRemoved, type TaskVersion } from '../records/task.ts'

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
  /** A text of any length without secrets. A URL keeps its query, as in `url`. */
  readonly hide: (text: string) => string
  /** A URL without secrets, but with its query, which may be the signature that the picture needs to load. */
  readonly url: (url: string) => string
  /** The name of a field as a record may hold it; undefined for a secret field. */
  readonly name: (name: string) => string | undefined
}

// Shapes that are secrets anywhere in a text: keys with a prefix (OpenAI, Anthropic, Replicate, Hugging Face, Stripe,
// ElevenLabs, GitHub, Slack, Google, AWS), JSON web tokens, fal's id:secret, credentials after Bearer and Basic, private
// keys. Each starts at the start of a word (or after an escaped sign such as `%20`) and never backtracks, so every text is
// read in linear time.
export const secretShape =
  /(?<!(?<![%\\]\w?)[\w-])((([rs]k|r8|hf|gh\w|github_pat|xox\w)[-_]|AIza|AKIA)[\w-]*?(\d[^\W_]{9}|[^\W_]{16})[\w-]*|eyJ[\w-]+\.[\w.-]{20,}|[\da-f-]{36}:[\da-f]{16,}|([Bb]earer|Basic) (?=[^\s"']+[A-Z\d])[^\s"']{12,})|PRIVATE KEY-[^]*/g

// Values that are named as secrets: before the host of a URL, and after a name, as in JSON, a header or a query. An unquoted
// value after `name: ` may be prose, so it counts only if it looks like a secret.
export const namedSecret =
  /(:\/\/)[^\s/:?]*:[^\s/?]*(?=@)|((authorization|passw(or)?d|secret|token|cookie|credentials?|(api|access|private|secret).?key|[-?&]sig(nature)?)\\*(["']\s?:|["']?\s?=|%3D|:(?=\s?(?=\S{6})(\S{0,19}[\d=]|\S{20})))\s?\\*["']?)((?<=")[^"]+|(?<='|cookie: )[^'\n]+|[[{][^\]}]+[\]}]?|[^\s"'&,;<>]+)/gi

// A text that is nothing but a URL with a query.
export const address = /^[^\s"?#]*[?#][^\s"]*$/

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
  return text.includes('PRIVATE KEY-')
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
  function hideAll(text: string): string {
    if (options === false) return text
    let rest = text
      .replace(secretShape, '[redacted]')
      .replace(namedSecret, (_found, slashes = '', name = '') => `${slashes}${name}[redacted]`)
    for (const shape of shapes) rest = rest.replace(shape, (found) => found && '[redacted]')
    return rest
  }
  const url = (text: string) => text.replace(/^[^?#]*/, hideAll)
  const isHarmless = (text: string) => shapes.length === 0 && !mayHoldSecret(text)
  const hide = (text: string) => (isHarmless(text) ? text : address.test(text) ? url(text) : hideAll(text))
  const isSecret = (name: string) =>
    `${plain(name)}=0`.search(namedSecret) < 0
      ? own.has(plain(name))
      : options !== false && !kept.has(plain(name))
  return {
    hide,
    url,
    text(given) {
      const text = given.slice(0, searched)
      if (isHarmless(text)) return cleanText(text, maxLength, given.length)
      const data = describeDataUrl(given)
      return data ? `[${data.type}, ${data.bytes} bytes]` : cleanText(hide(text), maxLength, given.length)
    },
    name(name) {
      if (names.has(name)) return names.get(name)
      const kept = isSecret(name) ? undefined : cleanText(hide(name), 200)
      if (names.size >= 1_000) names.clear()
      if (name.length <= 200) names.set(name, kept)
      return kept
    },
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

// The query of a URL anywhere in a text.
const query = /(https?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi

/** A value without the queries of the URLs in its texts. */
export const withoutQueries = <T>(value: T): T => {
  if (typeof value === 'string') return value.replace(query, '$1') as T
  if (Array.isArray(value)) return value.map(withoutQueries) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [withoutQueries(name), withoutQueries(part)]),
  ) as T
}

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
