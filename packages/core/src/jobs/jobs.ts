import { CallsheetError, TimeoutError } from '../records/errors.ts'
import { classifyFailure, seenIn } from '../write/classify-failure.ts'
import type { JsonObject } from '../records/json.ts'
import { childOf } from '../call/lazy-abort.ts'
import type { Follow, FollowContext } from '../call/resume.ts'
import type { Job } from '../records/task.ts'
import type { TaskPatch } from '../write/next-version.ts'
import { endError, JobLostError } from './job-errors.ts'
import { longestPause } from './side-poll.ts'

export { JobFailedError, JobLostError } from './job-errors.ts'
export { type JobResult, runJob, type StartJob } from './run-job.ts'
export { withSidePoll } from './side-poll.ts'

/** The state of a job, as read from a provider. */
export interface JobState {
  /** A task's status, or the provider's own. Empty or missing: the answer is invalid. */
  readonly status?: string | null | undefined
  /** 0 to 100. */
  readonly progress?: number | undefined
  /**
   * Free text for display.
   *
   * @default the provider's status
   */
  readonly stage?: string | undefined
  readonly outputUrl?: string | undefined
  readonly outputs?: readonly string[] | undefined
  /** An Error, a string, or the provider's error body. */
  readonly error?: unknown
  readonly metadata?: JsonObject
}

/** Options of `followJob`. */
export interface FollowOptions {
  /** Polls the provider once. Errors are classified by `classifyFailure`. */
  readonly read: (job: Job, options: { readonly signal: AbortSignal }) => JobState | Promise<JobState>
  /**
   * Milliseconds between polls.
   *
   * @default 3_000
   */
  readonly interval?: number
  /**
   * Maximum duration in ms. A last poll decides whether the job has failed by a timeout.
   *
   * @default Infinity
   */
  readonly timeout?: number
  /**
   * Milliseconds after which an unanswered poll counts as failed.
   *
   * @default 30_000
   */
  readonly readTimeout?: number
  /**
   * Maximum number of consecutive failed polls.
   *
   * @default 8, about four minutes
   */
  readonly maxConsecutiveErrors?: number
  /**
   * Maximum ms in which a job gives only words that Callsheet does not know, without progress. Then the task becomes
   * `interrupted`: such a word may be the provider's end of the job.
   *
   * @default 3_600_000, an hour
   */
  readonly unknownTimeout?: number
  /**
   * Whether a success without `outputUrl`, `outputs` and `metadata` is a failure.
   *
   * @default true
   */
  readonly needsOutput?: boolean
}

/**
 * Makes a function that polls a job until it ends, for `tracker.resume` and for use inside `track`.
 *
 * One poll at a time, the next `interval` ms after the answer. A failed poll is retried after pauses that double up to a
 * minute. `maxConsecutiveErrors` failures, a 404 or 410, or a status that is not retryable (401) reject with a JobLostError.
 * Polling also ends when the run is stopped, and when the task succeeds in another way, such as a webhook.
 *
 * `succeeded`, `failed` and `canceled` end a job, and so do `completed`, `done`, `error`, `cancelled`, `rejected` and similar
 * words in any case, also with an addition: `succeeded (veo)`. A status such as `Task not found` counts as a failed poll.
 * Every other status is a stage of a job that goes on; one that is not known, for at most `unknownTimeout`.
 *
 * @example
 * const follow = followJob({
 *   read: async ({ url }, { signal }) => (await fetch(url!, { signal })).json(),
 *   timeout: 900_000,
 * })
 * tracker.resume({ replicate: follow })
 */
export function followJob(options: FollowOptions): Follow {
  const { interval = 3_000, timeout = Infinity, readTimeout = 30_000, maxConsecutiveErrors = 8 } = options
  const { unknownTimeout = 3_600_000 } = options
  checkNumbers({ interval, timeout, readTimeout, maxConsecutiveErrors, unknownTimeout })
  return async (job, context) => {
    const deadline = context.now() + timeout
    let errors = 0
    /** The last sign that the job goes on: a known word, or progress. */
    let alive = { at: context.now(), progress: undefined as unknown }
    for (;;) {
      const isLast = context.now() >= deadline
      const wasCut = context.watchPage?.()
      const answer = await ask(options, job, context)
      // The run may have ended while the poll was open.
      if (context.signal.aborted) throw context.signal.reason
      if (context.task.status === 'succeeded') return knownOutput(context, answer)
      let pause = interval
      if ('state' in answer) {
        errors = 0
        const outcome = outcomeOf(answer.state, context, options)
        if (outcome) return outcome
        if (isLast) throw new TimeoutError(`Job "${job.id}" took longer than ${timeout} ms.`)
        const { status: word, progress } = answer.state
        if (goesOn.test(word!) || progress !== alive.progress) alive = { at: context.now(), progress }
        if (context.now() - alive.at >= unknownTimeout) throw unknownStatus(job, word!, unknownTimeout)
      } else if (statusOf(answer.thrown) === undefined && (await wasCut?.())) {
        // Cut by the browser. The pause ends when the page is back.
        pause = 0
      } else {
        errors += 1
        pause = pauseAfter(answer.thrown, job, context, errors, { interval, maxConsecutiveErrors })
      }
      await context.wait(Math.max(0, Math.min(pause, isLast ? pause : deadline - context.now())))
    }
  }
}

/** The output of a task that has succeeded in another way. A webhook may say only that: then the poll has the output. */
function knownOutput(context: FollowContext, answer: { readonly state?: JobState }): TaskPatch {
  const { outputUrl, outputs } = context.task
  if (outputUrl ?? outputs) return { ...(outputUrl && { outputUrl }), ...(outputs && { outputs }) }
  const { status, ...patch } = patchOfJob(answer.state ?? {}, { needsOutput: false })
  if (status !== 'succeeded') return {}
  context.update(patch)
  return patch
}

const statusOf = (thrown: unknown) => seenIn(thrown).error.httpStatus

function checkNumbers(numbers: object): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value === 'number' && value >= 0) continue
    const message = `Invalid "${name}" of followJob: expected a number from 0 to Infinity, got ${String(value)}.`
    throw new CallsheetError(message, { code: 'invalid_option' })
  }
}

/** One poll, with its time limit. */
async function ask({ read, readTimeout = 30_000 }: FollowOptions, job: Job, context: FollowContext) {
  const { signal, leave } = childOf(context.signal)
  const tooLong = async (): Promise<never> => {
    await context.wait(readTimeout, signal)
    throw new TimeoutError(`no answer in ${readTimeout} ms`)
  }
  try {
    const state = await Promise.race([Promise.resolve(read(job, { signal })).then(checked), tooLong()])
    return { state }
  } catch (thrown) {
    return { thrown }
  } finally {
    leave()
  }
}

function checked(state: JobState | null | undefined): JobState {
  // A copy, so that a getter that throws makes the answer invalid.
  const copy = { ...state }
  const { status } = copy
  const isWord = typeof status === 'string' && status !== ''
  // A provider may know a new job only after a while.
  if (isWord && endOf(status) !== 'interrupted') return copy
  const said = isWord ? `the provider says: ${status}` : 'the answer has no status'
  throw Object.assign(new Error(said), { cause: state })
}

function unknownStatus({ id }: Job, word: string, ms: number): JobLostError {
  return new JobLostError(
    `Job "${id}" has been "${word}" for ${Math.round(ms / 60_000)} minutes, a status that Callsheet does not know. ` +
      'Translate it in "read" (of jsonJob: in "words"), or raise "unknownTimeout".',
  )
}

/** The words of providers for each end. Only letters count, in any case. */
const ends = {
  succeeded: 'succeeded succeed success successful completed complete done finished ready dubbed',
  failed:
    'failed fail failure error errored expired timedout timeout rejected requestModerated contentModerated contentFiltered nsfw blocked banned',
  canceled: 'canceled cancelled aborted',
  interrupted: 'interrupted unknown notFound taskNotFound',
}
type End = keyof typeof ends

/** Words of a job that goes on: "processing", "dreaming", "IN_PROGRESS". */
const goesOn =
  /ing(?![a-z])|in.?(?:queue|progress)|queued|submitted|created|started|accepted|scheduled|throttled/i
/** Where an addition to a word begins: "succeeded (veo)", "failed: no face". */
const addition = /[([:,;/]|\s[-–—]\s/

/** As enumerations of Protocol Buffers begin: "JOB_STATE_SUCCEEDED". */
const prefix = /^(?:(?:task|job)_)?(?:status|state)_/i

/** How a job ended, by a provider's status in any case; undefined while it goes on. */
function endOf(status: string): End | undefined {
  const at = status.search(addition)
  const word = at > 0 ? status.slice(0, at) : status
  if (/retry|retries/i.test(status.slice(word.length))) return undefined
  const key = word
    .replace(prefix, '')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
  return (Object.keys(ends) as End[]).find((end) => ends[end].toLowerCase().split(' ').includes(key))
}

/**
 * Translates the state of a job, from a poll or a webhook, to an update of its task. Without a status, the update is empty.
 *
 * @param options `needsOutput` as in `FollowOptions`.
 * @example
 * patchOfJob({ status: 'COMPLETED', outputUrl: 'https://example.com/ada.png' })
 * // { status: 'succeeded', outputUrl: 'https://example.com/ada.png' }
 * patchOfJob({ status: 'IN_QUEUE' }) // { status: 'processing', stage: 'IN_QUEUE' }
 */
export function patchOfJob(
  { status, stage, progress, error, outputUrl, outputs, metadata }: JobState,
  { needsOutput = true }: Pick<FollowOptions, 'needsOutput'> = {},
): TaskPatch {
  if (!status) return {}
  const end = endOf(status)
  // "Request Moderated" is a sentence, "ERROR" is not.
  const said = /[\s_]/.test(status) ? status : `The provider says: ${status}.`
  const sentence = error === undefined ? undefined : seenIn(error).error.message
  if (end === 'failed') return { status: end, error: error ?? stage ?? said }
  if (end === 'canceled' || end === 'interrupted') {
    return { status: end, error: { message: sentence ?? said, ...(end === 'canceled' && { code: end }) } }
  }
  if (end === undefined) {
    const isBegun = status !== 'starting'
    return {
      status: isBegun ? 'processing' : 'starting',
      stage: stage ?? status,
      ...(progress === undefined ? {} : { progress }),
    }
  }
  if (needsOutput && !outputUrl && !outputs?.length && metadata === undefined) {
    const why = sentence ? `: ${sentence}` : '.'
    return { status: 'failed', error: `The job succeeded without an output${why}` }
  }
  return {
    status: end,
    ...(outputUrl && { outputUrl }),
    ...(outputs && { outputs }),
    ...(metadata && { metadata }),
  }
}

/** The fields to record of a success; undefined while the job goes on. Throws for any other end. */
function outcomeOf(state: JobState, context: FollowContext, options: FollowOptions): TaskPatch | undefined {
  const { status, error, ...patch } = patchOfJob(state, options)
  if (status === 'failed' || status === 'canceled') throw endError(error, status)
  const isOver = status === 'succeeded'
  // A success is recorded here too, because the return value inside `track` belongs to the caller.
  context.update(isOver ? patch : { ...patch, status: 'processing' })
  return isOver ? patch : undefined
}

/** The pause after a failed poll. Throws a JobLostError if no further poll follows. */
function pauseAfter(
  thrown: unknown,
  job: Job,
  context: FollowContext,
  errors: number,
  { interval, maxConsecutiveErrors }: { readonly interval: number; readonly maxConsecutiveErrors: number },
): number {
  const { error, retryable, retryAfter } = classifyFailure(seenIn(thrown), context.now())
  if (!retryable || error.httpStatus === 404 || error.httpStatus === 410 || errors >= maxConsecutiveErrors) {
    const times = errors > 1 ? `, ${errors} times in a row` : ''
    throw new JobLostError(`Lost sight of job "${job.id}": ${error.message}${times}.`, { cause: thrown })
  }
  const pause = Math.max(retryAfter ?? 0, Math.min(longestPause, interval * 2 ** (errors - 1)))
  context.update({ stage: `poll failed (${error.message}), retrying in ${Math.ceil(pause / 1_000)} s` })
  return pause
}
