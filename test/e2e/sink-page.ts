// What the page of sink.e2e.test.ts runs: a tracker with an HTTP sink, as an application has it.
import { createTracker, showPipeline } from '../../packages/core/src/index.ts'
import { httpSink } from '../../packages/http-adapter/src/index.ts'
import { indexedDbQueue } from '../../packages/http-adapter/src/indexed-db.ts'

const options = new URLSearchParams(location.search)
const name = options.get('db')
const sink = httpSink({ url: options.get('url')!, ...(name ? { storage: indexedDbQueue({ name }) } : {}) })
const tracker = createTracker({ pipeline: showPipeline, sinks: [sink] })
const errors: string[] = []
tracker.on('error', ({ error }) => errors.push(error.message))

const tools = {
  tracker,
  sink,
  errors,
  add: (...ids: readonly string[]) => {
    for (const id of ids) tracker.addTask({ id, showId: 'neon', type: 'trailer' })
  },
  state: () => JSON.stringify(tracker.serialize()),
}

/** What the test calls. */
export type Tools = typeof tools

Object.assign(globalThis, { tools })
