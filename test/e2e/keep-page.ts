// The page of keep.e2e.test.ts: an application whose paid work outlives its pages.
import { createTracker, showPipeline, type TaskRecord } from '../../packages/core/src/index.ts'
import { followJob } from '../../packages/core/src/jobs/jobs.ts'
import { keepInBrowser, type StorageKind } from '../../packages/browser/src/index.ts'

const options = new URLSearchParams(location.search)
const storage = (options.get('storage') ?? 'indexeddb') as StorageKind

const tracker = createTracker({
  pipeline: showPipeline,
  maxTasks: Number(options.get('maxTasks') ?? 50_000),
})
const errors: string[] = []
tracker.on('error', ({ error }) => void errors.push(error.message))
const seen: string[] = []
tracker.on('taskChanged', ({ task, id }) => void (task && seen.push(`${id} ${(task as TaskRecord).status}`)))

const post = async (address: string, signal: AbortSignal) =>
  (await fetch(address, { method: 'POST', signal })).json() as Promise<{ id: string; url: string }>

const followApp = followJob({
  interval: 50,
  read: async ({ id }, { signal }) =>
    (await fetch(`/jobs/${id}`, { signal })).json() as Promise<{ status: string; outputUrl?: string }>,
})

const kept = keepInBrowser(tracker, { name: 'app', storage, followers: { app: followApp } })
const show = tracker.show('neon')

const tools = {
  keepAgain: () => keepInBrowser(tracker, { name: 'app' }),
  errors,
  seen,
  kept,
  tracker,
  ready: () => kept.ready,
  view: () => tracker.getPipeline('neon'),
  tasks: () => tracker.getTasks({ showId: 'neon' }, { expired: true }) as readonly TaskRecord[],
  /** Queues a portrait that gets no place, and leaves at once. */
  queueAndReload(characterId: string): void {
    void show.track('portrait', async () => '', { characterId, queue: () => new Promise(() => {}) })
    location.reload()
  },
  /** Pays for a portrait, unless there is one: a plain call, or a job. */
  async start(characterId: string, kind: 'call' | 'job'): Promise<string> {
    try {
      const value = await show.track(
        'portrait',
        async (run) => {
          const key = encodeURIComponent(run.idempotencyKey)
          const made = await post(`/pay?slot=${characterId}&kind=${kind}&key=${key}`, run.signal)
          if (kind === 'call') return made.url
          run.job({ provider: 'app', id: made.id })
          await followApp({ provider: 'app', id: made.id }, run)
          return `/files/${made.id}.png`
        },
        { characterId, unless: 'done', result: (url) => ({ outputUrl: new URL(url, location.href).href }) },
      )
      return value === undefined ? 'done before' : 'made'
    } catch (error) {
      return (error as Error).name
    }
  },
}

/** What the test calls. */
export type KeepTools = typeof tools

Object.assign(globalThis, { tools })
