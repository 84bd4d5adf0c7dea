import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from './measure.ts'
import { type Asked, launch } from './processes.ts'
import type { Received, ReceiverAnswer, ReceiverQuestion } from './receiver.ts'
import type { SendAnswer, SendQuestion } from './send.ts'
import { senders } from './senders/all.ts'

/** What a sender costs and loses, by event that is not lost: for a tracker, by version that it was told of. */
export interface SendingCost {
  readonly sender: string
  /** What can be raised. */
  readonly raised: string | undefined
  readonly events: number
  readonly perSecond: number
  readonly cpuUs: number
  /** How many times the CPU of the hand-written fetch with gzip. */
  readonly ratio: number
  /** On the wire. */
  readonly bytes: number
  readonly requests: number
  /** Of how many that are to arrive. */
  readonly expected: number
  readonly lost: number
  readonly outage: { readonly expected: number; readonly lost: number }
}

export interface SendingOptions {
  readonly tasks: number
  readonly rounds: number
  /** Events are written all the time; the server refuses connections from one time to another, in ms. */
  readonly outage: {
    readonly tasks: number
    readonly duration: number
    readonly from: number
    readonly to: number
  }
}

export interface Sending {
  readonly raised: readonly SendingCost[]
  readonly byDefault: readonly SendingCost[]
  readonly outage: SendingOptions['outage']
}

const names = Object.keys(senders)
/** Whom all are compared with. */
const reference = 'byFetch'

type Process = Asked<SendQuestion, SendAnswer>
type Server = Asked<ReceiverQuestion, ReceiverAnswer>

/** A sender with its options as they are, or raised. */
interface Contestant {
  readonly ask: Process['ask']
  readonly isRaised: boolean
}

const inTurn = async <T, R>(values: readonly T[], action: (value: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = []
  for (const value of values) results.push(await action(value))
  return results
}

type Run = SendAnswer & { readonly received: Received; readonly lost: number }

async function judge(server: Server, url: string, sent: SendAnswer): Promise<Run> {
  const received = (await server.ask({ ask: 'received', url, delivers: sent.delivers })) as Received
  const lost = sent.expected - received.events
  // What is sent again because its answer was lost may have arrived.
  if (sent.told !== undefined)
    assert.ok(lost <= sent.told, `${sent.name} lost ${lost} and told of ${sent.told}`)
  return { ...sent, received, lost }
}

async function burst(server: Server, { ask, isRaised }: Contestant, tasks: number): Promise<Run> {
  const url = (await server.ask({ ask: 'open' })) as string
  return judge(server, url, await ask({ url, tasks, isRaised }))
}

/** An outage for all at a time: each has a server of its own and little to do. */
async function face(
  server: Server,
  contestants: readonly Contestant[],
  { tasks, duration, from, to }: SendingOptions['outage'],
): Promise<Run[]> {
  const urls = (await inTurn(contestants, () => server.ask({ ask: 'open' }))) as string[]
  const sending = contestants.map(({ ask, isRaised }, place) =>
    ask({ url: urls[place]!, tasks, isRaised, duration }),
  )
  await sleep(from)
  for (const url of urls) await server.ask({ ask: 'refuse', url })
  await sleep(to - from)
  for (const url of urls) await server.ask({ ask: 'listen', url })
  const runs: Run[] = []
  for (const [place, sent] of (await Promise.all(sending)).entries()) {
    runs.push(await judge(server, urls[place]!, sent))
  }
  return runs
}

/** Of the events that were not lost. */
const arrived = ({ events, expected, lost }: Run): number => events * (1 - lost / expected)
const cpuUs = (run: Run): number => (1_000 * run.cpuMs) / arrived(run)

function costOf(runs: readonly Run[], references: readonly Run[], faced: Run): SendingCost {
  const [{ name, raised, events, expected }] = runs as [Run]
  return {
    sender: name,
    raised,
    events,
    perSecond: median(runs.map((run) => (1_000 * arrived(run)) / run.ms)),
    cpuUs: median(runs.map(cpuUs)),
    ratio: median(runs.map((run, round) => cpuUs(run) / cpuUs(references[round]!))),
    bytes: median(runs.map((run) => run.received.bytes / arrived(run))),
    requests: median(runs.map(({ received }) => received.requests)),
    expected,
    lost: Math.max(...runs.map(({ lost }) => lost)),
    outage: { expected: faced.expected, lost: faced.lost },
  }
}

/** Every sender in turn, for some rounds, in a process of its own; then all of them through an outage. */
async function measure(
  server: Server,
  contestants: readonly Contestant[],
  { tasks, rounds, outage }: SendingOptions,
): Promise<SendingCost[]> {
  const runs = contestants.map((): Run[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [place, contestant] of contestants.entries()) {
      runs[place]!.push(await burst(server, contestant, tasks))
    }
  }
  const faced = await face(server, contestants, outage)
  const references = runs[names.indexOf(reference)]!
  return runs.map((own, place) => costOf(own, references, faced[place]!))
}

/** All senders with room for a burst, and those who have none by default also with their default options. */
export async function measureSending(options: SendingOptions): Promise<Sending> {
  const server: Server = await launch('receiver-process.js')
  const processes: Process[] = await inTurn(names, (name) => launch('sending-process.js', name))
  const [raised, byDefault] = [true, false].map((isRaised) => processes.map(({ ask }) => ({ ask, isRaised })))
  // For warming up.
  for (const contestant of raised!) await burst(server, contestant, Math.ceil(options.tasks / 4))
  const sending = {
    raised: await measure(server, raised!, options),
    byDefault: (await measure(server, byDefault!, { ...options, rounds: 1 })).filter((cost) => cost.raised),
    outage: options.outage,
  }
  for (const { close } of [...processes, server]) close()
  return sending
}
