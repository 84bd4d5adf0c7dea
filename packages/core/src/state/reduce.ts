import type { Pipeline } from '../records/pipeline.ts'
import { mergeShows } from '../records/show.ts'
import { compareVersions, type ShowRecord, type TaskVersion } from '../records/task.ts'
import { createState } from './state.ts'
import type { PipelineView } from './view-types.ts'

/** The newest record of every task and show: all that a state is. */
export interface Records {
  readonly tasks: ReadonlyMap<string, TaskVersion>
  readonly shows: ReadonlyMap<string, ShowRecord>
}

/** What a log begins with. */
export const noRecords: Records = Object.freeze({ tasks: new Map(), shows: new Map() })

/**
 * Merges records into others: the newest version of each task and register wins, in any order and any number of times.
 * Pure; gives the same object when nothing is new. It copies its maps once per call, so give many records at once.
 *
 * @example
 * const records = lines.map((line) => JSON.parse(line)).reduce(reduce, noRecords)
 */
export function reduce(
  records: Records,
  given: TaskVersion | ShowRecord | readonly (TaskVersion | ShowRecord)[],
): Records {
  const news = [given].flat().filter((record) => isNews(records, record))
  if (news.length === 0) return records
  const next = { tasks: new Map(records.tasks), shows: new Map(records.shows) }
  // Some of the news may be old beside the rest.
  for (const record of news) if (isNews(next, record)) put(next, record)
  return next
}

const isShow = (record: TaskVersion | ShowRecord): record is ShowRecord => 'pipeline' in record

function isNews({ tasks, shows }: Records, record: TaskVersion | ShowRecord): boolean {
  if (isShow(record)) return mergeShows(shows.get(record.showId), record) !== shows.get(record.showId)
  const held = tasks.get(record.id)
  return !shows.get(record.showId)?.removed && (!held || compareVersions(record, held) > 0)
}

function put(
  { tasks, shows }: { tasks: Map<string, TaskVersion>; shows: Map<string, ShowRecord> },
  record: TaskVersion | ShowRecord,
): void {
  if (!isShow(record)) tasks.set(record.id, record)
  else {
    shows.set(record.showId, mergeShows(shows.get(record.showId), record))
    if (record.removed) for (const [id, { showId }] of tasks) if (showId === record.showId) tasks.delete(id)
  }
}

/**
 * The views of all shows that some records are about: what a tracker that holds the same records shows.
 *
 * @example
 * const [view] = viewsOf(showPipeline, records)
 * console.log(`${view.showId}: ${view.progress} %`)
 */
export function viewsOf<P extends Pipeline>(pipeline: P, records: Records): readonly PipelineView<P>[] {
  const state = createState(pipeline)
  for (const version of records.tasks.values()) state.putTask(version)
  for (const record of records.shows.values()) state.putShow(record)
  return Object.freeze(
    [...new Set(state.shows.values())].map((show) => state.look(show) as unknown as PipelineView<P>),
  )
}
