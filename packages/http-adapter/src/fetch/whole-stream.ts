import { failed } from '../route/answers.ts'
import type { ReadStream, StreamRun } from '../route/read-stream.ts'
import { type OnEvent, readEvents } from './read-events.ts'

/** Reads events that say themselves when they are over. A stream without such an event was cut off, for example by a proxy. */
export function readToEnd(onEventOf: (run: StreamRun) => OnEvent): ReadStream {
  return (copy, headers, run) =>
    readEvents(onEventOf(run))(copy, headers, run)?.then((patch) =>
      patch?.status ? patch : { ...patch, ...failed('The stream ended before the answer did.') },
    )
}
