import type { JsonObject, TaskPatch } from '@callsheet/core'
import { answerOf, createGuard } from '@callsheet/core/provider'
import type { EventSourceMessage } from 'eventsource-parser'
import { createEventFeed } from '../body/event-feed.ts'
import type { ReadStream, StreamRun } from '../route/read-stream.ts'

/** A patch from events. */
export interface EventPatch extends Omit<TaskPatch, 'metadata'> {
  readonly metadata?: JsonObject
}

/** Returns the patch of one event. `known` is the merged patch of all events before it. */
export type OnEvent = (message: EventSourceMessage, known: EventPatch) => EventPatch | undefined

const longestStream = 67_108_864
const mostAtOnce = 8
const pause = 500
const longestSilence = 1_000

/**
 * For `stream` of a route: reads server-sent events from a copy as they arrive; the caller gets each one undelayed.
 *
 * News is recorded at once, up to 8 times in a row and twice a second on average; a stream without news is a sign of life
 * once a second. A status counts at the end of the stream, also when the stream breaks off after it; without one, a
 * stream that ends has succeeded. Beyond 64 MiB reading stops, and the task is
 * `interrupted`.
 *
 * @example
 * const stream = readEvents(({ event, data }) => (event === 'step' ? { stage: data } : undefined))
 */
export const readEvents =
  (onEvent: OnEvent): ReadStream =>
  (copy, headers, run) => {
    const isEvents = /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
    const events = isEvents ? copy() : undefined
    return events && readAll(events.getReader(), onEvent, run)
  }

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  onEvent: OnEvent,
  run: StreamRun,
): Promise<EventPatch> {
  const tell = createTeller(run)
  const guard = createGuard(run.report)
  let known: EventPatch = {}
  let isBroken = false
  /** It would throw at every event that follows. */
  const breakOff = (error: unknown) => {
    isBroken = true
    run.report(error)
  }
  const events = createEventFeed({
    onEvent(message) {
      if (isBroken) return
      const patch = answerOf(() => onEvent(message, known), breakOff)
      const metadata = patch?.metadata && { ...known.metadata, ...patch.metadata }
      known = { ...known, ...patch, ...(metadata && { metadata }) }
      tell(known)
    },
  })
  const attempt = (action: () => void) => {
    if (!isBroken && !guard(action)) isBroken = true
  }
  try {
    for (let left = longestStream; left >= 0;) {
      const { done, value } = await reader.read()
      if (done) {
        attempt(events.end)
        return lastPatch(known)
      }
      left -= value.byteLength
      attempt(() => events.feed(value))
      // Comments alone are a sign of life, too.
      tell(known)
    }
  } catch (error) {
    if (known.status === undefined) throw error
    return lastPatch(known)
  }
  void reader.cancel().catch(() => {})
  return { ...known, status: 'interrupted' }
}

/** Only work that goes on keeps its stage. */
const lastPatch = ({ stage, ...known }: EventPatch): EventPatch =>
  known.status === 'processing' && stage !== undefined ? { ...known, stage } : known

/** Records what is known, but not too often. */
function createTeller({ update, now }: StreamRun): (known: EventPatch) => void {
  let told: EventPatch = {}
  let toldAt = -Infinity
  let at = now()
  let left = mostAtOnce
  return ({ status, error, ...known }) => {
    // The end of the stream records it.
    if (status !== undefined && status !== 'processing') return
    const isNews = Object.entries(known).some(([name, value]) => told[name as keyof EventPatch] !== value)
    const time = now()
    left = Math.min(mostAtOnce, left + Math.max(0, time - at) / pause)
    at = time
    if (left < 1 || (!isNews && time - toldAt < longestSilence)) return
    left -= 1
    toldAt = time
    told = known
    update(known)
  }
}
