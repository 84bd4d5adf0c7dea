// What the workers of workers.e2e.test.ts run, dedicated ones and service workers: all of the adapter, without a page.
import { createTracker, showPipeline } from '../../packages/core/src/index.ts'
import {
  createTrackedFetch,
  done,
  httpSink,
  liveSource,
  type LiveState,
} from '../../packages/http-adapter/src/index.ts'
import { indexedDbQueue } from '../../packages/http-adapter/src/sink/indexed-db.ts'

/** What a worker is told. */
export interface Orders {
  readonly collector: string
  readonly db: string
}

/** What a worker tells. */
export interface Report {
  readonly globals: readonly string[]
  readonly answer: unknown
  readonly trailer: unknown
  readonly live: LiveState['status']
  readonly counts: { readonly stored: number; readonly pending: number }
  readonly errors: readonly string[]
}

async function work({ collector, db }: Orders): Promise<Report> {
  const sink = httpSink({ url: collector, storage: indexedDbQueue({ name: db }), delay: 0 })
  const tracker = createTracker({ pipeline: showPipeline, sinks: [sink] })
  const errors: string[] = []
  tracker.on('error', ({ error }) => void errors.push(error.message))
  const fetch = createTrackedFetch({
    tracker,
    routes: {
      'GET /trailer.json': {
        type: 'trailer',
        scope: () => ({ showId: 's1' }),
        read: (body) => done((body as { outputUrl: string }).outputUrl),
      },
    },
  })
  const source = liveSource({ tracker, url: location.origin, showId: 's1' })
  const isLive = new Promise<void>((resolve) => {
    source.subscribe(() => source.state.status === 'live' && resolve())
  })
  const hasPoster = new Promise<void>((resolve) => {
    tracker.on('stepCompleted', ({ type }) => type === 'library-poster' && resolve())
  })
  const release = source.open()
  await isLive
  const answer: unknown = await (await fetch('/trailer.json')).json()
  await hasPoster
  const { status } = source.state
  release()
  await sink.flush()
  const { stored, pending } = sink.counts
  return {
    globals: ['document', 'window', 'localStorage'].filter((name) => name in globalThis),
    answer,
    trailer: tracker.getPipeline('s1').step('trailer').task(),
    live: status,
    counts: { stored, pending },
    errors,
  }
}

addEventListener('message', (event) => {
  const { data, ports, waitUntil } = event as MessageEvent<Orders> & { waitUntil?: unknown }
  // The empty list tells the linter that this is not window.postMessage, which needs a target origin.
  const reported = work(data).then(
    (report) => ports[0]!.postMessage(report, []),
    (error: unknown) => ports[0]!.postMessage(String(error), []),
  )
  // A service worker ends when it does not say what is going on.
  if (typeof waitUntil === 'function') waitUntil.call(event, reported)
})
