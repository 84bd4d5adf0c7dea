import { entriesOf, type State } from '../state/state.ts'
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
  /** The durations of tasks, with the option `durations`. */
  readonly durations?: readonly DurationsRecord[]
}

declare const checked: unique symbol

/** Records from `parseRecords` of `@callsheet/core/schema`: only these can be merged. */
export interface ParsedRecords {
  readonly [checked]: true
  readonly tasks: readonly TaskVersion[]
  readonly shows: readonly ShowRecord[]
  readonly durations: readonly DurationsRecord[]
  /** The rejected records with their reasons. A bad record never affects the others. */
  readonly rejected: readonly Rejection[]
  /** The number of records that were not checked: parsing stops after 1,000 rejections. */
  readonly skipped: number
}

/** A snapshot from `parseSnapshot` of `@callsheet/core/schema`. */
export interface ParsedSnapshot extends ParsedRecords {
  readonly savedAt: number
}

/** A rejected record. */
export interface Rejection {
  /** Its index in the input. */
  readonly index: number
  readonly kind: 'task' | 'show' | 'durations'
  readonly reason: string
}

/** Whether a record is too old to be accepted from elsewhere. */
export const isTooOld = (version: TaskVersion, now: number): boolean =>
  now - version.updatedAt > limits.days * 86_400_000

/**
 * Returns the state, or one show of it, as a snapshot. It includes all tombstones: without them a dismissed slot would look
 * untried.
 */
export function toSnapshot(
  { pipeline, tasks, records, shows }: State,
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
