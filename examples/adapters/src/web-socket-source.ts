// A source of your own: a server that sends a snapshot to each WebSocket, and then each change.
import type { Pipeline, Tracker } from '@callsheet/core'
import { backoff } from '@callsheet/core/provider'
import { parseRecords } from '@callsheet/core/schema'

export interface WebSocketSourceOptions<P extends Pipeline> {
  readonly tracker: Tracker<P>
  readonly url: string
  /** Milliseconds before the first reconnect; later ones wait longer. @default 1_000 */
  readonly first?: number
  /** Node 20 has no WebSocket of its own. @default globalThis.WebSocket */
  readonly WebSocket?: typeof globalThis.WebSocket
}

/** Connects, and reconnects until the function that it returns is called. */
export function openWebSocket<P extends Pipeline>(options: WebSocketSourceOptions<P>): () => void {
  const { tracker, url, first = 1_000, WebSocket = globalThis.WebSocket } = options
  let socket: WebSocket
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let hasSnapshot = false
  let isReleased = false

  function take(text: string, isSnapshot: boolean): void {
    try {
      const records = parseRecords(text, { pipeline: tracker.pipeline })
      // The first snapshot says what was; everything after it is news.
      tracker.merge(records, { live: hasSnapshot || !isSnapshot, whole: isSnapshot })
      hasSnapshot = true
      failures = 0
    } catch (error) {
      tracker.report(error)
    }
  }

  function connect(): void {
    let isFirst = true
    socket = new WebSocket(url)
    socket.addEventListener('message', ({ data }) => {
      if (!isReleased) take(String(data), isFirst)
      isFirst = false
    })
    socket.addEventListener('error', () => {
      // Once, not at each of many tries.
      if (!isReleased && failures === 0) tracker.report(new Error(`No connection to ${url}.`))
    })
    socket.addEventListener('close', () => {
      if (isReleased) return
      timer = setTimeout(connect, backoff(failures, Math.random(), { first, max: 60 * first }))
      failures += 1
    })
  }

  connect()
  return () => {
    isReleased = true
    clearTimeout(timer)
    socket.close()
  }
}
