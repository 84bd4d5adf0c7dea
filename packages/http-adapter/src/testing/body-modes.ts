// What the tests of bodies share: every way in which a tracked fetch treats a body.
import type { ShowPipeline } from '@callsheet/core'
import { createTestTracker, type TestTracker } from '@callsheet/core/test'
import { createTrackedFetch, readDownload, readEvents, resend } from '../index.ts'
import type { Fetch } from '../route/request.ts'

const scope = () => ({ showId: 's1' })

/** The routes of a tracked fetch, by what they do with a body. */
const routes = {
  plain: { type: 'trailer', scope },
  read: { type: 'trailer', scope, read: () => ({ metadata: { isRead: true } }) },
  events: { type: 'trailer', scope, stream: readEvents(({ data }) => ({ stage: data })) },
  download: { type: 'trailer', scope, stream: readDownload() },
  resend: { type: 'trailer', scope, retry: resend({ attempts: 1 }) },
} as const

export type Mode = keyof typeof routes

export const modes = Object.keys(routes) as Mode[]

/** The header fields with which a mode reads a body. */
export const headersOf = (mode: Mode, length?: number): Record<string, string> => ({
  'content-type':
    mode === 'events' ? 'text/event-stream' : mode === 'download' ? 'video/mp4' : 'application/json',
  ...(mode === 'download' && { 'content-length': `${length ?? 1_000_000_000}` }),
})

export interface TrackedMode extends TestTracker<ShowPipeline> {
  readonly fetch: Fetch
  readonly task: () => ReturnType<TestTracker<ShowPipeline>['tracker']['getTask']>
}

/** A tracked fetch all of whose calls are tracked in one mode. */
export function trackedIn(mode: Mode, fetch: Fetch = globalThis.fetch): TrackedMode {
  const made = createTestTracker()
  const tracked = createTrackedFetch({ tracker: made.tracker, fetch, routes: { '* /*': routes[mode] } })
  return { ...made, fetch: tracked, task: () => made.tracker.getTask({ showId: 's1', type: 'trailer' }) }
}

/** A body that gives chunks as they are asked for, and how many were. */
export function pulledBody(chunks: Iterable<Uint8Array<ArrayBuffer> | Error>, isByteStream = false) {
  const left = chunks[Symbol.iterator]()
  const seen = { bytes: 0, cancels: [] as unknown[] }
  const source = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      const { done, value } = left.next()
      if (done) {
        controller.close()
        ;(controller as unknown as ReadableByteStreamController).byobRequest?.respond(0)
      } else if (value instanceof Error) controller.error(value)
      else {
        seen.bytes += value.byteLength
        controller.enqueue(value)
      }
    },
    cancel: (reason: unknown) => void seen.cancels.push(reason),
    ...(isByteStream && { type: 'bytes' }),
  } as unknown as UnderlyingDefaultSource<Uint8Array<ArrayBuffer>>
  return { seen, body: new ReadableStream(source, { highWaterMark: 0 }) }
}
