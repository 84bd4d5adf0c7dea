import type { PageEvent } from '../call/page-lifecycle.ts'
import type { ShowRecord, TaskVersion } from '../records/task.ts'
import { createGuard } from '../records/guard.ts'
import { assertNumber } from '../write/input.ts'
import { forLogs, withoutQueries } from '../write/redact.ts'
import { compareVersions, isRemoved, labelOf } from '../records/task.ts'

/** A change: the newest versions of the changed records. */
export interface Change {
  readonly tasks: readonly TaskVersion[]
  readonly shows: readonly ShowRecord[]
  /** The origin: this tracker's own writes, a merge from elsewhere, or a restored snapshot. */
  readonly origin: 'local' | 'merge' | 'restore'
  /** Of a merge: where the records came from, as `tracker.merge` was told, such as `tab`. */
  readonly from?: string
}

/** The functions of a tracker for its sinks. */
export interface SinkHost {
  /** Reports a failure outside of `write` on the tracker's `error` event. */
  readonly report: (error: unknown) => void
  /** Tells the tracker what the page does. See `Tracker.page`. */
  readonly page: (event: PageEvent) => void
}

/**
 * A destination of records. `write` is called at each change and must return at once. Its errors and rejections are reported
 * on the tracker's `error` event.
 */
export interface Sink {
  readonly write: (change: Change) => void
  /**
   * Called once by each tracker with this sink. A sink that outlives its trackers should hold the functions of `host`
   * weakly.
   */
  readonly connect?: (host: SinkHost) => void
  /** Sends the queued records. */
  readonly flush?: () => Promise<void>
  /** Frees the resources of the sink. */
  readonly close?: () => void
}

/** The limit of a memory sink. */
export interface MemorySinkOptions {
  /** The maximum number of changes, and of tasks. The oldest are dropped first. @default 1_000 */
  readonly maxChanges?: number
}

/**
 * Keeps the newest version of every task, and the last changes, for tests and for debugging.
 *
 * @example
 * const sink = memorySink()
 * const tracker = createTracker({ pipeline: showPipeline, sinks: [sink] })
 * sink.changes.length // 0
 */
export function memorySink({ maxChanges = 1_000 }: MemorySinkOptions = {}): Sink & {
  readonly changes: readonly Change[]
  readonly tasks: ReadonlyMap<string, TaskVersion>
} {
  assertNumber(maxChanges, 'maxChanges', 1)
  const changes: Change[] = []
  const tasks = new Map<string, TaskVersion>()
  return {
    changes,
    tasks,
    write(change) {
      changes.push(change)
      if (changes.length > maxChanges) changes.shift()
      for (const task of change.tasks) {
        const held = tasks.get(task.id)
        // With two trackers, an older version may come later.
        if (!held || compareVersions(task, held) > 0) tasks.set(task.id, task)
      }
      while (tasks.size > maxChanges) tasks.delete(tasks.keys().next().value!)
    },
  }
}

/** A logger with pino's signature: fields first, then the message. */
export interface Logger {
  readonly info: (fields: object, message: string) => void
  readonly error: (fields: object, message: string) => void
}

// JSON escapes characters below space. These would still break a line or control a terminal.
const unsafe = /[\u007f-\u009f\u2028\u2029]/g

/** A value as one line of JSON, safe to print. */
export const toJsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(unsafe, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)

/**
 * Formats records for a log: one line of JSON each, safe to print, with URLs without their queries. A log is only for
 * reading. To merge the records later, use `serialize` or `record`.
 *
 * @example
 * console.log(toJSONLines(tracker.serialize()))
 */
export const toJSONLines = ({ tasks, shows }: Pick<Change, 'tasks' | 'shows'>): string =>
  [
    ...shows.map((show) => toJsonLine({ show: withoutQueries(show) })),
    ...tasks.map((task) => toJsonLine({ task: forLogs(task) })),
  ].join('\n')

const consoleLogger: Logger = {
  info: (fields, message) => console.info(toJsonLine({ level: 'info', message, ...fields })),
  error: (fields, message) => console.error(toJsonLine({ level: 'error', message, ...fields })),
}

/**
 * Logs every change of a task as one line of JSON, with URLs without their queries. Failures go to `error`.
 *
 * @param logger A logger with pino's signature. @default the console, as JSON lines
 * @example
 * createTracker({ pipeline: showPipeline, sinks: [logSink()] })
 */
export function logSink(logger: Logger = consoleLogger): Sink {
  let report: (error: unknown) => void = () => {}
  const guarded = createGuard((error) => report(error))
  return {
    connect: (host) => void (report = host.report),
    write({ tasks, origin }) {
      for (const version of tasks) {
        const task = forLogs(version)
        const isGone = isRemoved(task)
        const where = isGone ? `task ${task.id}` : labelOf(task)
        const level = !isGone && task.status === 'failed' ? 'error' : 'info'
        guarded(() => logger[level]({ origin, task }, `${where} ${isGone ? 'removed' : task.status}`))
      }
    },
  }
}
