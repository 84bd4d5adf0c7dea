import type { MergeResult } from './tracker-types.ts'
import type { Internals } from './internals.ts'
import { problem } from '../records/errors.ts'
import { isTooOld, type ParsedRecords, type Rejection } from './snapshot.ts'

/** Limits the list; the count in the report is exact. */
const maxRejected = 1_000

/** Makes the function that merges parsed records. `isWhole`: tasks and tombstones belong together, whatever their age. */
export const createMerge =
  ({ now, apply, report, guarded, durations }: Internals) =>
  (
    records: ParsedRecords,
    origin: 'merge' | 'restore',
    live: boolean,
    isWhole: boolean,
    from?: string,
  ): MergeResult => {
    if (![records?.tasks, records?.shows, records?.rejected].every(Array.isArray)) {
      const message = `${origin}: expected records from parseSnapshot or parseRecords of @callsheet/core/schema.`
      throw problem('invalid_field', message)
    }
    const time = now()
    const rejected: Rejection[] = [...records.rejected]
    const refused = new Set(rejected.flatMap(({ kind, index }) => (kind === 'task' ? [index] : [])))
    // The index in the input, which includes the records that were rejected before.
    let index = -1
    const tasks = records.tasks.filter((version) => {
      do index += 1
      while (refused.has(index))
      const isTaken = isWhole || !isTooOld(version, time)
      if (!isTaken && rejected.length < maxRejected)
        rejected.push({ index, kind: 'task', reason: 'it is older than 30 days' })
      return isTaken
    })
    if (durations) guarded(() => durations.merge(records.durations))
    const accepted = apply(tasks, records.shows, origin, live, from)
    const [first] = rejected
    if (first) {
      const count = records.rejected.length + records.tasks.length - tasks.length
      const message = `${origin}: ${count} record(s) rejected. First reason: ${first.reason}.`
      report(problem('rejected_records', message))
    }
    return { accepted, ignored: tasks.length + records.shows.length - accepted, rejected }
  }
