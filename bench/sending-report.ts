import { goal, table, times } from './measure.ts'
import type { Sending, SendingCost } from './sending.ts'

/** The goals, and whom they are about. */
const ours = 'callsheet: httpSink'
const goals = { ratio: 1.5, bytes: 47 }
const isPeer = ({ sender }: SendingCost): boolean => !/^(callsheet|by hand)/.test(sender)

const count = (value: number): string => Math.round(value).toLocaleString('en')
const lostOf = ({ lost, expected }: { readonly lost: number; readonly expected: number }): string =>
  lost === 0 ? '0' : `${count(lost)} of ${count(expected)}`

type Column = readonly [string, (cost: SendingCost) => string]

const costTable = (costs: readonly SendingCost[], ...more: readonly Column[]): string =>
  table([
    [
      'sender',
      'events a second',
      'CPU an event (times by hand)',
      'bytes an event',
      'lost in the burst',
      'lost in the outage',
      ...more.map(([head]) => head),
    ],
    ...costs.map((cost) => [
      cost.sender,
      count(cost.perSecond),
      `${cost.cpuUs.toFixed(1)} µs (${times(cost.ratio)})`,
      cost.bytes.toFixed(0),
      lostOf(cost),
      lostOf(cost.outage),
      ...more.map(([, cell]) => cell(cost)),
    ]),
  ])

const ahead: readonly (readonly [string, (cost: SendingCost) => number])[] = [
  ['events a second', (cost) => -cost.perSecond],
  ['CPU', (cost) => cost.cpuUs],
  ['bytes', (cost) => cost.bytes],
  ['what is lost', ({ lost, outage }) => lost + outage.lost],
]

/** In what some peer is better than ours. */
function behind(costs: readonly SendingCost[], own: SendingCost): string[] {
  return ahead.flatMap(([what, figure]) => {
    const better = costs.filter((cost) => isPeer(cost) && figure(cost) < figure(own))
    return better.length === 0 ? [] : [`${what}: ${better.map(({ sender }) => sender).join(', ')}`]
  })
}

function goalsOf(costs: readonly SendingCost[]): string {
  const own = costs.find(({ sender }) => sender === ours)!
  const worse = behind(costs, own)
  const tracked = costs.filter(({ sender }) => sender.startsWith('callsheet'))
  const lost = tracked.reduce((sum, cost) => sum + cost.lost + cost.outage.lost, 0)
  return [
    goal(
      `at most ${goals.ratio} times the CPU of the hand-written fetch with gzip`,
      own.ratio.toFixed(2),
      own.ratio <= goals.ratio,
    ),
    goal(`at most ${goals.bytes} bytes an event`, own.bytes.toFixed(0), own.bytes <= goals.bytes),
    goal(
      'ahead of every peer in events a second, CPU, bytes and what is lost',
      worse.length === 0 ? 'None is better in any' : `Better in ${worse.join('; ')}`,
      worse.length === 0,
    ),
    goal('nothing is lost', `${lost} lost`, lost === 0),
  ].join('\n')
}

const seconds = (ms: number): string => String(ms / 1_000)

/** How its section begins, whatever it says. */
export const sendingTitle = '## Task versions sent to a server'

export function sendingSection({ raised, byDefault, outage }: Sending, circumstances: string): string {
  const [{ events }] = raised as [SendingCost]
  const each = raised.find((cost) => cost.events < events)
  const tracker = raised.find(({ sender }) => sender.startsWith('callsheet: a tracker'))!
  return `${sendingTitle}

${circumstances}

Every sender in a process of its own, and a server in another one, which answers at once and looks afterwards at what it
was sent. ${count(events)} events are written in a burst, 100 to a turn of the event loop, until the sender says that all are answered
for; the records are made beforehand, each with a task id of its own as random as a real one, so that no sender can replace one
by another. The tracker is told of the same versions as those of ${count(tracker.expected)} tasks, of which its sink
sends the newest; what a tracker without a sink takes is taken off, and it has lost what task did not arrive in its last
version. CPU is that of all threads, beyond what the process takes when idle; bytes are those on the wire, heads of
requests included; both by event that was not lost, for the tracker by version. By hand: batches of 500, one at a time,
nothing tried again. One fetch per event: 64 at a time, ${count(each?.events ?? events)} events.

The outage: ${count(outage.tasks * 13)} events over ${seconds(outage.duration)} s at an even pace. From ${seconds(outage.from)} s to ${seconds(outage.to)} s the server refuses connections, those that were open are
closed. After the last event each may finish as it likes.

With room for the whole burst, and batches of 500 where one may choose (OpenTelemetry's 512 is its default):

${costTable(raised)}

The same with default options, of those who have something to raise. Ours keep at most 1,000 records without a storage,
and count what they drop: the bench asserts that they count all of it.

${costTable(byDefault, ['raised above', ({ raised }) => raised!])}

${goalsOf(raised)}
`
}
