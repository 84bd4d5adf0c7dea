import type { Internals } from './internals.ts'
import type { TaskQueries } from './task-queries.ts'
import type { TaskCommands } from './task-commands.ts'
import { createPage } from '../call/page-lifecycle.ts'
import type { TrackHost } from '../call/run.ts'
import { problem } from '../records/errors.ts'
import { definitionOf } from '../records/pipeline.ts'
import { isActive, isFinished, isRemoved, type TaskRecord, type TaskVersion } from '../records/task.ts'
import { slotFor } from '../write/input.ts'

const isBegun = (version: TaskVersion): boolean => !isRemoved(version) && isActive(version)

/** A tracker as its calls use it. */
export function createTrackHost(
  internals: Internals,
  queries: TaskQueries,
  { begin, update, forget }: TaskCommands,
): TrackHost {
  const { pipeline, newId, now, random, promises, takeOverAfter, runs, state, report, guarded, subscribe } =
    internals
  const { schedule } = internals
  const { versionOf, newest, currentIn, has } = queries

  /** A call that repeats an interrupted one has its key. */
  function keyOf(task: TaskRecord | undefined): string {
    if (!task) return newId()
    const { id, attempt } = task
    const { latest, older = [] } = state.slotOf(task) ?? {}
    const place = latest?.version.id === id ? older.length : older.findIndex((one) => one.version.id === id)
    // Another tracker that begins in this slot just now has made no call: this one owns the slot.
    const before = older.slice(0, Math.max(0, place)).findLast(({ version }) => !isBegun(version))?.version
    const isRepeat = attempt === 1 && before && !isRemoved(before) && before.status === 'interrupted'
    return isRepeat ? keyOf(before) : `${id}:${attempt}`
  }

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
    ended: (id, showId) =>
      new Promise<TaskRecord>((resolve, reject) => {
        let isKnown = false
        const look = () => {
          const task = newest(id)
          isKnown ||= versionOf(id) !== undefined
          if (task ? isActive(task) : !isKnown) return
          undo()
          if (task) resolve(task)
          else reject(problem('unknown_task', `Task "${id}" was removed before it ended.`))
        }
        const undo = subscribe(look, { showId })
        look()
      }),
    ownership: () => internals.ownership.current,
    forget,
    keyOf,
    runs,
    promises,
  }
}
