import { CallsheetError, type Job, type TaskPatch } from '@callsheet/core'
import type { FollowContext } from '@callsheet/core/provider'
import { followJob, type FollowOptions, type JobState } from '@callsheet/core/jobs'
import { createGuard } from '@callsheet/core/provider'
import { askJob, type JobHeaders, jsonOf, type Question } from './request-job.ts'
import { createInbox, type JobInbox, heard, nap } from './job-inbox.ts'
import type { HttpJobs, JobTools, Watch } from './provider.ts'
import { isJson, readJson } from '../body/read-json.ts'
import type { RouteRequest } from '../route/request.ts'
import { observe } from '../body/share-call.ts'
import type { SharedResponse } from '../body/shared-response.ts'
import { patchFor } from './webhook-target.ts'

/** Options of `followHttpJob`. */
export interface HttpJobOptions extends Omit<FollowOptions, 'read'>, Partial<JobTools> {
  /**
   * The address to poll. Credentials are sent there: check an address that comes from a record, since records come from
   * storages and networks.
   */
  readonly url: (job: Job) => Question | Promise<Question>
  /**
   * Reads an ok response; `ask` requests more JSON from the provider. An error that it throws counts as a failed poll.
   */
  readonly read: (
    body: unknown,
    job: Job,
    ask: (question: Question) => Promise<unknown>,
  ) => JobState | Promise<JobState>
  /**
   * Headers of every poll, or a function that returns them.
   *
   * @default the Authorization of the call that began the job, for the same origin; none after a reload, since credentials
   * are not recorded
   */
  readonly headers?: JobHeaders
  /**
   * Maximum bytes of a response, after decompression. A longer one makes the task `interrupted`.
   *
   * @default 1 MiB
   */
  readonly maxBytes?: number
  /** The request that cancels a job which was canceled here or reached its `timeout`. @default none */
  readonly cancel?: (job: Job) => Question | Promise<Question>
}

/** What `report` itself throws has nowhere to be reported. */
const quietly = createGuard(() => {})

/** Time limit of a cancel request, in ms. */
const patience = 30_000
/** A server may answer 404 for this long after the start of a job, in ms. */
const newness = 30_000
/** A job that we may not poll stays active this long without a sign of life, in ms. */
const longestSilence = 60_000
const mostLost = 1_000

/**
 * Follows jobs over HTTP: core's `followJob`, with polls by fetch that return JSON.
 *
 * A response that another client gets for the same job (the provider's own client that polls through the tracked fetch)
 * counts as a poll, so that a job is not polled twice. A job that is canceled here, superseded or too slow is canceled at
 * the provider.
 *
 * @example
 * const jobs = followHttpJob({
 *   url: ({ id }) => `/api/portrait/status?jobId=${encodeURIComponent(id)}`,
 *   read: (body) => {
 *     const { status, imageUrl } = body as { status: string; imageUrl?: string }
 *     return { status, ...(imageUrl && { outputUrl: imageUrl }) }
 *   },
 * })
 * tracker.resume({ ours: jobs })
 */
export function followHttpJob(options: HttpJobOptions): HttpJobs {
  const { interval = 3_000, url, read, cancel, fetch: send = globalThis.fetch, tracker } = options
  const { needsOutput = true, unknownTimeout } = options
  const inboxes = new Set<JobInbox>()
  /** By job id, the tasks of jobs that are no longer followed and may go on. */
  const lost = new Map<string, string>()
  const report = (error: unknown) => void quietly(() => options.report?.(error))

  async function follow(
    job: Job,
    context: FollowContext,
    request?: RouteRequest,
    isBeside = false,
  ): Promise<TaskPatch | void> {
    const began = request ? context.now() : context.task.startedAt
    const inbox = createInbox(job.id)
    inboxes.add(inbox)
    lost.delete(job.id)
    const ask = (question: Question, signal?: AbortSignal) =>
      askJob(question, { fetch: send, job, headers: options.headers, request, signal })
    const failCancel = (cause: unknown) => {
      const message = `Cannot cancel job "${job.id}" at ${job.provider}: ${String((cause as Error)?.message)}. It may go on, and be paid for.`
      report(new CallsheetError(message, { cause }))
    }
    const giveUp = () => {
      if (!cancel || context.task.status === 'succeeded') return
      // A failed cancel is reported: the provider goes on, and is paid.
      Promise.resolve()
        .then(() => cancel(job))
        .then((question) => ask(question, AbortSignal.timeout?.(patience)))
        .then((response) => response.body?.cancel(), failCancel)
        .catch(() => {})
    }
    // An unneeded side poll ends with another reason.
    const stop = () => /^(?:Canceled|Timeout)Error$/.test(nameOf(context.signal.reason)) && giveUp()
    // The call that began it may have been a stream, and the run stopped in the middle of it.
    if (context.signal.aborted) stop()
    context.signal.addEventListener('abort', stop, { once: true })
    const awake: FollowContext = {
      get task() {
        return context.task
      },
      signal: context.signal,
      now: context.now,
      watchPage: context.watchPage,
      update: (patch) => context.update(patch),
      wait: (ms, signal) => (signal ? context.wait(ms, signal) : nap(inbox, context, ms)),
    }
    const polled = followJob({
      ...options,
      async read(_job, { signal }) {
        const json = async (question: Question) => jsonOf(await ask(question, signal), options.maxBytes)
        const answer = async () => {
          const body = await json(await url(job))
          const state = await read(body, job, json)
          if (state?.status) return state
          // The response does not say how the job stands.
          throw Object.assign(new Error('the answer has no status'), { error: body, retryable: true })
        }
        const first = inbox.told.shift()
        if (first) return first
        const state = await Promise.race([answer(), heard(inbox)])
        return inbox.told.shift() ?? state!
      },
    })
    try {
      if (request) await nap(inbox, context, interval)
      return await polled(job, awake)
    } catch (error) {
      if (lost.size >= mostLost) lost.delete([...lost.keys()][0]!)
      lost.set(job.id, context.task.id)
      if (context.signal.aborted) throw error
      if (nameOf(error) === 'TimeoutError') giveUp()
      const status = statusOf((error as Error).cause)
      const isNew = !isBeside && context.now() - began < newness
      if (!tracker || nameOf(error) !== 'JobLostError' || !isRefusal(status, isNew)) throw error
      const stage = `status polls refused (HTTP ${status})`
      context.update({ stage })
      return await listen(job, awake, inbox).catch((end: unknown) => {
        if (nameOf(end) !== 'JobLostError') throw end
        // The stage of the last sign of life is out of date.
        context.update({ stage })
        throw error
      })
    } finally {
      context.signal.removeEventListener('abort', stop)
      inboxes.delete(inbox)
    }
  }

  /** Follows the job by what other clients receive. */
  const listen = (job: Job, context: FollowContext, inbox: JobInbox) =>
    followJob({
      needsOutput,
      ...(unknownTimeout !== undefined && { unknownTimeout }),
      interval: 0,
      readTimeout: longestSilence,
      maxConsecutiveErrors: 1,
      async read() {
        await heard(inbox)
        return inbox.told.shift()!
      },
    })(job, context)

  function tell(id: string, state: JobState): boolean {
    const found = [...inboxes].filter((inbox) => inbox.id === id)
    for (const inbox of found) {
      inbox.told.push(state)
      inbox.wake()
    }
    return found.length > 0
  }

  /** Records an outcome only: a sign of life would leave a task without a follower active for ever. */
  function tellLate(id: string, state: JobState): void {
    const taskId = lost.get(id)
    const task = taskId === undefined ? undefined : tracker?.getTask(taskId)
    const patch = task?.job?.id === id ? patchFor(task, state, needsOutput) : undefined
    if (patch?.status && patch.status !== 'starting' && patch.status !== 'processing')
      tracker?.updateTask(task!.id, patch as never)
  }

  return Object.assign((job: Job, context: FollowContext) => follow(job, context), {
    begun: follow,
    tell,
    watch({ id, read, maxBytes }: Watch, answered: Promise<SharedResponse>, request: RouteRequest) {
      observe(answered, (shared) => {
        const { original } = shared
        // Some answer a cancel without a body.
        const isEmpty = original?.status === 204
        if (!original?.ok || !(isEmpty || isJson(original))) return
        const toldIn = async (body?: unknown) => ({ id: await id(request), state: await read(body, request) })
        const told = isEmpty ? toldIn() : readJson(shared, toldIn, report, { maxBytes })
        // The caller hears of a body that breaks off.
        told
          .catch(() => undefined)
          .then((told) => {
            if (told?.id !== undefined && told.state?.status && !tell(told.id, told.state))
              tellLate(told.id, told.state)
          })
          .catch(report)
      })
    },
  })
}

/** The HTTP status of a failed poll. */
const statusOf = (thrown: unknown) => (thrown as { readonly status?: number } | undefined)?.status

/** Whether a server refused our poll, though it may know the job: other clients may send what ours lacks. */
const isRefusal = (status: number | undefined, isNew: boolean): boolean =>
  status !== undefined && status < 500 && ![408, 410, 425, 429, ...(isNew ? [] : [404])].includes(status)

/** By name, since an error may come from another realm or copy of the package. */
const nameOf = (thrown: unknown): string => String((thrown as Error | undefined)?.name)
