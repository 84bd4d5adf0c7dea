import { createTracker, showPipeline, type TaskRecord } from '@callsheet/core'
import { createTrackedFetch, type Fetch } from '@callsheet/http-adapter'
import type { Answer } from './entry.ts'
import type { Setting } from './providers.ts'

interface Played {
  readonly answer: Answer
  readonly setting: Setting
  readonly task: TaskRecord
}

const isActive = ({ status }: { readonly status?: string }) =>
  status === 'starting' || status === 'processing'

const longestPause = 30_000
/** For an answer after which nothing happens. A read takes a few ms, on a busy machine some seconds. */
const patience = 20_000

/**
 * Gives an answer to a tracked call, or to the first poll of a job that a reload has interrupted. It is read when the task
 * has ended, or when the next poll is sent. An answer that says that a job is not known is given to all polls.
 */
export async function play(answer: Answer, setting: Setting): Promise<Played> {
  const { provider, start, job } = setting
  const tracker = createTracker({
    pipeline: showPipeline,
    // Pauses are short; time limits never come.
    schedule(callback, ms) {
      const timer = ms > longestPause ? undefined : setTimeout(callback, 0)
      return () => clearTimeout(timer)
    },
  })
  const bodies = answer.before === undefined ? [answer.body] : [answer.before, answer.body]
  let isRead: () => void
  const read = new Promise<void>((resolve) => void (isRead = resolve))
  const send: Fetch = () => {
    const body = answer.expected.status === 'interrupted' ? answer.body : bodies.shift()
    if (body === undefined) {
      isRead()
      return new Promise(() => {})
    }
    const status = bodies.length > 0 ? 200 : answer.httpStatus
    return Promise.resolve(Response.json(body, { status: status ?? 200 }))
  }
  const fetch = createTrackedFetch({ tracker, providers: [provider], fetch: send })
  tracker.on('taskChanged', ({ task }) => void (task && !isActive(task) && isRead()))
  const work = { showId: 's1', type: 'trailer' } as const
  if (answer.to === 'start') {
    await (await fetch.for(work)(start, { method: 'POST', body: '{}' })).text()
  } else {
    tracker.addTask({ ...work, id: 'task-1', status: 'processing', job })
    tracker.resume(fetch.followers)
  }
  const limit = setTimeout(() => isRead(), patience)
  await read
  clearTimeout(limit)
  return { answer, setting, task: tracker.getTasks({ showId: 's1' })[0] as TaskRecord }
}

const plain = (text: string | undefined) => text?.toLowerCase().replaceAll(/[-_]/g, ' ')

/** Each field of the task that a viewer should see otherwise. */
export function misreadings({ expected, to }: Answer, task: TaskRecord): string[] {
  const differences: string[] = []
  const compare = (name: string, actual: unknown, wanted: unknown) => {
    const [is, should] = [actual, wanted].map((value) => JSON.stringify(value) ?? 'nothing')
    if (is !== should) differences.push(`${name} is ${is}, not ${should}`)
  }
  compare('status', task.status, expected.status)
  compare('outputUrl', task.outputUrl, expected.outputUrl)
  if (expected.outputs) compare('outputs', task.outputs, expected.outputs)
  // A job that goes on has no more than 99 %.
  const percentOf = ({ progress = 0 }) => Math.min(99, progress)
  if (expected.status === 'processing') compare('progress', percentOf(task), percentOf(expected))
  if (to === 'start' && expected.jobId !== undefined) compare('job.id', task.job?.id, expected.jobId)
  if (expected.status === 'failed')
    compare('error', task.error?.message, expected.error ?? task.error?.message)
  if (expected.status === 'failed' && !task.error?.message) differences.push('it has no sentence')
  if (isActive(task) && /poll failed/.test(task.stage ?? '')) differences.push(`the stage is "${task.stage}"`)
  if (expected.stage !== undefined && !plain(task.stage)?.includes(plain(expected.stage)!)) {
    compare('stage', task.stage, expected.stage)
  }
  return differences
}
