// The page of leaving.e2e.test.ts: an application that tracks a paid call, and is left while it runs.
import { createTracker, showPipeline, type TaskRecord } from '../../packages/core/src/index.ts'
import { followJob } from '../../packages/core/src/jobs/jobs.ts'
import { parseSnapshot } from '../../packages/core/src/schema/schema.ts'
import { httpSink, watchPage } from '../../packages/http-adapter/src/index.ts'

const options = new URLSearchParams(location.search)
const collector = options.get('collector')
const slot = { showId: 'neon', type: 'trailer' } as const

const sink = collector === null ? undefined : httpSink({ url: collector, delay: 0 })
const tracker = createTracker({ pipeline: showPipeline, sinks: sink ? [sink] : [] })
if (!sink) watchPage(tracker)
const errors: string[] = []
tracker.on('error', ({ error }) => void errors.push(error.message))

/** Each status that the task had here, in turn. */
const seen: string[] = []

// Before anything is listened to: what the last page has left behind.
const saved = options.has('save') ? localStorage.getItem('callsheet') : null
if (saved !== null) tracker.restore(parseSnapshot(saved))
tracker.on('taskChanged', ({ task }) => {
  const { status } = task as TaskRecord
  if (seen.at(-1) !== status) seen.push(status)
  if (options.has('save')) localStorage.setItem('callsheet', JSON.stringify(tracker.serialize()))
})
tracker.resume({
  app: followJob({
    interval: 50,
    read: async ({ id }, { signal }) => (await fetch(`/jobs/${id}`, { signal })).json() as Promise<object>,
  }),
})

let outcome = 'pending'

const tools = {
  seen,
  errors,
  task: () => tracker.getTask(slot),
  outcome: () => outcome,
  flush: () => sink?.flush(),
  /** Makes the call that costs money. */
  start() {
    const call = tracker.show('neon').track(
      'trailer',
      async ({ signal, job }) => {
        if (options.has('job')) job({ provider: 'app', id: 'j1' })
        return await fetch('/paid', { method: 'POST', signal })
      },
      options.has('retry') ? { retry: { attempts: 3, delay: () => 0 } } : {},
    )
    call.then(
      () => (outcome = 'resolved'),
      (error: Error) => (outcome = error.name),
    )
  },
}

/** What the test calls. */
export type LeavingTools = typeof tools

Object.assign(globalThis, { tools })
