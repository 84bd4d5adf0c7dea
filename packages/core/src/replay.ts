import type { Tracker, TrackerOptions } from './tracker/tracker-types.ts'
import { anyDuration } from './call/timers.ts'
import { CallsheetError } from './records/errors.ts'
import { answerOf } from './records/guard.ts'
import { assertNumber } from './write/input.ts'
import type { Pipeline } from './records/pipeline.ts'
import { parseRecords } from './schema/schema.ts'
import type { ParsedRecords } from './tracker/snapshot.ts'
import { type Change, type Sink, toJsonLine } from './tracker/sink.ts'
import { createTracker } from './tracker/tracker.ts'
import { setTimer } from './tracker/platform.ts'

/** A sink that keeps every change as one line of JSON, in order. */
export interface Recording extends Sink {
  readonly lines: readonly string[]
  /** The number of lines that were dropped. */
  readonly dropped: number
}

/** The limit of a recording. */
export interface RecordOptions {
  /** The maximum number of lines. The oldest are dropped first. @default 100_000 */
  readonly maxLines?: number
}

/**
 * Records a run: every change as one line of JSON, to be replayed for a demo, a bug report or a test.
 *
 * The lines hold records as they are: redacted, but with the queries of their URLs. Share them like the application's own
 * data. For logs, use `toJSONLines`.
 *
 * @example
 * const recording = record()
 * const tracker = createTracker({ pipeline: showPipeline, sinks: [recording] })
 * const text = recording.lines.join('\n')
 */
export function record({ maxLines = 100_000 }: RecordOptions = {}): Recording {
  assertNumber(maxLines, 'maxLines', 1)
  const lines: string[] = []
  let dropped = 0
  let at = 0
  return {
    lines,
    get dropped() {
      return dropped
    },
    write({ tasks, shows, origin }) {
      // A change has no time: use that of its newest task, or of an earlier change.
      for (const { updatedAt } of tasks) at = Math.max(at, updatedAt)
      lines.push(toJsonLine({ at, origin, tasks, shows }))
      if (lines.length <= maxLines) return
      lines.shift()
      dropped += 1
    },
  }
}

/** The options of `replay`. */
export interface ReplayOptions<P extends Pipeline> extends Pick<
  TrackerOptions<P>,
  'pipeline' | 'sinks' | 'clock' | 'schedule'
> {
  /** The speed factor, above 0; Infinity replays everything at once. @default 1 */
  readonly speed?: number
}

/** A running replay. */
export interface Replay<P extends Pipeline> {
  /** The tracker that receives the changes. Its clock shows the time of the recording. */
  readonly tracker: Tracker<P>
  /** The share of the lines that have been merged, from 0 to 1. */
  readonly progress: () => number
  /** Stops the replay and keeps the current state. */
  readonly stop: () => void
  /** Resolves when all lines are merged, the replay is stopped or a timer fails, with the number of lines that could not be read. */
  readonly done: Promise<{ readonly rejected: number }>
}

/**
 * Replays a recording into a new tracker, with its original timing. A line that cannot be read is skipped and counted.
 *
 * @param lines The lines of `record`, or one text with all of them.
 * @example
 * const { tracker, done } = replay(recording.lines, { pipeline: showPipeline, speed: 20 })
 * await done
 */
export function replay<const P extends Pipeline>(
  lines: readonly string[] | string,
  options: ReplayOptions<P>,
): Replay<P> {
  const { pipeline, sinks = [], speed = 1 } = options
  const { clock = Date.now } = options
  const schedule = anyDuration(options.schedule ?? setTimer)
  if (!(speed > 0))
    throw new CallsheetError(`Invalid speed: expected a number above 0, got ${String(speed)}.`, {
      code: 'invalid_option',
    })
  const { changes, unread } = readLines(lines, { pipeline })
  const begun = clock()
  // Changes before the first task have no time.
  const first = changes.find(({ at }) => at > 0)?.at ?? begun
  const last = changes.at(-1)?.at ?? first
  const isAtOnce = speed === Infinity
  let place = 0
  let rejected = unread
  let finish: (result: { readonly rejected: number }) => void = () => {}
  const done = new Promise<{ readonly rejected: number }>((resolve) => {
    finish = resolve
  })
  const now = (): number =>
    isAtOnce
      ? Math.max(first, changes[place - 1]?.at ?? 0)
      : Math.min(last, first + (clock() - begun) * speed)
  const tracker = createTracker<P>({ pipeline, sinks, clock: now, schedule })

  function feed(): void {
    for (let fed = 0; fed < maxAtOnce; fed += 1) {
      const change = changes[place]
      if (!change || (!isAtOnce && change.at > now())) break
      place += 1
      rejected += change.records.rejected.length
      tracker.merge(change.records, { live: change.origin !== 'restore' })
    }
    const next = changes[place]
    if (next) feedIn(isAtOnce ? 0 : Math.max(0, Math.ceil((next.at - now()) / speed)))
    else finish({ rejected })
  }

  let stopTimer: (() => void) | undefined
  function feedIn(ms: number): void {
    stopTimer = answerOf(() => schedule(feed, ms), tracker.report)
    // Without a timer the replay is over.
    if (!stopTimer) finish({ rejected })
  }

  // Deferred, so that the caller can add listeners first.
  feedIn(0)
  return {
    tracker,
    progress: () => (changes.length === 0 ? 1 : place / changes.length),
    stop() {
      stopTimer?.()
      finish({ rejected })
    },
    done,
  }
}

/** The number of changes that are merged before the event loop continues. */
const maxAtOnce = 500

interface RecordedChange {
  readonly at: number
  readonly origin: Change['origin']
  readonly records: ParsedRecords
}

function readLines(given: readonly string[] | string, options: { readonly pipeline: Pipeline }) {
  const lines = typeof given === 'string' ? given.split('\n') : given
  const changes: RecordedChange[] = []
  let unread = 0
  for (const line of lines) {
    if (line.trim() === '') continue
    const change = readLine(line, options)
    if (change) changes.push(change)
    else unread += 1
  }
  // In the order of their times.
  return { changes: changes.toSorted((a, b) => a.at - b.at), unread }
}

function readLine(line: string, options: { readonly pipeline: Pipeline }): RecordedChange | undefined {
  try {
    const { at, origin, ...records } = JSON.parse(line) as { at: unknown; origin: Change['origin'] }
    if (typeof at !== 'number' || !Number.isFinite(at)) return undefined
    return { at, origin, records: parseRecords(records, options) }
  } catch {
    return undefined
  }
}
