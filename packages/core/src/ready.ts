import type { Pipeline, Step } from './pipeline.ts'
import type { Slot } from './task.ts'
import type { PipelineView, StepView } from './views.ts'

/**
 * The slots that could be begun now: nothing was ever tried in them, and all that comes before them is done. An
 * autopilot needs no more than this.
 *
 * A failed, canceled or interrupted slot is not among them: whether it is worth another try is for somebody to decide.
 * Nor is one of an unavailable step, or of one that waits for an unavailable step. A step that an empty roster leaves
 * out is waited for by nobody; an optional one is done when all that was begun in it is.
 *
 * @example
 * for (const slot of readySlots(showPipeline, tracker.getPipeline('neon-noir'))) begin(slot)
 */
export function readySlots<P extends Pipeline>(pipeline: P, view: PipelineView<P>): readonly Slot<P>[] {
  const steps = view.steps as readonly StepView[]
  return pipeline.steps.flatMap((definition, place) =>
    steps[place]!.unavailable
      ? []
      : pendingItems(view, steps[place]!)
          .filter((item) => needsOf(pipeline, steps, definition, item).every(isMet))
          .map((item) => slotFor(definition, view.showId, item)),
  ) as unknown as readonly Slot<P>[]
}

/** Those in whose slots nothing was tried and nothing is done; undefined stands for the whole show. */
function pendingItems(
  { characters }: Pick<PipelineView, 'characters'>,
  step: StepView,
): (string | undefined)[] {
  const { slots } = step
  if (step.optional) {
    // Its slots are those that were begun.
    const known = step.per === 'show' ? [undefined] : characters.map(({ id }) => id)
    const begun = new Set(slots.map(({ characterId }) => characterId))
    return known.filter((id) => !begun.has(id))
  }
  return slots.filter(({ status }) => status === 'pending').map(({ characterId }) => characterId)
}

/** What a slot waits for: so many done slots of a step, or the slot of one item. */
export interface Need {
  readonly step: StepView
  /** Infinity for what cannot be said or will not come: an unavailable step, or one whose items nobody knows yet. */
  readonly atLeast: number
  readonly item?: string
}

/** What must be done before a slot can be begun. */
export const needsOf = (
  pipeline: Pipeline,
  steps: readonly StepView[],
  { after, per }: Step,
  item: string | undefined,
): readonly Need[] =>
  after.map((before) => {
    const { type, atLeast } = typeof before === 'string' ? { type: before, atLeast: undefined } : before
    const step = steps[pipeline.indexOf(type)!]!
    if (step.unavailable) return { step, atLeast: Infinity }
    if (atLeast !== undefined) return { step, atLeast }
    // Of all that may not count, what is left is a step per item with an empty roster.
    if (!step.counted && !step.optional) return { step, atLeast: 0 }
    if (item !== undefined && step.per === per) return { step, atLeast: 1, item }
    return { step, atLeast: step.total || (step.optional ? 0 : Infinity) }
  })

/** Whether it is done already. */
export const isMet = ({ step, atLeast, item }: Need): boolean =>
  item === undefined
    ? step.completed >= atLeast
    : step.slots.some(({ characterId, status }) => characterId === item && status === 'succeeded')

const slotFor = ({ type, per }: Step, showId: string, item: string | undefined) =>
  item === undefined ? { showId, type } : { showId, type, [`${per}Id`]: item }
