import { type Answer, type Asked, type Endpoint, type LocalServer, startLocalServer } from './local-server.ts'
import { createScriptedJobs, type ScriptedJob, type ScriptedJobs } from './scripted-jobs.ts'

/** What is said of a request at one time; `result` is what its result's address then answers. */
export interface FalState {
  readonly status: 'IN_QUEUE' | 'IN_PROGRESS' | 'COMPLETED'
  readonly queue_position?: number
  readonly logs?: readonly string[]
  readonly error?: string
  readonly error_type?: string
  readonly result?: Answer
}

/** fal's queue and its direct calls, as https://docs.fal.ai/model-endpoints/queue describes them. */
export interface FalServer extends LocalServer, Pick<ScriptedJobs<FalState>, 'all' | 'set'> {}

type Job = ScriptedJob<FalState>

const isOver = ({ status }: FalState) => status === 'COMPLETED'

/** How a request that was canceled ends. */
const canceled: FalState = {
  status: 'COMPLETED',
  error: 'Request was cancelled by the client',
  error_type: 'client_cancelled',
  result: {
    status: 499,
    headers: { 'x-fal-error-type': 'client_cancelled' },
    body: { detail: 'Request was cancelled by the client', error_type: 'client_cancelled' },
  },
}

/** What fal answers when too much is asked of it. */
export const tooMany = (seconds: number): Answer => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
  body: { detail: 'Too many requests' },
})

/** Starts a server whose requests go through the given states, one further at each question for the status. */
export async function startFalServer(script: readonly FalState[]): Promise<FalServer> {
  const jobs = createScriptedJobs<FalState>('request-', script)

  const guarded =
    (answer: Endpoint['answer']): Endpoint['answer'] =>
    (asked, params) =>
      asked.headers.authorization === 'Key key:test'
        ? answer(asked, params)
        : { status: 401, body: { detail: 'Authentication is required to access this application.' } }

  const withJob = (answer: (job: Job, app: string, asked: Asked) => Answer) =>
    guarded((asked, { id, app }) => {
      const job = jobs.find(id)
      return job ? answer(job, app!, asked) : { status: 404, body: { detail: 'Request not found' } }
    })

  const submit = guarded(({ json }, { app }) => ({
    status: 200,
    body: statusOf(jobs.create(json), app!, false),
  }))

  const status = withJob((job, app, { query }) => {
    jobs.step(job)
    return { status: isOver(job.state) ? 200 : 202, body: statusOf(job, app, query.get('logs') === '1') }
  })

  /** Each state as it comes; between two of them the time passes by itself, unless the job was taken in hand. */
  async function* statesOf(job: Job, app: string, withLogs: boolean) {
    yield ': ping\n\n'
    for (;;) {
      const told = job.state
      yield `data: ${JSON.stringify(statusOf(job, app, withLogs))}\n\n`
      if (isOver(told)) return
      if (jobs.step(job) === told) await jobs.until(job, (state) => state !== told)
    }
  }

  const stream = withJob((job, app, { query }) => ({
    status: 200,
    headers: { 'x-fal-request-id': job.id },
    pieces: statesOf(job, app, query.get('logs') === '1'),
  }))

  const result = withJob(({ id, state }) => {
    if (!isOver(state)) return { status: 400, body: { detail: 'Request is still in progress' } }
    const answer = state.result ?? { status: 200, body: {} }
    return { ...answer, headers: { 'x-fal-request-id': id, ...answer.headers } }
  })

  const cancel = withJob((job) => {
    if (isOver(job.state)) return { status: 400, body: { status: 'ALREADY_COMPLETED' } }
    jobs.set(canceled, job.id)
    return { status: 202, body: { status: 'CANCELLATION_REQUESTED' } }
  })

  /** A direct call answers when the work is done. */
  const run = guarded(async (asked) => {
    const job = jobs.create(asked.json)
    await Promise.race([jobs.until(job, isOver), asked.left])
    return result(asked, { id: job.id })
  })

  /** A streamed call tells its results one after the other, of which the last one counts. */
  async function* resultsOf(job: Job) {
    yield ': ping\n\n'
    for (;;) {
      const told = job.state
      if (told.result) yield `data: ${JSON.stringify(told.result.body)}\n\n`
      if (isOver(told)) return
      if (jobs.step(job) === told) await jobs.until(job, (state) => state !== told)
    }
  }

  const play = guarded(({ json }) => {
    const job = jobs.create(json)
    return { status: 200, headers: { 'x-fal-request-id': job.id }, pieces: resultsOf(job) }
  })

  const requests = String.raw`/queue/(?<app>[^/]+/[^/]+)/requests/(?<id>[^/]+)`
  const server = await startLocalServer({ 'https://queue.fal.run': '/queue', 'https://fal.run': '/run' }, [
    { name: 'status', method: 'GET', path: new RegExp(`^${requests}/status$`), answer: status },
    { name: 'stream', method: 'GET', path: new RegExp(`^${requests}/status/stream$`), answer: stream },
    { name: 'result', method: 'GET', path: new RegExp(`^${requests}$`), answer: result },
    { name: 'cancel', method: 'PUT', path: new RegExp(`^${requests}/cancel$`), answer: cancel },
    { name: 'submit', method: 'POST', path: /^\/queue\/(?<app>[^/]+\/[^/]+)(?:\/[^/]+)*$/, answer: submit },
    { name: 'play', method: 'POST', path: /^\/run\/.+\/stream$/, answer: play },
    { name: 'run', method: 'POST', path: /^\/run\/[^/]+\/[^/]+/, answer: run },
  ])
  return { ...server, all: jobs.all, set: jobs.set }
}

/** The model's path below its app is left out of every address but the first. */
function statusOf({ id, state }: Job, app: string, withLogs: boolean) {
  const { status, queue_position, logs = [], error, error_type } = state
  const url = `https://queue.fal.run/${app}/requests/${id}`
  const lines = logs.map((message, place) => ({
    message,
    level: 'INFO',
    source: 'USER',
    timestamp: `2026-01-01T00:00:${String(place).padStart(2, '0')}.000000`,
  }))
  return {
    status,
    request_id: id,
    response_url: url,
    status_url: `${url}/status`,
    cancel_url: `${url}/cancel`,
    ...(status === 'IN_QUEUE' ? { queue_position: queue_position ?? 0 } : { logs: withLogs ? lines : null }),
    ...(isOver(state) && { metrics: { inference_time: 3.7 }, ...(error && { error, error_type }) }),
  }
}
