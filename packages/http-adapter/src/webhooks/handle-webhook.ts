import { CallsheetError } from '@callsheet/core'
import { createGuard } from '@callsheet/core/provider'
import { parseJson } from '../body/parse-json.ts'
import { readBytes } from '../body/read-body.ts'
import { Refusal } from './refusal.ts'
import type { JobNews, WebhookSource } from './webhook-source.ts'
import { isOf, type KnownTask } from '../jobs/find-job.ts'
import { patchFor, targetOf, type WebhookTarget, type WebhookTracker } from '../jobs/webhook-target.ts'

/** Options of `handleWebhook`. */
export interface WebhookOptions<T extends KnownTask = KnownTask> {
  /** Create it once: it remembers keys and deliveries. */
  readonly source: WebhookSource
  /** A tracker, or functions that find and update tasks elsewhere. */
  readonly target: WebhookTracker | WebhookTarget<T>
  /** Maximum bytes of a body. A larger one is refused. @default 1 MiB */
  readonly maxBytes?: number
  /** Whether a success without `outputUrl`, `outputs` or `metadata` is a failure. @default as the source says */
  readonly needsOutput?: boolean
  /** Epoch ms. @default Date.now */
  readonly clock?: () => number
  /** Called with failures that are not the sender's. @default the tracker's `error` event */
  readonly report?: (error: unknown) => void
}

/** What `report` itself throws has nowhere to be reported. */
const quietly = createGuard(() => {})

/** How long a delivery is remembered: longer than any provider sends it again. */
const remembered = 8 * 86_400_000

/** Of deliveries that are about one job, one at a time: targets may take long to answer. */
const busy = new WeakMap<WebhookSource, Map<string, Promise<unknown>>>()

/**
 * Handles one webhook: verifies it and merges its state into the task that has the job.
 *
 * Answers 200 when it was merged (`{ result: 'merged' }`) or changes nothing (`'ignored'`, `'duplicate'`); 400, 401, 405 or
 * 413 when it is refused; and 503 when the sender should retry: the keys are not available, the target failed, or no task
 * has the job yet, since a webhook can be faster than the response that names the job. Replicate then tries again for a
 * minute (the end of a job, not what is between), fal for two hours. The reasons are short and reveal nothing.
 *
 * Rejects with a CallsheetError when the request's body was read before: its raw bytes are what was signed.
 *
 * @example
 * const source = replicateWebhooks({ secret: process.env.REPLICATE_WEBHOOK_SECRET! })
 * export const POST = (request: Request) => handleWebhook(request, { source, target: tracker })
 */
export async function handleWebhook<T extends KnownTask>(
  request: Request,
  options: WebhookOptions<T>,
): Promise<Response> {
  if (request.bodyUsed) {
    throw new CallsheetError(
      'handleWebhook: the body of the request was read before. Pass the request before anything reads it.',
      { code: 'webhook_failed' },
    )
  }
  const { target, report = 'report' in target ? target.report : undefined } = options
  try {
    return answer(200, { result: await take(request, options) })
  } catch (thrown) {
    const refusal =
      thrown instanceof Refusal
        ? thrown
        : new Refusal(503, 'not processed; try again later', { cause: thrown })
    if (refusal.cause !== undefined) quietly(() => report?.(refusal.cause))
    return answer(refusal.status, { error: refusal.message })
  }
}

async function take<T extends KnownTask>(request: Request, options: WebhookOptions<T>) {
  const { source, maxBytes = 1_048_576, clock = Date.now } = options
  if (request.method !== 'POST') throw new Refusal(405, 'expected POST')
  const body = await bodyOf(request, maxBytes)
  // A clock that is asynchronous by mistake may reject.
  const now = await Promise.resolve(clock())
  const delivery = await source.verify({ headers: request.headers, body, now })
  const news = await newsIn(body, source)
  if (!news) return 'ignored'
  return inTurn(source, news.id, async () => {
    const id = `${source.provider}:${delivery}`
    if (await source.seen.has(id, now)) return 'duplicate'
    const result = await merge(news, options)
    await source.seen.add(id, now + remembered)
    return result
  })
}

async function bodyOf(request: Request, most: number) {
  const tooLarge = new Refusal(413, `the body is larger than ${most} bytes`)
  if (Number(request.headers.get('content-length')) > most) throw tooLarge
  try {
    const body = await readBytes(request.body, most)
    if (body) return body
  } catch {
    throw new Refusal(400, 'the body is incomplete')
  }
  throw tooLarge
}

async function newsIn(body: Uint8Array, { read }: WebhookSource): Promise<JobNews | null> {
  let news: JobNews | null | undefined
  try {
    news = await read(parseJson(new TextDecoder().decode(body)))
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(400, 'the body cannot be parsed', { cause: error })
  }
  if (news !== null && !news?.state.status) throw new Refusal(400, 'the body names no job')
  return news
}

async function merge<T extends KnownTask>(
  { id, state }: JobNews,
  { source, target, needsOutput = source.needsOutput ?? true }: WebhookOptions<T>,
) {
  const { find, update } = targetOf<T>(target)
  const job = { provider: source.provider, id }
  const task = await find(job)
  if (!task || !isOf(task, job)) throw new Refusal(503, 'no task has this job; try again later')
  const patch = patchFor(task, state, needsOutput)
  if (!patch) return 'ignored'
  await update(task, patch)
  return 'merged'
}

async function inTurn<R>(source: WebhookSource, id: string, action: () => Promise<R>): Promise<R> {
  const turns = busy.get(source) ?? new Map<string, Promise<unknown>>()
  busy.set(source, turns)
  const before = turns.get(id)
  const turn = (async () => {
    await before?.catch(() => {})
    return action()
  })()
  turns.set(id, turn)
  try {
    return await turn
  } finally {
    if (turns.get(id) === turn) turns.delete(id)
  }
}

const answer = (status: number, body: object): Response =>
  Response.json(body, { status, ...(status === 405 && { headers: { allow: 'POST' } }) })
