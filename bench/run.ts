import { readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { measureBatches } from './batch.ts'
import { measureEvents } from './events.ts'
import { measureForgetting, measureGrowth, measureHeaps } from './heap.ts'
import { measureLargeShow } from './large-show.ts'
import { report } from './report.ts'
import { measureSending } from './sending.ts'
import { sendingSection, sendingTitle } from './sending-report.ts'
import { measureSnapshot } from './snapshot.ts'
import { measureTrack } from './track.ts'

// `pnpm run bench` measures everything and writes RESULTS.md. With --quick it takes seconds, shows the report instead
// of writing it, and its figures mean little: it is for work on the bench itself. With --sending it measures
// that alone, and leaves the rest of RESULTS.md as it is.

const isQuick = process.argv.includes('--quick')
const root = new URL('../', import.meta.url)

/** Who only sends. */
const isSender = (name: string): boolean => /posthog|segment|exporter|sdk-logs/.test(name)

/** The installed versions of what is compared. */
function installed(isMeant: (name: string) => boolean): string {
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8')) as Manifest
  const names = Object.keys(read('package.json').devDependencies).filter(
    (name) => name !== 'tsup' && isMeant(name),
  )
  return names.map((name) => `${name} ${read(`node_modules/${name}/package.json`).version}`).join(', ')
}

interface Manifest {
  readonly version: string
  readonly devDependencies: Readonly<Record<string, string>>
}

const results = new URL('RESULTS.md', root)

function circumstances(started: number, isMeant: (name: string) => boolean): string {
  const seconds = Math.round((Date.now() - started) / 1_000)
  const [cpu] = os.cpus()
  return `Written by \`pnpm run bench\` on ${new Date().toISOString().slice(0, 10)} in ${seconds} s: ${os.cpus().length} × ${cpu?.model.trim()}, Node ${process.versions.node}.
Contestants took turns; a ratio is the median of the rounds' own ratios. Ratios hold, absolute times drift.

With ${installed(isMeant)}.`
}

async function reportSending(): Promise<string> {
  const started = Date.now()
  const sending = await measureSending({
    tasks: isQuick ? 77 : 7_700,
    rounds: isQuick ? 1 : 3,
    outage: isQuick
      ? { tasks: 38, duration: 1_000, from: 300, to: 600 }
      : { tasks: 385, duration: 10_000, from: 3_000, to: 6_000 },
  })
  return sendingSection(sending, circumstances(started, isSender))
}

async function reportRest(): Promise<string> {
  const started = Date.now()
  const events = await measureEvents(isQuick ? 1 : 3, {
    sizes: isQuick ? [10, 100, 1_000] : [10, 100, 1_000, 10_000, 100_000],
    rounds: isQuick ? 1 : 3,
    eventsPerRound: isQuick ? 20_000 : 200_000,
    peerRounds: isQuick ? 1 : 2,
    peerMs: isQuick ? 10 : 150,
  })
  const calls = await measureTrack(isQuick ? 2_000 : 20_000, isQuick ? 1 : 9)
  const tasks = isQuick ? 1_000 : 10_000
  const batches = measureBatches(tasks, isQuick ? 1 : 7)
  const snapshot = measureSnapshot(tasks, isQuick ? 1 : 7)
  const questions = measureLargeShow(tasks, isQuick ? 3 : 21)
  const heaps = measureHeaps(tasks)
  const growth = measureGrowth(isQuick ? 1_000 : 100_000)
  const forgetting = measureForgetting(isQuick ? 10_000 : 1_000_000, isQuick ? 500 : 50_000)
  return report({
    circumstances: circumstances(started, (name) => !isSender(name)),
    events,
    calls,
    batches,
    snapshot,
    questions,
    heaps,
    growth,
    forgetting,
  })
}

const rest = process.argv.includes('--sending')
  ? readFileSync(results, 'utf8').split(`\n${sendingTitle}`)[0]!
  : await reportRest()
const text = `${rest}\n${await reportSending()}`
console.log(text)
if (!isQuick) writeFileSync(results, text)
