import { readLimits } from './concurrency.ts'
import type { Durations } from './durations.ts'
import { hash32 } from '../records/hash.ts'
import { type Knowledge, knowledgeOfStep, type StepKnowledge } from './knowledge.ts'
import type { Pipeline } from '../records/pipeline.ts'
import { needsOf, settledIn } from '../state/ready-slots.ts'
import type { Gate, Part, Plan } from './simulation.ts'
import type { TaskRecord } from '../records/task.ts'
import { elapsed } from '../records/time.ts'
import type { PipelineView, SlotView, StepView } from '../state/view-types.ts'

/** The rest of a show, as far as it continues without a decision of the application. */
export interface Rest extends Plan {
  /** Parts that have been running for longer than usual. */
  readonly longer: ReadonlySet<number>
  /** Whether something will be missing even then. */
  readonly isBlocked: boolean
}

type PlannedPart = Part & { readonly followers: number[] }
type PlannedGate = Gate & { readonly behind: number[] }

/** A step whose slots have been planned. */
interface PlannedStep {
  readonly step: StepView
  /** The part of each slot, or -1. */
  readonly parts: Int32Array
  /** The number of parts. */
  count: number
}

/** Plans the rest of a show. Returns undefined while its size, or the duration of a step, is not known. */
export function planRest(
  view: PipelineView,
  now: number,
  { pipeline, durations }: { readonly pipeline: Pipeline; readonly durations: Durations },
): Rest | undefined {
  const steps = view.steps as readonly StepView[]
  const parts: PlannedPart[] = []
  const gates: PlannedGate[] = []
  const planned: PlannedStep[] = []
  const longer = new Set<number>()
  // The steps with a slot that could begin.
  const waiting = new Set<number>()
  let hasRunning = false
  let isBlocked = false
  for (const [place, step] of steps.entries()) {
    const { slots } = step
    const here: PlannedStep = { step, parts: new Int32Array(slots.length).fill(-1), count: 0 }
    planned.push(here)
    if (!step.counted) continue
    // The roster is not known yet.
    if (step.total === 0) return undefined
    const entrance = createEntrance(pipeline, steps, place, planned)
    if (entrance) gates.push(...entrance.gates)
    const knowledgeOf = createKnowledge(durations, step.type, now)
    const seed = hash32(`${view.showId}\n${step.type}`)
    for (const [index, slot] of slots.entries()) {
      const { status, done, characterId } = slot
      const isRunning = status === 'active'
      if (done && !isRunning) continue
      const before = isRunning ? none : status === 'pending' ? entrance?.before(slot, index) : undefined
      if (!before) {
        isBlocked = true
        continue
      }
      const knowledge = knowledgeOf(slot)
      if (!knowledge) return undefined
      const part = parts.length
      if (knowledge.isLonger) longer.add(part)
      if (isRunning) hasRunning = true
      for (const one of before) parts[one]!.followers.push(part)
      const behind = isRunning ? none : entrance!.gates
      const waits = before.length + behind.length
      if (!isRunning && waits === 0) waiting.add(place)
      for (const gate of behind) gate.behind.push(part)
      here.parts[index] = part
      here.count += 1
      parts.push({
        step: place,
        isRunning,
        takes: knowledge.exceededBy,
        seed: seed ^ hash32(characterId ?? ''),
        waits,
        followers: [],
      })
    }
  }
  // A show without active tasks does not tell how many can run at once.
  const limits = readLimits(steps, durations, hasRunning ? waiting : new Set())
  return { parts, gates, ...limits, longer, isBlocked }
}

const none: readonly never[] = []

/** Reads the durations of a step's slots, once for each key. */
function createKnowledge(durations: Durations, type: string, now: number) {
  const ofStep = knowledgeOfStep(durations, type)
  const byKey = new Map<string | undefined, StepKnowledge | undefined>([[undefined, ofStep]])
  return ({ status, task }: SlotView): Knowledge | undefined => {
    if (status !== 'active') return ofStep
    const key = durations.keyOf(task as TaskRecord)
    if (!byKey.has(key)) byKey.set(key, knowledgeOfStep(durations, type, key))
    return byKey.get(key)?.after(elapsed(task as TaskRecord, now))
  }
}

/** The prerequisites of a step's slots; undefined if they will not be met. */
function createEntrance(
  pipeline: Pipeline,
  steps: readonly StepView[],
  place: number,
  planned: readonly PlannedStep[],
) {
  const definition = pipeline.steps[place]!
  const plannedOf = ({ type }: StepView) => planned[pipeline.indexOf(type)!]!
  // The needs are the same for every item, so any item will do.
  const needs = needsOf(pipeline, steps, definition, definition.per === 'show' ? undefined : '')
  const gates = needs
    .filter(({ item }) => item === undefined)
    .map(({ step, atLeast }): PlannedGate => {
      return { step: pipeline.indexOf(step.type)!, missing: atLeast - settledIn(step), behind: [] }
    })
    .filter(({ missing }) => missing > 0)
  if (gates.some(({ step, missing }) => missing > planned[step]!.count)) return undefined
  const ofItem = needs
    .filter(({ item }) => item !== undefined)
    .map(({ step }) => createLookUp(plannedOf(step)))
  return {
    gates,
    /** The parts of the same item before a slot; undefined if one of them will not be done. */
    before({ characterId }: SlotView, index: number): readonly number[] | undefined {
      const before: number[] = []
      for (const partOf of ofItem) {
        const part = partOf(characterId, index)
        if (part === 'missing') return undefined
        if (part !== 'done') before.push(part)
      }
      return before
    },
  }
}

/** Finds the part of an item's slot. */
function createLookUp({ step: { slots }, parts }: PlannedStep) {
  let places: ReadonlyMap<string | undefined, number> | undefined
  return (characterId: string | undefined, guess: number): number | 'done' | 'missing' => {
    // Steps usually list their slots in the same order.
    if (slots[guess]?.characterId !== characterId) {
      places ??= new Map(slots.map((slot, place) => [slot.characterId, place]))
      guess = places.get(characterId) ?? -1
    }
    const part = parts[guess] ?? -1
    const slot = slots[guess]
    if (part >= 0) return part
    return slot?.done && slot.status !== 'active' ? 'done' : 'missing'
  }
}
