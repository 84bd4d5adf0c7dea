import { readLimits } from './concurrency.ts'
import type { Durations } from './durations.ts'
import { hash32 } from '../records/hash.ts'
import { type Knowledge, knowledgeOfStep, knowledgeOfTask } from './knowledge.ts'
import type { Pipeline } from '../records/pipeline.ts'
import { isMet, type Need, needsOf, settledIn } from '../state/ready.ts'
import type { Part, Plan } from './rehearsal.ts'
import type { TaskRecord } from '../records/task.ts'
import type { PipelineView, SlotView, StepView } from '../state/views.ts'

/** What is left of a show and goes on by itself, ready to be rehearsed. */
export interface Rest extends Plan {
  /** Parts that have been running for longer than is usual. */
  readonly longer: ReadonlySet<number>
  /** Whether something would be missing even then. */
  readonly isBlocked: boolean
}

type PlannedPart = Part & { readonly opens: number[] }

/** Plans what is left of a show. Undefined when it is not known how much that is, or how long some of it takes. */
export function planRest(
  pipeline: Pipeline,
  view: PipelineView,
  now: number,
  durations: Durations,
): Rest | undefined {
  const steps = view.steps as readonly StepView[]
  const parts: PlannedPart[] = []
  const gates = createGates(parts)
  const longer = new Set<number>()
  let isBlocked = false
  for (const [place, definition] of pipeline.steps.entries()) {
    const step = steps[place]!
    if (!step.counted) continue
    // Nobody has said who the characters are.
    if (step.total === 0) return undefined
    for (const slot of step.slots) {
      if (slot.done && slot.status !== 'active') continue
      const waitsFor = gates.before(slot, needsOf(pipeline, steps, definition, slot.characterId))
      if (!waitsFor) {
        isBlocked = true
        continue
      }
      const knowledge = knowledgeOf(step, slot, now, durations)
      if (!knowledge) return undefined
      const seed = hash32([view.showId, step.type, slot.characterId].join('\n'))
      const isRunning = slot.status === 'active'
      if (knowledge.isLonger) longer.add(parts.length)
      gates.add(step, slot)
      parts.push({ step: place, isRunning, durations: knowledge.table, seed, waitsFor, opens: [] })
    }
  }
  const limits = readLimits(steps, durations, waitingSteps(parts))
  return { parts, gates: gates.missing, ...limits, longer, isBlocked }
}

const knowledgeOf = (
  { type }: StepView,
  { status, task }: SlotView,
  now: number,
  durations: Durations,
): Knowledge | undefined =>
  status === 'active' ? knowledgeOfTask(task as TaskRecord, now, durations) : knowledgeOfStep(durations, type)

/** The steps of which something could be begun but is not, although the show is being worked on. */
const waitingSteps = (parts: readonly Part[]): ReadonlySet<number> =>
  parts.some(({ isRunning }) => isRunning)
    ? new Set(
        parts.flatMap(({ step, isRunning, waitsFor }) => (isRunning || waitsFor.length > 0 ? [] : [step])),
      )
    : new Set()

/** What parts wait for: that so many of some others are done. */
function createGates(parts: readonly PlannedPart[]) {
  const missing: number[] = []
  const byName = new Map<string, number>()
  const partsOf = new Map<string, Map<string | undefined, number>>()

  /** The gate that opens when the need is met; undefined when too few of those that it needs go on. */
  function gateOf({ step, atLeast, item }: Need): number | undefined {
    const planned = partsOf.get(step.type) ?? new Map<string | undefined, number>()
    const openers =
      item === undefined ? [...planned.values()] : [planned.get(item)].filter((part) => part !== undefined)
    const count = item === undefined ? atLeast - settledIn(step) : 1
    if (openers.length < count) return undefined
    const name = JSON.stringify([step.type, count, item])
    const known = byName.get(name)
    if (known !== undefined) return known
    const gate = missing.push(count) - 1
    byName.set(name, gate)
    for (const part of openers) parts[part]!.opens.push(gate)
    return gate
  }

  return {
    missing,
    /** The gates before a slot; undefined when it will not be begun by itself. What runs waits for nothing. */
    before({ status }: SlotView, needs: readonly Need[]): readonly number[] | undefined {
      if (status !== 'active' && status !== 'pending') return undefined
      const found = status === 'active' ? [] : needs.filter((need) => !isMet(need)).map(gateOf)
      return found.includes(undefined) ? undefined : (found as number[])
    },
    /** The slot's part is the next in the list. */
    add({ type }: StepView, { characterId }: SlotView) {
      const planned = partsOf.get(type) ?? new Map<string | undefined, number>()
      partsOf.set(type, planned.set(characterId, parts.length))
    },
  }
}
