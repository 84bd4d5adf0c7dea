import type { ShowTracker, Tracker } from '../tracker/tracker-types.ts'
import type { JsonObject } from '../records/json.ts'
import type { ItemKind, Pipeline, Step } from '../records/pipeline.ts'
import { createRandom } from './random.ts'
import { readySlots } from '../state/ready-slots.ts'
import type { RunContext } from '../call/run-options.ts'
import {
  type CallFault,
  type CallHost,
  checkFaults,
  type Faults,
  performCall,
  planCall,
} from './simulated-call.ts'
import type { Change } from '../tracker/sink.ts'
import type { Slot } from '../records/task.ts'
import { createTestTracker, type TestTracker } from './test-tracker.ts'
import type { PipelineView } from '../state/view-types.ts'

/** The options of `simulate`. */
export interface SimulateOptions {
  /** The same seed gives the same records, byte for byte. @default 1 */
  readonly seed?: number | string
  /** The rates of faults; see `usualFaults`. @default no faults */
  readonly faults?: Partial<Faults>
  /**
   * The start of the show in epoch ms. For a tracker with a real clock pass a recent time: records that are older than 30
   * days are rejected.
   *
   * @default the first of January 2026, UTC
   */
  readonly start?: number
  /** The id of the show. @default 'show' */
  readonly showId?: string
  /** The number of characters, or their ids; also of other kinds of items that `items` does not name. @default 3 */
  readonly characters?: number | readonly string[]
  /** The number of items of other kinds, or their ids, by kind. */
  readonly items?: Readonly<Record<string, number | readonly string[]>>
  /** The number of calls at once. @default 4 */
  readonly concurrency?: number
  /** The attempts of a task: `retry.attempts` of `track`. @default 3 */
  readonly attempts?: number
  /** The number of new tasks for a slot that ended without success, 0 to 100. @default 2 */
  readonly again?: number
}

/** One call of a simulated provider. */
export interface SimulatedCall {
  readonly taskId: string
  readonly type: string
  readonly characterId: string | undefined
  readonly attempt: number
  /** Epoch ms. */
  readonly startedAt: number
  readonly endedAt: number
  readonly hasSucceeded: boolean
  /** Its fault. An interrupted call continues and may succeed. */
  readonly fault: CallFault | undefined
}

/** The result of a simulation. */
export interface Simulation<P extends Pipeline> extends TestTracker<P> {
  readonly view: PipelineView<P>
  /** Every version of every task and show in the order of writing, as `parseRecords` accepts it. */
  readonly lines: readonly Change[]
  /** The lines after a bad network: some twice, some late. Equal to `lines` without such faults. */
  readonly delivered: readonly Change[]
  /** Every call of a provider, in the order of their ends. */
  readonly calls: readonly SimulatedCall[]
}

const noFaults: Faults = {
  fail: 0,
  rateLimit: 0,
  hang: 0,
  cancel: 0,
  interrupt: 0,
  duplicate: 0,
  reorder: 0,
}

/** A bad day: nearly a third of the calls and a fifth of the lines have a fault. */
export const usualFaults: Faults = {
  fail: 0.1,
  rateLimit: 0.1,
  hang: 0.03,
  cancel: 0.03,
  interrupt: 0.05,
  duplicate: 0.1,
  reorder: 0.1,
}

/**
 * Runs a whole show of any pipeline with simulated providers on a fake clock: `show.track` calls them for the slots of
 * `readySlots`. Ends when there is nothing left to do or to retry, without pending timers.
 *
 * The duration of a call is lognormal around a tenth of its step's `stallAfter`, which is also its timeout. Extra task types
 * are not run. Throws a CallsheetError if a rate is not from 0 to 1, or if the rates of calls add up to more than 1.
 *
 * @example
 * const { view, delivered } = await simulate(showPipeline, { seed: 7, faults: usualFaults, start: Date.now() })
 * const replica = createTracker({ pipeline: showPipeline })
 * for (const line of delivered) replica.merge(parseRecords(line))
 * replica.getPipeline('show').progress === view.progress // true
 */
export async function simulate<P extends Pipeline>(
  pipeline: P,
  options: SimulateOptions = {},
): Promise<Simulation<P>> {
  const { seed = 1, start, showId = 'show', concurrency = 4 } = options
  const faults = { ...noFaults, ...options.faults }
  checkFaults(faults)
  const kit = createTestTracker<P>({ pipeline, seed, ...(start === undefined ? {} : { start }) })
  const show = kit.tracker.show(showId)
  const calls: SimulatedCall[] = []
  const perform = createProvider(kit, { seed, faults, calls })
  const autopilot = createAutopilot(kit.tracker, showId, options, perform)
  let hasRoster = false
  for (;;) {
    while (autopilot.running() < concurrency && autopilot.begin()) continue
    if (autopilot.running() > 0) {
      await kit.clock.next()
    } else if (hasRoster) {
      break
    } else {
      // Without a roster no other slot becomes ready.
      hasRoster = true
      setRosters(pipeline, show, options)
    }
  }
  const lines = kit.sink.changes
  return { ...kit, view: show.getPipeline(), lines, delivered: deliver(lines, faults, seed), calls }
}

type Perform = (run: RunContext<JsonObject>, draw: unknown) => Promise<{ readonly url: string }>

/** Creates the function that is called for each attempt, and adds it to `calls` when it ends. */
function createProvider<P extends Pipeline>(
  kit: TestTracker<P>,
  { seed, faults, calls }: { seed: number | string; faults: Faults; calls: SimulatedCall[] },
): Perform {
  const { clock, tracker } = kit
  const host = hostOf(kit)
  return async (run, draw) => {
    const startedAt = clock.now()
    const { id: taskId, type, characterId, attempt } = run.task
    const random = createRandom(JSON.stringify([seed, draw, attempt]))
    const plan = planCall(random, stepOf(tracker.pipeline, type).stallAfter / 10, faults)
    let hasSucceeded = false
    try {
      const value = await performCall(plan, run, host)
      hasSucceeded = true
      return value
    } finally {
      const { fault } = plan
      calls.push({ taskId, type, characterId, attempt, startedAt, endedAt: clock.now(), hasSucceeded, fault })
    }
  }
}

const stepOf = (pipeline: Pipeline, type: string): Step => pipeline.steps[pipeline.indexOf(type)!]!

/** A slot that was begun at least once. */
interface Work {
  readonly slot: Slot
  times: number
  isRunning: boolean
}

/**
 * Begins the slots of `readySlots`, and then those that ended without success. `perform` receives a unique name of the call,
 * so that its course depends only on the seed and not on earlier draws.
 */
function createAutopilot<P extends Pipeline>(
  typed: Tracker<P>,
  showId: string,
  { attempts = 3, again = 2 }: SimulateOptions,
  perform: Perform,
) {
  const tracker = typed as unknown as Tracker
  const works = new Map<string, Work>()

  function nextWork(): Work | undefined {
    for (const slot of readySlots(tracker.pipeline, tracker.getPipeline(showId))) {
      const key = JSON.stringify(slot)
      if (works.has(key)) continue
      const work = { slot, times: 0, isRunning: false }
      works.set(key, work)
      return work
    }
    return [...works.values()].find(
      ({ slot, times, isRunning }) =>
        !isRunning && times <= Math.min(100, again) && !tracker.has(slot, 'done'),
    )
  }

  return {
    running: () => [...works.values()].filter(({ isRunning }) => isRunning).length,
    /** Begins one call; returns false if there is none to begin. */
    begin(): boolean {
      const work = nextWork()
      if (!work) return false
      work.times += 1
      work.isRunning = true
      const { slot, times } = work
      const end = () => void (work.isRunning = false)
      const { stallAfter } = stepOf(tracker.pipeline, slot.type)
      const options = { ...slot, timeout: stallAfter, retry: { attempts }, result: toOutput }
      const call = (run: RunContext<JsonObject>) => perform(run, [slot, times])
      tracker.show(showId).track(slot.type, call, options).then(end, end)
      return true
    },
  }
}

const toOutput = ({ url }: { readonly url: string }) => ({ outputUrl: url })

/** The environment of a simulated provider: its clock, and its own task. */
const hostOf = <P extends Pipeline>({ clock, tracker }: TestTracker<P>): CallHost => ({
  wait: (signal, ms) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        stopTimer?.()
        reject(signal.reason)
      }
      const end = () => {
        signal.removeEventListener('abort', stop)
        resolve()
      }
      const stopTimer = ms === undefined ? undefined : clock.schedule(end, ms)
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop, { once: true })
    }),
  cancel: (taskId) => void tracker.cancel(taskId, 'canceled by the simulation'),
  interrupt: (taskId) =>
    void tracker.updateTask(taskId, { status: 'interrupted', stage: 'lost sight of it' }),
})

/** Sets the roster of each kind of item. */
function setRosters<P extends Pipeline>(
  pipeline: P,
  show: ShowTracker<P>,
  { characters = 3, items = {} }: Pick<SimulateOptions, 'characters' | 'items'>,
): void {
  for (const kind of new Set(pipeline.steps.map(({ per }) => per))) {
    if (kind === 'show') continue
    const wanted = items[kind] ?? characters
    const ids =
      typeof wanted === 'number'
        ? Array.from({ length: wanted }, (_item, place) => `${kind}-${place + 1}`)
        : wanted
    show.setItems(
      kind as ItemKind<P>,
      ids.map((id) => ({ id })),
    )
  }
}

/** The maximum number of lines by which a line is late. */
const latest = 10

/** The lines after a bad network. */
function deliver(lines: readonly Change[], { duplicate, reorder }: Faults, seed: number | string): Change[] {
  const random = createRandom(JSON.stringify([seed, 'network']))
  const late = (place: number) => place + 1 + Math.floor(latest * random())
  return lines
    .flatMap((line, place) => {
      const first = { line, place: random() < reorder ? late(place) : place }
      return random() < duplicate ? [first, { line, place: late(place) }] : [first]
    })
    .toSorted((a, b) => a.place - b.place)
    .map(({ line }) => line)
}
