import { type Answer, type Endpoint, type LocalServer, startLocalServer } from './local-server.ts'
import { createScriptedJobs, type ScriptedJob, type ScriptedJobs } from './scripted-jobs.ts'

/** What is said of a prediction at one time. */
export interface PredictionState {
  readonly status: 'starting' | 'processing' | 'succeeded' | 'failed' | 'canceled' | 'aborted'
  readonly output?: unknown
  readonly error?: string
  readonly logs?: string
  readonly metrics?: { readonly predict_time: number }
}

/** Replicate's API, as https://replicate.com/docs/reference/http describes it. */
export interface ReplicateServer extends LocalServer, Pick<ScriptedJobs<PredictionState>, 'all' | 'set'> {}

type Job = ScriptedJob<PredictionState>

const token = 'r8_test'
const isOver = ({ status }: PredictionState) => status !== 'starting' && status !== 'processing'

const problem = (status: number, title: string, detail: string): Answer => ({
  status,
  body: { title, detail, status },
})

/** What Replicate answers when too much is asked of it. */
export const throttled = (seconds: number): Answer => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
  body: { detail: `Request was throttled. Your rate limit resets in ~${seconds}s.`, status: 429 },
})

const file = new TextEncoder().encode('a picture')

/**
 * Starts a server whose predictions go through the given states, one further at each `GET`.
 *
 * With `holds`, a `Prefer: wait` is answered when the prediction is over, as by Replicate within a minute; without, at
 * once, as by Replicate when the time has run out.
 */
export async function startReplicateServer(
  script: readonly PredictionState[],
  { holds = false }: { readonly holds?: boolean } = {},
): Promise<ReplicateServer> {
  const jobs = createScriptedJobs<PredictionState>('prediction', script)

  const guarded =
    (answer: Endpoint['answer']): Endpoint['answer'] =>
    (asked, params) =>
      asked.headers.authorization === `Bearer ${token}`
        ? answer(asked, params)
        : problem(401, 'Unauthenticated', 'You did not pass a valid authentication token')

  const create = guarded(async ({ json, headers, left }) => {
    const input = (json as { input?: unknown } | undefined)?.input
    if (input === undefined) return problem(422, 'Input validation failed', '- input is required')
    const job = jobs.create(input)
    const isWaiting = /^wait\b/.test(String(headers['prefer'] ?? ''))
    if (isWaiting && holds) await Promise.race([jobs.until(job, isOver), left])
    return { status: isWaiting && !isOver(job.state) ? 202 : 201, body: predictionOf(job) }
  })

  const withJob = (answer: (job: Job) => Answer) =>
    guarded((_asked, { id }) => {
      const job = jobs.find(id)
      return job ? answer(job) : problem(404, 'Not found', 'The requested resource could not be found.')
    })

  const get = withJob((job) => {
    jobs.step(job)
    return { status: 200, body: predictionOf(job) }
  })

  const cancel = withJob((job) => {
    if (!isOver(job.state)) jobs.set({ status: 'canceled', logs: job.state.logs ?? '' }, job.id)
    return { status: 200, body: predictionOf(job) }
  })

  /** Each piece of the output as it comes, then the end. */
  async function* piecesOf(job: Job) {
    await jobs.until(job, isOver)
    const pieces = [job.state.output as string | string[]].flat()
    for (const [place, piece] of pieces.entries()) {
      yield `event: output\nid: ${place}\ndata: ${piece}\n\n`
    }
    yield `event: done\nid: end\ndata: {}\n\n`
  }

  const server = await startLocalServer(
    {
      'https://api.replicate.com': '',
      'https://stream.replicate.com': '/stream',
      'https://replicate.delivery': '/delivery',
    },
    [
      {
        name: 'create',
        method: 'POST',
        path: /^\/v1(?:\/models\/[^/]+\/[^/]+|\/deployments\/[^/]+\/[^/]+)?\/predictions$/,
        answer: create,
      },
      { name: 'get', method: 'GET', path: /^\/v1\/predictions\/(?<id>[^/]+)$/, answer: get },
      { name: 'cancel', method: 'POST', path: /^\/v1\/predictions\/(?<id>[^/]+)\/cancel$/, answer: cancel },
      {
        name: 'stream',
        method: 'GET',
        path: /^\/stream\/(?<id>[^/]+)$/,
        answer: (_asked, { id }) => ({ status: 200, pieces: piecesOf(jobs.find(id)!) }),
      },
      {
        name: 'file',
        method: 'GET',
        path: /^\/delivery\//,
        answer: () => ({ status: 200, headers: { 'content-type': 'image/png' }, body: file }),
      },
    ],
  )
  return { ...server, all: jobs.all, set: jobs.set }
}

function predictionOf({ id, input, state }: Job) {
  const { status, output = null, error = null, logs = '', metrics = {} } = state
  return {
    id,
    model: 'acme/painter',
    version: 'hidden',
    input,
    logs,
    output,
    data_removed: false,
    error,
    source: 'api',
    status,
    created_at: '2026-01-01T00:00:00.000Z',
    ...(status !== 'starting' && { started_at: '2026-01-01T00:00:01.000Z' }),
    ...(isOver(state) && { completed_at: '2026-01-01T00:00:09.000Z', metrics }),
    urls: {
      cancel: `https://api.replicate.com/v1/predictions/${id}/cancel`,
      get: `https://api.replicate.com/v1/predictions/${id}`,
      stream: `https://stream.replicate.com/${id}`,
      web: `https://replicate.com/p/${id}`,
    },
  }
}
