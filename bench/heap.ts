import { createTracker, showPipeline, type TaskRecord } from '@callsheet/core'
import { createState } from '../packages/core/src/state/state.ts'
import { contestants } from './contestants/all.ts'
import { limit } from './contestants/limit.ts'
import { collect } from './measure.ts'
import { prepare } from './workload.ts'

export interface HeapCost {
  readonly contestant: string
  readonly bytesPerTask: number
}

function heapUsed(): number {
  // What was held weakly goes one collection later than what held it.
  for (let time = 0; time < 4; time += 1) collect()
  return process.memoryUsage().heapUsed
}

/** Heap bytes per task of every contestant with one show of tasks halfway, their records and one read view included. */
export function measureHeaps(tasks: number): HeapCost[] {
  const workload = prepare('one', tasks)
  const newest = JSON.stringify(workload.halfway)
  return [limit, ...contestants].map((contestant) => {
    const before = heapUsed()
    const running = contestant.start(workload)
    // Each gets its own records, as they come from the wire.
    const records = JSON.parse(newest) as TaskRecord[]
    const { length } = records
    running.load(records)
    running.figures(workload.shows[0]!.showId)
    records.length = 0
    const bytesPerTask = (heapUsed() - before) / length
    // Still needed here, so not collected before.
    running.figures(workload.shows[0]!.showId)
    return { contestant: contestant.name, bytesPerTask }
  })
}

/** The same of the records and views alone in a larger show, when its tasks have begun and after many more events on them. */
export function measureGrowth(tasks: number) {
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
  const before = heapUsed()
  const shows = createState(showPipeline)
  for (let index = 0; index < tasks; index += 1) shows.putTask(version(index, 1))
  const bytesPerTask = (heapUsed() - before) / tasks
  const updates = tasks * 5
  for (let index = 0; index < updates; index += 1) {
    shows.putTask(version(index % tasks, 2 + Math.floor(index / tasks)))
  }
  const bytesPerTaskAfter = (heapUsed() - before) / tasks
  return { tasks: shows.tasks.size, bytesPerTask, updates, bytesPerTaskAfter }
}

/** A tracker's heap after it has seen a tenth of so many tasks, and all of them, in shows of thirty. */
export function measureForgetting(tasks: number, maxTasks: number) {
  let now = 1_700_000_000_000
  const before = heapUsed()
  const tracker = createTracker({ pipeline: showPipeline, clock: () => (now += 1), maxTasks })
  const see = (from: number, to: number) => {
    for (let index = from; index < to; index += 1) {
      tracker.addTask({
        showId: `show-${Math.floor(index / 30)}`,
        type: 'portrait',
        characterId: `character-${index % 30}`,
        status: 'succeeded',
      })
    }
    return (heapUsed() - before) / 1e6
  }
  const [early, late] = [see(0, tasks / 10), see(tasks / 10, tasks)]
  return {
    seen: tasks,
    maxTasks,
    held: tracker.getTasks().length,
    forgotten: tracker.forgotten.tasks,
    early,
    late,
  }
}
