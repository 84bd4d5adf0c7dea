import { nameOf } from '../records/thrown.ts'
import { classifyFailure, seenIn } from '../write/classify-failure.ts'
import { childOf } from '../call/lazy-abort.ts'
import { type Outcome, settled, unwrap } from '../call/outcome.ts'
import { isResponse } from '../call/response.ts'
import type { FollowContext } from '../call/resume.ts'

/** Milliseconds between polls that fail. */
export const longestPause = 60_000
/** Milliseconds before a lost poll starts again. */
const firstPause = 3_000

/**
 * Makes a long call and polls beside it, for a call whose connection may drop while its work goes on.
 *
 * The answer of the call counts, also an HTTP error, and ends the poll at once. Only a dropped call leaves the
 * work to the poll: a network error, a time limit of the caller, a gateway's status (502, 503, 504, 520 to 524), or a
 * host's HTML page in place of an answer, whatever its status. The result is then that of the
 * poll, or that of the call if the poll ends with a JobLostError.
 *
 * While the call is open, a poll that ends with a JobLostError starts again, after 3 s, 6 s … up to a minute, except after a
 * 400, 401 or 403. If the poll succeeds first, the call has `grace` ms left to answer (default 10,000). Its connection is not
 * aborted.
 * @example
 * await show.track('trailer', (run) =>
 *   withSidePoll(run, () => fetch('/api/trailer', init), (side) => follow({ provider: 'ours', id: 'neon-noir' }, side)),
 * )
 */
export async function withSidePoll<Value, Known>(
  context: FollowContext,
  call: () => Promise<Value>,
  poll: (side: FollowContext) => Promise<Known>,
  { grace = 10_000 }: { readonly grace?: number } = {},
): Promise<Value | Known> {
  const side = childOf(context.signal)
  const sideContext: FollowContext = {
    signal: side.signal,
    get task() {
      return context.task
    },
    update: (patch) => context.update(patch),
    wait: (ms, signal = side.signal) => context.wait(ms, signal),
    now: context.now,
    watchPage: context.watchPage,
  }
  try {
    const called = settled(call)
    const polled = settled(() => pollBeside(called, () => poll(sideContext), sideContext))
    const lateness = async () =>
      'value' in (await polled) ? sideContext.wait(grace) : new Promise<never>(() => {})
    const end = await Promise.race([called, lateness()])
    if (end && !isDropped(end, context.now())) return unwrap(end)
    const known = await polled
    return 'value' in known || isOutcome(known.thrown) ? unwrap(known) : unwrap(await called)
  } finally {
    side.leave()
  }
}

/** Polls until the end. An early poll may not find the work yet; that is final only once the call has ended. */
async function pollBeside<T>(
  called: Promise<Outcome>,
  poll: () => Promise<T>,
  { wait, signal, now }: FollowContext,
): Promise<T> {
  const over = new AbortController()
  void called.then(() => over.abort())
  for (let pause = firstPause; ; pause = Math.min(longestPause, 2 * pause)) {
    try {
      return await poll()
    } catch (error) {
      if (over.signal.aborted || nameOf(error) !== 'JobLostError' || isRefusal(error)) throw error
      await wait(pause, over.signal).catch(() => {})
      // In a page that was left, this waits until it is back.
      if (over.signal.aborted) await wait(0)
      if (signal.aborted || (over.signal.aborted && !isDropped(await called, now()))) throw error
    }
  }
}

const gateway: ReadonlySet<unknown> = new Set([502, 503, 504, 520, 521, 522, 523, 524])

/** Whether the call ended without an answer of its server. Its work may then go on. */
function isDropped(end: Outcome, now: number): boolean {
  if ('value' in end) return isResponse(end.value) && isNoAnswer(end.value.status, end.value)
  const { error, headers, kind } = classifyFailure(seenIn(end.thrown), now)
  const response = responseOf(end.thrown)
  const status = error.httpStatus ?? response?.status
  if (status !== undefined) return isNoAnswer(status, response ?? { headers })
  // A SyntaxError: HTML, or a part of an answer, was parsed as JSON.
  const name = nameOf(end.thrown)
  return /^(?:network|timeout)$/.test(kind) || /^(?:SyntaxError|TimeoutError|JobLostError)$/.test(name)
}

interface Answer {
  readonly status?: unknown
  readonly headers?: Pick<Headers, 'get'> | undefined
}

/** A gateway's status, or an HTML page instead of an answer. */
const isNoAnswer = (status: unknown, { headers }: Answer): boolean =>
  gateway.has(status) || /^\s*text\/html\b/i.test(headers?.get('content-type') ?? '')

/** The response of an error of ky, axios and similar clients. */
function responseOf(thrown: unknown): Answer | undefined {
  const { response } = (thrown ?? {}) as { readonly response?: Answer | null }
  const { status, headers } = response ?? {}
  if (typeof status !== 'number') return undefined
  return { status, headers: typeof headers?.get === 'function' ? headers : undefined }
}

/** Whether an error is the job's own outcome. */
const isOutcome = (thrown: unknown): boolean => /^(?:JobFailed|Canceled)Error$/.test(nameOf(thrown))

/** Whether the server refused the poll, so that a retry is useless. */
const isRefusal = (lost: unknown): boolean =>
  [400, 401, 403].includes(seenIn((lost as Error).cause).error.httpStatus!)
