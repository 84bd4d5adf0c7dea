import { CallsheetError } from '../records/errors.ts'
import { readIds, shown } from './input.ts'
import { cleanText, limits } from '../records/text.ts'
import { isRemoved, type TaskVersion } from '../records/task.ts'

/** What is taken for a secret beside what always is. */
export interface RedactOptions {
  /** Further names of fields that hold secrets, whole; case, spaces and signs such as `-` and `_` do not matter. */
  readonly keys?: readonly string[]
  /** Further shapes of secrets, wherever in a text they stand. */
  readonly values?: readonly RegExp[]
  /** Names of fields that sound like a secret and are none: `secret`, where a character has one. */
  readonly keep?: readonly string[]
  /**
   * Maximum length of a text in characters, 1 to 2,000; a longer one is cut.
   *
   * @default 2_000
   */
  readonly maxLength?: number
}

/** Takes out of a record what must not be in it. */
export interface Redactor {
  /** A free text as a record may hold it: secrets out, broken characters replaced, cut where it is too long. */
  readonly text: (text: string) => string
  /** A text of any length without its secrets. One that is an address keeps its query, as `url` does. */
  readonly hide: (text: string) => string
  /** An address without secrets, but with its query: it may be signed, and the picture must load. */
  readonly url: (url: string) => string
  /** The name of a field as a record may hold it; undefined when the field is a secret. */
  readonly name: (name: string) => string | undefined
}

// Shapes that are secrets wherever they stand: keys with a prefix (OpenAI, Anthropic, Replicate, Hugging Face, Stripe,
// ElevenLabs, GitHub, Slack, Google, AWS), JSON web tokens, fal's id:secret, what follows Bearer and Basic, private keys.
// Each begins where no word is going on (or after an escaped sign such as `%20`) and takes what it has read, so every
// text is read in linear time.
export const secretShape =
  /(?<!(?<![%\\]\w?)[\w-])((([rs]k|r8|hf|gh\w|github_pat|xox\w)[-_]|AIza|AKIA)[\w-]*?(\d[^\W_]{9}|[^\W_]{16})[\w-]*|eyJ[\w-]+\.[\w.-]{20,}|[\da-f-]{36}:[\da-f]{16,}|([Bb]earer|Basic) (?=[^\s"']+[A-Z\d])[^\s"']{12,})|PRIVATE KEY-[^]*/g

// What is said to be a secret: before the host of an address, and by name, as in JSON, a header or a query. What stands
// after `name: ` without quotes may be prose, and is a secret only when it looks like one.
export const namedSecret =
  /(:\/\/)[^\s/:?]*:[^\s/?]*(?=@)|((authorization|passw(or)?d|secret|token|cookie|credentials?|(api|access|private|secret).?key|[-?&]sig(nature)?)\\*(["']\s?:|["']?\s?=|%3D|:(?=\s?(?=\S{6})(\S{0,19}[\d=]|\S{20})))\s?\\*["']?)((?<=")[^"]+|(?<='|cookie: )[^'\n]+|[[{][^\]}]+[\]}]?|[^\s"'&,;<>]+)/gi

// A text that is an address with a query, and nothing else.
export const address = /^[^\s"?#]*[?#][^\s"]*$/

// Longer texts are cut before they are searched: a secret that this parts stands far behind what is kept.
const searched = limits.text * 8

/**
 * Whether a text has what every secret has: a word of twelve characters, or a sign between a name and its value; and so
 * has every data: URL. A loop, for most texts have neither and searching them for shapes took ten times as long.
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
 * Makes what takes secrets out. `false` disables pattern redaction. Fields listed in a step's `secret` are still
 * removed, and records are still kept small and valid. Throws a CallsheetError for options that are not usable.
 */
export function createRedactor(options: RedactOptions | false = {}): Redactor {
  const { keys = [], values = [], keep = [], maxLength = limits.text } = options || {}
  const own = new Set(readIds(keys, 'redact.keys').map(plain))
  const kept = new Set(readIds(keep, 'redact.keep').map(plain))
  if (!(maxLength > 0 && maxLength <= limits.text))
    throw new CallsheetError(
      `Invalid redact.maxLength: expected a number from 1 to 2000, got ${shown(maxLength)}.`,
      {
        code: 'invalid_option',
      },
    )
  if (!Array.isArray(values) || !values.every((shape) => shape instanceof RegExp))
    throw new CallsheetError(`Invalid redact.values: expected a list of RegExp, got ${shown(values)}.`, {
      code: 'invalid_option',
    })
  // Copies, for those with `g` or `y` begin where they ended in another text.
  const shapes = values.map((shape) => new RegExp(shape, shape.flags.replace(/[gy]/g, '') + 'g'))
  /** Names of fields as records hold them: the same few come again and again. */
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

// A text that only begins with "Data:" is none.
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

// The query of an address that stands somewhere in a text.
const query = /(https?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi

/** A value without the queries of the addresses in its texts. */
export const withoutQueries = <T>(value: T): T => {
  if (typeof value === 'string') return value.replace(query, '$1') as T
  if (Array.isArray(value)) return value.map(withoutQueries) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [withoutQueries(name), withoutQueries(part)]),
  ) as T
}

/** A version as logs may hold it: the query of every address is cut, for it may be signed. */
export function forLogs(version: TaskVersion): TaskVersion {
  if (isRemoved(version)) return version
  const cut = (url: string) => url.split(/[?#]/, 1)[0]!
  const task = withoutQueries(version)
  return {
    ...task,
    ...(task.outputUrl === undefined ? {} : { outputUrl: cut(task.outputUrl) }),
    ...(task.outputs === undefined ? {} : { outputs: task.outputs.map(cut) }),
    ...(task.job?.url === undefined ? {} : { job: { ...task.job, url: cut(task.job.url) } }),
  }
}
