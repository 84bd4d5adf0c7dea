import type { Pipeline, Step } from '../records/pipeline.ts'
import type { Slot } from '../records/task.ts'
import type { PipelineView, SlotView, StepView } from './view-types.ts'

/**
 * The slots that could be begun now: nothing was ever tried in them, and all that comes before them is done and not
 * being made again. An autopilot needs no more than this.
 *
 * A failed, canceled or interrupted slot is not among them unless `include` names its status, and never after it was
 * dismissed: another try is a decision of the application (`tracker.reset` makes a slot untried).
 * Nor is one of an unavailable step, or of one that waits for an unavailable step. A step that an empty roster leaves
 * out blocks nothing; an optional one is done when all that was begun in it is.
 *
 * @example
 * for (const slot of readySlots(showPipeline, tracker.getPipeline('neon-noir'))) begin(slot)
 */
export function readySlots<P extends Pipeline>(
  pipeline: P,
  view: PipelineView<P>,
  { include = [] }: ReadyOptions = {},
): readonly Slot<P>[] {
  const steps = view.steps as readonly StepView[]
  const isWanted = ({ tried, done, status }: SlotView): boolean =>
    !tried || (!done && (include as readonly string[]).includes(status))
  return pipeline.steps.flatMap((definition, place) =>
    steps[place]!.unavailable
      ? []
      : itemsOf(view, steps[place]!)
          .filter((item) => isWanted(steps[place]!.slot(item)))
          .filter((item) => needsOf(pipeline, steps, definition, item).every(isMet))
          .map((item) => slotFor(definition, view.showId, item)),
  ) as unknown as readonly Slot<P>[]
}

/** What `readySlots` offers besides untried slots. */
export interface ReadyOptions {
  /** Slots without a result whose latest task ended so. @default [] */
  readonly include?: readonly ('failed' | 'canceled' | 'interrupted')[]
}

/** The items of a step; undefined stands for the whole show. */
function itemsOf({ items }: Pick<PipelineView, 'items'>, step: StepView): (string | undefined)[] {
  // The list of an optional step's slots has only those that were begun.
  return !step.optional
    ? step.slots.map(({ characterId }) => characterId)
    : step.per === 'show'
      ? [undefined]
      : (items[step.per] ?? []).map(({ id }) => id)
}

/** What a slot waits for: so many done slots of a step, or the slot of one item. */
export interface Need {
  readonly step: StepView
  /** Infinity for what cannot be said or will not come: an unavailable step, or one whose items are not known yet. */
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
    // Of all that may not count, what is left is a step per item with an empty roster.
    if (!step.counted && !step.optional) return { step, atLeast: 0 }
    if (atLeast !== undefined) return { step, atLeast }
    if (item !== undefined && step.per === per) return { step, atLeast: 1, item }
    return { step, atLeast: step.total || (step.optional ? 0 : Infinity) }
  })

/** Whether it is done already, and nothing of it is made again. */
const isMet = ({ step, atLeast, item }: Need): boolean =>
  item === undefined ? settledIn(step) >= atLeast : isSettled(step.slot(item))

/** How many slots of a step are done and not active. */
export function settledIn(step: StepView): number {
  if (step.active === 0) return step.completed
  const count = settled.get(step) ?? step.slots.filter(isSettled).length
  settled.set(step, count)
  return count
}

/** Counted once for each view, not for each slot that waits for it. */
const settled = new WeakMap<StepView, number>()

const isSettled = ({ done, status }: SlotView): boolean => done && status !== 'active'

const slotFor = ({ type, per }: Step, showId: string, item: string | undefined) =>
  item === undefined ? { showId, type } : { showId, type, [`${per}Id`]: item }
