import assert from 'node:assert/strict'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Sink } from '@callsheet/core'
import { httpSink, type HttpSink } from '@callsheet/http-adapter'
import type { Deliveries } from '../deliveries.ts'
import { createPlayed } from '../played.ts'
import type { Sender, Sending } from './sender.ts'

const zip = promisify(gzip)

const createSink = (url: string, isRaised: boolean, level?: number) =>
  httpSink({
    url,
    ...(isRaised && { maxRecords: 200_000, maxBytes: 2 ** 26 }),
    ...(level !== undefined && { gzip: (text) => zip(text, { level }) }),
  })

const raised = 'maxRecords 200,000, maxBytes 64 MiB'

/** Sends what waits, until nothing does; gives what the sink says to have lost. */
async function drain(sink: HttpSink): Promise<number> {
  for (let tries = 0; sink.counts.pending > 0 && tries < 30; tries += 1) {
    await sink.flush()
    if (sink.counts.pending > 0) await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
  sink.close()
  const { created, stored, dropped, pending } = sink.counts
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, pending)
  assert.equal(created, stored + lost, 'the sink counts wrongly')
  return lost
}

/** The sink alone, given every version as a task of its own. */
const sinkAlone = (name: string, level?: number): Sender => ({
  name,
  raised,
  start(url, { events }, isRaised) {
    const sink = createSink(url, isRaised, level)
    return {
      write: (index) => sink.write({ tasks: [events[index]!], shows: [], origin: 'local' }),
      end: () => drain(sink),
    }
  },
})

export const callsheetSink = sinkAlone('callsheet: httpSink')

export const callsheetSinkByZlib = sinkAlone('callsheet: httpSink, gzip 1 by zlib', 1)

/** Says to a tracker all that becomes of the tasks, of which the sink keeps what is newest. */
const playing = ({ workload }: Deliveries, sinks: readonly Sink[], end: Sending['end']): Sending => ({
  write: createPlayed(workload, sinks).play,
  end,
})

export const callsheetTracker: Sender = {
  name: 'callsheet: a tracker with httpSink',
  raised,
  delivers: 'tasks',
  start(url, deliveries, isRaised) {
    const sink = createSink(url, isRaised)
    return playing(deliveries, [sink], () => drain(sink))
  },
  startBare: (deliveries) => playing(deliveries, [], async () => undefined),
}
