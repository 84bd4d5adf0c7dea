import { entriesOf, type Shows } from '../state/shows.ts'
import type { DurationsRecord, ShowRecord, TaskVersion } from '../records/task.ts'
import { limits } from '../records/text.ts'

/** The whole state as plain, versioned JSON: the newest version of every task and show. */
export interface Snapshot {
  readonly v: 1
  /** The pipeline's id. */
  readonly pipeline: string
  /** Epoch ms. */
  readonly savedAt: number
  readonly tasks: readonly TaskVersion[]
  readonly shows: readonly ShowRecord[]
  /** How long tasks took, where the tracker keeps it. */
  readonly durations?: readonly DurationsRecord[]
}

declare const checked: unique symbol

/** Records that came through a door of `@callsheet/core/schema`: nothing else can be merged. */
export interface ParsedRecords {
  readonly [checked]: true
  readonly tasks: readonly TaskVersion[]
  readonly shows: readonly ShowRecord[]
  readonly durations: readonly DurationsRecord[]
  /** What did not pass, and why; one bad record never sinks the rest. */
  readonly rejected: readonly Rejection[]
  /** How many records were not looked at: a door stops after 1,000 rejections. */
  readonly skipped: number
}

/** A snapshot that came through a door of `@callsheet/core/schema`. */
export interface ParsedSnapshot extends ParsedRecords {
  readonly savedAt: number
}

/** A record that was not taken in. */
export interface Rejection {
  /** Its place in what was given. */
  readonly index: number
  readonly kind: 'task' | 'show' | 'durations'
  readonly reason: string
}

/** True for a record that is too old to be taken in from elsewhere. */
export const isTooOld = (version: TaskVersion, now: number): boolean =>
  now - version.updatedAt > limits.days * 86_400_000

/**
 * The state as a snapshot, or one show of it. Tombstones leave only with their show: without them a dismissed slot would
 * look untried.
 */
export function toSnapshot(
  { pipeline, tasks, records, shows }: Shows,
  now: number,
  showId?: string,
): Snapshot {
  const show = showId === undefined ? undefined : shows.get(showId)
  const entries = showId === undefined ? [...tasks.values()] : show ? entriesOf(show) : []
  const members = showId === undefined ? [...records.keys()] : (show?.members ?? [])
  return {
    v: 1,
    pipeline: pipeline.id,
    savedAt: now,
    tasks: entries.map(({ version }) => version),
    shows: members.flatMap((id) => records.get(id) ?? []),
  }
}
