import { type Follow, type FollowContext, type Job, type TaskPatch, TimeoutError } from '@callsheet/core'
import { followJob, type FollowOptions, type JobState } from '@callsheet/core/jobs'
import type { JobTools, Watch } from './provider.ts'
import { longestAnswer, readText } from './read-body.ts'
import { isJson, readJson } from './read-outcome.ts'
import type { RouteRequest } from './request.ts'
import { shareResponse } from './shared-response.ts'

/** A question to a provider: an address, or that and how to ask. */
export type Question = string | readonly [url: string, init: RequestInit]

/** How jobs are followed over HTTP. */
export interface HttpJobOptions extends Omit<FollowOptions, 'read'>, Partial<JobTools> {
  /**
   * Where to ask. Credentials go there too: do not take an address from a record without looking at it, for records
   * come from storages and networks.
   */
  readonly url: (job: Job) => Question
  /**
   * Reads what an ok answer says; `ask` gets more from the provider, as JSON. What it throws is a question that failed.
   */
  readonly read: (
    body: unknown,
    job: Job,
    ask: (question: Question) => Promise<unknown>,
  ) => JobState | Promise<JobState>
  /**
   * Headers of every question. Default: the Authorization of the call that began the job, where it goes to the same
   * origin; nothing after a reload, for credentials are not recorded.
   */
  readonly headers?: HeadersInit | ((job: Job) => HeadersInit | Promise<HeadersInit>)
  /** Maximum bytes of an answer, after decompression. A longer one is not read, and the job is lost sight of. @default 1 MiB */
  readonly longest?: number
  /** How the provider is told to end a job that was canceled or ran into its time limit. Default: it is not told. */
  readonly cancel?: (job: Job) => Question
}

/** Follows jobs; for `jobs` of a tracked fetch, and as it is for `tracker.resume`. */
export interface HttpJobs extends Follow {
  /** Follows a job that the given call has just begun: with its credentials, and asking only after a while. */
  readonly begun: (job: Job, context: FollowContext, request: RouteRequest) => Promise<TaskPatch | void>
  /** Takes in what somebody else was told of a job. False when nobody follows it here. */
  readonly tell: (id: string, state: JobState) => boolean
  /**
   * Takes in what a caller is about to be told. Returns the response for that caller, whose `signal` it is.
   */
  readonly watch: (
    watch: Watch,
    answered: Promise<Response>,
    request: RouteRequest,
    signal?: AbortSignal,
  ) => Promise<Response>
}

/** Anybody who follows jobs, as a tracked fetch sees it. */
export type JobFollower = Follow & Partial<HttpJobs>

/** How long a provider may take to hear of a cancel, in ms. */
const patience = 30_000

/** What was told of a job, until the one who follows it has taken it. */
interface Desk {
  readonly id: string
  readonly told: JobState[]
  wake: () => void
}

/**
 * Follows jobs over HTTP: core's `followJob` with questions by fetch, each answered by JSON.
 *
 * What others are told of the same job (the provider's own client, say, asking through the tracked fetch) counts as an
 * answer, so that nobody asks twice. A job that is canceled here, or superseded, or that takes too long, is canceled at
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
  const { every = 3_000, url, read, cancel, fetch: send = globalThis.fetch, report = () => {} } = options
  const desks = new Set<Desk>()

  async function follow(job: Job, context: FollowContext, request?: RouteRequest): Promise<TaskPatch | void> {
    const desk: Desk = { id: job.id, told: [], wake: () => {} }
    desks.add(desk)
    const ask = async (question: Question, signal?: AbortSignal): Promise<unknown> => {
      const [address, init] = typeof question === 'string' ? [question, {}] : question
      const headers = new Headers(await headersFor(options, job, address, request))
      for (const [name, value] of new Headers(init.headers)) headers.set(name, value)
      // To another place than that of the credentials, they do not go. ('error' is not known everywhere.)
      const asked: RequestInit = { redirect: 'manual', ...init, headers, ...(signal && { signal }) }
      return jsonOf(await send(address, asked), options.longest)
    }
    const giveUp = () => {
      if (!cancel || context.task.status === 'succeeded') return
      // In vain is worth a word: the provider goes on, and is paid.
      Promise.resolve()
        .then(() => ask(cancel(job), AbortSignal.timeout(patience)))
        .catch(report)
    }
    // The call that began it may have been a stream, and the run stopped in the middle of it.
    if (context.signal.aborted) giveUp()
    context.signal.addEventListener('abort', giveUp, { once: true })
    const followed = followJob({
      ...options,
      async read(_job, { signal }) {
        const told = new Promise<undefined>((resolve) => {
          desk.wake = () => resolve(undefined)
        })
        const answer = async () => read(await ask(url(job), signal), job, (more) => ask(more, signal))
        const first = desk.told.shift()
        if (first) return first
        const state = await Promise.race([answer(), told])
        return desk.told.shift() ?? state!
      },
    })
    try {
      if (request) await nap(desk, context, every)
      return await followed(job, {
        get task() {
          return context.task
        },
        signal: context.signal,
        now: context.now,
        update: (patch) => context.update(patch),
        wait: (ms, signal) => (signal ? context.wait(ms, signal) : nap(desk, context, ms)),
      })
    } catch (error) {
      if (error instanceof TimeoutError && !context.signal.aborted) giveUp()
      throw error
    } finally {
      context.signal.removeEventListener('abort', giveUp)
      desks.delete(desk)
    }
  }

  function tell(id: string, state: JobState): boolean {
    const found = [...desks].filter((desk) => desk.id === id)
    for (const desk of found) {
      desk.told.push(state)
      desk.wake()
    }
    return found.length > 0
  }

  return Object.assign((job: Job, context: FollowContext) => follow(job, context), {
    begun: follow,
    tell,
    watch(
      { id, read, longest }: Watch,
      answered: Promise<Response>,
      request: RouteRequest,
      signal?: AbortSignal,
    ) {
      return Promise.resolve(answered).then((response) => {
        if (!response?.ok || !isJson(response)) return response
        const shared = shareResponse(response, () => (signal?.aborted ? signal : undefined))
        // A body that breaks off is its caller's to hear of.
        readJson(shared, (body) => ({ id: id(request), state: read(body, request) }), report, longest).then(
          (told) => told?.id !== undefined && told.state?.status && tell(told.id, told.state),
          () => {},
        )
        return shared.response
      })
    },
  })
}

/** A pause that ends early when there is news. Rejects with the reason when the run is stopped. */
async function nap(desk: Desk, { signal, wait }: FollowContext, ms: number): Promise<void> {
  if (signal.aborted) throw signal.reason
  if (desk.told.length > 0) return
  const early = new AbortController()
  const end = () => early.abort()
  signal.addEventListener('abort', end, { once: true })
  desk.wake = end
  try {
    await wait(ms, early.signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!early.signal.aborted) throw error
  } finally {
    desk.wake = () => {}
    signal.removeEventListener('abort', end)
  }
}

async function headersFor(
  { headers }: HttpJobOptions,
  job: Job,
  address: string,
  request: RouteRequest | undefined,
): Promise<HeadersInit> {
  if (headers !== undefined) return typeof headers === 'function' ? headers(job) : headers
  const authorization = request?.headers.get('authorization')
  const isSame = request && new URL(address, request.url).origin === request.url.origin
  return authorization && isSame ? { authorization } : {}
}

/** The JSON of an answer; throws what is wrong with it in a form that says whether to ask again. */
async function jsonOf(response: Response, longest = longestAnswer): Promise<unknown> {
  const { ok, status, headers } = response
  const text = await readText(response, longest)
  if (ok && text === undefined) {
    throw Object.assign(new Error(`the answer is longer than ${longest} bytes`), { retryable: false })
  }
  let body: unknown
  try {
    body = JSON.parse(text ?? '')
  } catch {
    body = undefined
  }
  if (ok) return body
  // As the clients of providers throw it, and core reads it: what the server says counts more than the status.
  const isRedirect = status < 400
  throw Object.assign(new Error(isRedirect ? 'a redirect, not followed' : `HTTP ${status}`), {
    status,
    headers,
    error: body,
    ...(isRedirect && { retryable: false }),
  })
}
