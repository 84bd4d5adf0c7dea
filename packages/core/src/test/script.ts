import type { FactsInput, Tracker } from '../tracker/tracker-types.ts'
import { CallsheetError } from '../records/errors.ts'
import type {
  AloneType,
  ItemScope,
  MetadataOf,
  Omissible,
  Pipeline,
  StepType,
  TaskType,
  ItemKind,
} from '../records/pipeline.ts'
import { type Character, isFinished, type TaskStatus } from '../records/task.ts'
import type { TaskPatch } from '../write/next-version.ts'

/** Details of a task beside its status: its item for a step per item, and any field of a patch. */
export type ScriptDetails<P extends Pipeline, T extends TaskType<P>> = ItemScope<P, T> &
  Omit<TaskPatch<MetadataOf<P, T>>, 'status'> & { readonly id?: string }

interface ScriptLine<P extends Pipeline> {
  <T extends string>(type: AloneType<P, T>): Script<P>
  <T extends TaskType<P>>(type: T, details: NoInfer<ScriptDetails<P, T> | Omissible<P, T>>): Script<P>
}

/** A show, line by line. Each line is written at once and returns the script. */
export interface Script<P extends Pipeline> {
  readonly starting: ScriptLine<P>
  /** The status `processing`. */
  readonly active: ScriptLine<P>
  readonly succeeded: ScriptLine<P>
  readonly failed: ScriptLine<P>
  readonly canceled: ScriptLine<P>
  readonly interrupted: ScriptLine<P>
  readonly title: (title: string) => Script<P>
  /** The roster: ids, or characters with their names. */
  readonly characters: (...characters: readonly (string | Character)[]) => Script<P>
  /** The roster of one kind of item: ids, or items with their names. */
  readonly items: (kind: ItemKind<P>, ...items: readonly (string | Character)[]) => Script<P>
  /** The facts of the database, read now. */
  readonly facts: (done: FactsInput<P>['done']) => Script<P>
  readonly unavailable: (...types: readonly StepType<P>[]) => Script<P>
}

/**
 * Brings a show of a tracker into a state, through the tracker's public API.
 *
 * A line continues the slot's current task. If that has finished, the line begins a new task, unless the task failed and
 * `attempt` is higher. Throws a CallsheetError for a line that the tracker refuses.
 *
 * @param showId The show. @default 'show'
 * @example
 * script(tracker, 'neon-noir')
 *   .succeeded('show-generation')
 *   .characters('ada', 'bo')
 *   .active('portrait', { characterId: 'ada', progress: 40 })
 *   .failed('portrait', { characterId: 'bo', error: 'Content filter' })
 */
export function script<P extends Pipeline>(tracker: Tracker<P>, showId = 'show'): Script<P> {
  const show = tracker.show(showId)
  const to =
    (status: TaskStatus) =>
    (type: string, details: object = {}): Script<P> => {
      write(tracker as unknown as Tracker, { ...details, showId, type }, status)
      return self
    }
  const tell = (action: () => void): Script<P> => {
    action()
    return self
  }
  const self = {
    starting: to('starting'),
    active: to('processing'),
    succeeded: to('succeeded'),
    failed: to('failed'),
    canceled: to('canceled'),
    interrupted: to('interrupted'),
    title: (title) => tell(() => show.setTitle(title)),
    characters: (...characters) => tell(() => show.setCharacters(listed(characters))),
    items: (kind, ...items) => tell(() => show.setItems(kind, listed(items))),
    facts: (done) => tell(() => show.setFacts({ done })),
    unavailable: (...types) => tell(() => show.setUnavailable(types)),
  } as Script<P>
  return self
}

const listed = (items: readonly (string | Character)[]) =>
  items.map((one) => (typeof one === 'string' ? { id: one } : one))

type Line = TaskPatch & { readonly showId: string; readonly type: string; readonly id?: string }

function write(tracker: Tracker, line: Line, status: TaskStatus): void {
  const held = tracker.getTask(line)
  const isRetry = held?.status === 'failed' && (line.attempt ?? 1) > held.attempt
  const goesOn = held && (!isFinished(held) || isRetry)
  const task = goesOn
    ? tracker.updateTask(held.id, { ...line, status })
    : tracker.addTask({ ...line, status })
  if (task) return
  const which = goesOn ? `task "${held.id}", which is ${held.status}` : `a new task "${line.id}"`
  throw new CallsheetError(
    `script: "${line.type}" cannot be ${status} as ${which}. See the error event for the reason.`,
    { code: 'assertion_failed' },
  )
}
