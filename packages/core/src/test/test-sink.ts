import { CallsheetError } from '../records/errors.ts'
import { readSlot } from '../write/input.ts'
import type { Pipeline } from '../records/pipeline.ts'
import { labelOf } from '../records/task.ts'
import { memorySink, type MemorySinkOptions } from '../tracker/sink.ts'
import {
  compareTasks,
  isInSlot,
  isRemoved,
  type Slot,
  type TaskRecord,
  type TaskStatus,
  type TaskVersion,
} from '../records/task.ts'

/** A task by its id, or all tasks of a slot. */
export type Which<P extends Pipeline> = string | Slot<P>

/** A memory sink with the history of each task and slot. */
export type TestSink<P extends Pipeline = Pipeline> = ReturnType<typeof memorySink> & {
  /** Every version, in the order of writing. */
  readonly history: (which: Which<P>) => readonly TaskVersion[]
  /** The statuses in order, without repetitions. */
  readonly statuses: (which: Which<P>) => readonly (TaskStatus | 'removed')[]
  /** The newest version of the task, or of the slot's current task; undefined if there is none. */
  readonly last: (which: Which<P>) => TaskRecord | undefined
  /** Throws a CallsheetError with the whole history if the last status is another. */
  readonly expect: (which: Which<P>, status: TaskStatus) => void
}

/**
 * Creates a memory sink for assertions, for any test framework.
 *
 * @param options By default 100,000 changes are kept.
 * @example
 * const sink = testSink(showPipeline)
 * const tracker = createTracker({ pipeline: showPipeline, sinks: [sink] })
 * await tracker.show('neon-noir').track('trailer', async () => 'trailer.mp4')
 * sink.statuses({ showId: 'neon-noir', type: 'trailer' }) // ['processing', 'succeeded']
 * sink.expect({ showId: 'neon-noir', type: 'trailer' }, 'succeeded')
 */
export function testSink<P extends Pipeline>(pipeline: P, options: MemorySinkOptions = {}): TestSink<P> {
  const inner = memorySink({ maxChanges: 100_000, ...options })

  const meant = (which: Which<P>) => createFilter(pipeline, which)
  const history = (which: Which<P>) => inner.changes.flatMap(({ tasks }) => tasks).filter(meant(which))

  const statuses = (which: Which<P>) =>
    history(which)
      .map((version) => [version.id, isRemoved(version) ? 'removed' : version.status] as const)
      .filter(([id, status], place, all) => {
        const before = all[place - 1]
        return before?.[0] !== id || before[1] !== status
      })
      .map(([, status]) => status)

  const last = (which: Which<P>): TaskRecord | undefined =>
    [...inner.tasks.values()]
      .filter(meant(which))
      .filter((version): version is TaskRecord => !isRemoved(version))
      .toSorted(compareTasks)
      .at(-1)

  return {
    ...inner,
    history,
    statuses,
    last,
    expect(which, status) {
      const held = last(which)?.status
      if (held === status) return
      const name = typeof which === 'string' ? `Task "${which}"` : labelOf(readSlot(pipeline, which))
      const is = held === undefined ? 'has no task' : `is ${held}`
      throw new CallsheetError(`${name} ${is}, not ${status}. History:\n${toText(history(which))}`, {
        code: 'assertion_failed',
      })
    },
  }
}

/** Creates a filter for versions. It uses the ids of a slot's tasks, since the tombstone of a reset does not name the slot. */
function createFilter<P extends Pipeline>(pipeline: P, which: Which<P>): (version: TaskVersion) => boolean {
  if (typeof which === 'string') return ({ id }) => id === which
  const { showId, type, characterId } = readSlot(pipeline, which)
  const ids = new Set<string>()
  return (version) => {
    const isOfSlot = version.showId === showId && version.type === type && version.characterId === characterId
    if (isOfSlot) ids.add(version.id)
    return ids.has(version.id)
  }
}

/** A history as text: one line for each version, with the ms since the first. */
function toText(history: readonly TaskVersion[]): string {
  const [first] = history
  if (!first) return '  nothing'
  return history
    .map((version) => {
      const time = `+${version.updatedAt - first.updatedAt} ms`.padStart(14)
      if (isRemoved(version)) return `${time}  ${version.id}  ${isInSlot(version) ? 'dismissed' : 'removed'}`
      return [time, version.id, describeTask(version)].join('  ')
    })
    .join('\n')
}

/** A task's state as text: `failed (attempt 2, "Content filter")`. */
export function describeTask({ status, attempt, progress, stage, error }: TaskRecord): string {
  const more = [
    attempt > 1 ? `attempt ${attempt}` : '',
    progress === undefined ? '' : `${progress} %`,
    stage ?? '',
    error ? `"${error.message}"` : '',
  ].filter(Boolean)
  return more.length === 0 ? status : `${status} (${more.join(', ')})`
}
