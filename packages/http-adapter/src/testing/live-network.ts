// What the tests of the live source share: a network that does as it is told.
import type { Snapshot, TaskVersion } from '@callsheet/core'
import { createTestTracker } from '@callsheet/core/test'
import { expect } from 'vitest'
import { liveSource, type LiveSource, type LiveSourceOptions } from '../live/live-source.ts'

/** A request that waits for its answer. */
export interface FakeCall {
  readonly url: string
  readonly headers: Headers
  readonly signal: AbortSignal
  /** Answers with a status, a body and headers. */
  readonly answer: (status: number, body?: string | object, headers?: Record<string, string>) => void
  /** Answers with the headers of a stream. */
  readonly stream: (headers?: Record<string, string>) => FakeStream
  readonly fail: (error: unknown) => void
}

/** The body of an answer, chunk by chunk. */
export interface FakeStream {
  readonly send: (...chunks: readonly (string | Uint8Array)[]) => void
  readonly end: () => void
  readonly cut: (error?: unknown) => void
}

function createFakeFetch() {
  const calls: FakeCall[] = []
  const fetch = ((input: string, init: RequestInit) =>
    new Promise<Response>((resolve, reject) => {
      const signal = init.signal!
      signal.addEventListener('abort', () => reject(signal.reason))
      calls.push({
        url: input,
        headers: new Headers(init.headers),
        signal,
        answer: (status, body, headers) => {
          const text = typeof body === 'object' ? JSON.stringify(body) : body
          const isEmpty = status === 204 || status === 304
          resolve(new Response(isEmpty ? null : (text ?? ''), { status, headers: headers ?? {} }))
        },
        stream(headers = { 'content-type': 'text/event-stream; charset=utf-8' }) {
          let controller!: ReadableStreamDefaultController<Uint8Array>
          const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) })
          signal.addEventListener('abort', () => {
            try {
              controller.error(signal.reason)
            } catch {
              // It had ended.
            }
          })
          resolve(new Response(body, { headers }))
          return {
            send(...chunks) {
              for (const chunk of chunks) {
                controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
              }
            },
            end: () => controller.close(),
            cut: (error = new TypeError('terminated')) => controller.error(error),
          }
        },
        fail: reject,
      })
    })) as typeof globalThis.fetch
  return { fetch, calls }
}

/** One frame of a stream. */
export const frame = (event: string, data: unknown, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** A show elsewhere, whose records come in. */
export function createElsewhere(showId = 's1') {
  const { tracker, clock } = createTestTracker({ by: 'elsewhere' })
  const records = (tasks: readonly TaskVersion[] = tracker.serialize().tasks) => ({ v: 1, tasks, shows: [] })
  return {
    tracker,
    clock,
    snapshot: (): Snapshot => tracker.serialize(),
    add: (id: string, patch: object = {}) =>
      records([tracker.addTask({ id, showId, type: 'trailer', status: 'processing', ...patch })!]),
    update: (id: string, patch: object) => records([tracker.updateTask(id, patch)!]),
  }
}

/** A live source with all of the world in hand. */
export function setUpSource(options: Partial<LiveSourceOptions<never>> = {}) {
  const { tracker, clock, errors, sink } = createTestTracker({ start: Date.UTC(2026, 0, 1) })
  const network = createFakeFetch()
  const given = {
    tracker,
    url: 'https://collector.test/api',
    showId: 's1',
    fetch: network.fetch,
    clock: clock.now,
    schedule: clock.schedule,
    // Of a wait, all.
    random: () => 1,
    ...(options as object),
  }
  const make = (more: Partial<LiveSourceOptions<never>> = {}): LiveSource =>
    liveSource({ ...given, ...(more as object) })
  const source = make()
  const seen: string[] = []
  source.subscribe(() => seen.push(source.state.status))
  /** The request that is under way. */
  const next = async (): Promise<FakeCall> => {
    await clock.advance(0)
    return network.calls.at(-1) ?? expect.unreachable()
  }
  return { tracker, clock, errors, sink, source, make, seen, next, calls: network.calls }
}

/** An open source that has had its snapshot, and the show elsewhere. */
export async function setUpLive() {
  const set = setUpSource()
  const elsewhere = createElsewhere()
  elsewhere.add('first')
  const release = set.source.open()
  const stream = (await set.next()).stream()
  stream.send(frame('snapshot', elsewhere.snapshot(), 'a.1'))
  await set.clock.advance(0)
  return { ...set, elsewhere, release, stream }
}
