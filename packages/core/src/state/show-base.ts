import type { Pipeline } from '../records/pipeline.ts'
import type { ShowInfo } from '../records/show.ts'
import { emptyTable, get, keys, type Table } from './table.ts'
import type { TaskVersion } from '../records/task.ts'
import type { Vector } from './vector.ts'

/** What most events leave as it is in a show. */
export interface ShowBase {
  readonly pipeline: Pipeline
  /** The final id. */
  readonly showId: string
  /** The ids whose records are in here: its own and those that were renamed to it. */
  readonly members: readonly string[]
  readonly info: ShowInfo
  /** In how many slots each character is seen; empty once the roster is known. */
  readonly seen: Table<number>
  /** How many characters there are: the known roster, else those seen in any step or named by facts. */
  readonly cast: number
}

/** Every base is made here: one hidden class keeps reading it fast. */
export const createShowBase = (
  pipeline: Pipeline,
  showId: string,
  members: readonly string[],
  info: ShowInfo,
  seen: Table<number> = emptyTable,
  cast = info.roster?.size ?? seenIds(seen, info).size,
): ShowBase => ({ pipeline, showId, members, info, seen, cast })

/** The tasks of one slot, dismissed ones included, by their places. */
export interface SlotState {
  readonly characterId: string | undefined
  /** The latest; undefined when all of them are gone. */
  readonly task: number | undefined
  /** The newest of the others that succeeded. */
  readonly result: number | undefined
  /** The others, in no order: which of them is the newest is asked only when the latest goes. */
  readonly older: Chain | undefined
}

export interface Chain {
  readonly task: number
  readonly next: Chain | undefined
}

/** The tasks of a step by their places; a hole is left where a task moved away. */
export type Versions = Vector<TaskVersion | undefined>

/** Each slot by its key: see `slotKey` in the reducer. */
export type Slots = Table<SlotState>

/** The items that any step has seen, and those that the facts name. */
export function seenIds(seen: Table<number>, info: ShowInfo): Set<string> {
  const ids = new Set(info.named)
  for (const id of keys(seen)) if (get(seen, id)! > 0) ids.add(id)
  return ids
}
