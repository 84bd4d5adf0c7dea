import { type Answer, type Endpoint, type LocalServer, startLocalServer } from './local-server.ts'
import { createScriptedJobs, type ScriptedJobs } from './scripted-jobs.ts'

/** What one's own server says of a job: any JSON. */
export type JobBody = Readonly<Record<string, unknown>>

/** A server of one's own, as applications write them: `POST` gives a job, `GET` its status, `DELETE` ends it. */
export interface JobServer extends LocalServer, Pick<ScriptedJobs<JobBody>, 'all' | 'set'> {}

const host = 'https://shows.example'

/** Starts a server whose jobs go through the given bodies, one further at each question. */
export async function startJobServer(script: readonly JobBody[]): Promise<JobServer> {
  const jobs = createScriptedJobs<JobBody>('job-', script)

  const withJob =
    (answer: (job: (typeof jobs.all)[number]) => Answer): Endpoint['answer'] =>
    (_asked, { id }) => {
      const job = jobs.find(id)
      return job ? answer(job) : { status: 404, body: { error: 'No such job', detail: id } }
    }

  const server = await startLocalServer({ [host]: '' }, [
    {
      name: 'create',
      method: 'POST',
      path: /^\/api\/jobs$/,
      answer({ json }) {
        const { id, state } = jobs.create(json)
        const location = `${host}/api/jobs/${id}`
        return { status: 202, headers: { location }, body: { jobId: id, ...state } }
      },
    },
    {
      name: 'status',
      method: 'GET',
      path: /^\/api\/jobs\/(?<id>[^/]+)$/,
      answer: withJob((job) => ({ status: 200, body: { jobId: job.id, ...jobs.step(job) } })),
    },
    {
      name: 'cancel',
      method: 'DELETE',
      path: /^\/api\/jobs\/(?<id>[^/]+)$/,
      answer: withJob(({ id }) => {
        jobs.set({ status: 'canceled' }, id)
        return { status: 200, body: { jobId: id, status: 'canceled' } }
      }),
    },
  ])
  return { ...server, all: jobs.all, set: jobs.set }
}
