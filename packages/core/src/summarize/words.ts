/**
 * A text for each plural category of a language (see Intl.PluralRules), or for one number: in Russian, 21 is of the
 * category `one`, too. `{n}` is the number.
 */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule | number, string>>> & {
  readonly other: string
}

/** A rounded duration. */
export interface Duration {
  readonly seconds: number
  readonly unit: 'second' | 'minute' | 'hour'
  /** The number of units; a fraction of an hour is shown as minutes. */
  readonly count: number
}

/** Rounds to the precision of an estimate: to 10 s below a minute, to 5 min from an hour. */
export function durationOf(ms: number, round: (value: number) => number): Duration {
  const exact = Math.max(0, ms) / 1_000
  const grain = exact < 60 ? 10 : exact < 3_600 ? 60 : 300
  const seconds = round(exact / grain) * grain
  if (seconds < 60) return { seconds, unit: 'second', count: seconds }
  if (seconds < 3_600) return { seconds, unit: 'minute', count: seconds / 60 }
  return { seconds, unit: 'hour', count: seconds / 3_600 }
}

type Values = Readonly<Record<string, string | number>>

/** The names of the texts among some messages. */
export type TextName<M> = { [N in keyof M]-?: M[N] extends string | Plural ? N : never }[keyof M]

/** The texts of a language, with functions that fill them in. */
export interface Words<M extends object> {
  readonly messages: M
  /** The name of a step: that in `labels` of the messages, if they have one, else the pipeline's. */
  readonly label: (step: { readonly type: string; readonly label: string }) => string
  readonly number: (value: number) => string
  readonly duration: (duration: Duration) => string
  /** A text with the values in place of the names in braces. The value of `n` chooses among plural forms. */
  readonly fill: (name: TextName<M>, values?: Values) => string
}

/**
 * Creates the words of any catalogue of texts: plain strings, or a string for each plural category, with names in braces.
 * `summarize` and the components of `@callsheet/ui` have their texts in this form. Written by hand: no runtime has
 * `Intl.MessageFormat` yet, and the libraries for its syntax are much larger.
 *
 * @param locale A BCP 47 language tag for numbers and plurals. Default: 'en'.
 * @example
 * const words = createWords({ left: { one: '{n} portrait left', other: '{n} portraits left' } }, 'en')
 * words.fill('left', { n: 1 }) // '1 portrait left'
 */
export function createWords<M extends object>(messages: M, locale = 'en'): Words<M> {
  const { plural, number, units } = formatsFor(locale)
  const { labels } = messages as { readonly labels?: Readonly<Record<string, string>> }
  return {
    messages,
    label: ({ type, label }) => (labels && Object.hasOwn(labels, type) ? labels[type]! : label),
    number: (value) => number.format(value),
    duration({ unit, count }) {
      if (unit !== 'hour') return units[unit].format(count)
      const hours = Math.floor(count)
      const minutes = Math.round((count - hours) * 60)
      const parts = [units.hour.format(hours), ...(minutes > 0 ? [units.minute.format(minutes)] : [])]
      return parts.join(' ')
    },
    fill(name, values = {}) {
      const forms = messages[name] as string | Plural
      const n = values['n'] as number
      const text = typeof forms === 'string' ? forms : (forms[n] ?? forms[plural.select(n)] ?? forms.other)
      return text.replaceAll(/\{(\w+)\}/g, (whole, key: string) => {
        const value = values[key]
        return value === undefined ? whole : typeof value === 'number' ? number.format(value) : plain(value)
      })
    },
  }
}

interface Formats {
  readonly plural: Intl.PluralRules
  readonly number: Intl.NumberFormat
  readonly units: Readonly<Record<Duration['unit'], Intl.NumberFormat>>
}

// Creating formats costs a hundred times as much as using them.
const formats = new Map<string, Formats>()
const maxFormats = 20

function formatsFor(locale: string): Formats {
  const known = formats.get(locale)
  if (known) return known
  const unit = (name: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' })
  const made = {
    plural: new Intl.PluralRules(locale),
    number: new Intl.NumberFormat(locale),
    units: { second: unit('second'), minute: unit('minute'), hour: unit('hour') },
  }
  if (formats.size >= maxFormats) formats.clear()
  formats.set(locale, made)
  return made
}

// oxlint-disable-next-line no-control-regex -- the pattern matches control characters
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

/** Returns a foreign text as a part of one line; a right-to-left text is isolated. */
function plain(text: string): string {
  const line = text.replaceAll(unprintable, ' ').trim()
  return rightToLeft.test(line) ? `\u2068${line}\u2069` : line
}

export const cut = (text: string, maxLength: number): string => {
  const signs = Array.from(text)
  return signs.length > maxLength ? `${signs.slice(0, maxLength).join('')}…` : text
}
