import type { EventSourceMessage, ParseError } from 'eventsource-parser'
import { createEventFeed } from '../body/event-feed.ts'
import { ask, type LiveHost } from './request.ts'
import type { Attempt } from './attempt.ts'
import type { Intake } from './merge-received.ts'
import { trouble } from './live-error.ts'

/** How long an answer may take to begin, in ms. */
const patience = 10_000
/** How long a stream may say nothing, in ms: three heartbeats. */
const silence = 45_000

/** In characters: more than any snapshot, and a bound for what never comes to an end. */
const longestEvent = 67_108_864

/** The parser also reports unknown fields, which are allowed. */
function onError({ type }: ParseError): void {
  if (type !== 'max-buffer-size-exceeded') return
  throw trouble(`an event is longer than ${longestEvent} characters`, { isUnreadable: true })
}

/** Callbacks of a stream while it is read. */
interface StreamListener {
  /** It is alive: it continues where the last one ended, or has brought valid records. */
  readonly onGood: () => void
  /** The server says how long to wait before reconnecting, in ms. */
  readonly onRetry: (ms: number) => void
  /** Whether the try before failed, too. */
  readonly hasFailed: () => boolean
}

/** Creates streams of a show's records, each from where the last one ended. */
export function createStream(host: LiveHost, take: Intake, { onGood, onRetry, hasFailed }: StreamListener) {
  /** The id of the last frame that was taken in, if the next stream may begin there. */
  let cursor = ''
  /** How many streams in a row brought nothing but their beginning. */
  let standstills = 0

  function onEvent({ event, id, data }: EventSourceMessage): void {
    const last = cursor
    const isSnapshot = event === 'snapshot'
    // After a reset comes a snapshot. What cannot be read comes again, in the snapshot of the next stream.
    cursor = ''
    if (event === 'reset') return
    if (isSnapshot || event === 'change') {
      take(data, isSnapshot)
      onGood()
    }
    cursor = last
    // A stream cannot continue from a change without a snapshot before it.
    if (id !== undefined && (isSnapshot || last)) cursor = /^[!-~]{1,256}$/.test(id) ? id : ''
  }

  return async ({ signal, expect }: Attempt): Promise<void> => {
    // A proxy may hold back the headers, too; but a server may also be slow, once.
    expect(patience, 'no response', () => (hasFailed() ? 'polling' : 'waiting'))
    const response = await ask(
      host,
      `${host.url}/live`,
      'text/event-stream',
      ['last-event-id', cursor],
      signal,
    )
    const type = response.headers.get('content-type')
    if (!response.body || !/^text\/event-stream\b/i.test(String(type))) {
      throw trouble(`expected text/event-stream, got ${type}`, { next: 'polling' })
    }
    // A continued stream may be silent until its first heartbeat.
    expect(cursor ? 2 * patience : patience, 'the stream is held back', () => 'polling')
    const begunAt = host.clock()
    const events = createEventFeed({ onEvent, onRetry, onError, maxBufferSize: longestEvent })
    const reader = response.body.getReader()
    let hasBegun = false
    for (;;) {
      const { done, value } = await reader.read()
      if (signal.aborted) return
      if (done) return events.end()
      if (Math.abs(host.clock() - begunAt) > patience) standstills = 0
      if (cursor) onGood()
      events.feed(value)
      // What says something, but not what it is for, has its time once.
      if (cursor || !hasBegun) {
        expect(silence, 'the stream fell silent', () => {
          standstills += 1
          // Some proxies let a beginning through, and hold back the rest.
          return cursor && standstills < 2 ? 'waiting' : 'polling'
        })
      }
      hasBegun = true
    }
  }
}
