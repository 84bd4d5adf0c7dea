import { type Plural, type Words } from '@callsheet/core/summarize'

/** A text, or one for each plural category of the language. `{n}` is the number. */
type Counted = string | Plural

/**
 * All texts of the components. Names in braces are filled in. The texts are plain JSON, in the form of the `Messages` of
 * `summarize`; one translation file may hold both. Replace some of them with `MessagesProvider`.
 */
export interface UiMessages {
  /** Names of steps by their type, instead of the pipeline's labels. */
  readonly labels?: Readonly<Record<string, string>>
  readonly panelTitle: string
  readonly panelFooter: string
  readonly close: string
  readonly allCaughtUp: string
  readonly emptyTitle: string
  readonly emptyText: string
  readonly overall: string
  readonly retry: string
  readonly viewPipeline: string
  readonly loading: string
  /** Shown beside the time of a stale task. */
  readonly stale: string
  /** The panel's totals. */
  readonly totalActive: string
  readonly totalDone: string
  readonly totalFailed: string
  /** The state of a step or a slot. */
  readonly statusPending: string
  readonly statusActive: string
  readonly statusSucceeded: string
  readonly statusFailed: string
  readonly statusCanceled: string
  readonly statusInterrupted: string
  readonly statusUnavailable: string
  readonly statusOptional: string
  readonly inProgress: Counted
  readonly failedCount: Counted
  readonly canceledCount: Counted
  readonly interruptedCount: Counted
  /** The number of slots that keep their result after a failed remake. */
  readonly notRemadeCount: Counted
  /** Shown beside a result whose remake ended so. */
  readonly lastTryFailed: string
  readonly lastTryCanceled: string
  readonly lastTryInterrupted: string
  /** Shown while a result is remade and its task has no stage. */
  readonly remaking: string
  /** `{completed}`, `{total}`. */
  readonly completeOf: string
  /** `{completed}`, `{total}`. */
  readonly steps: string
  /** `{completed}`, `{total}`. */
  readonly stepsComplete: string
  readonly percent: string
  /** The button that opens the list of a step's slots. `{per}`: the kind of item, such as `character`. */
  readonly slots: string
  /** The accessible name of a progress bar: `{what}`. */
  readonly progressOf: string
  /** `{step}`. */
  readonly retryStep: string
  /** `{step}`, `{name}`. */
  readonly retrySlot: string
  readonly activeTasks: Counted
  /** A duration below a minute: `{s}`. */
  readonly seconds: string
  /** A duration below an hour: `{m}`, and `{s}` with two digits. */
  readonly minutes: string
  /** A longer duration: `{h}`, and `{m}` with two digits. */
  readonly hours: string
  /** Announced to screen readers when a step is done: `{show}`, `{step}`. */
  readonly stepDone: string
  /** Announced when a task has failed: `{show}`, `{step}`, `{message}`. */
  readonly taskFailed: string
  /** The same for one item: `{name}`, too. */
  readonly slotFailed: string
  /** Announced when a remake has failed and the result is kept: `{show}`, `{step}`, `{message}`. */
  readonly remakeFailed: string
  /** The same for one item: `{name}`, too. */
  readonly slotRemakeFailed: string
}

/** The texts with functions that fill them in. */
export type UiWords = Words<UiMessages>

/**
 * The English texts.
 *
 * @example
 * uiMessages.inProgress // '{n} in progress'
 */
export const uiMessages: UiMessages = {
  panelTitle: 'Background Tasks',
  panelFooter: 'Tasks are tracked in your browser and will resume if you refresh',
  close: 'Close',
  allCaughtUp: 'All caught up',
  emptyTitle: 'No Shows Yet',
  emptyText: 'Generate a show to see the full production pipeline here.',
  overall: 'Overall Progress',
  retry: 'Retry',
  viewPipeline: 'Click to view pipeline',
  loading: 'Loading',
  stale: 'no sign of life',
  totalActive: 'Active',
  totalDone: 'Done',
  totalFailed: 'Failed',
  statusPending: 'Pending',
  statusActive: 'In progress...',
  statusSucceeded: 'Succeeded',
  statusFailed: 'Failed',
  statusCanceled: 'Canceled',
  statusInterrupted: 'Interrupted',
  statusUnavailable: 'Unavailable',
  statusOptional: 'Optional',
  inProgress: '{n} in progress',
  failedCount: '{n} failed',
  canceledCount: '{n} canceled',
  interruptedCount: '{n} interrupted',
  notRemadeCount: '{n} could not be made again',
  lastTryFailed: 'Last try failed',
  lastTryCanceled: 'Last try canceled',
  lastTryInterrupted: 'Last try interrupted',
  remaking: 'Making it again...',
  completeOf: '{completed} of {total} complete',
  steps: '{completed} / {total} steps',
  stepsComplete: '{completed} / {total} steps complete',
  percent: '{n}%',
  slots: 'By {per}',
  progressOf: '{what} progress',
  retryStep: 'Retry {step}',
  retrySlot: 'Retry {step} for {name}',
  activeTasks: { one: '{n} Active Task', other: '{n} Active Tasks' },
  seconds: '{s}s',
  minutes: '{m}m {s}s',
  hours: '{h}h {m}m',
  stepDone: '{show}: {step} is done.',
  taskFailed: '{show}: {step} failed. {message}',
  slotFailed: '{show}: {step} for {name} failed. {message}',
  remakeFailed: '{show}: {step} could not be made again. {message}',
  slotRemakeFailed: '{show}: {step} for {name} could not be made again. {message}',
}

const two = (value: number) => String(value).padStart(2, '0')

/** A duration in ms, to the second. */
export function durationText(ms: number, { fill }: UiWords): string {
  const s = Math.floor(ms / 1_000)
  const m = Math.floor(s / 60)
  if (m === 0) return fill('seconds', { s })
  if (m < 60) return fill('minutes', { m, s: two(s % 60) })
  return fill('hours', { h: Math.floor(m / 60), m: two(m % 60) })
}

/** A text whose name ends with a state, such as `statusFailed`. */
export const named = <P extends string, S extends string>(prefix: P, state: S): `${P}${Capitalize<S>}` =>
  `${prefix}${state.slice(0, 1).toUpperCase()}${state.slice(1)}` as `${P}${Capitalize<S>}`
