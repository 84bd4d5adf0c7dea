import type { TaskRecord } from '@callsheet/core'
import type { Workload } from '../workload.ts'
import { count, type Counts, emptyCounts, recounted } from './counted.ts'

// One immutable state of plain objects, as the docs of the small stores write it.

export interface Shows {
  readonly shows: Readonly<Record<string, Show>>
}

interface Show {
  readonly tasks: Readonly<Record<string, TaskRecord>>
  readonly counts: readonly Counts[]
}

/** The whole state with many tasks put in at once. */
export function showsWith({ shows }: Workload, newest: readonly TaskRecord[] = []): Shows {
  const state = Object.fromEntries(
    shows.map(({ showId, characters }) => [
      showId,
      { tasks: {} as Record<string, TaskRecord>, counts: emptyCounts(characters.length) },
    ]),
  )
  for (const version of newest) {
    const show = state[version.showId]!
    const step = version.stepNumber! - 1
    count(show.counts[step]!, undefined, version, step)
    show.tasks[version.id] = version
  }
  return { shows: state }
}

/** The state after one version: what lies on the path to it is copied. */
export function withVersion(state: Shows, version: TaskRecord): Shows {
  const { shows } = state
  const show = shows[version.showId]!
  const held = show.tasks[version.id]
  if (held && held.rev >= version.rev) return state
  const step = version.stepNumber! - 1
  const counts = show.counts.slice()
  counts[step] = recounted(counts[step]!, held, version, step)
  const tasks = { ...show.tasks, [version.id]: version }
  return { shows: { ...shows, [version.showId]: { tasks, counts } } }
}
