import { CallsheetError, CanceledError, messageOf, TimeoutError, toTaskError } from '../records/errors.ts'
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

/** What runs need of the tracker. None of these throws, except `read` and `begin`. */
export interface TrackHost {
  /** Reads the slot of a call, whose options name the item. Throws for an invalid one. */
  readonly read: (showId: string, type: string, options: object) => LooseSlot
  /** Makes a run's task, and gives it to `onMade` before anyone hears of it. Throws when the slot cannot be tracked. */
  readonly begin: (
    slot: LooseSlot,
    id: string | undefined,
    patch: TaskPatch<never>,
    onMade: (task: TaskRecord) => void,
  ) => TaskRecord
  /** A slot's current task. */
  readonly current: (slot: LooseSlot) => TaskRecord | undefined
  /** A slot's newest task, perhaps a dismissed one. */
  readonly latest: (slot: LooseSlot) => SlotTask | undefined
  readonly newest: (id: string) => TaskRecord | undefined
  /** False when the patch could not be written, which has been reported. */
  readonly write: (id: string, patch: TaskPatch<never>, otherwise?: TaskStatus) => boolean
  readonly report: (error: unknown) => void
  /** Epoch ms. */
  readonly now: () => number
  /** At least 0 and less than 1. */
  readonly random: () => number
  /** Takes any duration, and calls back only while the page is here. */
  readonly schedule: Schedule
  readonly page: Page
  /** Whether a slot has a result. */
  readonly isDone: (slot: LooseSlot) => boolean
  /** Milliseconds of silence after which an active task that runs nowhere here may be given up. */
  readonly takeOverAfter: (type: string) => number
  /** A task once it is not active any more. Rejects when it was removed. */
  readonly ended: (id: string) => Promise<TaskRecord>
  /** A run of a slot whose task has not ended, whatever newer tasks the slot has. */
  readonly runIn: (slot: LooseSlot) => Run | undefined
  /** The runs that are going on, by their tasks' ids. */
  readonly runs: Map<string, Run>
  /** `same` gives the caller the very promise; `derived` keeps unhandled rejections visible to the process. */
  readonly promises: 'same' | 'derived'
}

/** Milliseconds between two signs of life in a pause. */
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

/** One call that is going on. Nothing of it throws; what fails is reported. */
export class Run {
  /** What the caller got; undefined until the function has returned. */
  returned: unknown = undefined
  lastError: TaskError | undefined = undefined
  /** How many attempts the task had before. */
  earlier = 0
  hasEnded = false
  /** What the function of the current attempt was given. */
  context: { readonly expire: (signal: AbortSignal) => void } | undefined = undefined
  readonly #host: TrackHost
  readonly #options: RunOptions<never, never>
  readonly #joiners: ((end: unknown) => void)[] = []
  #slot: Pick<TaskRecord, 'type' | 'characterId'> = untracked
  /** As it began. */
  #task: TaskRecord | undefined
  // Made when something asks for it: most functions never do.
  #controller: AbortController | undefined
  #stopReason: Error | undefined
  #stopTimer: (() => void) | undefined
  #isFollowing = false
  /** How often the page had been left when the attempt began. */
  #departures = 0
  /** Records at once what is held back. */
  #settleNow: ((isCut?: boolean) => void) | undefined

  constructor(host: TrackHost, options: RunOptions<never, never>) {
    this.#host = host
    this.#options = options
  }

  /** Makes the task. Without one, for the slot or the id was not usable, the function runs all the same. */
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
      // It was said elsewhere that it has failed, and it goes on here all the same.
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

  /** Goes on with a task that has begun elsewhere. */
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

  /** Milliseconds for one attempt. */
  get attemptLimit(): number {
    return this.#options.attemptTimeout ?? Infinity
  }

  get stopReason(): Error | undefined {
    return this.#stopReason
  }

  /** Whether the work is done or given up, here or elsewhere: then nothing is paid for again. */
  get isOver(): boolean {
    const { status } = this.task
    return this.hasEnded || status === 'succeeded' || status === 'canceled'
  }

  /** Whether the slot has a newer task: then no attempt of this one is worth paying for. */
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

  /** Writes while the run goes on; a `last` status ends it. */
  write(patch: TaskPatch<never>, last?: TaskStatus): void {
    if (this.hasEnded || this.#task === undefined) return
    const { id } = this.#task
    if (last) this.end()
    const isWritten = this.#host.write(id, patch, last)
    // That it ended must be known, even when what it ended with cannot be written.
    if (last && !isWritten) this.#host.write(id, { status: last })
  }

  nextAttempt(reason: unknown): void {
    this.beginAttempt()
    // One version, so that an attempt's end is not taken for the task's.
    this.lastError = toTaskError(reason)
    this.write({ status: 'processing', attempt: this.task.attempt + 1, stage: this.lastError.message })
  }

  beginAttempt(): void {
    this.#departures = this.#host.page.departures()
  }

  /** The attempt has taken too long: its signal is aborted, the next one gets a signal of its own. */
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

  /** Ends the run: no result of it counts any more, and `signal` is aborted with the reason. */
  stop(reason: Error): void {
    if (this.hasEnded) return
    this.end()
    this.#stopReason = reason
    this.#controller?.abort(reason)
  }

  /** An attempt that has taken too long succeeds while others go on: it ends the run and aborts them. False otherwise. */
  succeedLate(patch: TaskPatch<never>): boolean {
    if (this.isOver) return false
    this.write(patch, 'succeeded')
    this.#stopReason = new CanceledError(`${this.#label}: an earlier attempt succeeded.`)
    this.#controller?.abort(this.#stopReason)
    return true
  }

  /** Begins the next attempt with a pause, which a stop ends with its reason. */
  async pause(error: TaskError, attempt: number, most: number, ms: number): Promise<void> {
    // What judged the failure may have stopped the run.
    if (this.#stopReason) throw this.#stopReason
    this.lastError = error
    // In parts, each with a sign of life: a long pause is no stale task.
    for (let left = ms; left > 0 || left === ms; left -= longestSilence) {
      const stage = `${error.message} (attempt ${attempt} of ${most} in ${Math.ceil(left / 1_000)} s)`
      this.write({ status: 'starting', attempt, stage })
      try {
        await this.wait(Math.min(left, longestSilence))
      } catch (thrown) {
        if (this.#stopReason) throw this.#stopReason
        // Without a timer there is no pause; that there is an end does not hang on it.
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
        // The signals of polyfills cannot all be left.
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

  /** What a value says of the task. */
  read(value: unknown): TaskPatch<never> {
    if (!this.#options.result) return nothing
    return answerOf(() => this.#options.result?.(value as never), this.#host.report) ?? nothing
  }

  /** Never throws: what follows a promise of the caller must not change how it settles. */
  settle(value: unknown): void {
    this.#conclude('succeeded', () => this.#settle(value))
  }

  /** Never throws, as `settle`. */
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
    // The call has ended; only what is told of it waits.
    this.#stopTimer?.()
    const held = this.task
    this.#settleNow = this.judge((isCut) => {
      // How the application has ended the task meanwhile counts.
      if (this.task !== held && isFinished(this.task)) this.end()
      else if (isCut) this.interrupt()
      else record()
    })
  }

  /**
   * Whether a failure may be the doing of a page that was left during the attempt, whatever its words: what became of
   * the work is unknown. What a server or a provider has answered is known.
   */
  isLost(error: unknown): boolean {
    const { page } = this.#host
    return (page.isLeft() || page.departures() !== this.#departures) && !isAnswer(error)
  }

  /** The same of a value that says so; what a response says, or one who follows a job, is an answer. */
  isLostIn(value: unknown, { status, error }: TaskPatch<never>): boolean {
    return status === 'failed' && !this.#isFollowing && !isResponse(value) && this.isLost(error)
  }

  /** Calls back with whether the page's leaving has broken the connection; gives what gives the answer at once. */
  judge(callback: (isCut: boolean) => void): (isCut?: boolean) => void {
    return this.#host.page.judge(callback)
  }

  /** See `FollowContext`: of a connection that begins now, not with the attempt. */
  watchPage(): () => Promise<boolean> {
    const { page } = this.#host
    const departures = page.departures()
    return () =>
      new Promise((resolve) => {
        if (page.departures() === departures) page.judge(resolve)
        else resolve(true)
      })
  }

  /** The browser has cut the connection: what becomes of the work is unknown. */
  interrupt(): void {
    this.write({ stage: 'connection cut when the page was left' }, 'interrupted')
  }

  /** Records at once a failure that is held back. */
  settleNow(isCut = false): void {
    this.#settleNow?.(isCut)
  }

  /** Ends the run unless the record of its end is held back. */
  finish(): void {
    if (!this.#settleNow) this.end()
  }

  /** Nothing of the run counts any more, and no timer of it is left. */
  end(): void {
    this.hasEnded = true
    this.#stopTimer?.()
    this.#settleNow?.()
    const { runs } = this.#host
    if (this.#task && runs.get(this.#task.id) === this) runs.delete(this.#task.id)
  }

  /** A promise of one more caller, who may read a Response as the first one does. */
  join(): Promise<unknown> {
    const joined = new Promise<unknown>((resolve) => this.#joiners.push(resolve))
    return handled(this.#host, joined)
  }

  /** Gives the outcome to those who have joined, before the first caller can read it. */
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

  /** The function gave something that cannot be followed to its end. */
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

  /** The caller has ended a generator before its last step. */
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
    // At once, so that nothing waits for the message; with the message as soon as a clone gives it.
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
    // A fake, or one that throws when it is looked at.
    answerOf(
      () => listen(response, schedule, tell),
      () => {},
    )
  }
}

/** Where that was asked for, a promise whose rejection counts as handled, as that of the function's own does. */
export function handled<T>({ promises }: Pick<TrackHost, 'promises'>, promise: Promise<T>): Promise<T> {
  if (promises === 'same') promise.catch(() => {})
  return promise
}
