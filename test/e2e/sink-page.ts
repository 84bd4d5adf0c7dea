// What the pages of the sink's tests run: a tracker with an HTTP sink, and a live source where one is asked for.
import { createTracker, showPipeline } from '../../packages/core/src/index.ts'
import { httpSink, liveSource } from '../../packages/http-adapter/src/index.ts'
import { indexedDbQueue } from '../../packages/http-adapter/src/sink/indexed-db.ts'

const options = new URLSearchParams(location.search)
const name = options.get('db')
const sink = httpSink({
  url: options.get('url')!,
  ...(name && { storage: indexedDbQueue({ name }) }),
  ...(options.has('delay') && { delay: Number(options.get('delay')) }),
})
const tracker = createTracker({ pipeline: showPipeline, sinks: [sink] })
const errors: string[] = []
tracker.on('error', ({ error }) => errors.push(error.message))

const live = options.has('live') ? liveSource({ tracker, url: '/', showId: 's1' }) : undefined
live?.open()

/** Whether the page was shown from the back-forward cache, each time that it was shown. */
const shown: boolean[] = []
addEventListener('pageshow', ({ persisted }) => shown.push(persisted))

const tools = {
  tracker,
  sink,
  errors,
  shown,
  status: () => live?.state.status,
  add: (...ids: readonly string[]) => {
    for (const id of ids) tracker.addTask({ id, showId: 'neon', type: 'trailer' })
  },
  state: () => JSON.stringify(tracker.serialize()),
}

/** What the test calls. */
export type Tools = typeof tools

Object.assign(globalThis, { tools })
