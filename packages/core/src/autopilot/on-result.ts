import { createGuard } from '../records/guard.ts'
import type { Pipeline, TaskType } from '../records/pipeline.ts'
import type { Task } from '../records/task.ts'
import type { Change } from '../tracker/sink.ts'
import type { Tracker, TrackerEvents } from '../tracker/tracker-types.ts'

/** The handlers of `onResult` by step. A handler receives the succeeded task, and where its result came from. */
export type ResultHandlers<P extends Pipeline> = {
  readonly [T in TaskType<P>]?: (task: Task<P, T>, came: Pick<Change, 'origin' | 'from'>) => unknown
}

/** Options of `onResult`. */
export interface ResultOptions {
  /** Results of this show only. @default all shows */
  readonly showId?: string
  /**
   * `own`: results that this tracker has made, by a call or by following a job. `new`: also those of other tabs and of
   * webhooks, and what finished while no page was open, but not what had finished before.
   *
   * @default all results, also those that are known already or restored
   */
  readonly only?: 'own' | 'new'
}

/**
 * Calls a handler for each result, once for each task and tracker. Returns the undo.
 *
 * A tab and a page load have a tracker each. So `only: 'own'` means once in all: for what must not be done twice, such as
 * saving. `only: 'new'` means once in each open tab, for a chime. Without `only` it is once for each page load, for what a
 * page keeps. Call it before the state is restored.
 *
 * @example
 * onResult(tracker, { portrait: ({ characterId, outputUrl }) => save(characterId, outputUrl) }, { only: 'own' })
 */
export function onResult<P extends Pipeline>(
  given: Tracker<P>,
  handlers: ResultHandlers<P>,
  { showId, only }: ResultOptions = {},
): () => void {
  const tracker = given as unknown as Tracker
  const guarded = createGuard(tracker.report)
  const since = tracker.now()
  /** By task, whether it has succeeded. */
  const known = new Map<string, boolean>()
  const finalId = (id: string) => tracker.getPipeline(id).showId

  function see({ id, task, ...came }: TrackerEvents['taskChanged']): void {
    if (!task) return void known.delete(id)
    const isResult = task.status === 'succeeded'
    const before = known.get(id)
    known.set(id, isResult)
    if (!isResult || before === true) return
    const isNew = before === false || (task.completedAt ?? task.updatedAt) >= since
    if (only === 'own' ? came.origin !== 'local' : only === 'new' && !isNew) return
    if (showId !== undefined && finalId(task.showId) !== finalId(showId)) return
    const handler = Object.hasOwn(handlers, task.type) ? handlers[task.type as TaskType<P>] : undefined
    if (handler) guarded(() => handler(task as never, came))
  }

  for (const task of tracker.getTasks(undefined, { expired: true }).toReversed())
    if (only) known.set(task.id, task.status === 'succeeded')
    else see({ id: task.id, task, origin: 'restore' })
  return tracker.on('taskChanged', see)
}
