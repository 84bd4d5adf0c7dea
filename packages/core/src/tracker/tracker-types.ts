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
import type { OwnedRuns, Ownership } from '../call/run.ts'
import type { PageEvent } from '../call/page-lifecycle.ts'
import type { Change, Sink } from './sink.ts'
import type { ParsedRecords, ParsedSnapshot, Rejection, Snapshot } from './snapshot.ts'
import type { SubscriptionKey } from './subscriptions.ts'
import type { Character, DurationsRecord, Facts, Slot, Task, TaskRecord } from '../records/task.ts'
import type { Follow, ResumeResult } from '../call/resume.ts'
import type { RunContext } from '../call/run-options.ts'
import type { StepOptions } from '../call/track.ts'
import type { Expiry } from '../records/time.ts'
import type { PipelineView, StepView } from '../state/view-types.ts'
import type { TaskPatch } from '../write/next-version.ts'

/** The part of `Durations` that a tracker uses: see `createDurations` of `@callsheet/core/eta`. */
export interface DurationsLike {
  /** Called with each accepted version of a succeeded task, possibly more than once. */
  readonly learn: (task: TaskRecord) => void
  readonly merge: (records: readonly DurationsRecord[]) => void
  readonly serialize: () => readonly DurationsRecord[]
}

/** The options of `createTracker`. */
export interface TrackerOptions<P extends Pipeline> {
  /** The pipeline: `showPipeline`, or your own from `definePipeline`. */
  readonly pipeline: P
  /** Returns the time in epoch ms. @default Date.now */
  readonly clock?: () => number
  /** Returns a unique id. @default a random UUID */
  readonly createId?: () => string
  /** The id of this writer in every version that it writes. @default an id from `createId` */
  readonly by?: string
  /** Returns a number from 0 to under 1 for the jitter of retries. @default Math.random */
  readonly random?: () => number
  /** Calls the callback after ms; returns its undo. @default setTimeout */
  readonly schedule?: (callback: () => void, ms: number) => () => void
  /** The sinks that receive every change: `memorySink()`, `logSink()`, `httpSink(…)`. @default none */
  readonly sinks?: readonly Sink[]
  /**
   * What `track` returns: `same` is the promise of the function, whose rejection then counts as handled; `derived` is a
   * promise derived from it, which keeps the warning about an unhandled rejection.
   *
   * @default 'same'
   */
  readonly promises?: 'same' | 'derived'
  /**
   * The maximum number of tasks (tombstones included) and of shows, at least 1. Above that, whole shows are forgotten: first
   * those without active work, then those whose work runs elsewhere, the least recently updated first. Shows with work that
   * runs here stay, and so does the show that has just changed.
   *
   * @default 50_000
   */
  readonly maxTasks?: number
  /**
   * Silence in ms after which an active task without a run here (from before a reload, or from a closed tab) stops blocking
   * `track`: it becomes `interrupted`, and the new call is made. At least the step's `stallAfter`; Infinity means never.
   *
   * @default 3_600_000, an hour
   */
  readonly takeOverAfter?: number
  /** How long finished tasks stay in lists, in ms by status. @default `defaultExpiry` */
  readonly expiry?: Partial<Expiry>
  /**
   * The patterns of secrets, which never enter a record. `false` disables pattern redaction; fields in a step's `secret` are
   * still removed. The limits on size and format always apply.
   *
   * @default names and patterns of credentials
   */
  readonly redact?: RedactOptions | false
  /** Learns the durations of tasks, and is part of the snapshot. @default none */
  readonly durations?: DurationsLike
}

/** Where a change came from: see `Change`. */
type Came = Pick<Change, 'origin' | 'from'>

/** The events of a tracker. */
export type TrackerEvents<P extends Pipeline = Pipeline> = {
  /** A task is new or has a new version; `task` is undefined if it was removed. */
  taskChanged: { readonly id: string; readonly task: Task<P> | undefined } & Came
  /** A task succeeded, failed or was canceled. Not fired by `restore`. */
  taskFinished: { readonly task: Task<P> } & Came
  /** A live change completed a step. Another slot of the step may be in the middle of a remake. */
  stepCompleted: { readonly showId: string; readonly type: StepType<P>; readonly step: StepView<P> }
  /** A live change completed the last counted step. */
  showCompleted: { readonly showId: string; readonly pipeline: PipelineView<P> }
  /** A failure of tracking. The application's own work continued. */
  error: { readonly error: Error }
}

/** A new task for `addTask`, also in the form of applications with their own tracker. */
export type NewTask<P extends Pipeline, T extends TaskType<P> = TaskType<P>> = T extends unknown
  ? TaskInput<T, ItemScope<P, NoInfer<T>>, MetadataOf<P, NoInfer<T>>>
  : never

/** A new task in parts, so that a compiler's message begins with the step and not with the pipeline. */
export type TaskInput<T extends string, Item, M> = {
  readonly showId: string
  readonly type: T
  /** The id, which is never used again. @default a new id */
  readonly id?: string
  /** Ignored: it follows from the type. */
  readonly stepNumber?: number
} & Item &
  TaskPatch<M>

/** The numbers of forgotten shows and of their tasks. */
export interface ForgottenCount {
  readonly shows: number
  readonly tasks: number
}

/** The result of a merge. */
export interface MergeResult {
  readonly accepted: number
  /** Records whose held version is as new or newer. */
  readonly ignored: number
  readonly rejected: readonly Rejection[]
}

/**
 * Selects tasks: one by its id, or all of a show, of a step, of a slot. An item without a step (`beatId`) selects all steps
 * that run once per such an item. A filter with an unknown key, or a key without a value, matches nothing and is reported.
 */
export type TaskFilter<P extends Pipeline> =
  string | Slot<P> | { readonly showId: string; readonly type?: TaskType<P>; readonly characterId?: string }

/** Infers whether `unless` is given: `U` is then `'done'`. */
type Unless<U> = { readonly unless?: U | undefined } | undefined

/** What `unless: 'done'` may return instead of the value. */
type Nothing<U> = [U] extends [never] ? never : undefined

/**
 * A value that `track` can follow to its end. For other values a text with instructions, for the compiler's message. A
 * generic function that passes its own `fn` to `track` needs `fn: () => Promise<R>`.
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
 * Two signatures instead of an optional argument, so that the compiler names what is missing. `R` has a default because a
 * `result` that is declared elsewhere is checked before `R` is known.
 */
export interface Track<P extends Pipeline> {
  /**
   * Calls `fn` and tracks it as the step's task. Returns exactly what `fn` returns.
   *
   * @example
   * const response = await show.track('trailer', ({ signal }) => fetch('/api/trailer', { signal }))
   */
  <T extends string, R>(type: AloneType<P, T>, fn: (run: RunContext<MetadataOf<P, T>>) => Followable<R>): R
  /**
   * Calls `fn` and tracks it as the step's task, with options. Returns exactly what `fn` returns.
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

/** Returns a function with the signature of another one, tracked at each call. */
export interface Wrap<P extends Pipeline> {
  /**
   * Returns a function with the signature of `fn`, tracked at each call.
   *
   * @example
   * const poster = show.wrap('library-poster', (prompt: string) => fetch(`/api/poster?prompt=${prompt}`))
   */
  <T extends string, This, A extends readonly unknown[], R>(
    type: AloneType<P, T>,
    fn: (this: This, ...args: A) => Followable<R>,
  ): (this: This, ...args: A) => R
  /**
   * Returns a function with the signature of `fn`, tracked at each call. `toOptions` receives the arguments of the call.
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

/** The facts of a show for `setFacts`. */
export interface FactsInput<P extends Pipeline> extends Omit<Facts, 'at' | 'items' | 'done'> {
  /** Epoch ms by the tracker's clock, of the time when the database was read. @default now */
  readonly at?: number
  /** The known items of other kinds, in order: by kind. */
  readonly items?: { readonly [K in ItemKind<P>]?: readonly Character[] }
  /** By step: `true` for all of it, or, for a step per item, the ids of the items that are done. */
  readonly done: DoneSteps<P['steps'][number]>
}

/** The facts by step, so that a compiler's message names them and not the pipeline. */
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
  /** Sets the roster of one kind of item, in order. Steps with `per: kind` run once for each. */
  readonly setItems: (kind: ItemKind<P>, items: readonly Character[]) => void
  /** Sets the facts: what the database knows to be done. */
  readonly setFacts: (facts: FactsInput<P>) => void
  /** Sets the steps that cannot run here, for example without an API key. They are shown and not counted. */
  readonly setUnavailable: (types: readonly StepType<P>[]) => void
  /** Cancels all active tasks of the show, their runs and all later attempts. For a part of a show: `tracker.cancel`. */
  readonly cancel: (reason?: string) => void
  readonly getPipeline: () => PipelineView<P>
}

/** The tracker of many shows: the only stateful object. */
export interface Tracker<P extends Pipeline = Pipeline> {
  readonly pipeline: P
  /** The id of this writer. */
  readonly by: string
  readonly now: () => number
  /** Returns one show. Throws a CallsheetError for an invalid id. */
  readonly show: (showId: string) => ShowTracker<P>
  /** Returns the view of a show: the same object until something in it changes. */
  readonly getPipeline: (showId: string) => PipelineView<P>
  /** Returns the views of all known shows, the last begun first: the same list until one of them changes. */
  readonly getPipelines: () => readonly PipelineView<P>[]
  /** Returns a task by its id, or the latest task of a slot; if that was dismissed, the slot's result. */
  readonly getTask: (which: string | Slot<P>) => Task<P> | undefined
  /** Returns the ids of all known shows, also of those without a task, the last begun first. */
  readonly getShows: () => readonly string[]
  /** Returns tasks, the newest first, without expired ones unless `expired` is true. The cost grows with all tasks. */
  readonly getTasks: (
    filter?: Exclude<TaskFilter<P>, string>,
    options?: { readonly expired?: boolean },
  ) => readonly Task<P>[]
  /** Adds a task by hand. A known id is reported and changes nothing; the result is then undefined. */
  readonly addTask: <T extends TaskType<P>>(task: NewTask<P, T>) => Task<P, T> | undefined
  /** Updates a task by hand. An unknown id, or a finished task, is reported and changes nothing. */
  readonly updateTask: <T extends TaskType<P>>(
    id: string,
    patch: TaskPatch<MetadataOf<P, T>>,
  ) => Task<P> | undefined
  /** Renames a show: from now on it is found under the other id. */
  readonly renameShow: (from: string, to: string) => void
  /**
   * Removes a show permanently: cancels its runs, drops its tasks, and refuses later ones here and wherever the record is
   * merged. The id cannot be used again.
   *
   * @example
   * tracker.removeShow('neon-noir')
   */
  readonly removeShow: (showId: string) => void
  /** Cancels active tasks, their runs and all later attempts. Returns their number. For a whole show: `show.cancel`. */
  readonly cancel: (filter: TaskFilter<P>, reason?: string) => number
  /**
   * Follows the jobs of unfinished tasks again after a reload, with a follower for each provider. The paid call is never
   * repeated. An unfinished task that cannot be followed becomes `interrupted`. Tasks of running calls are skipped, and so
   * are tasks for which `only` returns false (for example those of another tab).
   *
   * @example
   * tracker.resume({ replicate: followJob({ read }) })
   */
  readonly resume: (
    followers: Readonly<Record<string, Follow>>,
    options?: { readonly only?: (task: Task<P>) => boolean },
  ) => ResumeResult
  /**
   * Hides ended tasks permanently and removes their failures from status and counts. Their slots stay tried, and done if a
   * task had succeeded. Returns their number.
   *
   * @example
   * tracker.dismiss(task.id)
   */
  readonly dismiss: (filter: TaskFilter<P>) => number
  /**
   * Starts over: removes ended and dismissed tasks, so that their slots are as if nothing had run, except for what facts
   * say. Returns their number.
   *
   * @example
   * tracker.reset({ showId: 'neon-noir', type: 'trailer' })
   */
  readonly reset: (filter: TaskFilter<P>) => number
  /**
   * Tests a slot, for an autopilot: was it ever tried, has its latest task failed, is it done, is it running. These do not
   * exclude each other: a slot that is remade is done and running.
   */
  readonly has: (slot: Slot<P>, what: 'tried' | 'failed' | 'done' | 'running') => boolean
  /** What was forgotten because of `maxTasks`. The copy of a collector stays. */
  readonly forgotten: ForgottenCount
  /** Returns the whole state as plain JSON, or with `showId` that of one show, including shows that were renamed to it. */
  readonly serialize: (options?: { readonly showId?: string }) => Snapshot
  /** Merges your own snapshot, whatever its age, without completion events. Older versions change nothing. */
  readonly restore: (snapshot: ParsedSnapshot) => MergeResult
  /**
   * Merges records that are not older than 30 days. `live: false` fires no completion events. `whole: true` accepts records
   * of any age, as a complete snapshot in which tasks and tombstones belong together. Events and sinks are told `from`.
   */
  readonly merge: (
    records: ParsedRecords,
    options?: { readonly live?: boolean; readonly whole?: boolean; readonly from?: string },
  ) => MergeResult
  /** Calls the listener after each change of what the key names; returns the undo. */
  readonly subscribe: (listener: () => void, key?: SubscriptionKey) => () => void
  /** Listens to an event; returns the undo. */
  readonly on: <E extends keyof TrackerEvents<P>>(
    event: E,
    handler: (payload: TrackerEvents<P>[E]) => void,
  ) => () => void
  /** The `promises` option. For adapters that create their own promises. */
  readonly promises: 'same' | 'derived'
  /** Reports a failure of tracking on the `error` event. For adapters. */
  readonly report: (error: unknown) => void
  /**
   * Tells the tracker what the page does. `httpSink` does this itself; call it if no sink watches the page.
   *
   * @example
   * tracker.page('watched')
   * addEventListener('beforeunload', () => tracker.page('may-leave'))
   * addEventListener('pagehide', () => tracker.page('left'))
   * addEventListener('pageshow', () => tracker.page('returned'))
   */
  readonly page: (event: PageEvent) => void
  /** Adds a sink to a tracker that exists. Returns a function that removes it, without closing it. For adapters. */
  readonly addSink: (sink: Sink) => () => void
  /**
   * Claims a slot before each attempt, where several trackers may work on it. Throws a CallsheetError if there is an
   * ownership already. For adapters: see `createOwnership` and `keepInBrowser`.
   */
  readonly own: (ownership: Ownership) => OwnedRuns
  /** Flushes and closes the sinks. */
  readonly close: () => Promise<void>
}
