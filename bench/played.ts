import { createTracker, showPipeline, type Sink } from '@callsheet/core'
import type { Workload } from './workload.ts'

/** A tracker with the characters of a workload, to which all can be said that becomes of its tasks. */
export function createPlayed({ shows, versions, patches }: Workload, sinks: readonly Sink[] = []) {
  let now = versions[0]!.startedAt
  const tracker = createTracker({
    pipeline: showPipeline,
    by: 'bench',
    clock: () => now,
    // All contestants hold all tasks.
    maxTasks: Infinity,
    sinks,
  })
  for (const { showId, characters } of shows) tracker.show(showId).setCharacters(characters)
  return {
    tracker,
    /** Says what one version brought. */
    play: (index: number) => {
      const version = versions[index]!
      now = version.updatedAt
      if (version.rev === 1) tracker.addTask(version as never)
      else tracker.updateTask(version.id, patches[index]!)
      return version
    },
  }
}
