/**
 * A text for each plural category of a language (see Intl.PluralRules), or for one number: in Russian, 21 is of the
 * category `one`, too. `{n}` is the number.
 */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule | number, string>>> & {
  readonly other: string
}

/** All texts of summaries. Names in braces are filled in. The texts are plain JSON and can come from a translation file. */
export interface Messages {
  /** Names of steps by their type, instead of the pipeline's labels. */
  readonly labels?: Readonly<Record<string, string>>
  /** Between the parts of a sentence. */
  readonly separator: string
  /** An active step that runs once per show: `{label}`. */
  readonly step: string
  /** An active step that runs once per item: `{label}`, `{completed}`, `{total}`. */
  readonly items: string
  /** The number of further active steps. */
  readonly more: Plural
  /** Active tasks outside the steps. */
  readonly working: string
  readonly failed: Plural
  readonly interrupted: Plural
  /** `{time}`: a duration, or a range of them. */
  readonly left: string
  /** `{from}`, `{to}`. */
  readonly range: string
  /** `{time}`. */
  readonly upTo: string
  readonly longer: string
  /** `{title}`. */
  readonly done: string
  readonly doneUntitled: string
  /** The number of slots of a finished show whose remake failed. */
  readonly notRemade: Plural
  /** `{label}`. */
  readonly stepFailed: string
  /** `{label}`, `{n}`, `{total}`. */
  readonly itemsFailed: string
  /** `{text}`, `{message}`. */
  readonly because: string
  readonly notBegun: string
  /** `{completed}`, `{total}`. */
  readonly stepsDone: string
  /** Reasons why the overall progress went back. These two are about the whole show. */
  readonly renamed: string
  readonly removed: string
  /** Reasons with `{label}`, and with `{n}` if they have plural forms. */
  readonly grown: Plural
  readonly fewer: Plural
  readonly began: string
  readonly available: string
  readonly countsNoMore: string
  /** Another attempt or another task began. */
  readonly runsAgain: string
  readonly overruled: string
  readonly nowFailed: Plural
  readonly nowCanceled: Plural
  readonly nowInterrupted: Plural
  readonly dismissed: Plural
  readonly reset: Plural
  /** Facts went backwards. */
  readonly undone: Plural
}

/** The default texts. */
export const english: Messages = {
  separator: ', ',
  step: '{label}',
  items: '{label} {completed} of {total}',
  more: { 1: 'one more', other: '{n} more' },
  working: 'Working',
  failed: { 1: 'one failed', other: '{n} failed' },
  interrupted: { 1: 'one interrupted', other: '{n} interrupted' },
  left: 'about {time} left',
  range: '{from} to {to}',
  upTo: 'up to {time} left',
  longer: 'longer than usual',
  done: '{title} is done',
  doneUntitled: 'Done',
  notRemade: { 1: 'one could not be made again', other: '{n} could not be made again' },
  stepFailed: '{label} failed',
  itemsFailed: '{label} failed: {n} of {total}',
  because: '{text} ({message})',
  notBegun: 'Not begun',
  stepsDone: '{completed} of {total} steps done',
  renamed: 'The show was renamed or joined with another',
  removed: 'The show was removed or started over',
  grown: { 1: '{label}: one more to do', other: '{label}: {n} more to do' },
  fewer: { 1: '{label}: one was taken out', other: '{label}: {n} were taken out' },
  began: '{label} began',
  available: '{label} is available again',
  countsNoMore: '{label} no longer counts',
  runsAgain: '{label} runs again',
  overruled: '{label} was updated elsewhere',
  nowFailed: { 1: '{label}: one failed', other: '{label}: {n} failed' },
  nowCanceled: { 1: '{label}: one was canceled', other: '{label}: {n} were canceled' },
  nowInterrupted: { 1: '{label}: one was interrupted', other: '{label}: {n} were interrupted' },
  dismissed: { 1: '{label}: one was dismissed', other: '{label}: {n} were dismissed' },
  reset: { 1: '{label}: one starts over', other: '{label}: {n} start over' },
  undone: { 1: '{label}: one is not done any more', other: '{label}: {n} are not done any more' },
}

/** The language and the texts. */
export interface Wording {
  /** A BCP 47 language tag for numbers, plurals and units. @default 'en' */
  readonly locale?: string
  /** The texts; missing ones are English. */
  readonly messages?: Partial<Messages>
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
type TextName = { [N in keyof Messages]-?: Messages[N] extends string ? N : never }[keyof Messages]
/** A message with a text for each plural category. */
export type PluralName = { [N in keyof Messages]-?: Messages[N] extends Plural ? N : never }[keyof Messages]

/** The texts of a language, with functions that fill them in. */
export interface Words {
  readonly messages: Messages
  readonly label: (step: { readonly type: string; readonly label: string }) => string
  readonly number: (value: number) => string
  readonly duration: (duration: Duration) => string
  readonly fill: (name: TextName, values: Values) => string
  /** An empty list for 0. */
  readonly counted: (name: PluralName, n: number, values?: Values) => string[]
}

export function wordsFor({ locale = 'en', messages: given }: Wording): Words {
  const messages = { ...english, ...given }
  const { plural, number, units } = formatsFor(locale)
  const fillText = (text: string, values: Values): string =>
    text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name]
      return value === undefined ? whole : typeof value === 'number' ? number.format(value) : plain(value)
    })
  return {
    messages,
    label: ({ type, label }) =>
      messages.labels && Object.hasOwn(messages.labels, type) ? messages.labels[type]! : label,
    number: (value) => number.format(value),
    duration({ unit, count }) {
      if (unit !== 'hour') return units[unit].format(count)
      const hours = Math.floor(count)
      const minutes = Math.round((count - hours) * 60)
      const parts = [units.hour.format(hours), ...(minutes > 0 ? [units.minute.format(minutes)] : [])]
      return parts.join(' ')
    },
    fill: (name, values) => fillText(messages[name], values),
    counted(name, n, values = {}) {
      const forms = messages[name]
      return n <= 0 ? [] : [fillText(forms[n] ?? forms[plural.select(n)] ?? forms.other, { ...values, n })]
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
