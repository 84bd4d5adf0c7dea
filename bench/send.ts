import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import type { Deliveries } from './deliveries.ts'
import { collect } from './measure.ts'
import type { Sender, Sending } from './senders/sender.ts'

/** What sending took. */
export interface Sent {
  readonly events: number
  /** How many of them, or of their tasks, are to arrive. */
  readonly expected: number
  readonly ms: number
  /** Of all threads of this process, beyond what it takes when idle and what making the events takes. */
  readonly cpuMs: number
  /** What the sender says to have lost. */
  readonly told: number | undefined
}

/** What a process that sends is asked for. */
export interface SendQuestion {
  readonly url: string
  readonly tasks: number
  readonly isRaised: boolean
  /** Milliseconds over which the events are written; all at once without. */
  readonly duration?: number
}

export interface SendAnswer extends Sent {
  readonly name: string
  readonly raised: string | undefined
  readonly delivers: 'versions' | 'tasks'
}

/** In a burst, events between two turns of the event loop. */
const slice = 100

const cpuOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1_000

async function timed(sending: Sending, events: number) {
  collect()
  const before = process.cpuUsage()
  const start = performance.now()
  for (let index = 0; index < events; index += 1) {
    sending.write(index)
    if (index % slice === slice - 1) await turn()
  }
  const told = await sending.end()
  return { ms: performance.now() - start, cpuMs: cpuOf(process.cpuUsage(before)), told }
}

let leastIdle = 1

/** CPU ms that a millisecond of doing nothing takes: the least that was seen, for something may still be running. */
async function idleShare(): Promise<number> {
  const before = process.cpuUsage()
  const start = performance.now()
  await sleep(100)
  leastIdle = Math.min(leastIdle, cpuOf(process.cpuUsage(before)) / (performance.now() - start))
  return leastIdle
}

const countOf = ({ delivers, share = 1 }: Sender, { workload, events }: Deliveries) => {
  const count = Math.ceil(events.length * share)
  return { events: count, expected: delivers === 'tasks' ? workload.tasks : count }
}

/** All events as fast as they can be written, 100 at a time, until all are answered for or given up. */
export async function sendBurst(
  sender: Sender,
  deliveries: Deliveries,
  { url, isRaised }: SendQuestion,
): Promise<Sent> {
  const counts = countOf(sender, deliveries)
  const bare = sender.startBare && (await timed(sender.startBare(deliveries), counts.events))
  const idle = await idleShare()
  const { ms, cpuMs, told } = await timed(sender.start(url, deliveries, isRaised), counts.events)
  return { ...counts, ms, cpuMs: cpuMs - idle * ms - (bare?.cpuMs ?? 0), told }
}

/** All events at an even pace, over some ms. */
export async function sendPaced(
  sender: Sender,
  deliveries: Deliveries,
  { url, isRaised }: SendQuestion,
  duration: number,
): Promise<Sent> {
  const counts = countOf({ ...sender, share: 1 }, deliveries)
  const sending = sender.start(url, deliveries, isRaised)
  const before = process.cpuUsage()
  const start = performance.now()
  for (let written = 0; written < counts.events;) {
    const due = Math.min(1, (performance.now() - start) / duration) * counts.events
    for (; written < due; written += 1) sending.write(written)
    await sleep(20)
  }
  const told = await sending.end()
  return { ...counts, ms: performance.now() - start, cpuMs: cpuOf(process.cpuUsage(before)), told }
}
