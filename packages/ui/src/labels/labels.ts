import type { Face } from '../state/face.ts'

/** All texts of the components. Replace some of them with `LabelsProvider`. */
export interface Labels {
  readonly panelTitle: string
  readonly panelFooter: string
  readonly close: string
  readonly allCaughtUp: string
  readonly active: string
  readonly done: string
  readonly failed: string
  readonly emptyTitle: string
  readonly emptyText: string
  readonly overall: string
  readonly retry: string
  readonly viewPipeline: string
  readonly loading: string
  /** Shown beside the time of a stale task. */
  readonly stale: string
  /** The word for each face of a step or a slot. */
  readonly faces: Readonly<Record<Face, string>>
  readonly inProgress: (count: number) => string
  readonly failedCount: (count: number) => string
  readonly canceledCount: (count: number) => string
  readonly interruptedCount: (count: number) => string
  /** The number of slots that keep their result after a failed remake. */
  readonly notRemadeCount: (count: number) => string
  /** Shown beside a result whose remake ended with this status. */
  readonly lastTry: Readonly<Record<'failed' | 'canceled' | 'interrupted', string>>
  /** Shown while a result is remade and its task has no stage. */
  readonly remaking: string
  readonly completeOf: (completed: number, total: number) => string
  readonly steps: (completed: number, total: number) => string
  readonly stepsComplete: (completed: number, total: number) => string
  readonly percent: (percent: number) => string
  /** The button that opens the list of a step's slots; `per` is the kind of item, such as `character`. */
  readonly slots: (per: string) => string
  /** The accessible name of a progress bar. */
  readonly progressOf: (what: string) => string
  readonly retryOf: (step: string, name: string | undefined) => string
  readonly activeTasks: (count: number) => string
  /** Formats a duration in ms. */
  readonly duration: (ms: number) => string
  /** Announced to screen readers when a step is done. */
  readonly stepDone: (show: string, step: string) => string
  /** Announced to screen readers when a task has failed. */
  readonly taskFailed: (show: string, step: string, name: string | undefined, message: string) => string
  /** Announced to screen readers when a remake has failed and the result is kept. */
  readonly remakeFailed: (show: string, step: string, name: string | undefined, message: string) => string
}

const two = (value: number) => String(value).padStart(2, '0')

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes === 0) return `${seconds}s`
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`
}

/**
 * The English texts.
 *
 * @example
 * defaultLabels.inProgress(2) // '2 in progress'
 */
export const defaultLabels: Labels = {
  panelTitle: 'Background Tasks',
  panelFooter: 'Tasks are tracked in your browser and will resume if you refresh',
  close: 'Close',
  allCaughtUp: 'All caught up',
  active: 'Active',
  done: 'Done',
  failed: 'Failed',
  emptyTitle: 'No Shows Yet',
  emptyText: 'Generate a show to see the full production pipeline here.',
  overall: 'Overall Progress',
  retry: 'Retry',
  viewPipeline: 'Click to view pipeline',
  loading: 'Loading',
  stale: 'no sign of life',
  faces: {
    pending: 'Pending',
    active: 'In progress...',
    succeeded: 'Succeeded',
    failed: 'Failed',
    canceled: 'Canceled',
    interrupted: 'Interrupted',
    unavailable: 'Unavailable',
    optional: 'Optional',
  },
  inProgress: (count) => `${count} in progress`,
  failedCount: (count) => `${count} failed`,
  canceledCount: (count) => `${count} canceled`,
  interruptedCount: (count) => `${count} interrupted`,
  notRemadeCount: (count) => `${count} could not be made again`,
  lastTry: { failed: 'Last try failed', canceled: 'Last try canceled', interrupted: 'Last try interrupted' },
  remaking: 'Making it again...',
  completeOf: (completed, total) => `${completed} of ${total} complete`,
  steps: (completed, total) => `${completed} / ${total} steps`,
  stepsComplete: (completed, total) => `${completed} / ${total} steps complete`,
  percent: (percent) => `${percent}%`,
  slots: (per) => `By ${per}`,
  progressOf: (what) => `${what} progress`,
  retryOf: (step, name) => (name === undefined ? `Retry ${step}` : `Retry ${step} for ${name}`),
  activeTasks: (count) => `${count} Active ${count === 1 ? 'Task' : 'Tasks'}`,
  duration,
  stepDone: (show, step) => `${show}: ${step} is done.`,
  taskFailed: (show, step, name, message) =>
    `${show}: ${step}${name === undefined ? '' : ` for ${name}`} failed. ${message}`,
  remakeFailed: (show, step, name, message) =>
    `${show}: ${step}${name === undefined ? '' : ` for ${name}`} could not be made again. ${message}`,
}
