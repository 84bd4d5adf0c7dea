import { type Answer, type Endpoint, type LocalServer, startLocalServer } from './local-server.ts'
import { createScriptedJobs, type ScriptedJob, type ScriptedJobs } from './scripted-jobs.ts'

/** What is said of a task at one time. */
export interface RunwayState {
  readonly status: 'PENDING' | 'THROTTLED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'
  /** From 0 to 1. */
  readonly progress?: number
  readonly output?: readonly string[]
  readonly failure?: string
  readonly failureCode?: string
}

/** Runway's API, as https://docs.dev.runwayml.com/api describes it. */
export interface RunwayServer extends LocalServer, Pick<ScriptedJobs<RunwayState>, 'all' | 'set'> {
  /** The tasks that were canceled or deleted: Runway does not know them any more. */
  readonly gone: ReadonlySet<string>
}

type Job = ScriptedJob<RunwayState>

export const secret = 'key_test'

const problem = (status: number, error: string, headers = {}): Answer => ({
  status,
  headers,
  body: { error, docUrl: 'https://docs.dev.runwayml.com/api' },
})

/** What Runway answers when too much is asked of it. */
export const tooMany = problem(429, 'You have reached your daily task limit.')

export async function startRunwayServer(script: readonly RunwayState[]): Promise<RunwayServer> {
  const jobs = createScriptedJobs<RunwayState>('task-', script)
  const gone = new Set<string>()

  const guarded =
    (answer: Endpoint['answer']): Endpoint['answer'] =>
    (asked, params) => {
      const { authorization } = asked.headers
      if (authorization !== `Bearer ${secret}`) return problem(401, 'The API key is not valid.')
      if (asked.headers['x-runway-version'] !== '2024-11-06')
        return problem(400, 'An API version must be specified in the X-Runway-Version header.')
      return answer(asked, params)
    }

  const withJob = (answer: (job: Job) => Answer) =>
    guarded((_asked, { id }) => {
      const job = jobs.find(id)
      return job && !gone.has(job.id) ? answer(job) : problem(404, 'Task not found.')
    })

  const server = await startLocalServer({ 'https://api.dev.runwayml.com': '' }, [
    {
      name: 'create',
      method: 'POST',
      path: /^\/v1\/(?:image_to_video|text_to_video|video_to_video|text_to_image|video_upscale|image_upscale|generate\/video)$/,
      answer: guarded(({ json }) => {
        if (!json) return problem(400, 'Validation of body failed')
        return { status: 200, body: { id: jobs.create(json).id } }
      }),
    },
    {
      name: 'get',
      method: 'GET',
      path: /^\/v1\/tasks\/(?<id>[^/]+)$/,
      answer: withJob((job) => {
        jobs.step(job)
        return { status: 200, body: { id: job.id, createdAt: '2026-11-01T00:00:00.000Z', ...job.state } }
      }),
    },
    {
      name: 'delete',
      method: 'DELETE',
      path: /^\/v1\/tasks\/(?<id>[^/]+)$/,
      answer: withJob((job) => {
        gone.add(job.id)
        return { status: 204 }
      }),
    },
    {
      name: 'organization',
      method: 'GET',
      path: /^\/v1\/organization$/,
      answer: guarded(() => ({ status: 200, body: { creditBalance: 10, tier: {}, usage: {} } })),
    },
  ])
  return { ...server, all: jobs.all, set: jobs.set, gone }
}
