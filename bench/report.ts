import type { BatchCost } from './batch.ts'
import type { EventCost } from './events.ts'
import type { HeapCost, measureForgetting, measureGrowth } from './heap.ts'
import type { QuestionCost } from './large-show.ts'
import { goal, inWords, table, times } from './measure.ts'
import type { SnapshotCost } from './snapshot.ts'
import type { CallCost } from './track.ts'

export interface Results {
  /** One line: when, on what, with which versions. */
  readonly circumstances: string
  readonly events: readonly EventCost[]
  readonly calls: readonly CallCost[]
  readonly batches: readonly BatchCost[]
  readonly snapshot: SnapshotCost
  readonly questions: readonly QuestionCost[]
  readonly heaps: readonly HeapCost[]
  readonly growth: ReturnType<typeof measureGrowth>
  readonly forgetting: ReturnType<typeof measureForgetting>
}

/** The goals, and whom they are about. */
const ours = 'callsheet: records and view'
const ourCall = 'callsheet: track'
const goals = {
  ratio: 3,
  growth: 1.5,
  growthFrom: 100,
  aheadFrom: 100,
  addedNs: 2_000,
  faster: 5,
  questionMs: 10,
}

function inTime(ns: number): string {
  if (ns < 10_000) return `${Math.round(ns).toLocaleString('en')} ns`
  return ns < 1e6 ? `${(ns / 1e3).toFixed(1)} µs` : `${(ns / 1e6).toFixed(1)} ms`
}

// --- events --------------------------------------------------------------------------------------------------------

function eventTable(events: readonly EventCost[], shape: EventCost['shape']): string {
  const rows = events.filter((cost) => cost.shape === shape)
  const sizes = [...new Set(rows.map(({ tasks }) => tasks))]
  const names = [...new Set(rows.map(({ contestant }) => contestant))]
  const cell = (name: string, size: number) => {
    const { ns, ratio, isPart } = rows.find((one) => one.contestant === name && one.tasks === size)!
    return ns === undefined ? 'over quota' : `${times(ratio)}${isPart ? '\\*' : ''} (${inTime(ns)})`
  }
  return table([
    ['contestant', ...sizes.map(inWords)],
    ...names.map((name) => [name, ...sizes.map((size) => cell(name, size))]),
  ])
}

const placeOf = ({ shape, tasks }: EventCost): string => `in ${shape} at ${inWords(tasks)}`

const largest = <T>(values: readonly T[], figure: (value: T) => number): T =>
  values.reduce((best, value) => (figure(value) > figure(best) ? value : best))

function ratioGoal(events: readonly EventCost[]): string {
  const worst = largest(
    events.filter(({ contestant }) => contestant === ours),
    ({ ratio }) => ratio,
  )
  const figure = `${worst.ratio.toFixed(2)} at worst, ${placeOf(worst)}`
  return goal(`at most ${goals.ratio} times the limit at every size`, figure, worst.ratio <= goals.ratio)
}

function growthGoal(events: readonly EventCost[]): string {
  const grown = (['one', 'many'] as const).map((shape) => {
    const own = events.filter((cost) => cost.contestant === ours && cost.shape === shape)
    const base = own.find(({ tasks }) => tasks === goals.growthFrom)!
    return own.at(-1)!.ratio / base.ratio
  })
  const last = events.at(-1)!.tasks
  const figure = `${grown[0]!.toFixed(2)} in one, ${grown[1]!.toFixed(2)} in many`
  const text = `the ratio at ${inWords(last)} at most ${goals.growth} times that at ${goals.growthFrom}`
  return goal(text, figure, Math.max(...grown) <= goals.growth)
}

/** The nearest peer, for each size and shape, by how many times our cost it has. */
function peersGoal(events: readonly EventCost[]): string {
  const rivals = events.filter(
    ({ contestant, isImmutable, ratio, tasks }) =>
      isImmutable && ratio > 0 && tasks >= goals.aheadFrom && !contestant.startsWith('callsheet'),
  )
  const leadOver = ({ shape, tasks, ratio }: EventCost) =>
    ratio / events.find((one) => one.contestant === ours && one.shape === shape && one.tasks === tasks)!.ratio
  const nearest = largest(rivals, (rival) => -leadOver(rival))
  const lead = leadOver(nearest)
  const figure = `The nearest, ${nearest.contestant}, costs ${times(lead)} times ours ${placeOf(nearest)}`
  return goal(`ahead of every immutable peer from ${goals.aheadFrom} tasks up`, figure, lead > 1)
}

const eventSection = ({ events }: Results): string => `## One event applied, and its show's view read

Times the limit: a plain mutable Map of mutable tasks with mutable counters. Every task is added, starts, makes ten
steps of progress and finishes, in random order among the others. All contestants show the same figures after every
event, which is asserted before anything is timed. Each peer is used as its own docs advise: keyed, memoised, in
transactions, with counters wherever it does not derive. Our tracker, in its own row, does more: it makes each version
itself, redacts it, and is ready to tell listeners and sinks.

One show:

${eventTable(events, 'one')}

Many shows of ten characters:

${eventTable(events, 'many')}

\\* A part of the events, from the middle, with all that came before in the state; from 10k tasks up against the limit in
the same place. The rest would take minutes and say the same. The localStorage is a stand-in in memory that keeps a browser's
quota of 5,242,880 UTF-16 units: a real one adds a disk. MobX, the signals and the limit change what was read before;
all others leave it valid.

${ratioGoal(events)}
${growthGoal(events)}
${peersGoal(events)}
`

// --- the rest ------------------------------------------------------------------------------------------------------

function callSection({ calls }: Results): string {
  const own = calls.find(({ wrapper }) => wrapper === ourCall)!
  const rows = calls.map(({ wrapper, ns, addedNs, ratio }, place) => [
    wrapper,
    inTime(ns),
    place === 0 ? '' : inTime(addedNs),
    times(ratio),
  ])
  const text = `\`track\` adds under ${goals.addedNs / 1_000} µs a task with no sinks`
  return `## A tracked call

Around an async function that does nothing, each call awaited before the next, every wrapper in a process of its own:
one that keeps an async context makes every promise of its process dearer. Ours works through shows of ten characters,
each slot once, with full records. Contestants that keep records are checked afterwards for every call.

${table([['wrapper', 'a call', 'added', 'times the bare call'], ...rows])}

${goal(text, `${inTime(own.addedNs)} added`, own.addedNs < goals.addedNs)}
`
}

function batchSection({ batches }: Results, tasks: number): string {
  const rows = batches.map(({ shape, records, way, limitMs, atOnceMs, oneByOneMs, ratio, faster }) => [
    `${shape}, ${records}`,
    way,
    `${limitMs.toFixed(1)} ms`,
    `${atOnceMs.toFixed(1)} ms (${times(ratio)})`,
    `${oneByOneMs.toFixed(1)} ms`,
    faster.toFixed(2),
  ])
  const merges = batches.filter(({ way }) => way === 'merge')
  const worst = largest(merges, ({ faster }) => -faster)
  const figure = `${worst.faster.toFixed(2)} times at worst, ${worst.shape}, ${worst.records}`
  const text = `a merge at once ${goals.faster} times faster than one by one`
  return `## ${inWords(tasks)} records merged at once

By \`tracker.merge\`, against the same records one by one, and against the limit's batch, which reckons each touched step
once. New: unknown tasks, halfway; newer: the last versions of known tasks. Each show has a
listener that reads its view where listeners read.

${table([['records', 'what', 'limit', 'at once (times the limit)', 'one by one', 'times faster'], ...rows])}

${goal(text, figure, worst.faster >= goals.faster)}
`
}

function snapshotSection({ snapshot: { tasks, characters, parts, ratio } }: Results): string {
  const total = parts.reduce((sum, { ms }) => sum + ms, 0)
  const rows = parts.map(({ name, ms }) => [
    `\`${name}\``,
    `${ms.toFixed(1)} ms`,
    `${((100 * ms) / total).toFixed(0)} %`,
  ])
  return `## Saving and restoring ${inWords(tasks)} tasks

One show halfway, ${Math.round(characters / tasks)} characters of JSON a task. \`parseSnapshot\` is given what
\`JSON.parse\` gave: its share is the checks alone.

${table([['part', 'time', 'share'], ...rows])}

All of it costs ${times(ratio)} times \`JSON.stringify\` and \`JSON.parse\` of the same, which is the least.
`
}

function questionSection({ questions }: Results, items: number): string {
  const rows = questions.map(({ name, ms }) => [`\`${name}\``, `${ms.toFixed(1)} ms`])
  const worst = largest(questions, ({ ms }) => ms)
  const figure = `${worst.ms.toFixed(1)} ms for ${worst.name}`
  return `## Questions about a show of ${inWords(items)} characters

50 portraits run, the others wait. The view's lists of slots have been read before.

${table([['question', 'time'], ...rows])}

${goal(`at most ${goals.questionMs} ms`, figure, worst.ms <= goals.questionMs)}
`
}

function memorySection({ heaps, growth, forgetting }: Results): string {
  const rows = heaps.map(({ contestant, bytesPerTask }) => [
    contestant,
    Number.isNaN(bytesPerTask) ? 'over quota' : Math.round(bytesPerTask).toLocaleString('en'),
  ])
  return `## Memory

Heap bytes per task of one show halfway, the records themselves and one read view included:

${table([['contestant', 'bytes a task'], ...rows])}

The reducer alone with ${inWords(growth.tasks)} tasks in one show: ${growth.bytesPerTask.toFixed(0)} bytes a task when they have begun;
after ${inWords(growth.updates)} more events on them: ${growth.bytesPerTaskAfter.toFixed(0)}.

A tracker with \`maxTasks\` ${inWords(forgetting.maxTasks)} after ${inWords(forgetting.seen / 10)} tasks seen: ${forgetting.early.toFixed(1)} MB; after
${inWords(forgetting.seen)}: ${forgetting.late.toFixed(1)} MB, ${forgetting.held} tasks held and ${forgetting.forgotten} forgotten, which it counts.
`
}

/** All results as Markdown, with each goal met or missed by the figures. */
export const report = (results: Results): string =>
  [
    `# Benchmarks

${results.circumstances}
`,
    eventSection(results),
    callSection(results),
    batchSection(results, results.snapshot.tasks),
    snapshotSection(results),
    questionSection(results, results.snapshot.tasks),
    memorySection(results),
  ].join('\n')
