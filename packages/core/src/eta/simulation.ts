import FlatQueue from 'flatqueue'
import { stride, uniformOf } from '../records/hash.ts'

/** One unfinished slot. */
export interface Part {
  /** The place of its step. */
  readonly step: number
  readonly isRunning: boolean
  /** The remaining duration in ms for a uniform random number from 0 to under 1. */
  readonly takes: (uniform: number) => number
  readonly seed: number
  /** The number of prerequisites that are not met yet: gates, and parts that have this one in `followers`. */
  readonly waits: number
  /** Parts of the same item that wait for this one. */
  readonly followers: readonly number[]
}

/** A prerequisite that several parts share: it is met when so many more parts of a step are done. */
export interface Gate {
  /** The place of the step whose parts are counted. */
  readonly step: number
  readonly missing: number
  /** The parts that wait for it. */
  readonly behind: readonly number[]
}

/** The rest of a show: the unfinished slots, their prerequisites, and how many can run at the same time. */
export interface Plan {
  /** Ordered by step. */
  readonly parts: readonly Part[]
  readonly gates: readonly Gate[]
  /** The maximum number of running parts by the place of the step. */
  readonly limits: readonly number[]
  /** The maximum number of running parts for all steps together. */
  readonly limit: number
}

/** One possible course of the rest. */
export interface Course {
  /** The duration in ms. */
  readonly took: number
  /** The parts on the critical path in order: if one of them were faster, the whole would be. */
  readonly path: readonly number[]
}

/**
 * Simulates the rest of a show, each time with other random durations. A part draws the same durations for the same
 * seed, so that the outcome changes only when something has happened.
 */
export function simulate(plan: Plan, times: number): readonly Course[] {
  const run = createSimulator(plan)
  return Array.from({ length: times }, run)
}

function createSimulator(plan: Plan): () => Course {
  const { parts } = plan
  const { seeds, takes, begun, ...columns } = readColumns(plan)
  // The part whose end let this one begin, or -1.
  const causes = new Int32Array(parts.length)
  const running = new FlatQueue(parts.length)
  const places = createPlaces(plan, columns)
  const prerequisites = createPrerequisites(plan, columns, (part) => places.wait(part))

  function begin(part: number, now: number, cause: number): void {
    causes[part] = cause
    running.push(part, now + takes[part]!(uniformOf((seeds[part]! += stride))))
  }

  return () => {
    let now = 0
    let last = -1
    places.reset()
    prerequisites.reset()
    for (const part of begun) {
      places.enter(part)
      begin(part, now, last)
    }
    do {
      for (let part = places.next(); part >= 0; part = places.next()) begin(part, now, last)
      now = running.peekValue()!
      last = running.pop()!
      places.leave(last)
      prerequisites.meet(last)
    } while (running.length > 0 || places.isWaiting())
    const path: number[] = []
    for (let part = last; part >= 0; part = causes[part]!) path.push(part)
    return { took: now, path: path.toReversed() }
  }
}

/** The fields of the parts, each in an array of its own: thousands of small objects do not fit into the cache. */
interface Columns {
  readonly steps: Int32Array
  readonly waits: Int32Array
  /** The followers of all parts, and for each part the place after its last one. */
  readonly followers: readonly number[]
  readonly followersEnd: Int32Array
  /** By step: its first part. */
  readonly firsts: Int32Array
  /** The parts that can begin at once. */
  readonly ready: readonly number[]
}

function readColumns({ parts, limits }: Plan) {
  const steps = new Int32Array(parts.length)
  const seeds = new Int32Array(parts.length)
  const waits = new Int32Array(parts.length)
  const takes = parts.map((part) => part.takes)
  const followers: number[] = []
  const followersEnd = new Int32Array(parts.length)
  const firsts = new Int32Array(limits.length)
  const begun: number[] = []
  const ready: number[] = []
  for (const [place, part] of parts.entries()) {
    if (place === 0 || part.step !== steps[place - 1]) firsts[part.step] = place
    steps[place] = part.step
    seeds[place] = part.seed
    waits[place] = part.waits
    for (const follower of part.followers) followers.push(follower)
    followersEnd[place] = followers.length
    if (part.isRunning) begun.push(place)
    else if (part.waits === 0) ready.push(place)
  }
  return { steps, seeds, takes, waits, followers, followersEnd, firsts, begun, ready }
}

/** A queue for each step of the parts that can begin, and the number of parts that may run. */
function createPlaces({ parts, limits, limit }: Plan, { steps, firsts }: Columns) {
  // The parts of a step stand together, and so do their places in the queue.
  const queue = new Int32Array(parts.length)
  const heads = new Int32Array(limits.length)
  const tails = new Int32Array(limits.length)
  // Integers throughout: Infinity would turn each count into an allocated double.
  const most = Int32Array.from([...limits, limit], (one) => Math.min(one, parts.length))
  const free = most.slice()
  const all = limits.length
  let waiting = 0

  function enter(part: number): void {
    free[steps[part]!]! -= 1
    free[all]! -= 1
  }

  return {
    reset() {
      heads.set(firsts)
      tails.set(firsts)
      free.set(most)
    },
    wait(part: number) {
      queue[tails[steps[part]!]!++] = part
      waiting += 1
    },
    enter,
    leave(part: number) {
      free[steps[part]!]! += 1
      free[all]! += 1
    },
    isWaiting: () => waiting > 0,
    /** The next part that may begin, or -1. */
    next(): number {
      if (waiting === 0 || free[all]! <= 0) return -1
      for (let step = 0; step < all; step += 1) {
        if (free[step]! <= 0 || heads[step]! >= tails[step]!) continue
        const part = queue[heads[step]!++]!
        waiting -= 1
        enter(part)
        return part
      }
      return -1
    },
  }
}

/** The prerequisites that are not met. Calls `onReady` for each part whose last one is. */
function createPrerequisites(
  { parts, gates, limits }: Plan,
  { steps, waits: closed, followers, followersEnd, ready }: Columns,
  onReady: (part: number) => void,
) {
  const gatesOf = limits.map((_, step) => gates.flatMap((gate, place) => (gate.step === step ? [place] : [])))
  const waits = new Int32Array(parts.length)
  const missing = new Int32Array(gates.length)

  const release = (part: number): void => {
    if (--waits[part]! === 0) onReady(part)
  }

  return {
    reset() {
      waits.set(closed)
      for (const [gate, one] of gates.entries()) missing[gate] = one.missing
      for (const part of ready) onReady(part)
    },
    meet(done: number) {
      const end = followersEnd[done]!
      for (let place = done === 0 ? 0 : followersEnd[done - 1]!; place < end; place += 1)
        release(followers[place]!)
      for (const gate of gatesOf[steps[done]!]!)
        if (--missing[gate]! === 0) gates[gate]!.behind.forEach(release)
    },
  }
}
