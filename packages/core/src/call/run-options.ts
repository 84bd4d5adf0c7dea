import { problem } from '../records/errors.ts'
import { answerOf } from '../records/guard.ts'
import { shown } from '../write/input.ts'
import { isId } from '../records/text.ts'
import type { Failure } from '../write/classify-failure.ts'
import type { AnyMetadata } from '../records/json.ts'
import type { Job, TaskError, TaskRecord } from '../records/task.ts'
import type { TaskPatch } from '../write/next-version.ts'

/** The argument of the function of `track`. Its methods never throw, and do nothing after the run has ended. */
export interface RunContext<M = AnyMetadata> {
  /** Aborted by `cancel`, `supersede` and `timeout`. Pass it to fetch. */
  readonly signal: AbortSignal
  /** From 1; incremented by retries and `nextAttempt`. */
  readonly attempt: number
  /** The newest version of the task. */
  readonly task: TaskRecord
  /** Why the last attempt failed. */
  readonly lastError: TaskError | undefined
  /**
   * Names this attempt, for servers and providers that do the same work only once: the task's id and the attempt. A call that
   * repeats an interrupted one has the key of the lost call.
   *
   * @example
   * show.track('trailer', ({ idempotencyKey }) =>
   *   fetch('/api/trailer', { method: 'POST', headers: { 'Idempotency-Key': idempotencyKey } }),
   * )
   */
  readonly idempotencyKey: string
  /** Sets the progress in percent, 0 to 100. It is rounded down, and never lowered within an attempt. */
  readonly progress: (percent: number) => void
  /** Sets a free text for display. */
  readonly stage: (text: string) => void
  /** Records the provider's handle of the call. Call it before you wait for the job. */
  readonly job: (handle: Job) => void
  /**
   * Updates fields of the task: `{ outputUrl, metadata, … }`. Fields that are left out stay as they are.
   *
   * @example
   * show.track('trailer', async ({ update }) => update({ metadata: { model: 'film-2' } }))
   */
  readonly update: (patch: TaskPatch<M>) => void
  /** Starts the next attempt of the same task. The reason is shown as `stage`. */
  readonly nextAttempt: (reason: unknown) => void
  /**
   * Waits for some ms. Rejects with the abort reason when the run is stopped or the optional `signal` is aborted.
   *
   * @example
   * show.track('trailer', async ({ wait }) => { await wait(1_000); return fetch('/api/trailer') })
   */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Epoch ms by the tracker's clock. */
  readonly now: () => number
}

/**
 * When and how to retry a failed call. A response that is not ok, a rejection, and a `result` with status `failed` are
 * failures. A synchronous function is never retried.
 *
 * @example
 * let prompt = 'A duel at dawn'
 * const retry = { attempts: 4, before: async () => void (prompt = await soften(prompt)) }
 * await show.track('trailer', () => fetch('/api/trailer', { method: 'POST', body: prompt }), { retry })
 */
export interface RetryPolicy<M = AnyMetadata> {
  /**
   * Maximum number of attempts, 1 to 100.
   *
   * @default 3
   */
  readonly attempts?: number
  /**
   * The pause after an attempt (1, 2, 3 …), in ms.
   *
   * @default the server's Retry-After, or 1 s, 2 s, 4 s … up to a minute, times a random number from 0.5 to 1
   */
  readonly delay?: (attempt: number, failure: Failure) => number
  /**
   * Whether to retry.
   *
   * @default if the failure is `retryable`; filtered content only with `before`
   */
  readonly when?: (failure: Failure) => boolean
  /**
   * Called and awaited before the next attempt, after the pause. Use it to change what the function sends. If it fails,
   * no further attempt follows.
   */
  readonly before?: (context: RunContext<M>) => unknown
  /** Overrides how a failure was classified. */
  readonly classify?: (
    failure: Failure,
  ) => Partial<Pick<Failure, 'kind' | 'retryable' | 'retryAfter'>> | undefined
}

/** Calls `start` when there is a place, and keeps the place until the promise of `start` resolves. */
export type Queue = (start: () => Promise<void>) => unknown

/** Options of one tracked call. */
export interface RunOptions<M, R, U extends 'done' = 'done'> {
  /**
   * The task's id.
   *
   * @default made by the tracker
   */
  readonly id?: string
  /**
   * The id of the slot's current task, if it has failed: the call becomes its next attempt, and supersedes a run of it that
   * still goes on. If the current task is another one, or has not failed, a new task is made.
   */
  readonly retryOf?: string
  /**
   * What to do if the slot is active. `join`: share the running promise. `supersede`: cancel the running call and start
   * again. `reject`: reject with AlreadyRunningError, as `join` does if the work runs elsewhere.
   *
   * @default 'join'
   */
  readonly onConflict?: 'join' | 'supersede' | 'reject'
  /**
   * `done`: if the slot already has a result, make no call and return undefined, also while the result is being made again.
   *
   * @default undefined, which always makes the call
   */
  readonly unless?: U | undefined
  /**
   * Whether the slot is claimed before the call where several tabs may work on it (`keepInBrowser`); `track` then returns a
   * promise even for a synchronous function. With `false` the call is made at once, and another tab may make it too.
   *
   * @default true
   */
  readonly claim?: boolean
  /**
   * A limiter such as that of p-limit. Until it calls `start`, the task is `starting` with the stage `queued`, and a cancel
   * makes no call. The promise of `start` resolves once the task has ended. Time limits begin with the call. `track` then
   * returns a promise even for a synchronous function.
   *
   * @example
   * const queue = pLimit(3)
   * for (const { id } of characters) void show.track('portrait', () => fetch(`/api/${id}`), { characterId: id, queue })
   */
  readonly queue?: Queue
  /**
   * Maximum duration of the whole call in ms, with all attempts and pauses. Then the task fails and `signal` is aborted.
   *
   * @default Infinity
   */
  readonly timeout?: number
  /**
   * Maximum duration of one attempt in ms. Then its `signal` is aborted, and `retry` may start the next attempt even if the
   * first one hangs.
   *
   * @default Infinity
   */
  readonly attemptTimeout?: number
  /** Retries a failed asynchronous function, as attempts of the same task. */
  readonly retry?: RetryPolicy<M>
  readonly metadata?: Partial<M>
  readonly stage?: string
  /** Returns fields to record from the value: `{ outputUrl }`, or `{ status: 'failed', error }` for a failure. */
  readonly result?: (value: Awaited<R>) => TaskPatch<M> | void
}

/** The maximum number of attempts of a policy, always finite. */
export const mostAttempts = ({ attempts = 3 }: RetryPolicy<never>): number =>
  Math.min(100, Math.max(1, Math.floor(attempts) || 1))

/** How to validate an option, and its description for a message. */
type Check = readonly [isValid: (value: unknown) => boolean, expected: string]
type Checks = Readonly<Record<string, Check>>

const anything: Check = [() => true, '']
const someFunction: Check = [(value) => typeof value === 'function', 'a function']
const duration: Check = [(ms) => typeof ms === 'number' && ms >= 0, 'milliseconds from 0, or Infinity']
const conflicts = new Set<unknown>(['join', 'supersede', 'reject'])

const checks: Checks = {
  id: anything,
  retryOf: [isId, 'an id of 1–256 characters without control characters'],
  metadata: anything,
  stage: anything,
  onConflict: [(value) => conflicts.has(value), "'join', 'supersede' or 'reject'"],
  unless: [(value) => value === 'done', "'done'"],
  claim: [(value) => typeof value === 'boolean', 'true or false'],
  queue: someFunction,
  timeout: duration,
  attemptTimeout: duration,
  result: someFunction,
  retry: [(value) => typeof value === 'object', 'an object'],
}

const retryChecks: Checks = {
  attempts: [(count) => typeof count === 'number' && count >= 1, 'a number from 1 to 100'],
  delay: someFunction,
  when: someFunction,
  before: someFunction,
  classify: someFunction,
}

/**
 * Reads the options of a call, each on its own: one that throws, is invalid or unknown is reported and ignored. Fields of a
 * slot are allowed. If any option was ignored, a failed call is not retried, because the option may have limited that.
 */
export function readOptions(given: object, tell: (error: unknown) => void): RunOptions<never, never> {
  if (typeof given !== 'object' || Array.isArray(given)) {
    const message = `Invalid options: expected an object, got ${shown(given)}. They are ignored.`
    tell(problem('invalid_option', message))
    return {}
  }
  let isRefused = false
  const refuse = (error: unknown) => {
    isRefused = true
    tell(error)
  }
  const read = (from: object, names: readonly string[], rules: Checks, what: string) => {
    const options: Record<string, unknown> = {}
    for (const name of names) {
      try {
        readOption(from, name, options, rules, what)
      } catch (error) {
        refuse(error)
      }
    }
    return options
  }
  const options = read(given, answerOf(() => Object.keys(given), refuse) ?? [], checks, 'option')
  const retry = options['retry'] as object | undefined
  if (retry) {
    // An instance of a class may have other fields, and has its methods elsewhere.
    const isPlain = () => (Object.getPrototypeOf(retry) ?? Object.prototype) === Object.prototype
    const own = answerOf(() => (isPlain() ? Object.keys(retry) : []), refuse)
    const names = new Set([...Object.keys(retryChecks), ...(own ?? [])])
    const policy = read(retry, [...names], retryChecks, 'option "retry":')
    if (isRefused) policy['attempts'] = 1
    options['retry'] = policy
  }
  return options
}

/** Copies an option. Throws if it is invalid or unknown. */
function readOption(
  given: object,
  name: string,
  options: Record<string, unknown>,
  rules: Checks,
  what: string,
): void {
  const value = (given as Record<string, unknown>)[name] ?? undefined
  if (value === undefined) return
  const isSlot = rules === checks && (name === 'type' || name.endsWith('Id'))
  const check = Object.hasOwn(rules, name) ? rules[name] : isSlot ? anything : undefined
  if (check?.[0](value)) {
    // Methods of a policy of a class need their `this`.
    options[name] = typeof value === 'function' && rules === retryChecks ? value.bind(given) : value
    return
  }
  const message = check
    ? `Invalid ${what} "${name}": expected ${check[1]}, got ${shown(value)}`
    : `Unknown ${what} "${name}". Known options: ${Object.keys(rules).join(', ')}`
  throw problem('invalid_option', `${message}. The option is ignored.`)
}
