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
import type { RedactOptions } from '../write/redact.ts'
import type { PageEvent } from '../call/page.ts'
import type { Change, Sink } from './sink.ts'
import type { ParsedRecords, ParsedSnapshot, Rejection, Snapshot } from './snapshot.ts'
import type { SubscriptionKey } from './subscriptions.ts'
import type { Character, DurationsRecord, Facts, Slot, Task, TaskRecord } from '../records/task.ts'
import type { Follow, ResumeResult } from '../call/resume.ts'
import type { RunContext } from '../call/options.ts'
import type { StepOptions } from '../call/track.ts'
import type { Expiry } from '../records/time.ts'
import type { PipelineView, StepView } from '../state/views.ts'
import type { TaskPatch } from '../write/writer.ts'

/** What keeps how long tasks took, as far as a tracker needs it: see `createDurations` in `@callsheet/core/eta`. */
export interface DurationsLike {
  /** Told of each version of a succeeded task that was taken in, perhaps more than once. */
  readonly learn: (task: TaskRecord) => void
  readonly merge: (records: readonly DurationsRecord[]) => void
  readonly serialize: () => readonly DurationsRecord[]
}

/** How a tracker is made. */
export interface TrackerOptions<P extends Pipeline> {
  /** The work: `showPipeline`, or one of your own by `definePipeline`. */
  readonly pipeline: P
  /** Gives the time in epoch ms. @default Date.now */
  readonly clock?: () => number
  /** Makes an id that is used nowhere else. @default a random UUID */
  readonly createId?: () => string
  /** The id of this writer, in every version that it writes. @default made by `createId` */
  readonly by?: string
  /** A number from 0 to under 1, for the jitter of retries. @default Math.random */
  readonly random?: () => number
  /** Calls back after some ms; gives the undo. @default setTimeout */
  readonly schedule?: (callback: () => void, ms: number) => () => void
  /** Where every change goes: `memorySink()`, `logSink()`, `httpSink(…)`. @default none */
  readonly sinks?: readonly Sink[]
  /**
   * What `track` returns: the very promise of the function (default), whose rejection then counts as handled, or one
   * derived from it, which keeps the process's warning of an unhandled rejection.
   *
   * @default 'same'
   */
  readonly promises?: 'same' | 'derived'
  /**
   * How many tasks are held, tombstones included, and how many shows, for a show may be known by its facts alone; at
   * least 1. Above that, whole shows are forgotten: first those without active work, then those whose work runs
   * elsewhere, the least recently updated first. Shows with work that runs here stay, and so does the show that has just
   * changed.
   *
   * @default 50_000
   */
  readonly maxTasks?: number
  /**
   * Milliseconds of silence after which an active task that no run here owns, one from before a reload or from a closed
   * tab, no longer blocks `track`: it becomes `interrupted`, and the new call is made. At least the step's `stallAfter`;
   * Infinity means never.
   *
   * @default 3_600_000, an hour
   */
  readonly takeOverAfter?: number
  /** For how long finished tasks stay in lists, in ms by status. @default `defaultExpiry` */
  readonly expiry?: Partial<Expiry>
  /**
   * What is taken for a secret and never enters a record; `false` takes out only what a step calls secret. What keeps
   * records small and valid always holds.
   *
   * @default names and shapes of credentials
   */
  readonly redact?: RedactOptions | false
  /** Learns how long tasks take, and goes into the snapshot. @default nothing is learnt */
  readonly durations?: DurationsLike
}

/** The events of a tracker. */
export type TrackerEvents<P extends Pipeline = Pipeline> = {
  /** A task is new or has a new version; undefined when it was removed. */
  taskChanged: { readonly id: string; readonly task: Task<P> | undefined; readonly origin: Change['origin'] }
  /** A task has succeeded, failed or been canceled. Not for what was restored. */
  taskFinished: { readonly task: Task<P> }
  /** A live change has made a step complete that was not; another slot of it may be made again meanwhile. */
  stepCompleted: { readonly showId: string; readonly type: StepType<P>; readonly step: StepView<P> }
  /** A live change has made the last counted step complete. */
  showCompleted: { readonly showId: string; readonly pipeline: PipelineView<P> }
  /** Tracking failed at something. The application's own work went on. */
  error: { readonly error: Error }
}

/** A task as it is given to `addTask`; also as applications with a tracker of their own already write it. */
export type NewTask<P extends Pipeline, T extends TaskType<P> = TaskType<P>> = T extends unknown
  ? TaskInput<T, ItemScope<P, NoInfer<T>>, MetadataOf<P, NoInfer<T>>>
  : never

/** A new task by its parts, so that a compiler's message begins with the step and not with the pipeline. */
export type TaskInput<T extends string, Item, M> = {
  readonly showId: string
  readonly type: T
  /** Default: a new one. An id is never used again. */
  readonly id?: string
  /** Ignored: the place follows from the type. */
  readonly stepNumber?: number
} & Item &
  TaskPatch<M>

/** How much a tracker has forgotten to make room: whole shows, and the tasks that were in them. */
export interface ForgottenCount {
  readonly shows: number
  readonly tasks: number
}

/** What a merge did. */
export interface MergeResult {
  readonly accepted: number
  /** Old news: a newer version was held. */
  readonly ignored: number
  readonly rejected: readonly Rejection[]
}

/**
 * Which tasks: one by its id, or all of a show, of its step, of its slot. An item without a step (`beatId`) means all steps
 * that run once per such an item. A filter with an unknown key, or a key with no value, matches nothing and is reported.
 */
export type TaskFilter<P extends Pipeline> =
  string | Slot<P> | { readonly showId: string; readonly type?: TaskType<P>; readonly characterId?: string }

/** Tells whether `unless` is given: `U` is then `'done'`. */
type Unless<U> = { readonly unless?: U | undefined } | undefined

/** What `unless: 'done'` may give instead of the value. */
type Nothing<U> = [U] extends [never] ? never : undefined

/**
 * What `track` can follow to its end. For the rest a text that says what to do, for the compiler's message. A generic
 * function that hands its own `fn` on needs `fn: () => Promise<R>`.
 */
export type Followable<R> = R extends Promise<unknown> | AsyncGenerator<unknown, unknown, never>
  ? R
  : R extends { readonly then: unknown }
    ? 'starts when it is awaited: make the function async, and await it inside'
    : R extends
          | { readonly [Symbol.asyncIterator]: unknown }
          | { readonly getReader: unknown }
          | { readonly [Symbol.iterator]: unknown; readonly next: unknown }
      ? 'starts when it is read: make the function async, and read it inside'
      : R

/**
 * Calls a function and tracks it as a step's task.
 *
 * Two signatures rather than an optional argument: what is missing is then named by the compiler. `R` has a default
 * because a `result` that is declared elsewhere is first checked before `R` is known.
 */
export interface Track<P extends Pipeline> {
  /**
   * Calls `fn` and tracks it as the step's task. Gives exactly what `fn` gives.
   *
   * @example
   * const response = await show.track('trailer', ({ signal }) => fetch('/api/trailer', { signal }))
   */
  <T extends string, R>(type: AloneType<P, T>, fn: (run: RunContext<MetadataOf<P, T>>) => Followable<R>): R
  /**
   * Calls `fn` and tracks it as the step's task, with options. Gives exactly what `fn` gives.
   *
   * @example
   * await show.track('portrait', ({ signal }) => fetch('/api/portrait', { signal }), { characterId: 'ada' })
   */
  <T extends TaskType<P>, R = never, U extends 'done' = never>(
    type: T,
    fn: (run: RunContext<MetadataOf<P, T>>) => Followable<R>,
    options: NoInfer<StepOptions<T, ItemScope<P, T>, MetadataOf<P, T>, R, 'done'> | Omissible<P, T>> &
      Unless<U>,
  ): R | Nothing<U>
}

/** Gives a function with the signature of another one, tracked at each call. */
export interface Wrap<P extends Pipeline> {
  /**
   * Gives a function with the signature of `fn`, tracked at each call.
   *
   * @example
   * const poster = show.wrap('library-poster', (prompt: string) => fetch(`/api/poster?prompt=${prompt}`))
   */
  <T extends string, This, A extends readonly unknown[], R>(
    type: AloneType<P, T>,
    fn: (this: This, ...args: A) => Followable<R>,
  ): (this: This, ...args: A) => R
  /**
   * Gives a function with the signature of `fn`, tracked at each call. `toOptions` receives the arguments of the call.
   *
   * @example
   * const paint = show.wrap('portrait', (id: string) => fetch(`/api/portrait/${id}`), (id) => ({ characterId: id }))
   */
  <T extends TaskType<P>, This, A extends readonly unknown[], R>(
    type: T,
    fn: (this: This, ...args: A) => Followable<R>,
    toOptions: NoInfer<
      ((...args: A) => StepOptions<T, ItemScope<P, T>, MetadataOf<P, T>, R>) | Omissible<P, T>
    >,
  ): (this: This, ...args: A) => R
}

/** What the database knows of a show, as `setFacts` takes it. */
export interface FactsInput<P extends Pipeline> extends Omit<Facts, 'at' | 'items' | 'done'> {
  /** Epoch ms by the tracker's clock when the read of the database was sent. @default now */
  readonly at?: number
  /** The known items of other kinds, in order: by kind. */
  readonly items?: { readonly [K in ItemKind<P>]?: readonly Character[] }
  /** By step: `true` for all of it, or, for a step per item, the ids of the items that are done. */
  readonly done: DoneSteps<P['steps'][number]>
}

/** By the steps themselves, so that a compiler's message names them and not the pipeline. */
type DoneSteps<S extends { readonly type: string; readonly per: string }> = {
  readonly [D in S as D['type']]?: true | (D['per'] extends 'show' ? never : readonly string[])
}

/** One show of a tracker. */
export interface ShowTracker<P extends Pipeline> {
  readonly showId: string
  readonly track: Track<P>
  readonly wrap: Wrap<P>
  readonly setTitle: (title: string) => void
  /** Sets the roster of characters: `setItems('character', characters)`. */
  readonly setCharacters: (characters: readonly Character[]) => void
  /** Sets the roster of one kind of item, in order: what steps with `per: kind` run once per. */
  readonly setItems: (kind: ItemKind<P>, items: readonly Character[]) => void
  /** What the database knows; `at` is the tracker's clock when the read was sent. Default: now. */
  readonly setFacts: (facts: FactsInput<P>) => void
  /** Steps that cannot run here (no key, say): shown, and not counted. */
  readonly setUnavailable: (types: readonly StepType<P>[]) => void
  readonly cancel: (reason?: string) => void
  readonly getPipeline: () => PipelineView<P>
}

/** Keeps the state of many shows. The only stateful object. */
export interface Tracker<P extends Pipeline = Pipeline> {
  readonly pipeline: P
  /** This writer's id. */
  readonly by: string
  readonly now: () => number
  /** A show by its id. Throws a CallsheetError when the id is not usable. */
  readonly show: (showId: string) => ShowTracker<P>
  /** The view of a show: the same object until something in it changes. */
  readonly getPipeline: (showId: string) => PipelineView<P>
  /** The views of all shows that are known, the last begun first: the same list until something in one changes. */
  readonly getPipelines: () => readonly PipelineView<P>[]
  /** A task by its id, or the latest task of a slot; where that was dismissed, the slot's result. */
  readonly getTask: (which: string | Slot<P>) => Task<P> | undefined
  /** The ids of all known shows, also of those without a task, the last begun first. */
  readonly getShows: () => readonly string[]
  /** The tasks of a show or of all, the newest first; without the expired ones, unless `expired` is true. Reads all of them. */
  readonly getTasks: (
    filter?: Exclude<TaskFilter<P>, string>,
    options?: { readonly expired?: boolean },
  ) => readonly Task<P>[]
  /** Adds a task by hand. A known id is reported, changes nothing and gives undefined. */
  readonly addTask: <T extends TaskType<P>>(task: NewTask<P, T>) => Task<P, T> | undefined
  /** Updates a task by hand. An unknown id, or a finished task, is reported and changes nothing. */
  readonly updateTask: <T extends TaskType<P>>(
    id: string,
    patch: TaskPatch<MetadataOf<P, T>>,
  ) => Task<P> | undefined
  /** Records that a show is found under another id from now on. */
  readonly renameShow: (from: string, to: string) => void
  /**
   * Removes a show for good: cancels what runs in it, drops its tasks, and refuses later ones here and wherever the
   * record is merged. The id cannot be used again.
   *
   * @example
   * tracker.removeShow('neon-noir')
   */
  readonly removeShow: (showId: string) => void
  /** Ends tasks that are being worked on, their runs and all later attempts. Gives how many. */
  readonly cancel: (filter: TaskFilter<P>, reason?: string) => number
  /**
   * Follows again what was running before a reload: every unfinished task with a job of a named provider, by asking for
   * it; the paid call is never made again. An unfinished task that cannot be followed becomes `interrupted`. Tasks of
   * runs that go on here are left alone, and so is what `only` says no to (the tasks of another tab, say).
   *
   * @example
   * tracker.resume({ replicate: followJob({ read }) })
   */
  readonly resume: (
    followers: Readonly<Record<string, Follow>>,
    options?: { readonly only?: (task: Task<P>) => boolean },
  ) => ResumeResult
  /**
   * Hides ended tasks for good, and takes their failures out of status and counts. Their slots stay tried, and done
   * where a task had succeeded. Gives how many.
   *
   * @example
   * tracker.dismiss(task.id)
   */
  readonly dismiss: (filter: TaskFilter<P>) => number
  /**
   * Starts over: removes ended and dismissed tasks, so that their slots are as if nothing had run, except for what facts
   * say. Gives how many.
   *
   * @example
   * tracker.reset({ showId: 'neon-noir', type: 'trailer' })
   */
  readonly reset: (filter: TaskFilter<P>) => number
  /**
   * Answers an autopilot: was this slot ever tried, does its latest task run or has it failed, is it done. These do not
   * exclude each other: a slot that is made again is done and running.
   */
  readonly has: (slot: Slot<P>, what: 'tried' | 'failed' | 'done' | 'running') => boolean
  /** How much was forgotten because of `maxTasks`. What a collector holds of it stays there. */
  readonly forgotten: ForgottenCount
  /** The whole state as plain JSON; with `showId` that of one show, with all that renames have joined to it. */
  readonly serialize: (options?: { readonly showId?: string }) => Snapshot
  /** Merges one's own snapshot in, whatever its age; no completion is announced. On top of newer state it changes nothing. */
  readonly restore: (snapshot: ParsedSnapshot) => MergeResult
  /**
   * Merges records in that are not older than 30 days. `live: false` announces no completion. `whole: true` takes records
   * of any age: they are a complete snapshot, in which tasks and tombstones belong together.
   */
  readonly merge: (
    records: ParsedRecords,
    options?: { readonly live?: boolean; readonly whole?: boolean },
  ) => MergeResult
  /** Calls back after each change of what the key names; gives the undo. */
  readonly subscribe: (listener: () => void, key?: SubscriptionKey) => () => void
  /** Listens to an event; gives the undo. */
  readonly on: <E extends keyof TrackerEvents<P>>(
    event: E,
    handler: (payload: TrackerEvents<P>[E]) => void,
  ) => () => void
  /** What `track` returns, as the options say. For adapters that make promises of their own. */
  readonly promises: 'same' | 'derived'
  /** Reports a failure of tracking on the `error` event. For adapters. */
  readonly report: (error: unknown) => void
  /**
   * Tells what the page does. `httpSink` does that by itself; use this where no sink watches the page.
   *
   * @example
   * tracker.page('watched')
   * addEventListener('beforeunload', () => tracker.page('may-leave'))
   * addEventListener('pagehide', () => tracker.page('left'))
   * addEventListener('pageshow', () => tracker.page('returned'))
   */
  readonly page: (event: PageEvent) => void
  /** Flushes and closes the sinks. */
  readonly close: () => Promise<void>
}
