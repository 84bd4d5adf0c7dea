import type { JsonObject } from '@callsheet/core'

/** Where a text of the corpus stands. `log.…` is the same field, read from a log line instead of from the record. */
export type Field =
  | 'error.message'
  | 'error.code'
  | 'stage'
  | 'title'
  | 'character'
  | 'outputUrl'
  | 'outputs'
  | 'job.url'
  | 'metadata'
  | 'metadata key'
  | 'log.stage'
  | 'log.error.message'
  | 'log.outputUrl'
  | 'log.job.url'

interface Draft {
  readonly field: Field
  /** The field inside of `metadata`. */
  readonly path?: readonly string[]
  readonly text: string
  /** The value of the metadata field, if it is not the text. */
  readonly value?: JsonObject[string]
  /** The parts of the text that must not survive. Empty for a legitimate text. */
  readonly secrets: readonly string[]
  /** The text without its secrets, and the names of its metadata fields. */
  readonly surroundings: string
}

export interface Entry extends Draft {
  /** The group, for the report. */
  readonly kind: string
  /** The page that documents the format. */
  readonly source: string
}

type Random = () => number
/** A text, or a generator of one. */
type Part = string | ((random: Random) => string)
interface Secret {
  readonly parts: readonly Part[]
}

/**
 * A made-up secret. It is joined from parts at run time: a whole one in a source file would make a hosting platform's
 * secret scanner refuse the push.
 */
export const secret = (...parts: readonly Part[]): Secret => ({ parts })

const from =
  (alphabet: string) =>
  (length: number): Part =>
  (random) =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('')

const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()
const digits = '0123456789'

export const digit = from(digits)
export const hex = from(`${digits}abcdef`)
export const letters = from(lower + upper)
export const lowers = from(lower + digits)
export const uppers = from(upper + digits)
export const base32 = from(`${upper}234567`)
export const base62 = from(lower + upper + digits)
export const base64 = from(`${lower}${upper}${digits}+/`)
export const base64url = from(`${lower}${upper}${digits}-_`)

const made = (part: Part, random: Random) => (typeof part === 'string' ? part : part(random))
/** Parts in a row. */
export const row =
  (...parts: readonly Part[]): Part =>
  (random) =>
    parts.map((part) => made(part, random)).join('')

export const uuid = row(hex(8), '-', hex(4), '-4', hex(3), '-a', hex(3), '-', hex(12))

/** The lines of a key's body, between its first and its last line. */
export const lines = (count: number, end = '\n'): Part =>
  row(...Array.from({ length: count }, () => row(base64(64), end)))

const seedOf = (text: string) => {
  let hash = 2_166_136_261
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619)
  }
  return hash
}

// Mulberry32. The seed is the text around, so that a new entry leaves the others as they are.
function createRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A template tag for texts in this field. A `secret(…)` in the template is one that must not survive. */
const at =
  (field: Field, path: readonly string[] = []) =>
  (strings: TemplateStringsArray, ...values: readonly (Part | Secret)[]): Draft => {
    const random = createRandom(seedOf([field, ...path, ...strings].join('\0')))
    const secrets: string[] = []
    let text = strings[0]!
    let surroundings = [...path, strings[0]].join('\n')
    for (const [index, value] of values.entries()) {
      const isSecret = typeof value === 'object'
      const part = made(isSecret ? row(...value.parts) : value, random)
      if (isSecret) secrets.push(part)
      text += part + strings[index + 1]!
      surroundings += (isSecret ? '\n' : part) + strings[index + 1]!
    }
    return { field, ...(path.length > 0 && { path }), text, secrets, surroundings }
  }

export const message = at('error.message')
export const code = at('error.code')
export const stage = at('stage')
export const title = at('title')
export const character = at('character')
export const outputUrl = at('outputUrl')
export const outputs = at('outputs')
export const jobUrl = at('job.url')
export const metadataKey = at('metadata key')
export const loggedStage = at('log.stage')
export const loggedMessage = at('log.error.message')
export const loggedOutput = at('log.outputUrl')
export const loggedJob = at('log.job.url')
/** A text in a field of `metadata`, or in one inside of it. */
export const metadata = (...path: readonly string[]) => at('metadata', path)

/** A number, a boolean or a list in a field of `metadata`. */
export const metadataValue = (value: JsonObject[string], ...path: readonly string[]): Draft => ({
  field: 'metadata',
  path,
  text: JSON.stringify(value),
  value,
  secrets: [],
  surroundings: '',
})

/** A group of the corpus, with the page that documents its format. */
export const group = (kind: string, source: string, drafts: readonly Draft[]): Entry[] =>
  drafts.map((draft) => ({ ...draft, kind, source }))
