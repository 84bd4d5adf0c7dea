import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import { type EventCost, measureEvents } from './events.ts'
import { measureHeap } from './heap.ts'
import { inWords, table } from './measure.ts'
import { measureTrack } from './track.ts'

// `pnpm run bench` measures everything and writes RESULTS.md; with --quick it is a few seconds, and writes nothing.

const isQuick = process.argv.includes('--quick')
const sizes = isQuick ? [10, 100] : [10, 100, 1_000, 10_000, 100_000]

const events = measureEvents({
  sizes,
  rounds: isQuick ? 1 : 5,
  eventsPerRound: isQuick ? 5_000 : 200_000,
  sample: (tasks) => Math.max(20, Math.min(5_000, Math.round(2e5 / tasks))),
  // Above this, one event of a slow contestant takes milliseconds, and nothing new is learned.
  slowUpTo: 1_000,
})
const track = await measureTrack(isQuick ? 2_000 : 50_000)
const heap = measureHeap(isQuick ? 1_000 : 100_000)

const ours = events.filter((cost) => cost.contestant === 'callsheet: reducer and view')
const ratioOf = (shape: string, tasks: number) =>
  ours.find((cost) => cost.shape === shape && cost.tasks === tasks)?.ratio ?? Number.NaN
const worst = Math.max(...ours.map((cost) => cost.ratio))
const growth = Math.max(
  ...['one', 'many'].map((shape) => ratioOf(shape, sizes.at(-1)!) / ratioOf(shape, 100)),
)

const eventTable = (shape: EventCost['shape']) => {
  const rows = events.filter((cost) => cost.shape === shape)
  const names = [...new Set(rows.map((cost) => cost.contestant))]
  const cell = (name: string, tasks: number) => {
    const cost = rows.find((one) => one.contestant === name && one.tasks === tasks)
    return cost ? `${cost.ratio.toFixed(1)} (${cost.ns.toFixed(0)} ns)` : ''
  }
  return table([
    ['contestant', ...sizes.map(inWords)],
    ...names.map((name) => [name, ...sizes.map((tasks) => cell(name, tasks))]),
  ])
}

const require = createRequire(import.meta.url)
const versions = ['@reduxjs/toolkit', 'zustand', 'immer'].map((name) => {
  const file = require
    .resolve(name)
    .replace(/(node_modules\/(?:@[^/]+\/)?[^/]+)\/(?!.*node_modules).*$/, '$1')
  return `${name} ${(JSON.parse(readFileSync(`${file}/package.json`, 'utf8')) as { version: string }).version}`
})

const report = `# Benchmarks

Written by \`pnpm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${os.cpus().length} × ${os.cpus()[0]?.model.trim()},
Node ${process.versions.node}, ${versions.join(', ')}. Everything ran in one process, in turn; a ratio is the median of the
rounds' own ratios. Ratios hold, absolute times drift.

## One event applied, and its show's view read

Times the limit: a plain mutable Map of mutable tasks with mutable counters. Every task is added, starts, makes ten
steps of progress and finishes, in random order among the others. All contestants show the same figures after every
event, which is asserted. Contestants whose cost grows with the state are left out above 1k tasks, and so is our
whole tracker, which makes each version itself, redacts it, and tells listeners and sinks.

One show:

${eventTable('one')}

Many shows of ten characters:

${eventTable('many')}

Goal: at most 4 times the limit at every size: ${worst.toFixed(2)} at worst, ${worst <= 4 ? 'met' : 'not met'}.
The ratio at the largest size at most 1.5 times that at 100: ${growth.toFixed(2)}, ${growth <= 1.5 ? 'met' : 'not met'}.

## A tracked call

\`show.track\` around an async function that does nothing, with full records and no sink, beside the bare call:
${track.bare.toFixed(0)} ns bare, ${track.tracked.toFixed(0)} ns tracked, ${(track.tracked - track.bare).toFixed(0)} ns added.

## Memory

${heap.tasks} tasks in one show: ${heap.bytesPerTask.toFixed(0)} bytes a task, records included. After ${heap.updates} more
events on them: ${heap.bytesPerTaskAfter.toFixed(0)}.
`

console.log(report)
if (!isQuick) writeFileSync(new URL('RESULTS.md', import.meta.url), report)
