import { showPipeline } from '@callsheet/core'
import { applyTask } from '../packages/core/src/reducer.ts'
import { emptyState } from '../packages/core/src/state.ts'
import { collect } from './measure.ts'

/** Heap bytes of each task in one show, when they have begun and after many more events on them. */
export function measureHeap(tasks: number) {
  const version = (index: number, rev: number) => ({
    id: `task-${index}`,
    showId: 'show',
    type: 'portrait',
    characterId: `character-${index}`,
    stepNumber: 4,
    status: 'processing' as const,
    attempt: 1,
    progress: Math.min(99, rev),
    startedAt: 1_700_000_000_000 + index,
    updatedAt: 1_700_000_000_000 + index + rev,
    rev,
    by: 'bench',
  })
  collect()
  const before = process.memoryUsage().heapUsed
  let state = emptyState(showPipeline)
  const perTask = () => {
    collect()
    return (process.memoryUsage().heapUsed - before) / tasks
  }
  for (let index = 0; index < tasks; index += 1) state = applyTask(state, version(index, 1))
  const bytesPerTask = perTask()
  const updates = tasks * 5
  for (let index = 0; index < updates; index += 1) {
    state = applyTask(state, version(index % tasks, 2 + Math.floor(index / tasks)))
  }
  const bytesPerTaskAfter = perTask()
  return { tasks: state.base.size, bytesPerTask, updates, bytesPerTaskAfter }
}
