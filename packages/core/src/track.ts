import {
  AlreadyRunningError,
  CallsheetError,
  CanceledError,
  messageOf,
  TimeoutError,
  toTaskError,
} from './errors.ts'
import type { ItemScope, MetadataOf, Pipeline, TaskType } from './pipeline.ts'
import { isActive, type Job, type TaskError, type TaskRecord, type TaskStatus } from './task.ts'
import type { TaskPatch } from './writer.ts'

/** What the function of `track` receives. Its methods never throw, and do nothing once the run has ended. */
export interface RunContext<M = Record<string, unknown>> {
  /** Aborted by `cancel`, `supersede` and `timeout`; hand it to fetch. */
  readonly signal: AbortSignal
  /** 1, and one more at each `nextAttempt`. */
  readonly attempt: number
  /** The newest version of the task. */
  readonly task: TaskRecord
  /** Why the last attempt failed. */
  readonly lastError: TaskError | undefined
  /** Sets the progress in whole percent, 0 to 100; it never goes down within an attempt. */
  readonly progress: (percent: number) => void
  /** Says for a person what is going on. */
  readonly stage: (text: string) => void
  /** Records the provider's handle of the call, before waiting for it. */
  readonly job: (handle: Job) => void
  readonly update: (patch: TaskPatch<M>) => void
  /** Begins the next attempt of the same task; the reason is shown. */
  readonly nextAttempt: (reason: unknown) => void
}

/** How one call is tracked. */
export interface RunOptions<M, R> {
  /** The task's id. Default: a new one. */
  readonly id?: string
  /**
   * What happens when the slot is already being worked on. `join` (default) shares the running promise, `supersede`
   * cancels the old run and starts anew, `reject` rejects with AlreadyRunningError, as join does when the work runs
   * elsewhere.
   */
  readonly onConflict?: 'join' | 'supersede' | 'reject'
  /** Milliseconds after which the task fails and `signal` is aborted. Default: none. */
  readonly timeout?: number
  readonly metadata?: Partial<M>
  readonly stage?: string
  /** Reads what to record from the value: `{ outputUrl }`, or a failure that came as a success. */
  readonly result?: (value: Awaited<R>) => TaskPatch<M> | undefined
}

/** Options of `track`: how, and for which item where the step is per item. */
export type TrackOptions<P extends Pipeline, T extends TaskType<P>, R> = RunOptions<MetadataOf<P, T>, R> &
  ItemScope<P, T>

/** What a run needs of the tracker. None of these throws, except `begin`. */
export interface TrackHost {
  /** Makes the run's task; throws when the slot cannot be tracked. */
  readonly begin: (patch: TaskPatch<never>) => TaskRecord
  /** The slot's current task. */
  readonly current: () => TaskRecord | undefined
  readonly newest: (id: string) => TaskRecord | undefined
  /** False when the patch could not be written, which has been reported. */
  readonly write: (id: string, patch: TaskPatch<never>) => boolean
  readonly report: (error: unknown) => void
  readonly schedule: (callback: () => void, ms: number) => () => void
  readonly runs: Map<string, Run>
  /** `same` gives the caller the very promise; `derived` keeps unhandled rejections visible to the process. */
  readonly promises: 'same' | 'derived'
  readonly label: string
}

/** One call that is going on. */
export interface Run {
  /** Ends the run: no result of it counts any more, and `signal` is aborted with the reason. */
  readonly stop: (reason: Error) => void
  /** What the caller got; undefined until the function has returned. */
  returned: unknown
}

/** Calls `fn` and keeps the slot's task while it runs. Gives what `fn` gives. */
export function track<R>(
  host: TrackHost,
  fn: (run: RunContext<never>) => R,
  options: RunOptions<never, R>,
): R {
  let conflict: { readonly value: unknown } | undefined
  try {
    conflict = meetConflict(host, options.onConflict ?? 'join')
  } catch (error) {
    host.report(error)
  }
  if (conflict) return conflict.value as R
  const { context, run, settle, fail } = startRun(host, options)
  let value: R
  try {
    value = fn(context)
  } catch (error) {
    fail(error)
    throw error
  }
  const onValue = (result: Awaited<R>) => (settle(result), result)
  const onError = (error: unknown) => {
    fail(error)
    if (host.promises === 'derived') throw error
  }
  try {
    if (!(value instanceof Promise)) {
      settle(value as Awaited<R>)
    } else if (isLazy(value)) {
      run.lose()
    } else {
      const derived: Promise<unknown> = Promise.prototype.then.call(value, onValue as never, onError)
      run.returned = host.promises === 'derived' ? derived : value
    }
  } catch {
    // A proxy, or a class of promises, that lets nobody look.
    run.lose()
  }
  return (run.returned ?? value) as R
}

/** A promise with a `then` of its own may start its work when it is called: only its caller may do that. */
const isLazy = (promise: Promise<unknown>): boolean => promise.then !== Promise.prototype.then

function meetConflict(host: TrackHost, onConflict: 'join' | 'supersede' | 'reject') {
  const current = host.current()
  if (!current || !isActive(current)) return undefined
  const run = host.runs.get(current.id)
  if (onConflict === 'supersede') {
    const reason = new CanceledError(`${host.label} was superseded by a new run.`)
    run?.stop(reason)
    host.write(current.id, { status: 'canceled', error: reason })
    return undefined
  }
  if (onConflict === 'join' && run?.returned !== undefined) return { value: run.returned }
  const refused = Promise.reject(new AlreadyRunningError(host.label, current.id))
  return { value: refused }
}

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

function startRun<R>(host: TrackHost, options: RunOptions<never, R>) {
  // Made when somebody asks for it: most functions never do.
  let controller: AbortController | undefined
  let stopReason: Error | undefined
  let task: TaskRecord | undefined
  let hasEnded = false
  let lastError: TaskError | undefined
  let stopTimer: (() => void) | undefined

  /** Writes while the run goes on; a `last` status ends it. */
  const write = (patch: TaskPatch<never>, last?: TaskStatus) => {
    if (hasEnded || task === undefined) return
    if (last) end()
    const isWritten = host.write(task.id, last ? { status: last, ...patch } : patch)
    // That it ended must be known, even when what it ended with cannot be written.
    if (last && !isWritten) host.write(task.id, { status: last })
  }
  const end = () => {
    hasEnded = true
    stopTimer?.()
    if (task && host.runs.get(task.id) === run) host.runs.delete(task.id)
  }
  const stop = (reason: Error) => {
    if (hasEnded) return
    end()
    stopReason = reason
    controller?.abort(reason)
  }
  const run: Run & { lose: () => void } = {
    stop,
    returned: undefined,
    lose() {
      write({ stage: 'returned a promise that cannot be followed' }, 'interrupted')
      host.report(
        new CallsheetError(
          `${host.label} returned a promise that starts when it is awaited, so it cannot be followed; ` +
            'make the function async and await it inside.',
        ),
      )
    },
  }
  const context: RunContext<never> = {
    get signal() {
      if (!controller) {
        controller = new AbortController()
        if (stopReason) controller.abort(stopReason)
      }
      return controller.signal
    },
    get attempt() {
      return context.task.attempt
    },
    get task() {
      return (task && host.newest(task.id)) ?? task ?? untracked
    },
    get lastError() {
      return lastError
    },
    progress: (progress) => write({ progress }),
    stage: (stage) => write({ stage }),
    job: (job) => write({ job }),
    update: (patch) => write(patch),
    nextAttempt(reason) {
      // One version, so that nobody takes an attempt's end for the task's.
      lastError = toTaskError(reason)
      write({ status: 'processing', attempt: context.attempt + 1, stage: lastError.message })
    },
  }
  const settle = (value: Awaited<R>) => {
    if (hasEnded) return
    let patch: TaskPatch<never> = {}
    try {
      // An opaque response tells nobody how it went.
      if (isResponse(value) && !value.ok && value.type !== 'opaque') {
        failWithResponse(host, task, value, write)
        return
      }
      patch = options.result?.(value) ?? {}
    } catch (error) {
      host.report(error)
    }
    write(patch, 'succeeded')
  }
  const fail = (error: unknown) => write({ error: error ?? 'failed' }, isAbort(error) ? 'canceled' : 'failed')

  try {
    task = host.begin({ status: 'processing', ...pick(options) })
    host.runs.set(task.id, run)
    const { timeout } = options
    if (timeout !== undefined) {
      stopTimer = host.schedule(() => {
        const error = new TimeoutError(`${host.label} took longer than ${timeout} ms.`)
        write({ status: 'failed', error: { message: error.message, code: 'timeout', retryable: true } })
        stop(error)
      }, timeout)
    }
  } catch (error) {
    host.report(error)
  }
  return { context, run, settle, fail }
}

const pick = ({
  metadata,
  stage,
}: Pick<RunOptions<never, unknown>, 'metadata' | 'stage'>): TaskPatch<never> => ({
  ...(metadata === undefined ? {} : { metadata }),
  ...(stage === undefined ? {} : { stage }),
})

const isAbort = (error: unknown): boolean => {
  try {
    return error instanceof Error && error.name === 'AbortError'
  } catch {
    return false
  }
}

/** Also for a Response of another realm or library. */
const isResponse = (value: unknown): value is Response =>
  value !== null && typeof value === 'object' && Object.prototype.toString.call(value) === '[object Response]'

function failWithResponse(
  host: TrackHost,
  task: TaskRecord | undefined,
  response: Response,
  write: (patch: TaskPatch<never>, last: TaskStatus) => void,
): void {
  const { status, statusText } = response
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500
  const error = {
    message: `HTTP ${status}${statusText ? ` ${statusText}` : ''}`,
    httpStatus: status,
    retryable,
  }
  // At once, so that nobody waits for the message; with the message as soon as a clone gives it.
  write({ error }, 'failed')
  if (!task) return
  const { id } = task
  const attempt = host.newest(id)?.attempt
  readMessage(response, host.schedule).then(
    (message) => {
      const held = host.newest(id)
      if (message === undefined || held?.status !== 'failed' || held.attempt !== attempt) return
      host.write(id, { error: { ...error, message } })
    },
    () => {
      // A body that cannot be read says no more than its status.
    },
  )
}

const longestBody = 16_384
const longestWait = 2_000

/** What the server says of a failure, from a clone of its response: the response itself stays unread. */
async function readMessage(response: Response, schedule: TrackHost['schedule']): Promise<string | undefined> {
  const reader = response.clone().body?.getReader()
  if (!reader) return undefined
  const stop = () => {
    // A body that broke off cannot be canceled; nobody waits for it any more.
    reader.cancel().catch(() => undefined)
  }
  const stopTimer = schedule(stop, longestWait)
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length < longestBody) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  } finally {
    stopTimer()
    stop()
  }
  try {
    return messageOf(JSON.parse(text))
  } catch {
    return /^\s*</.test(text) ? undefined : text.trim().slice(0, 500) || undefined
  }
}
