import { CallsheetError } from '../records/errors.ts'
import { shown } from '../write/input.ts'
import { isId } from '../records/text.ts'
import type { Failure } from '../write/failure.ts'
import type { AnyMetadata } from '../records/json.ts'
import type { Job, TaskError, TaskRecord } from '../records/task.ts'
import type { TaskPatch } from '../write/writer.ts'

/** What the function of `track` receives. Its methods never throw, and do nothing once the run has ended. */
export interface RunContext<M = AnyMetadata> {
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
  /**
   * Records more of the task: `{ outputUrl, metadata, … }`. Fields that are left out stay as they are.
   *
   * @example
   * show.track('trailer', async ({ update }) => update({ metadata: { model: 'film-2' } }))
   */
  readonly update: (patch: TaskPatch<M>) => void
  /** Begins the next attempt of the same task; the reason is shown. */
  readonly nextAttempt: (reason: unknown) => void
  /**
   * A pause in ms. Rejects with the reason when the run is stopped, or when a `signal` given for it is aborted.
   *
   * @example
   * show.track('trailer', async ({ wait }) => { await wait(1_000); return fetch('/api/trailer') })
   */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Epoch ms by the tracker's clock. */
  readonly now: () => number
}

/**
 * When and how a failed call is made again. Nothing is, unless it is asked for. A response that is not ok, a rejection,
 * and a `result` that says `failed` are failures; a synchronous function is never called again.
 *
 * @example
 * let prompt = 'A duel at dawn'
 * const retry = { attempts: 4, before: async () => void (prompt = await soften(prompt)) }
 * await show.track('trailer', () => fetch('/api/trailer', { method: 'POST', body: prompt }), { retry })
 */
export interface RetryPolicy<M = AnyMetadata> {
  /** How many attempts there are in all, 1 to 100. Default 3. */
  readonly attempts?: number
  /**
   * How long to wait after an attempt (1, 2, 3 …), in ms. Default: what the server asks for, else 1 s, 2 s, 4 s … up
   * to a minute, of which a random half to all is waited.
   */
  readonly delay?: (attempt: number, failure: Failure) => number
  /** Whether to try again. Default: when the failure is `retryable`; filtered content only with `before`. */
  readonly when?: (failure: Failure) => boolean
  /**
   * Called before the next attempt, after the pause, and awaited: change here what the function will send. When it
   * fails, there is no next attempt.
   */
  readonly before?: (context: RunContext<M>) => unknown
  /** Corrects how a failure was judged. */
  readonly classify?: (
    failure: Failure,
  ) => Partial<Pick<Failure, 'kind' | 'retryable' | 'retryAfter'>> | undefined
}

/** How one call is tracked. */
export interface RunOptions<M, R, U extends 'done' = 'done'> {
  /** The task's id. Default: a new one. */
  readonly id?: string
  /**
   * The id of the slot's current task, which has failed: the call is its next attempt, and supersedes a run of it that
   * goes on all the same. Where it is another one by now, or has not failed, a new task is made.
   */
  readonly retryOf?: string
  /**
   * What happens when the slot is already being worked on. `join` (default) shares the running promise, `supersede`
   * cancels the old run and starts anew, `reject` rejects with AlreadyRunningError, as join does when the work runs
   * elsewhere.
   */
  readonly onConflict?: 'join' | 'supersede' | 'reject'
  /**
   * `done`: makes no call where the slot has a result already, also when it is being made again, and gives undefined.
   * Default: the call is made.
   */
  readonly unless?: U | undefined
  /**
   * Milliseconds for the whole call, all attempts and pauses included; then the task fails and `signal` is aborted.
   * Default Infinity, which means none.
   */
  readonly timeout?: number
  /**
   * Milliseconds for one attempt; then its `signal` is aborted, and `retry` may make the next one although the first
   * still hangs. Default Infinity.
   */
  readonly attemptTimeout?: number
  /** Calls an asynchronous function again when it fails, as attempts of the same task. */
  readonly retry?: RetryPolicy<M>
  readonly metadata?: Partial<M>
  readonly stage?: string
  /** Reads what to record from the value: `{ outputUrl }`, or a failure that came as a success. */
  readonly result?: (value: Awaited<R>) => TaskPatch<M> | void
}

/** How many attempts a policy allows: there always is an end. */
export const mostAttempts = ({ attempts = 3 }: RetryPolicy<never>): number =>
  Math.min(100, Math.max(1, Math.floor(attempts) || 1))

const isFunction = (value: unknown) => typeof value === 'function'
/** Infinity means that there is no limit. */
const isDuration = (value: unknown) => typeof value === 'number' && value >= 0
const oneOf =
  (...values: unknown[]) =>
  (value: unknown) =>
    values.includes(value)

/** What an option must be, and how a message says it. */
type Check = readonly [isValid: (value: unknown) => boolean, expected: string]

const duration: Check = [isDuration, 'milliseconds from 0, or Infinity']
const someFunction: Check = [isFunction, 'a function']

const taskId: Check = [isId, 'an id of 1–256 characters without control characters']

const anything: Check = [() => true, '']

const checks: Readonly<Record<string, Check>> = {
  id: anything,
  retryOf: taskId,
  metadata: anything,
  stage: anything,
  onConflict: [oneOf('join', 'supersede', 'reject'), "'join', 'supersede' or 'reject'"],
  unless: [oneOf('done'), "'done'"],
  timeout: duration,
  attemptTimeout: duration,
  result: someFunction,
  retry: [(value) => value !== null && typeof value === 'object', 'an object'],
}

const retryChecks: Readonly<Record<string, Check>> = {
  attempts: [(value) => typeof value === 'number' && value >= 1, 'a number from 1 to 100'],
  delay: someFunction,
  when: someFunction,
  before: someFunction,
  classify: someFunction,
}

/**
 * The options of a call, field by field: one that throws or is invalid is reported and left out, the rest applies.
 * Unknown ones are reported, except what names a slot. After any of these a failed call is not made again: what the
 * option would have limited is unknown.
 */
export function readOptions(given: object, tell: (error: unknown) => void): RunOptions<never, never> {
  let isRefused = false
  const report = (error: unknown) => {
    isRefused = true
    tell(error)
  }
  if (typeof given !== 'object' || Array.isArray(given)) {
    const message = `Invalid options: expected an object, got ${shown(given)}. They are ignored.`
    tell(new CallsheetError(message, { code: 'invalid_option' }))
    return {}
  }
  const options = read(given, ownNames(given, report), checks, 'option', report)
  const { retry } = options
  if (retry) {
    // Other fields of a policy that is an object of a class are its own.
    const own = isPlain(retry) ? ownNames(retry, report) : []
    const names = [...new Set([...Object.keys(retryChecks), ...own])]
    const policy = read(retry, names, retryChecks, 'option "retry":', report)
    // Methods of a policy that is an object of a class keep their `this`.
    for (const [name, value] of Object.entries(policy)) {
      if (typeof value === 'function') policy[name] = value.bind(retry)
    }
    if (isRefused) policy['attempts'] = 1
    options['retry'] = policy
  }
  return options
}

function isPlain(value: object): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(value)
    return prototype === null || prototype === Object.prototype
  } catch {
    return false
  }
}

function ownNames(given: object, report: (error: unknown) => void): string[] {
  try {
    return Object.keys(given)
  } catch (error) {
    report(error)
    return []
  }
}

function read(
  given: object,
  names: readonly string[],
  rules: Readonly<Record<string, Check>>,
  what: string,
  report: (error: unknown) => void,
): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  const refuse = (message: string) =>
    report(new CallsheetError(`${message}. The option is ignored.`, { code: 'invalid_option' }))
  for (const name of names) {
    try {
      const value = (given as Record<string, unknown>)[name]
      if (value === undefined || value === null) continue
      const isSlot = rules === checks && (name === 'type' || name.endsWith('Id'))
      const check = Object.hasOwn(rules, name) ? rules[name] : isSlot ? anything : undefined
      if (!check) refuse(`Unknown ${what} "${name}". Known options: ${Object.keys(rules).join(', ')}`)
      else if (check[0](value)) options[name] = value
      else refuse(`Invalid ${what} "${name}": expected ${check[1]}, got ${shown(value)}`)
    } catch (error) {
      report(error)
    }
  }
  return options
}
