import { createWords, type Plural, type Words } from './words.ts'

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

/** The words of a summary. */
export interface SummaryWords extends Words<Messages> {
  /** The text of a number; an empty list for 0. */
  readonly counted: (
    name: PluralName,
    n: number,
    values?: Readonly<Record<string, string | number>>,
  ) => string[]
}

/** A message with a text for each plural category. */
export type PluralName = { [N in keyof Messages]-?: Messages[N] extends Plural ? N : never }[keyof Messages]

export function wordsFor({ locale, messages }: Wording): SummaryWords {
  const words = createWords<Messages>({ ...english, ...messages }, locale)
  return {
    ...words,
    counted: (name, n, values) => (n <= 0 ? [] : [words.fill(name, { ...values, n })]),
  }
}
