import { LazyAbort } from './lazy-abort.ts'
import { CanceledError, problem, TimeoutError } from '../records/errors.ts'
import { toTaskError } from '../records/thrown.ts'
import { answerOf } from '../records/guard.ts'
import { isAnswer } from '../write/classify-failure.ts'
import type { LooseSlot } from '../write/input.ts'
import { mostAttempts, type RunOptions } from './run-options.ts'
import type { Outcome, Verdict } from './outcome.ts'
import type { Page } from './page-lifecycle.ts'
import { copyFor, isResponse } from './response.ts'
import { isFinished, labelOf, type TaskError, type TaskRecord, type TaskStatus } from '../records/task.ts'
import { type Schedule, wait } from './timers.ts'
import type { TaskPatch } from '../write/next-version.ts'

/** Decides which of several trackers works on a slot; made by `createOwnership`. */
export interface Ownership {
  /** Whether another living tracker works on the task. */
  readonly isElsewhere: (task: TaskRecord) => boolean
  /** Claims the slot of a task. Gives the task that another owner works on; undefined once the slot is claimed. */
  readonly ownerOf: (task: TaskRecord, report: (error: unknown) => void) => Promise<string | undefined>
  /** Makes the function that claims the slot and then makes the next attempt. */
  readonly attempt: (run: Run, fn: unknown, call: () => unknown) => () => unknown
}

/** What a tracker offers the one who decides. */
export interface OwnedRuns {
  /** The tasks that run here. */
  readonly tasks: () => readonly TaskRecord[]
  /** Another owner has taken the task over: its run here records nothing more, except a success. */
  readonly yield: (taskId: string) => void
  /** Ends the ownership: calls are made without a claim again. */
  readonly release: () => void
}

/** The tracker as runs use it. None of these throws, except `read` and `begin`. */
export interface TrackHost {
  /** Reads the slot of a call, whose options name the item. Throws for an invalid one. */
  readonly read: (showId: string, type: string, options: object) => LooseSlot
  /** Makes the task of a run, and passes it to `onMade` before listeners are told. Throws if the slot cannot be tracked. */
  readonly begin: (
    slot: LooseSlot,
    id: string | undefined,
    patch: TaskPatch<never>,
    onMade: (task: TaskRecord) => void,
  ) => TaskRecord
  /** A slot's current task, and a run in it whose task has not ended, even if that is an older one. */
  readonly look: (slot: LooseSlot) => { readonly task: TaskRecord | undefined; readonly run: Run | undefined }
  readonly newest: (id: string) => TaskRecord | undefined
  /** Returns false if the patch could not be written, which is then reported. */
  readonly write: (id: string, patch: TaskPatch<never>, otherwise?: TaskStatus) => boolean
  readonly report: (error: unknown) => void
  /** Epoch ms. */
  readonly now: () => number
  /** From 0 to under 1. */
  readonly random: () => number
  /** Accepts any duration, and calls back only while the page is here. */
  readonly schedule: Schedule
  readonly page: Page
  /** Whether a slot has a result. */
  readonly isDone: (slot: LooseSlot) => boolean
  /** Milliseconds of silence after which an active task without a run here is taken over. */
  readonly takeOverAfter: (type: string) => number
  /** Resolves to a task of a show once it has ended, also if it is not known here yet. Rejects if it is removed. */
  readonly ended: (id: string, showId: string) => Promise<TaskRecord>
  /** Who decides which tracker works on a slot; undefined if there is only this one. */
  readonly ownership: () => Ownership | undefined
  /** Removes a task that was made here for nothing, as if it had never been. */
  readonly forget: (task: TaskRecord) => void
  /** See `RunContext.idempotencyKey`. */
  readonly keyOf: (task: TaskRecord | undefined) => string
  /** The active runs by the ids of their tasks. */
  readonly runs: Map<string, Run>
  /** `same`: the caller gets the function's own promise. `derived`: unhandled rejections stay visible to the process. */
  readonly promises: 'same' | 'derived'
}

/**
 * `waiting`: the task is not made yet. `running`: an attempt is under way. `pausing`: until the next attempt. `held`: the
 * call has failed, and its record waits until it is known whether the page was left. `over`: later results are ignored.
 */
type State = 'waiting' | 'running' | 'pausing' | 'held' | 'over'

const untracked: TaskRecord = Object.freeze({
  id: 'untracked',
  showId: 'untracked',
  type: 'untracked',
  status: 'processing',
  attempt: 1,
  startedAt: 0,
  updatedAt: 0,
  rev: 1,
  by: 'untracked',
})

/** The outcome is unknown, because the browser has cut the connection. */
export const cut: Verdict = {
  status: 'interrupted',
  patch: { stage: 'connection cut when the page was left' },
}

/** One running call. None of its methods throws; failures are reported. */
export class Run {
  state: State = 'waiting'
  /** The value that the caller got; undefined until the function has returned. */
  returned: unknown = undefined
  lastError: TaskError | undefined = undefined
  /** The number of attempts before this call. */
  earlier = 0
  /** The signal of the current attempt. One that took too long keeps the old one. */
  abort = new LazyAbort()
  readonly host: TrackHost
  readonly options: RunOptions<never, never>
  /** The first version of the task. Without one, the function runs untracked. */
  #task: TaskRecord | undefined = undefined
  #label = 'untracked'
  #isOwner = true
  #key: { readonly attempt: number; readonly text: string } | undefined = undefined
  /** The number of the page's departures when the attempt began. */
  #departures: number
  #timers: (() => void)[] | undefined = undefined
  /** Ends the wait for the page. */
  #release: ((isCut?: boolean) => void) | undefined = undefined
  #joiners: ((end: unknown) => void)[] | undefined = undefined
  #onOver = () => {}

  constructor(host: TrackHost, options: RunOptions<never, never>) {
    this.host = host
    this.options = options
    this.#departures = host.page.departures()
  }

  // --- from the start to the end -----------------------------------------------------------------------------------

  /**
   * Makes the task. Throws if the slot or the id is invalid; the function then runs untracked.
   *
   * @param isClaiming The slot is to be claimed before the first attempt.
   */
  begin(slot: LooseSlot, isClaiming = false): void {
    const { host } = this
    const { id, retryOf, metadata, retry, queue } = this.options
    const stage = queue ? 'queued' : this.options.stage
    this.#label = labelOf(slot)
    const status = isClaiming || queue ? 'starting' : 'processing'
    const patch: { -readonly [K in keyof TaskPatch<never>]: TaskPatch<never>[K] } = { status }
    if (metadata !== undefined) patch.metadata = metadata
    if (stage !== undefined) patch.stage = stage
    const current = retryOf === undefined ? undefined : host.look(slot).task
    const failed = current?.id === retryOf && current?.status === 'failed' ? current : undefined
    if (failed) {
      // The task failed by an update from elsewhere, while its run still goes on here.
      host.runs.get(failed.id)?.stop(superseded(slot))
      this.earlier = failed.attempt
      this.lastError = failed.error
    }
    if (retry) patch.maxAttempts = this.earlier + mostAttempts(retry)
    if (failed) this.attach(failed, patch)
    else host.begin(slot, id, patch, (task) => this.#register(task))
    if (!queue) this.#limitTime()
  }

  #limitTime(): void {
    const { retry, timeout = Infinity, attemptTimeout = Infinity } = this.options
    const limit = retry ? timeout : Math.min(timeout, attemptTimeout)
    // A listener may have ended it.
    if (limit < Infinity && this.state === 'running') this.later(() => this.#timeOut(limit), limit)
  }

  /** There is a place in the queue: the first attempt begins. */
  leaveQueue(): void {
    const { stage = '' } = this.options
    this.beginAttempt({ stage })
    this.#limitTime()
  }

  /** Continues a task. */
  attach(task: TaskRecord, patch: TaskPatch<never> = { status: 'processing' }): void {
    this.#register(task)
    this.write(patch)
  }

  #register(task: TaskRecord): void {
    this.#task = task
    this.host.runs.set(task.id, this)
    this.state = 'running'
  }

  beginAttempt(patch: TaskPatch<never>): void {
    if (this.state === 'over') return
    if (this.state !== 'held') this.state = 'running'
    this.#departures = this.host.page.departures()
    this.write({ status: 'processing', ...patch })
  }

  /** Begins the next attempt inside the function. */
  nextAttempt(reason: unknown): void {
    this.lastError = toTaskError(reason)
    // One version, so that the end of an attempt does not look like the end of the task.
    this.beginAttempt({ attempt: this.task.attempt + 1, stage: this.lastError.message })
  }

  /** Ends an attempt that takes too long: its signal is aborted, and it can no longer write. */
  expire(attempt: number, limit: number): TimeoutError {
    const error = new TimeoutError(`${this.#label}: attempt ${attempt} took longer than ${limit} ms.`)
    const { abort } = this
    this.abort = new LazyAbort()
    abort.abort(error)
    return error
  }

  /** Waits for the next attempt. */
  pause(attempt: number, stage: string): void {
    if (this.state === 'running') this.state = 'pausing'
    this.write({ status: 'starting', attempt, stage })
  }

  /** Records how the call ended. A broken connection is recorded once it is known whether the page was left. */
  end(verdict: Verdict): void {
    if (this.state === 'over') return
    if (!verdict.isBroken || !this.#task) return this.#finish(verdict)
    this.#stopTimers()
    this.state = 'held'
    const { task } = this
    this.#hold((isCut) => {
      // What the application has recorded meanwhile counts.
      const isEnded = this.task !== task && isFinished(this.task)
      this.#finish(isEnded ? undefined : isCut ? cut : verdict)
    })
  }

  /** Ends the run for a reason from elsewhere, where the task's end is recorded too. `signal` is aborted. */
  stop(reason: Error): void {
    this.#finish(undefined, reason)
  }

  /** Ends the run with an attempt that took too long and then succeeded. Its other attempts are aborted. */
  succeedLate(patch: TaskPatch<never>): void {
    const reason = new CanceledError(`${this.#label}: an earlier attempt succeeded.`)
    this.#finish({ status: 'succeeded', patch }, reason)
  }

  /** Ends the run after its last attempt, if nothing else has. */
  leave(): void {
    if (this.state !== 'held') this.#finish()
  }

  /** Another tracker has taken the task over: of what is known here, only a success is still recorded. */
  disown(): void {
    this.#isOwner = false
  }

  /** Another tracker works on the slot, so no call is made. A task that was made for the first attempt is removed. */
  withdraw(reason: Error): void {
    const { task } = this
    this.disown()
    this.#finish(undefined, reason)
    if (task.attempt === 1) this.host.forget(task)
  }

  /** The function returned a value that cannot be followed to its end. */
  lose(value: unknown, what = wordFor(value)): void {
    const message =
      `${this.#label} returned ${what}, which cannot be observed. The task is interrupted. ` +
      'Make the function async and await or read the value inside it.'
    const error = problem('unobservable', message)
    this.end({
      status: 'interrupted',
      patch: { stage: 'returned a value that cannot be observed', error },
    })
    this.host.report(error)
  }

  #timeOut(limit: number): void {
    const error = new TimeoutError(`${this.#label} took longer than ${limit} ms.`)
    const { message } = error
    const failed: Verdict = {
      status: 'failed',
      patch: { error: { message, code: 'timeout', retryable: true } },
    }
    // In a pause, the call has ended.
    this.#finish(this.state === 'running' && this.isLost(error) ? cut : failed, error)
  }

  /** The only way to the end. */
  #finish(verdict?: Verdict, reason?: Error): void {
    if (this.state === 'over') return
    this.state = 'over'
    this.#stopTimers()
    this.#release?.()
    if (this.#task) {
      const { runs, write } = this.host
      const { id } = this.#task
      if (runs.get(id) === this) runs.delete(id)
      const isTold = this.#isOwner || (verdict?.status === 'succeeded' && this.task.status !== 'succeeded')
      // The end is recorded even if the rest of the patch cannot be written.
      if (verdict && isTold && !write(id, verdict.patch, verdict.status))
        write(id, { status: verdict.status })
    }
    if (reason) this.abort.abort(reason)
    this.#onOver()
  }

  /** Resolves once the run is over. */
  over(): Promise<void> {
    return new Promise((resolve) => {
      if (this.state === 'over') resolve()
      else this.#onOver = resolve
    })
  }

  // --- what it is now ----------------------------------------------------------------------------------------------

  get isTracked(): boolean {
    return this.#task !== undefined
  }

  get task(): TaskRecord {
    return (this.#task && this.host.newest(this.#task.id)) ?? this.#task ?? untracked
  }

  /** Kept for the attempt, because the task that it repeats may still change. */
  get idempotencyKey(): string {
    const { task } = this
    if (this.#key?.attempt !== task.attempt)
      this.#key = { attempt: task.attempt, text: this.host.keyOf(this.#task && task) }
    return this.#key.text
  }

  /** Whether the task has succeeded or was canceled, here or elsewhere. Then no further attempt is made. */
  get isOver(): boolean {
    const { status } = this.task
    return this.state === 'over' || status === 'succeeded' || status === 'canceled'
  }

  /** Whether the slot has a newer task. Then no further attempt is made either. */
  get isReplaced(): boolean {
    return this.#task !== undefined && this.host.look(this.task).task?.id !== this.#task.id
  }

  /**
   * Whether a failure may be caused by a page that was left during the attempt. The outcome of the work is then unknown,
   * unless the failure is an answer of a server or a provider.
   */
  isLost(error: unknown): boolean {
    const { page } = this.host
    return (page.isLeft() || page.departures() !== this.#departures) && !isAnswer(error)
  }

  /** The fields to record from a value. */
  read(value: unknown): TaskPatch<never> {
    const { result } = this.options
    return (result && answerOf(() => result(value as never), this.host.report)) ?? {}
  }

  // --- while it goes on --------------------------------------------------------------------------------------------

  write(patch: TaskPatch<never>): void {
    if (this.state !== 'over' && this.#task && this.#isOwner) this.host.write(this.#task.id, patch)
  }

  /** Calls back after some ms, unless the run ends before. Returns the undo. */
  later(callback: () => void, ms: number): () => void {
    const stop = answerOf(() => this.host.schedule(callback, ms), this.host.report) ?? (() => {})
    ;(this.#timers ??= []).push(stop)
    return stop
  }

  #stopTimers(): void {
    if (this.#timers) for (const stop of this.#timers) stop()
    this.#timers = undefined
  }

  wait(ms: number, abort = this.abort, own?: AbortSignal): Promise<void> {
    if (Number.isNaN(Number(ms))) {
      const message = `Invalid duration for wait: expected milliseconds, got ${String(ms)}. It does not wait.`
      this.host.report(problem('invalid_option', message))
    }
    return wait(this.host.schedule, ms, own ? [abort.signal, own] : [abort.signal])
  }

  /** See `Page.judge`. */
  #hold(callback: (isCut: boolean) => void): void {
    this.#release = this.host.page.judge(callback)
  }

  /** Whether the browser has cut a connection that has just broken. Resolves at once if the run is stopped. */
  async isCut(): Promise<boolean> {
    return this.state !== 'over' && new Promise((resolve) => this.#hold(resolve))
  }

  /** Records a failure that is held back, at once. */
  settleNow(isCut = false): void {
    if (this.state === 'held') this.#release?.(isCut)
  }

  // --- other callers -----------------------------------------------------------------------------------------------

  /** A promise for another caller, with a Response of its own. */
  join(): Promise<unknown> {
    const joined = new Promise<unknown>((resolve) => (this.#joiners ??= []).push(resolve))
    return handled(this.host, joined)
  }

  /** Settles the promises of joined callers. Called before the first caller can read the outcome. */
  share(outcome: Outcome): void {
    if (!this.#joiners) return
    const isThrown = 'thrown' in outcome
    const end = isThrown ? outcome.thrown : outcome.value
    const again = async () => {
      throw isResponse(end) ? await copyFor(end) : end
    }
    for (const resolve of this.#joiners) resolve(isThrown ? again() : isResponse(end) ? copyFor(end) : end)
    this.#joiners = undefined
  }
}

const wordFor = (value: unknown): string => {
  try {
    if (Array.isArray(value)) return 'a list of promises'
    return 'then' in (value as object) ? 'a lazy promise' : 'an iterable or a stream'
  } catch {
    return 'a proxy that throws'
  }
}

export const superseded = (slot: Pick<TaskRecord, 'type' | 'characterId'>): CanceledError =>
  new CanceledError(`${labelOf(slot)} was superseded by a new run.`)

/** Marks the rejection of a promise as handled with `promises: 'same'`. */
export function handled<T>({ promises }: Pick<TrackHost, 'promises'>, promise: Promise<T>): Promise<T> {
  if (promises === 'same') promise.catch(() => {})
  return promise
}
