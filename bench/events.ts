import { assertAgreement } from './agreement.ts'
import { contestants } from './contestants/all.ts'
import { callsheet } from './contestants/callsheet.ts'
import type { Contestant } from './contestants/contestant.ts'
import { limit } from './contestants/limit.ts'
import { collect, median, timed } from './measure.ts'
import { launch } from './processes.ts'
import { halfOf, prepare, type Shape, type Workload } from './workload.ts'

// One event, and the show's view read after it.

export interface EventsOptions {
  readonly sizes: readonly number[]
  /** Rounds of the limit and of the reducer, which are the goal. */
  readonly rounds: number
  /** How many events such a round has at least: small workloads are played several times. */
  readonly eventsPerRound: number
  /** Rounds of all others. */
  readonly peerRounds: number
  /** For about how many ms one of the others is timed in a round. */
  readonly peerMs: number
}

/** What one event costs a contestant at one size. */
export interface EventCost {
  readonly shape: Shape
  readonly tasks: number
  readonly contestant: string
  readonly isImmutable: boolean
  /** Nanoseconds per event; undefined where the contestant has no room for so many tasks. */
  readonly ns?: number | undefined
  /** How many times the limit's; 0 if it does not fit. */
  readonly ratio: number
  /** Timed for a part of the events only, with all tasks in the state. */
  readonly isPart: boolean
}

/** What a contestant plays in a round: a whole workload, or a part from halfway, with what came before loaded. */
interface Plan {
  readonly isPart: boolean
  /** How many events are timed; of a whole workload at least, for it is played again and again. */
  readonly events: number
  /** How many events of a part are played before: a collection leaves both code and caches cold. */
  readonly lead: number
}

// --- playing -------------------------------------------------------------------------------------------------------

// A state of each contestant stays alive, as one does in real use. Where none did, each collection took the hidden
// classes too, and with them the optimized code: the limit was then measured at twice its cost.
const alive = new Map<Contestant, unknown>()

/** One round: a contestant plays the whole workload, from empty and often enough. Gives ns per event. */
function playAll(contestant: Contestant, workload: Workload, events: number): number {
  const { length } = workload.versions
  const runs = Math.ceil(events / length)
  // Of the others a small state is enough, and does not make everybody's collections longer.
  const isKept = contestant === limit || contestant === callsheet || workload.tasks <= warmTasks
  collect()
  let ns = 0
  // Each run is let go before the next begins: hundreds of finished states are not a realistic working set.
  for (let run = -Math.round(runs / 3); run < runs; run += 1) {
    const running = contestant.start(workload)
    const cost = timed(() => running.play(0, length))
    if (run >= 0) ns += cost
    if (isKept) alive.set(contestant, running)
  }
  return ns / (runs * length)
}

function playPart(contestant: Contestant, workload: Workload, { lead, events }: Plan): number {
  const running = contestant.start(workload)
  running.load(workload.halfway)
  const from = halfOf(workload)
  collect()
  running.play(from, from + lead)
  return timed(() => running.play(from + lead, from + lead + events)) / events
}

const warmTasks = 200

/** Every path is warm before the first size is timed. */
function warmUp(ms: number): void {
  for (const shape of ['one', 'many'] as const) {
    const workload = prepare(shape, warmTasks)
    for (const contestant of [limit, ...contestants]) {
      let ns = 0
      while (ns < ms * 1e6) ns += playAll(contestant, workload, 1) * workload.versions.length
    }
  }
}

// --- measuring -----------------------------------------------------------------------------------------------------

/** Up to so few events all are played; from so many on, a part says as much. */
const [small, large] = [2_000, 100_000]

const isOutOfRoom = (error: unknown) => error instanceof DOMException && error.name === 'QuotaExceededError'

/** A part of at most so many events, with each task met once before, where that is soon done. */
function partOf(workload: Workload, events: number): Plan {
  const half = halfOf(workload)
  const third = Math.ceil(events / 3)
  const lead = Math.min(events < 1_000 ? third : Math.max(third, workload.tasks), Math.floor(half / 2))
  return { isPart: true, lead, events: Math.min(events, half - lead) }
}

/** How much a contestant can play in some ms, found by trying. Undefined where it has no room for so many tasks. */
function planFor(contestant: Contestant, workload: Workload, ms: number): Plan | undefined {
  const { length } = workload.versions
  const from = halfOf(workload)
  const running = contestant.start(workload)
  try {
    running.load(workload.halfway)
  } catch (error) {
    if (isOutOfRoom(error)) return undefined
    throw error
  }
  // The first view counts all that was loaded: measured with it, only a few hundred events would seem affordable.
  running.play(from, from + 1)
  let events = 1
  let ns = 0
  for (let more = 1; ns < (ms * 1e6) / 2 && from + events + more <= length; more *= 2) {
    const start = from + events
    ns += timed(() => running.play(start, start + more))
    events += more
  }
  const affordable = Math.max(2, Math.round((ms * 1e6 * events) / ns))
  return affordable >= length || length <= small
    ? // However dear the first events were: cold code says nothing.
      { isPart: false, lead: 0, events: Math.max(affordable, small) }
    : partOf(workload, affordable)
}

function planAll(workload: Workload, { eventsPerRound, peerMs }: EventsOptions): Map<Contestant, Plan> {
  const whole: Plan = { isPart: false, lead: 0, events: eventsPerRound }
  const plans = new Map<Contestant, Plan>([[limit, whole]])
  for (const contestant of contestants) {
    const plan = contestant === callsheet ? whole : planFor(contestant, workload, peerMs)
    if (!plan) continue
    const checked = plan.isPart ? plan.events : workload.versions.length > large ? 20_000 : undefined
    assertAgreement(contestant, workload, checked)
    plans.set(contestant, plan)
  }
  return plans
}

interface Cost {
  readonly ns: number
  readonly ratio: number
}

/** Rounds are interleaved, and a ratio is taken within its round: the machine's slow moments cancel out. */
function playRounds(workload: Workload, plans: Map<Contestant, Plan>, options: EventsOptions) {
  const costs = new Map<Contestant, Cost[]>([...plans.keys()].map((contestant) => [contestant, []]))
  const isLarge = workload.versions.length > large
  for (let round = 0; round < options.rounds; round += 1) {
    const base = playAll(limit, workload, options.eventsPerRound)
    // A contestant that plays a part of the events is compared with the limit in the same place, where its tables are full.
    const baseOfPart = isLarge ? playPart(limit, workload, partOf(workload, large)) : base
    costs.get(limit)!.push({ ns: base, ratio: 1 })
    for (const [contestant, plan] of plans) {
      if (contestant === limit || (contestant !== callsheet && round >= options.peerRounds)) continue
      const ns = plan.isPart
        ? playPart(contestant, workload, plan)
        : playAll(contestant, workload, plan.events)
      costs.get(contestant)!.push({ ns, ratio: ns / (plan.isPart ? baseOfPart : base) })
    }
  }
  return costs
}

function measureSize(workload: Workload, options: EventsOptions): EventCost[] {
  const { shape, tasks } = workload
  const plans = planAll(workload, options)
  const costs = playRounds(workload, plans, options)
  return [limit, ...contestants].map((contestant) => {
    const own = costs.get(contestant)
    return {
      shape,
      tasks,
      contestant: contestant.name,
      isImmutable: contestant.isImmutable,
      ns: own && median(own.map(({ ns }) => ns)),
      ratio: own ? median(own.map(({ ratio }) => ratio)) : 0,
      isPart: plans.get(contestant)?.isPart ?? false,
    }
  })
}

/** All shapes and sizes, in this process. */
export function playEvents(options: EventsOptions): EventCost[] {
  const costs: EventCost[] = []
  warmUp(options.peerMs)
  for (const shape of ['one', 'many'] as const) {
    for (const tasks of options.sizes) {
      const rows = measureSize(prepare(shape, tasks), options)
      for (const { contestant, ns, ratio } of rows) {
        console.log(
          `${shape.padEnd(5)}${String(tasks).padStart(7)}  ${contestant.padEnd(40)}` +
            `${ns?.toFixed(0).padStart(12) ?? 'no room'.padStart(12)} ns  ${ratio.toFixed(2).padStart(10)}`,
        )
      }
      costs.push(...rows)
    }
  }
  return costs
}

/** The same in several processes, one after another: no two compile alike, and all keep to what they compiled. */
export async function measureEvents(processes: number, options: EventsOptions): Promise<EventCost[]> {
  const runs: EventCost[][] = []
  for (let run = 0; run < processes; run += 1) {
    const { ask, close } = await launch<EventsOptions, EventCost[]>('events-process.js')
    runs.push(await ask(options))
    close()
  }
  return runs[0]!.map((first, place) => {
    const same = runs.map((costs) => costs[place]!)
    return {
      ...first,
      ns: first.ns === undefined ? undefined : median(same.map(({ ns }) => ns!)),
      ratio: median(same.map(({ ratio }) => ratio)),
      isPart: same.some(({ isPart }) => isPart),
    }
  })
}
