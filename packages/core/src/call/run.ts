import { CallsheetError, CanceledError, TimeoutError } from '../records/errors.ts'
import { messageOf, toTaskError } from '../records/thrown.ts'
import { endOf, isAnswer, isNetworkError } from '../write/failure.ts'
import { answerOf } from '../records/guard.ts'
import type { LooseSlot } from '../write/input.ts'
import { mostAttempts, type RetryPolicy, type RunOptions } from './options.ts'
import type { Outcome } from './outcome.ts'
import type { Page } from './page.ts'
import { copyFor, errorOfStatus, isFailedResponse, isResponse, listen } from './response.ts'
import {
  compareTasks,
  isFinished,
  labelOf,
  type SlotTask,
  type TaskError,
  type TaskRecord,
  type TaskStatus,
} from '../records/task.ts'
import type { Schedule } from './timers.ts'
import type { TaskPatch } from '../write/writer.ts'

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
  /** A slot's current task. */
  readonly current: (slot: LooseSlot) => TaskRecord | undefined
  /** A slot's newest task, which may be a dismissed one. */
  readonly latest: (slot: LooseSlot) => SlotTask | undefined
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
  /** Resolves to a task once it has ended. Rejects if it is removed. */
  readonly ended: (id: string) => Promise<TaskRecord>
  /** A run of a slot whose task has not ended, even if the slot has newer tasks. */
  readonly runIn: (slot: LooseSlot) => Run | undefined
  /** The active runs by the ids of their tasks. */
  readonly runs: Map<string, Run>
  /** `same`: the caller gets the function's own promise. `derived`: unhandled rejections stay visible to the process. */
  readonly promises: 'same' | 'derived'
}

/** Maximum milliseconds between two versions in a pause, so that the task is not shown as stale. */
const longestSilence = 30_000

export const superseded = (slot: Pick<TaskRecord, 'type' | 'characterId'>): CanceledError =>
  new CanceledError(`${labelOf(slot)} was superseded by a new run.`)

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

const nothing: TaskPatch<never> = Object.freeze({})

/** One running call. None of its methods throws; failures are reported. */
export class Run {
  /** The value that the caller got; undefined until the function has returned. */
  returned: unknown = undefined
  lastError: TaskError | undefined = undefined
  /** The number of attempts before this call. */
  earlier = 0
  hasEnded = false
  /** The context of the current attempt's function. */
  context: { readonly expire: (signal: AbortSignal) => void } | undefined = undefined
  readonly #host: TrackHost
  readonly #options: RunOptions<never, never>
  readonly #joiners: ((end: unknown) => void)[] = []
  #slot: Pick<TaskRecord, 'type' | 'characterId'> = untracked
  /** The first version of the task. */
  #task: TaskRecord | undefined
  // Made on access: most functions never use the signal.
  #controller: AbortController | undefined
  #stopReason: Error | undefined
  #stopTimer: (() => void) | undefined
  #isFollowing = false
  /** The number of the page's departures when the attempt began. */
  #departures = 0
  /** Records a failure that is held back. */
  #settleNow: ((isCut?: boolean) => void) | undefined

  constructor(host: TrackHost, options: RunOptions<never, never>) {
    this.#host = host
    this.#options = options
  }

  /** Makes the task. If the slot or the id is invalid, the function runs untracked. */
  begin(slot: LooseSlot): void {
    const { id, retryOf, metadata, stage, timeout = Infinity, retry } = this.#options
    this.#slot = slot
    const patch: { -readonly [K in keyof TaskPatch<never>]: TaskPatch<never>[K] } = { status: 'processing' }
    if (metadata !== undefined) patch.metadata = metadata
    if (stage !== undefined) patch.stage = stage
    try {
      const held = retryOf === undefined ? undefined : this.#host.current(slot)
      const failed = held?.id === retryOf && held?.status === 'failed' ? held : undefined
      this.earlier = failed?.attempt ?? 0
      // The task failed by an update from elsewhere, while its run still goes on here.
      if (failed) this.#host.runs.get(failed.id)?.stop(superseded(slot))
      if (retry) patch.maxAttempts = this.earlier + mostAttempts(retry)
      this.beginAttempt()
      if (failed) {
        this.#register(failed)
        this.lastError = failed.error
        this.write(patch)
      } else this.#host.begin(slot, id, patch, (task) => this.#register(task))
      // A listener may have ended it.
      const limit = retry ? timeout : Math.min(timeout, this.attemptLimit)
      if (limit < Infinity && !this.hasEnded)
        this.#stopTimer = this.#host.schedule(() => this.#timeOut(limit), limit)
    } catch (error) {
      this.#host.report(error)
    }
  }

  /** Continues a task that began elsewhere. */
  attach(task: TaskRecord): void {
    this.#slot = task
    this.#isFollowing = true
    this.beginAttempt()
    this.#register(task)
    this.write({ status: 'processing' })
  }

  #register(task: TaskRecord): void {
    this.#task = task
    this.#host.runs.set(task.id, this)
  }

  get #label(): string {
    return labelOf(this.#slot)
  }

  now(): number {
    return this.#host.now()
  }

  get retry(): RetryPolicy<never> | undefined {
    return this.#options.retry
  }

  /** Maximum duration of one attempt in ms. */
  get attemptLimit(): number {
    return this.#options.attemptTimeout ?? Infinity
  }

  get stopReason(): Error | undefined {
    return this.#stopReason
  }

  /** Whether the task has succeeded or was canceled, here or elsewhere. Then no further attempt is made. */
  get isOver(): boolean {
    const { status } = this.task
    return this.hasEnded || status === 'succeeded' || status === 'canceled'
  }

  /** Whether the slot has a newer task. Then no further attempt is made either. */
  get isReplaced(): boolean {
    const { task } = this
    const latest = this.#host.latest(task)
    return latest !== undefined && latest.id !== task.id && compareTasks(latest, task) > 0
  }

  get task(): TaskRecord {
    return (this.#task && this.#host.newest(this.#task.id)) ?? this.#task ?? untracked
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#stopReason) this.#controller.abort(this.#stopReason)
    }
    return this.#controller.signal
  }

  /** Writes a patch unless the run has ended. A `last` status ends it. */
  write(patch: TaskPatch<never>, last?: TaskStatus): void {
    if (this.hasEnded || this.#task === undefined) return
    const { id } = this.#task
    if (last) this.end()
    const isWritten = this.#host.write(id, patch, last)
    // The end is recorded even if the rest of the patch cannot be written.
    if (last && !isWritten) this.#host.write(id, { status: last })
  }

  nextAttempt(reason: unknown): void {
    this.beginAttempt()
    // One version, so that the end of an attempt does not look like the end of the task.
    this.lastError = toTaskError(reason)
    this.write({ status: 'processing', attempt: this.task.attempt + 1, stage: this.lastError.message })
  }

  beginAttempt(): void {
    this.#departures = this.#host.page.departures()
  }

  /** Ends an attempt that took too long: aborts its signal. The next attempt gets a new one. */
  expire(attempt: number): TimeoutError {
    const error = new TimeoutError(
      `${this.#label}: attempt ${attempt} took longer than ${this.attemptLimit} ms.`,
    )
    const { signal } = this
    this.#controller?.abort(error)
    this.#controller = undefined
    this.context?.expire(signal)
    return error
  }

  /** Ends the run: later results are ignored, and `signal` is aborted with the reason. */
  stop(reason: Error): void {
    if (this.hasEnded) return
    this.end()
    this.#stopReason = reason
    this.#controller?.abort(reason)
  }

  /** Ends the run with an attempt that took too long and then succeeded, and aborts the others. False if it is over. */
  succeedLate(patch: TaskPatch<never>): boolean {
    if (this.isOver) return false
    this.write(patch, 'succeeded')
    this.#stopReason = new CanceledError(`${this.#label}: an earlier attempt succeeded.`)
    this.#controller?.abort(this.#stopReason)
    return true
  }

  /** Waits before the next attempt. Rejects with the abort reason if the run is stopped. */
  async pause(error: TaskError, attempt: number, most: number, ms: number): Promise<void> {
    // A callback of the retry policy may have stopped the run.
    if (this.#stopReason) throw this.#stopReason
    this.lastError = error
    // In parts, each with a new version, so that a long pause does not make the task stale.
    for (let left = ms; left > 0 || left === ms; left -= longestSilence) {
      const stage = `${error.message} (attempt ${attempt} of ${most} in ${Math.ceil(left / 1_000)} s)`
      this.write({ status: 'starting', attempt, stage })
      try {
        await this.wait(Math.min(left, longestSilence))
      } catch (thrown) {
        if (this.#stopReason) throw this.#stopReason
        // The timer failed: continue without a pause.
        this.#host.report(thrown)
        return
      }
    }
  }

  wait(ms: number, own?: AbortSignal): Promise<void> {
    const signals = own && own !== this.signal ? [this.signal, own] : [this.signal]
    return new Promise((resolve, reject) => {
      let stopTimer: (() => void) | undefined
      const end = () => {
        stopTimer?.()
        // Signals of some polyfills have no removeEventListener.
        for (const signal of signals) signal.removeEventListener?.('abort', stop)
      }
      const stop = () => {
        end()
        reject(signals.find((signal) => signal.aborted)?.reason as Error)
      }
      if (signals.some((signal) => signal.aborted)) return stop()
      if (Number.isNaN(Number(ms))) {
        const message = `Invalid duration for wait: expected milliseconds, got ${String(ms)}. It does not wait.`
        this.#host.report(new CallsheetError(message, { code: 'invalid_option' }))
      }
      for (const signal of signals) signal.addEventListener('abort', stop, { once: true })
      stopTimer = this.#host.schedule(() => {
        end()
        resolve()
      }, ms)
    })
  }

  /** The fields to record from a value. */
  read(value: unknown): TaskPatch<never> {
    if (!this.#options.result) return nothing
    return answerOf(() => this.#options.result?.(value as never), this.#host.report) ?? nothing
  }

  /** Records the value. Never throws, because that would change how the caller's promise settles. */
  settle(value: unknown): void {
    this.#conclude('succeeded', () => this.#settle(value))
  }

  /** Records the error. Never throws either. */
  fail(error: unknown): void {
    this.#conclude('failed', () => this.#fail(error))
  }

  #conclude(status: TaskStatus, action: () => void): void {
    if (this.hasEnded || !this.#task) return
    try {
      action()
    } catch (error) {
      this.#host.report(error)
      this.write({}, status)
    }
  }

  #settle(value: unknown): void {
    if (isFailedResponse(value)) return this.#failWith(value)
    const patch = this.read(value)
    if (this.isLostIn(value, patch)) this.interrupt()
    else this.write(patch, 'succeeded')
  }

  #fail(error: unknown): void {
    if (isResponse(error)) return this.#failWith(error)
    if (this.isLost(error)) return this.interrupt()
    const record = () => this.write({ error: error ?? 'failed' }, endOf(error))
    if (!isNetworkError(error)) return record()
    // The call has ended; only its record waits.
    this.#stopTimer?.()
    const held = this.task
    this.#settleNow = this.judge((isCut) => {
      // If the application has ended the task meanwhile, that counts.
      if (this.task !== held && isFinished(this.task)) this.end()
      else if (isCut) this.interrupt()
      else record()
    })
  }

  /**
   * Whether a failure may be caused by a page that was left during the attempt. The outcome of the work is then unknown,
   * unless the failure is an answer of a server or a provider.
   */
  isLost(error: unknown): boolean {
    const { page } = this.#host
    return (page.isLeft() || page.departures() !== this.#departures) && !isAnswer(error)
  }

  /** The same for a value that stands for a failure. A response, and the result of a follower, are answers. */
  isLostIn(value: unknown, { status, error }: TaskPatch<never>): boolean {
    return status === 'failed' && !this.#isFollowing && !isResponse(value) && this.isLost(error)
  }

  /** See `Page.judge`. */
  judge(callback: (isCut: boolean) => void): (isCut?: boolean) => void {
    return this.#host.page.judge(callback)
  }

  /** See `FollowContext`. For a connection that begins now and not with the attempt. */
  watchPage(): () => Promise<boolean> {
    const { page } = this.#host
    const departures = page.departures()
    return () =>
      new Promise((resolve) => {
        if (page.departures() === departures) page.judge(resolve)
        else resolve(true)
      })
  }

  /** The browser has cut the connection, so the outcome is unknown. */
  interrupt(): void {
    this.write({ stage: 'connection cut when the page was left' }, 'interrupted')
  }

  /** Records a failure that is held back, at once. */
  settleNow(isCut = false): void {
    this.#settleNow?.(isCut)
  }

  /** Ends the run unless its failure is held back. */
  finish(): void {
    if (!this.#settleNow) this.end()
  }

  /** Ends the run: later results are ignored and its timers are stopped. */
  end(): void {
    this.hasEnded = true
    this.#stopTimer?.()
    this.#settleNow?.()
    const { runs } = this.#host
    if (this.#task && runs.get(this.#task.id) === this) runs.delete(this.#task.id)
  }

  /** A promise for another caller, with a Response of its own. */
  join(): Promise<unknown> {
    const joined = new Promise<unknown>((resolve) => this.#joiners.push(resolve))
    return handled(this.#host, joined)
  }

  /** Settles the promises of joined callers. Called before the first caller can read the outcome. */
  share(outcome: Outcome): void {
    if (this.#joiners.length === 0) return
    const isThrown = 'thrown' in outcome
    const end = isThrown ? outcome.thrown : outcome.value
    const again = async () => {
      throw isResponse(end) ? await copyFor(end) : end
    }
    for (const resolve of this.#joiners.splice(0))
      resolve(isThrown ? again() : isResponse(end) ? copyFor(end) : end)
  }

  /** The function returned a value that cannot be followed to its end. */
  lose(what: string): void {
    this.write({ stage: 'returned a value that cannot be observed' }, 'interrupted')
    this.#host.report(
      new CallsheetError(
        `${this.#label} returned ${what}, which cannot be observed. The task is interrupted. ` +
          'Make the function async and await or read the value inside it.',
        { code: 'unobservable' },
      ),
    )
  }

  /** The caller ended a generator before its last step. */
  abandon(): void {
    this.write({ error: { message: 'The caller ended the generator early.', code: 'canceled' } }, 'canceled')
  }

  #timeOut(timeout: number): void {
    const error = new TimeoutError(`${this.#label} took longer than ${timeout} ms.`)
    if (this.isLost(error)) this.interrupt()
    this.write({ status: 'failed', error: { message: error.message, code: 'timeout', retryable: true } })
    this.stop(error)
  }

  #failWith(response: Response): void {
    const error = errorOfStatus(response)
    // Recorded at once, and again with the server's message as soon as that is read.
    this.write({ error }, 'failed')
    if (!this.#task) return
    const { id } = this.#task
    const { newest, schedule, write } = this.#host
    const attempt = newest(id)?.attempt
    const tell = (body: unknown) => {
      const message = messageOf(body)
      const held = newest(id)
      if (message === undefined || held?.status !== 'failed' || held.attempt !== attempt) return
      write(id, { error: { ...error, message } })
    }
    // A fake response, or one that throws when it is inspected.
    answerOf(
      () => listen(response, schedule, tell),
      () => {},
    )
  }
}

/** Marks the rejection of a promise as handled with `promises: 'same'`. */
export function handled<T>({ promises }: Pick<TrackHost, 'promises'>, promise: Promise<T>): Promise<T> {
  if (promises === 'same') promise.catch(() => {})
  return promise
}
