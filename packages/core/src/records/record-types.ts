// The types of the records, written out for hovers. A type test keeps them equal to the schemas of schema/record-schemas.ts.
import type { JsonObject } from './json.ts'

/** A task's error as it is recorded. Causes and stacks are never kept. */
export interface TaskError {
  /** What went wrong, for a person; at most 2,000 characters, without what looks like a secret. */
  readonly message: string
  /** The error's own code: `rate_limit`, `content_filter`, `timeout`, `ECONNRESET`. At most 200 characters. */
  readonly code?: string
  /** The status of the HTTP answer, where there was one. */
  readonly httpStatus?: number
  /** Whether the same call may succeed later; undefined where nothing says so. */
  readonly retryable?: boolean
}

/** The provider's handle of a long-running call: what makes it possible to follow the work again after a reload. */
export interface Job {
  /** Names the follower in `tracker.resume({ replicate: … })`. */
  readonly provider: string
  /** The provider's own id of the work. */
  readonly id: string
  /** Where to ask for its state, where that does not follow from the id. Never a `data:` URL. */
  readonly url?: string
}

/** What tasks of all pipelines have in common. */
export interface TaskFields {
  /** Made by the tracker or given to `addTask`; never changed and never used again. */
  readonly id: string
  /** The show that the task was begun for. Never changed, also when the show is renamed: views resolve that. */
  readonly showId: string
  /** The id of the item, of any kind (a character, a scene). Set if and only if the step runs once per item. */
  readonly characterId?: string
  /** The step's place in the pipeline, from 1; undefined for an extra task. */
  readonly stepNumber?: number
  /**
   * `starting` and `processing` are active; `interrupted` is neither running nor failed: the outcome is not known, and a
   * later sign of life or true outcome replaces it.
   */
  readonly status: 'starting' | 'processing' | 'succeeded' | 'failed' | 'canceled' | 'interrupted'
  /** 1, and one more at each retry of the same task. */
  readonly attempt: number
  /** How many attempts there will be at most, where a retry policy says so. */
  readonly maxAttempts?: number
  /** Free text beside the status, for a person: "upscaling", "HTTP 503 (attempt 2 of 4 in 2 s)". */
  readonly stage?: string
  /** Whole percent, 0 to 100; never goes down within an attempt. */
  readonly progress?: number
  /** Epoch ms by the clock of the tracker that began it. Orders the tasks of a slot; never changed. */
  readonly startedAt: number
  /** Epoch ms of this version. */
  readonly updatedAt: number
  /** Epoch ms of the end; only of a task that succeeded, failed or was canceled. */
  readonly completedAt?: number
  /** Where the result is found. Keeps its query, which may be signed; never a `data:` URL. */
  readonly outputUrl?: string
  /** The same for results that are lists; at most 1,000. */
  readonly outputs?: readonly string[]
  /** Why the last attempt failed, or the task was canceled; undefined once it has succeeded. */
  readonly error?: TaskError
  /** The provider's handle, once the call has given one. */
  readonly job?: Job
  /** The version, counted from 1. It decides between versions of one attempt that are equally far: see `compareVersions`. */
  readonly rev: number
  /** The id of the tracker that wrote this version. */
  readonly by: string
}

/** The newest version of one task: one run of one step for one show (and one item), over all its attempts. */
export interface TaskRecord extends TaskFields {
  /** The step, or the extra task. */
  readonly type: string
  /** The application's own JSON, typed per step; fields that a step calls `secret` are left out. */
  readonly metadata?: JsonObject
}

// Defined by a look-up, so that messages of the compiler print the words and not the name.
/** The states of a task: starting, processing, succeeded, failed, canceled or interrupted. */
export type TaskStatus = TaskFields['status']

/**
 * What is left of a removed task: its id and version, so that late versions stay away. Of a dismissed task also its slot,
 * when it began and the status that it had; of a reset task none of these.
 */
export interface Tombstone {
  /** The task's id. */
  readonly id: string
  /** The task's show. */
  readonly showId: string
  /** Tells a tombstone from a task. */
  readonly removed: true
  /** Epoch ms of the removal. */
  readonly updatedAt: number
  /** The version, counted from 1. */
  readonly rev: number
  /** The id of the tracker that removed it. */
  readonly by: string
  /** The task's step; only of a dismissed task. */
  readonly type?: string
  /** The task's item; only of a dismissed task of a step per item. */
  readonly characterId?: string
  /** Epoch ms of the task's start; only of a dismissed task. */
  readonly startedAt?: number
  /** What the task was when it was dismissed; only of a dismissed task. */
  readonly status?: 'succeeded' | 'failed' | 'canceled' | 'interrupted'
}

/** A known character of a show, or an item of another kind. */
export interface Character {
  /** The item's id: `characterId` of its tasks. */
  readonly id: string
  /** What a person reads; the id where it is left out. At most 2,000 characters. */
  readonly name?: string
}

/** What the application's database knows to be done. */
export interface Facts {
  /** Epoch ms by the tracker's clock when the read of the database was sent. */
  readonly at: number
  /** The known characters, in order. A roster set by `setCharacters` counts before it. */
  readonly characters?: readonly Character[]
  /** The known items of other kinds, in order: by kind. A roster set by `setItems` counts before it. */
  readonly items?: Readonly<Record<string, readonly Character[]>>
  /** By step: `true` for all of it, or the ids of the items that are done. */
  readonly done: Readonly<Record<string, true | readonly string[]>>
}

/** One value of a show with its version: merged on its own, the newest wins. */
export interface Register<T> {
  /** The value that was set last. */
  readonly value: T
  /** The version, counted from 1. */
  readonly rev: number
  /** The id of the tracker that set it. */
  readonly by: string
}

/** A show's own record: registers that are merged one by one. */
export interface ShowRecord {
  /** The show's id. */
  readonly showId: string
  /** The id of the pipeline that the show goes through. */
  readonly pipeline: string
  /** What a person reads. */
  readonly title?: Register<string>
  /** The known characters, in order. */
  readonly characters?: Register<readonly Character[]>
  /** The known items of other kinds, in order: by kind. */
  readonly items?: Readonly<Record<string, Register<readonly Character[]>>>
  /** What the database knew at a time: of two, the later read wins. */
  readonly facts?: Register<Facts>
  /** Steps that cannot run here: shown, and not counted. */
  readonly unavailable?: Register<readonly string[]>
  /** The id under which the show is found from now on. */
  readonly renamedTo?: Register<string>
  /** The show is removed for good: its tasks are dropped and refused. */
  readonly removed?: Register<true>
}

/** How long the newest tasks of one type (and key, such as the model) took. */
export interface DurationsRecord {
  /** The step, or the extra task. */
  readonly type: string
  /** What durations of the type differ by, such as the model. */
  readonly key?: string
  /** When each succeeded (epoch ms), how long it took (ms), and the hashes of its id and of its show's. */
  readonly samples: readonly (readonly [number, number, number, number])[]
}
