import type { Internals } from './internals.ts'
import type { TaskQueries } from './task-queries.ts'
import type { TaskCommands } from './task-commands.ts'
import { createPage } from '../call/page-lifecycle.ts'
import type { TrackHost } from '../call/run.ts'
import { problem } from '../records/errors.ts'
import { definitionOf } from '../records/pipeline.ts'
import { isActive, isFinished, type TaskRecord } from '../records/task.ts'
import { slotFor } from '../write/input.ts'

/** A tracker as its calls use it. */
export function createTrackHost(
  internals: Internals,
  queries: TaskQueries,
  { begin, update }: TaskCommands,
): TrackHost {
  const { pipeline, newId, now, random, promises, takeOverAfter, runs, state, report, guarded, subscribe } =
    internals
  const { schedule } = internals
  const { newest, currentIn, has } = queries
  const page = createPage({ now: internals.clock, schedule, guarded })
  return {
    read: (showId, type, options) => slotFor(pipeline, showId, type, options as never),
    begin: (slot, id = newId(), patch, onMade) => begin(slot, id, patch, onMade),
    look(slot) {
      const { latest, older = [] } = state.slotOf(slot) ?? {}
      const task = currentIn(slot)
      for (const entry of latest ? [latest, ...older] : []) {
        const run = runs.get(entry.version.id)
        if (run && !isFinished(run.task)) return { task, run }
      }
      return { task, run: undefined }
    },
    newest,
    write: (id, patch, otherwise) => guarded(() => update(id, patch, otherwise)),
    report,
    now,
    random,
    schedule(callback, ms) {
      let undo = schedule(() => {
        undo = page.whenHere(callback)
      }, ms)
      return () => undo()
    },
    page,
    isDone: (slot) => has(slot, 'done'),
    takeOverAfter: (type) => Math.max(takeOverAfter, definitionOf(pipeline, type)?.stallAfter ?? 120_000),
    ended: (id) =>
      new Promise<TaskRecord>((resolve, reject) => {
        const showId = newest(id)?.showId
        const look = () => {
          const task = newest(id)
          if (task && isActive(task)) return
          undo?.()
          if (task) resolve(task)
          else reject(problem('unknown_task', `Task "${id}" was removed before it ended.`))
        }
        const undo = showId === undefined ? undefined : subscribe(look, { showId })
        look()
      }),
    runs,
    promises,
  }
}
