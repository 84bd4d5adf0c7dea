import { type SummaryWords as Words, type Wording, wordsFor } from './messages.ts'
import { cut, durationOf } from './words.ts'
import type { AnyPipelineView } from '../state/view-types.ts'

export { progressChange, type ProgressChange } from './progress-change.ts'
export { english, type Messages } from './messages.ts'
export { createWords, type Plural, type Words } from './words.ts'

/** The remaining time in ms: `from` is the median, `to` the 90th percentile. */
export interface Remaining {
  readonly from: number
  readonly to: number
  /** A task has been running for longer than usual. */
  readonly isLonger?: boolean
}

/** The language, the texts and the remaining time of a summary. */
export interface SummarizeOptions extends Wording {
  /** The result of `eta` of `@callsheet/core/eta`. */
  readonly remaining?: Remaining | undefined
}

/**
 * Summarizes a show in one sentence, for page titles, live regions, notifications and terminals. The result is one line
 * without control characters; right-to-left names are isolated.
 *
 * @param options A locale, or an object with more options.
 * @example
 * summarize(tracker.getPipeline('neon-noir')) // 'Portraits 3 of 5, one failed'
 */
export function summarize(view: AnyPipelineView, options: string | SummarizeOptions = {}): string {
  const { remaining, ...wording }: SummarizeOptions =
    typeof options === 'string' ? { locale: options } : options
  const words = wordsFor(wording)
  const { messages } = words
  const parts =
    view.status === 'active'
      ? [...activeParts(view, words), ...timeParts(remaining, words)]
      : view.status === 'succeeded'
        ? [
            view.title ? words.fill('done', { title: view.title }) : messages.doneUntitled,
            ...words.counted('notRemade', view.failed),
          ]
        : view.status === 'failed'
          ? failedParts(view, words)
          : pendingParts(view, words)
  return parts.join(messages.separator)
}

// --- the parts of a sentence ---------------------------------------------------------------------------------------

const maxNamed = 2

function activeParts(view: AnyPipelineView, words: Words): string[] {
  const active = view.steps.filter(({ status }) => status === 'active')
  const named = active
    .slice(0, maxNamed)
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
  // A step is not failed if its failed slots have results.
  const step = view.steps.find(({ status, counted }) => status === 'failed' && counted)
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
    ...words.counted('notRemade', view.failed),
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
