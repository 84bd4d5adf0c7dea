// What the tests of the sink share.
import type { ShowRecord, TaskRecord, TaskVersion } from '@callsheet/core'
import { createTestTracker, type FakeClock } from '@callsheet/core/test'
import { onTestFinished } from 'vitest'
import { httpSink, type HttpSinkOptions, type QueueRow, queueStorage, type RowStore } from '../index.ts'
import type { HostPage } from '../platform/page-events.ts'
import type { QueuedRecord, Waiting } from '../sink/queue.ts'

export const url = 'https://collector.test/api'

/** A request as a collector gets it. */
export interface Sent {
  readonly url: string
  readonly headers: Headers
  readonly init: RequestInit
  readonly body: {
    readonly v: 1
    readonly batchId: string
    readonly attempt: number
    readonly sentAt: number
    readonly tasks: readonly TaskVersion[]
    readonly shows: readonly ShowRecord[]
  }
}

export type Answer = () => Response | Promise<Response>

export const say = (status: number, headers: HeadersInit = {}, body?: unknown): Answer => {
  const text = body === undefined ? null : JSON.stringify(body)
  return () => new Response([204, 205, 304].includes(status) ? null : text, { status, headers })
}

export const accept: Answer = say(200, {}, { accepted: 1 })
export const offline: Answer = () => Promise.reject(new TypeError('fetch failed'))

async function read(body: unknown): Promise<Sent['body']> {
  const text =
    typeof body === 'string'
      ? body
      : await new Response(
          new Response(body as ArrayBuffer).body!.pipeThrough(new DecompressionStream('gzip')),
        ).text()
  return JSON.parse(text) as Sent['body']
}

/** What sinks hold weakly. */
const connected: unknown[] = []

/** A sink on a fake clock and a fake network; what is sent is answered by `answers` in turn, then accepted. */
export function setUpSink(options: Partial<HttpSinkOptions> = {}, clock?: FakeClock) {
  const sent: Sent[] = []
  const answers: Answer[] = []
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const { body } = init
    const place = sent.push({
      url: input as string,
      headers: new Headers(init.headers),
      init,
      body: undefined!,
    })
    const answer = answers.shift() ?? accept
    const text = await read(body)
    sent[place - 1] = { ...sent[place - 1]!, body: text }
    const stopped = new Promise<never>((_resolve, reject) => {
      init.signal?.addEventListener('abort', () => reject(init.signal!.reason as Error))
    })
    return Promise.race([answer(), stopped])
  }
  const kit = createTestTracker({ sinks: [] })
  const world = clock ?? kit.clock
  const sink = httpSink({
    url,
    fetch,
    clock: world.now,
    schedule: world.schedule,
    random: () => 1,
    page: null,
    // A fake clock does not wait for a real stream.
    gzip: null,
    ...options,
  })
  const errors: string[] = []
  const report = (error: unknown) => errors.push((error as Error).message)
  connected.push(report)
  sink.connect({ report, page: kit.tracker.page })
  onTestFinished(() => sink.close())
  let made = 0
  /** A change of its own for each task named, as the tracker writes it. */
  const write = (...ids: readonly string[]) => {
    for (const id of ids) sink.write({ tasks: [task(id, (made += 1))], shows: [], origin: 'local' })
  }
  return { ...kit, clock: world, sink, sent, answers, errors, write, ids: () => sent.map(idsOf) }
}

export const idsOf = ({ body }: Sent): readonly string[] => [
  ...body.tasks.map(({ id }) => id),
  ...body.shows.map(({ showId }) => showId),
]

export const task = (id: string, rev = 1, more: Partial<TaskRecord> = {}): TaskRecord => ({
  id,
  showId: 's',
  type: 'trailer',
  status: 'processing',
  attempt: 1,
  startedAt: 1,
  updatedAt: 1,
  rev,
  by: 'me',
  ...more,
})

/** A store of rows that can be broken. */
export function createRows() {
  const rows = new Map<string, QueueRow>()
  let failure: Error | undefined
  const store: RowStore = {
    load: async () => {
      if (failure) throw failure
      return [...rows.values()]
    },
    update: async (keys, next) => {
      if (failure) throw failure
      for (const key of keys) {
        const row = next(key, rows.get(key))
        if (row) rows.set(key, structuredClone(row))
        else rows.delete(key)
      }
    },
  }
  return {
    waiting: () => [...rows.values()].filter((row): row is Waiting => 'record' in row),
    keep: (key: string, record: QueuedRecord) =>
      void rows.set(key, { key, record, at: Date.UTC(2026, 0, 1) } as Waiting),
    storage: () => queueStorage(store),
    fail: (error: Error) => void (failure = error),
  }
}

/** A page whose events are told by hand. */
export function fakePage(sendBeacon?: HostPage['sendBeacon']) {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  const window = new EventTarget()
  const page: HostPage = { document, window, sendBeacon }
  return {
    page,
    hide(): void {
      document.visibilityState = 'hidden'
      document.dispatchEvent(new Event('visibilitychange'))
    },
    show(): void {
      document.visibilityState = 'visible'
      document.dispatchEvent(new Event('visibilitychange'))
    },
    tell: (target: 'document' | 'window', event: string) =>
      void { document, window }[target].dispatchEvent(new Event(event)),
  }
}
