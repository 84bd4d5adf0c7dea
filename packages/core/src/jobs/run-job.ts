import type { Follow } from '../call/resume.ts'
import type { RunContext } from '../call/run-options.ts'
import type { JsonObject } from '../records/json.ts'
import type { Job } from '../records/task.ts'
import { nameOf } from '../records/thrown.ts'
import { seenIn } from '../write/classify-failure.ts'
import type { TaskPatch } from '../write/next-version.ts'
import { endError, JobFailedError, JobLostError } from './job-errors.ts'

/** What a job has made. */
export interface JobResult {
  /** The address of the output; the first of several. */
  readonly outputUrl: string
  /** The addresses of all outputs. */
  readonly outputs: readonly string[]
  readonly metadata?: JsonObject
}

/** The result of a job that may have no address: a text, say. */
export type AnyJobResult = Omit<JobResult, 'outputUrl'> & Partial<Pick<JobResult, 'outputUrl'>>

/** Makes the paid call, once per attempt. Returns the job's handle, or the output if the response is the whole work. */
export type StartJob = (run: RunContext) => Started | Promise<Started>

type Started = Job | Partial<JobResult>

/**
 * The whole of a slow call, as a function for `track`: starts a job, records its handle, follows it to its end, and
 * resolves with its result.
 *
 * A job that fails rejects with a JobFailedError, so `retry` of `track` makes the next attempt: it calls `start` again,
 * after `before`, which may change what `start` sends. A job that is lost is not started again. After a reload, pass the
 * same `follow` to `tracker.resume`: it follows the last handle and starts nothing.
 *
 * @param follow From `followJob` or `followHttpJob`, or `fetch.followers` of a tracked fetch.
 * @param options `needsOutput: false` accepts a result without an address. By default it rejects with a JobFailedError, and
 * the paid call is not retried.
 * @example
 * const follow = followJob({ read: async ({ id }) => (await fetch(`/api/jobs/${id}`)).json() })
 * const start = async ({ signal }: RunContext) => {
 *   const response = await fetch('/api/trailer', { method: 'POST', body: prompt, signal })
 *   if (!response.ok) throw response
 *   return { provider: 'ours', id: ((await response.json()) as { jobId: string }).jobId }
 * }
 * const retry = { attempts: 3, before: async () => void (prompt = await soften(prompt)) }
 * const { outputUrl } = await show.track('trailer', runJob(follow, start), { retry })
 * tracker.resume({ ours: follow })
 */
export function runJob(follow: Follow, start: StartJob): (run: RunContext) => Promise<JobResult>
export function runJob(
  follow: Follow,
  start: StartJob,
  options: { readonly needsOutput: boolean },
): (run: RunContext) => Promise<AnyJobResult>
export function runJob(follow: Follow, start: StartJob, { needsOutput = true } = {}) {
  return async (run: RunContext): Promise<AnyJobResult> => {
    const started = await start(run)
    const end: TaskPatch = isOutput(started) ? started : await followNew(follow, recorded(started, run), run)
    const { status, error, ...patch } = end
    if (status === 'failed' || status === 'canceled') {
      throw endError(error ?? `The provider says: ${status}.`, status)
    }
    run.update(patch)
    // A task that has succeeded in another way, such as a webhook, has the output.
    const { outputUrl, outputs } = patch.outputUrl || patch.outputs?.length ? patch : run.task
    const first = outputUrl ?? outputs?.[0]
    if (first === undefined && needsOutput) {
      const message =
        'The job succeeded without an output address. Pass { needsOutput: false } to accept that.'
      throw Object.assign(new JobFailedError(message), { retryable: false })
    }
    const metadata: unknown = patch.metadata ?? run.task.metadata
    return {
      ...(first !== undefined && { outputUrl: first }),
      outputs: outputs?.length ? outputs : [first].filter((url) => url !== undefined),
      ...(typeof metadata === 'object' && { metadata: metadata as JsonObject }),
    }
  }
}

/** A server may not know a job yet that it has just begun, for this long in ms. */
const newness = 30_000

async function followNew(follow: Follow, job: Job, run: RunContext): Promise<TaskPatch> {
  const began = run.now()
  for (;;) {
    try {
      return (await follow(job, run)) ?? {}
    } catch (error) {
      const isUnknown = nameOf(error) === 'JobLostError' && statusOf((error as Error).cause) === 404
      if (!isUnknown || run.now() - began >= newness) throw error
      await run.wait(3_000)
    }
  }
}

const statusOf = (thrown: unknown) => seenIn(thrown).error.httpStatus

const isOutput = (started: Started): started is Partial<JobResult> =>
  typeof started === 'object' && started !== null && !('id' in started || 'provider' in started)

/** Records the handle before anything waits for the job. */
function recorded(given: Job, run: RunContext): Job {
  // Of servers that number their jobs.
  const id: unknown = typeof given?.id === 'number' ? String(given.id) : given?.id
  if (typeof id !== 'string' || id === '') {
    const message = `Invalid job id of runJob: expected "start" to return { provider, id }, got ${String(id)}.`
    throw new JobLostError(message)
  }
  const job = { ...given, id }
  run.job(job)
  return job
}
