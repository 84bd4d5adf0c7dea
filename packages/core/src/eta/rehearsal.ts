import { stride, uniformOf } from '../records/hash.ts'

/** Something that is left to do. */
export interface Part {
  /** The place of its step. */
  readonly step: number
  readonly isRunning: boolean
  /** What it may still take, in ms, all of them equally likely. */
  readonly durations: Float64Array
  readonly seed: number
  /** The gates that it waits for. */
  readonly waitsFor: readonly number[]
  /** The gates that wait for it. */
  readonly opens: readonly number[]
}

/** What is left of a show, what waits for what, and how many parts can run at the same time. */
export interface Plan {
  /** Step by step. */
  readonly parts: readonly Part[]
  /** How many parts must be done until each gate opens. */
  readonly gates: readonly number[]
  /** By the place of the step. */
  readonly limits: readonly number[]
  /** For all steps together. */
  readonly limit: number
}

/** One way in which the rest may go. */
export interface Rehearsal {
  readonly took: number
  /** The parts that waited for one another, the first one first: were one of them faster, all would be. */
  readonly path: readonly number[]
}

/**
 * Goes through the rest of a show so many times, each time with other durations drawn. With the same seed a part draws
 * the same again, so that from one moment to the next only what has happened changes the outcome.
 */
export function rehearse(plan: Plan, times: number): readonly Rehearsal[] {
  const { parts } = plan
  const tables = parts.map(({ durations }) => durations)
  const seeds = Int32Array.from(parts, ({ seed }) => seed)
  const takes = new Float64Array(parts.length)
  const run = createStage(plan, takes)
  return Array.from({ length: times }, () => {
    for (let part = 0; part < takes.length; part += 1) {
      const table = tables[part]!
      takes[part] = table[Math.floor(uniformOf((seeds[part]! += stride)) * table.length)]!
    }
    return run()
  })
}

function createStage(plan: Plan, takes: Float64Array): () => Rehearsal {
  const { parts } = plan
  const ends = new Float64Array(parts.length)
  // The part whose end let this one begin, or -1.
  const causes = new Int32Array(parts.length)
  const begun = parts.flatMap(({ isRunning }, part) => (isRunning ? [part] : []))
  const running = createHeap(ends)
  const places = createPlaces(plan)
  const gates = createGates(plan, (part) => places.wait(part))

  function begin(part: number, now: number, cause: number): void {
    causes[part] = cause
    ends[part] = now + takes[part]!
    running.push(part)
  }

  return () => {
    let now = 0
    let last = -1
    places.reset()
    gates.reset()
    for (const part of begun) {
      places.enter(part)
      begin(part, now, last)
    }
    do {
      for (let part = places.next(); part >= 0; part = places.next()) begin(part, now, last)
      last = running.pop()
      now = ends[last]!
      places.leave(last)
      gates.open(last)
    } while (running.size() > 0 || places.isWaiting())
    const path: number[] = []
    for (let part = last; part >= 0; part = causes[part]!) path.push(part)
    return { took: now, path: path.toReversed() }
  }
}

/** Who waits to begin, step by step, and how many more may. */
function createPlaces({ parts, limits, limit }: Plan) {
  const steps = Int32Array.from(parts, ({ step }) => step)
  // The parts of a step stand together, and so do their places in the queue.
  const starts = Int32Array.from(limits, (_, step) => steps.findIndex((one) => one >= step))
  const queue = new Int32Array(parts.length)
  const heads = new Int32Array(limits.length)
  const tails = new Int32Array(limits.length)
  // Whole numbers throughout: Infinity would make each count a number on the heap.
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
      heads.set(starts)
      tails.set(starts)
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
    /** The next that may begin, or -1. */
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

/** Which parts still wait for others. Tells of each that no longer does. */
function createGates({ parts, gates }: Plan, onOpen: (part: number) => void) {
  const behind = gates.map((_, gate) =>
    parts.flatMap(({ waitsFor }, part) => (waitsFor.includes(gate) ? [part] : [])),
  )
  const closed = Int32Array.from(parts, ({ waitsFor }) => waitsFor.length)
  const ready = parts.flatMap(({ isRunning, waitsFor }, part) =>
    isRunning || waitsFor.length > 0 ? [] : [part],
  )
  const waits = new Int32Array(parts.length)
  const missing = new Int32Array(gates.length)
  return {
    reset() {
      waits.set(closed)
      missing.set(gates)
      for (const part of ready) onOpen(part)
    },
    open(done: number) {
      for (const gate of parts[done]!.opens) {
        if (--missing[gate]! !== 0) continue
        for (const part of behind[gate]!) if (--waits[part]! === 0) onOpen(part)
      }
    },
  }
}

/** A binary heap of parts: gives the one that ends first. */
function createHeap(ends: Float64Array) {
  const heap = new Int32Array(ends.length)
  let size = 0
  return {
    size: () => size,
    push(part: number) {
      let place = size
      size += 1
      for (
        let parent = (place - 1) >> 1;
        place > 0 && ends[heap[parent]!]! > ends[part]!;
        parent = (place - 1) >> 1
      ) {
        heap[place] = heap[parent]!
        place = parent
      }
      heap[place] = part
    },
    pop(): number {
      const first = heap[0]!
      size -= 1
      const moved = heap[size]!
      let place = 0
      for (let child = 1; child < size; child = 2 * place + 1) {
        if (child + 1 < size && ends[heap[child + 1]!]! < ends[heap[child]!]!) child += 1
        if (ends[heap[child]!]! >= ends[moved]!) break
        heap[place] = heap[child]!
        place = child
      }
      heap[place] = moved
      return first
    },
  }
}
