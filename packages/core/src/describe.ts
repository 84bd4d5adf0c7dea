import type { AnyPipelineView, StepView } from './views.ts'

/**
 * A text for each plural category that a language has (see Intl.PluralRules), or for a number itself: in Russian 21 is
 * of the category `one`, too. `{n}` is the number.
 */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule | number, string>>> & {
  readonly other: string
}

/** Every text that is made. What stands in braces is filled in. All of it can come from a translation file. */
export interface Messages {
  /** Names of steps by their type, in the place of the pipeline's labels. */
  readonly labels?: Readonly<Record<string, string>>
  /** Between the parts of a sentence. */
  readonly separator: string
  /** A step per show that runs: `{label}`. */
  readonly step: string
  /** A step per item: `{label}`, `{completed}`, `{total}`. */
  readonly items: string
  /** Steps that run and are not named. */
  readonly more: Plural
  /** Work that is in no step. */
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
  /** `{label}`. */
  readonly stepFailed: string
  /** `{label}`, `{n}`, `{total}`. */
  readonly itemsFailed: string
  /** `{text}`, `{message}`. */
  readonly because: string
  readonly notBegun: string
  /** `{completed}`, `{total}`. */
  readonly stepsDone: string
  /** Why the overall value went back; each has `{label}`, and `{n}` where it counts. */
  readonly grown: Plural
  readonly began: string
  readonly available: string
  readonly runsAgain: string
  readonly nowFailed: Plural
  readonly undone: Plural
  readonly countsNoMore: string
}

/** The texts that are used unless others are given. */
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
  stepFailed: '{label} failed',
  itemsFailed: '{label} failed: {n} of {total}',
  because: '{text} ({message})',
  notBegun: 'Not begun',
  stepsDone: '{completed} of {total} steps done',
  grown: { 1: '{label}: one more to do', other: '{label}: {n} more to do' },
  began: '{label} began',
  available: '{label} is available again',
  runsAgain: '{label} runs again',
  nowFailed: { 1: '{label}: one failed', other: '{label}: {n} failed' },
  undone: { 1: '{label}: one is no longer done', other: '{label}: {n} are no longer done' },
  countsNoMore: '{label} no longer counts',
}

/** What is left, in ms: half of such shows take no longer than `from`, nine of ten no longer than `to`. */
export interface Remaining {
  readonly from: number
  readonly to: number
  /** Something has been running for longer than it nearly ever does. */
  readonly isLonger?: boolean
}

/** In which language, and with what is known about the time. */
export interface DescribeOptions {
  /** A BCP 47 tag: how numbers, plurals and units are written. Default 'en'. */
  readonly locale?: string
  /** Those that are left out are English. */
  readonly messages?: Partial<Messages>
  /** As `eta` of `@callsheet/core/eta` gives it. */
  readonly remaining?: Remaining | undefined
}

/**
 * One sentence about a show, for page titles, live regions, notifications and terminals. One line, without control
 * characters; names from right to left stay by themselves.
 *
 * @param options A locale, or more.
 * @example
 * describe(tracker.getPipeline('neon-noir')) // 'Portraits 3 of 5, one failed'
 */
export function describe(view: AnyPipelineView, options: string | DescribeOptions = {}): string {
  const { remaining, ...wording }: DescribeOptions =
    typeof options === 'string' ? { locale: options } : options
  const words = wordsFor(wording)
  const { messages } = words
  const parts =
    view.status === 'active'
      ? [...activeParts(view, words), ...timeParts(remaining, words)]
      : view.status === 'succeeded'
        ? [view.title ? words.fill('done', { title: view.title }) : messages.doneUntitled]
        : view.status === 'failed'
          ? failedParts(view, words)
          : pendingParts(view, words)
  return parts.join(messages.separator)
}

// --- the parts of a sentence ---------------------------------------------------------------------------------------

const mostNamed = 2

function activeParts(view: AnyPipelineView, words: Words): string[] {
  const active = view.steps.filter(({ status }) => status === 'active')
  const named = active
    .slice(0, mostNamed)
    .map((step) =>
      step.per === 'show'
        ? words.fill('step', { label: words.label(step) })
        : words.fill('items', { label: words.label(step), completed: step.completed, total: step.total }),
    )
  const rest = active.length - named.length
  const main = named.length > 0 ? named : [words.messages.working]
  return [
    ...main,
    ...words.counted('more', rest),
    ...words.counted('failed', view.failed),
    ...words.counted('interrupted', interruptedIn(view)),
  ]
}

function failedParts(view: AnyPipelineView, words: Words): string[] {
  const step = view.steps.find(({ failed }) => failed > 0)
  if (!step) return words.counted('failed', view.failed)
  const label = words.label(step)
  const text =
    step.per === 'show'
      ? words.fill('stepFailed', { label })
      : words.fill('itemsFailed', { label, n: step.failed, total: step.total })
  const [only] = step.errors
  const main =
    view.failed === 1 && only ? words.fill('because', { text, message: cut(only.message, 80) }) : text
  return [
    main,
    ...words.counted('failed', view.failed - step.failed),
    ...words.counted('interrupted', interruptedIn(view)),
  ]
}

function pendingParts(view: AnyPipelineView, words: Words): string[] {
  const interrupted = interruptedIn(view)
  const isUntouched = view.steps.every(({ completed, canceled }) => completed + canceled === 0)
  if (isUntouched && interrupted === 0) return [words.messages.notBegun]
  return [
    words.fill('stepsDone', { completed: view.completedSteps, total: view.totalSteps }),
    ...words.counted('interrupted', interrupted),
  ]
}

const interruptedIn = ({ steps }: AnyPipelineView): number =>
  steps.reduce((sum, { interrupted }) => sum + interrupted, 0)

function timeParts(remaining: Remaining | undefined, words: Words): string[] {
  if (!remaining || !Number.isFinite(remaining.from + remaining.to)) return []
  const { from, to, isLonger } = remaining
  const [low, high] = [durationOf(from, Math.floor), durationOf(Math.max(from, to), Math.ceil)]
  const isSame = low.seconds >= high.seconds
  const left =
    low.seconds === 0
      ? words.fill('upTo', { time: words.duration(high) })
      : words.fill('left', {
          time: isSame
            ? words.duration(high)
            : words.fill('range', {
                from:
                  low.unit === high.unit && low.unit !== 'hour'
                    ? words.number(low.count)
                    : words.duration(low),
                to: words.duration(high),
              }),
        })
  return isLonger ? [words.messages.longer, left] : [left]
}

interface Duration {
  readonly seconds: number
  readonly unit: 'second' | 'minute' | 'hour'
  /** In its unit; hours have their minutes beside them. */
  readonly count: number
}

/** Rounded as coarsely as an estimate is: to 10 s under a minute, to 5 min from an hour. */
function durationOf(ms: number, round: (value: number) => number): Duration {
  const exact = Math.max(0, ms) / 1_000
  const grain = exact < 60 ? 10 : exact < 3_600 ? 60 : 300
  const seconds = round(exact / grain) * grain
  if (seconds < 60) return { seconds, unit: 'second', count: seconds }
  if (seconds < 3_600) return { seconds, unit: 'minute', count: seconds / 60 }
  return { seconds, unit: 'hour', count: seconds / 3_600 }
}

// --- why it went back ----------------------------------------------------------------------------------------------

/** How the overall value of a show changed, and why if it went back. */
export interface ProgressChange {
  readonly from: number
  readonly to: number
  /** For a person; there exactly when `to` is less than `from`. */
  readonly reason?: string
}

/**
 * Says why a show's overall progress went back, so that no bar moves backwards without a reason that is shown.
 *
 * @param before An earlier view of the same show.
 * @example
 * progressChange(before, tracker.getPipeline('neon-noir')).reason // 'Portraits: 2 more to do'
 */
export function progressChange(
  before: AnyPipelineView,
  after: AnyPipelineView,
  options: string | Omit<DescribeOptions, 'remaining'> = {},
): ProgressChange {
  const change = { from: before.progress, to: after.progress }
  if (change.to >= change.from) return change
  const words = wordsFor(typeof options === 'string' ? { locale: options } : options)
  const pulls = after.steps
    .flatMap((step, place) => {
      const old = before.steps[place]
      return old ? [{ pull: pullOf(old, step, before.progress), reason: reasonIn(old, step, words)[0] }] : []
    })
    .toSorted((a, b) => b.pull - a.pull)
  return { ...change, reason: pulls.find(({ reason }) => reason)?.reason ?? words.messages.working }
}

/** How far a step pulls the mean down: because it fell, came in below the mean, or left from above it. */
function pullOf(old: StepView, step: StepView, mean: number): number {
  if (old.counted && step.counted) return old.progress - step.progress
  return old.counted ? old.progress - mean : step.counted ? mean - step.progress : 0
}

/** Why a step weighs less than it did, or now weighs at all. */
function reasonIn(old: StepView, step: StepView, words: Words): string[] {
  const label = words.label(step)
  if (!old.counted && step.counted) {
    return [words.fill(old.unavailable ? 'available' : 'began', { label })]
  }
  if (old.counted && !step.counted) return [words.fill('countsNoMore', { label })]
  if (!step.counted || step.progress >= old.progress) return []
  if (step.total > old.total) return words.counted('grown', step.total - old.total, { label })
  if (step.active > old.active) return [words.fill('runsAgain', { label })]
  if (step.failed > old.failed) return words.counted('nowFailed', step.failed - old.failed, { label })
  if (step.completed < old.completed)
    return words.counted('undone', old.completed - step.completed, { label })
  // The same slots are at it: one of them began its next attempt, or gave up half done.
  return [words.fill('runsAgain', { label })]
}

// --- words ---------------------------------------------------------------------------------------------------------

type Values = Readonly<Record<string, string | number>>
type TextName = { [N in keyof Messages]-?: Messages[N] extends string ? N : never }[keyof Messages]
type PluralName = { [N in keyof Messages]-?: Messages[N] extends Plural ? N : never }[keyof Messages]

interface Words {
  readonly messages: Messages
  readonly label: (step: { readonly type: string; readonly label: string }) => string
  readonly number: (value: number) => string
  readonly duration: (duration: Duration) => string
  readonly fill: (name: TextName, values: Values) => string
  /** Nothing for none. */
  readonly counted: (name: PluralName, n: number, values?: Values) => string[]
}

function wordsFor({ locale = 'en', messages: given }: Omit<DescribeOptions, 'remaining'>): Words {
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

// Making them costs a hundred times as much as using them.
const formats = new Map<string, Formats>()
const mostFormats = 20

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
  if (formats.size >= mostFormats) formats.clear()
  formats.set(locale, made)
  return made
}

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

/** A text of somebody else's as a part of one line; from right to left it stays by itself. */
function plain(text: string): string {
  const line = text.replaceAll(unprintable, ' ').trim()
  return rightToLeft.test(line) ? `\u2068${line}\u2069` : line
}

const cut = (text: string, most: number): string => {
  const signs = Array.from(text)
  return signs.length > most ? `${signs.slice(0, most).join('')}…` : text
}
