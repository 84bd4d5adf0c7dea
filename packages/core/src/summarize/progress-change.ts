import type { AnyPipelineView, SlotView, StepView } from '../state/view-types.ts'
import { type PluralName, type SummaryWords as Words, type Wording, wordsFor } from './messages.ts'

/** The change of a show's overall progress, and the reason if it went back. */
export interface ProgressChange {
  readonly from: number
  readonly to: number
  /** A text for people. Present exactly when `to` is less than `from`. */
  readonly reason?: string
}

/**
 * Returns the reason why a show's overall progress went back, so that a bar never moves backwards without an explanation:
 * the work changed, an attempt ended or restarted without a result, another writer's version won, facts went backwards, a
 * step stopped counting, or the show was renamed, removed or started over.
 *
 * @param before An earlier view of the same show.
 * @example
 * progressChange(before, tracker.getPipeline('neon-noir')).reason // 'Portraits: 2 more to do'
 */
export function progressChange(
  before: AnyPipelineView,
  after: AnyPipelineView,
  options: string | Wording = {},
): ProgressChange {
  const change = { from: before.progress, to: after.progress }
  if (change.to >= change.from) return change
  const words = wordsFor(typeof options === 'string' ? { locale: options } : options)
  const { messages } = words
  if (isRenamed(before, after)) return { ...change, reason: messages.renamed }
  if (isGone(before, after)) return { ...change, reason: messages.removed }
  const pulls = after.steps
    .flatMap((step, place) => {
      const old = before.steps[place]
      return old
        ? [{ pull: pullOf(old, step, before.progress), reason: reasonIn(old, step, after, words) }]
        : []
    })
    .toSorted((a, b) => b.pull - a.pull)
  return { ...change, reason: pulls.find(({ reason }) => reason)?.reason ?? messages.working }
}

/** Whether the show has another id now, or tasks of another show have joined it. */
function isRenamed(before: AnyPipelineView, after: AnyPipelineView): boolean {
  const idsIn = ({ steps }: AnyPipelineView) =>
    new Set(steps.flatMap(({ tasks }) => tasks.map(({ showId }) => showId)))
  const known = idsIn(before).add(after.showId)
  return before.showId !== after.showId || [...idsIn(after)].some((id) => !known.has(id))
}

/** Whether everything known of the show is gone, including something that facts or a roster cannot take back. */
const isGone = (before: AnyPipelineView, { title, items, steps }: AnyPipelineView): boolean =>
  title === undefined &&
  Object.values(items).every((roster) => roster.length === 0) &&
  steps.every((step, place) => !isLeftOut(step) && !isTried(before.steps[place], step)) &&
  (before.title !== undefined || before.steps.some(({ tasks }) => tasks.length > 0))

/** Whether anything ran in a step. The slots of an optional step do not include those whose tasks were dismissed. */
const isTried = (old: StepView | undefined, step: StepView): boolean =>
  step.slots.some(({ tried }) => tried) ||
  old?.slots.some(({ characterId }) => step.slot(characterId).tried) === true

/** Whether an empty roster leaves the step out. */
const isLeftOut = ({ counted, optional, unavailable }: StepView): boolean =>
  !counted && !optional && !unavailable

/** How much a step lowers the mean: it went down, began to count below the mean, or stopped counting above it. */
function pullOf(old: StepView, step: StepView, mean: number): number {
  if (old.counted && step.counted) return old.progress - step.progress
  return old.counted ? old.progress - mean : step.counted ? mean - step.progress : 0
}

/** The reason why a step contributes less than before. */
function reasonIn(old: StepView, step: StepView, view: AnyPipelineView, words: Words): string | undefined {
  const label = words.label(step)
  if (!old.counted && step.counted) return words.fill(old.unavailable ? 'available' : 'began', { label })
  if (old.counted && !step.counted) return words.fill('countsNoMore', { label })
  if (!step.counted || step.progress >= old.progress) return undefined
  const [most] = lossesIn(old, step, view).toSorted((a, b) => b.loss - a.loss)
  if (!most) return undefined
  const { name, n } = most
  return name === 'runsAgain' || name === 'overruled'
    ? words.fill(name, { label })
    : words.counted(name, n, { label })[0]
}

/** The name of a message with the reason why slots contribute less than before. */
type LossName =
  Exclude<PluralName, 'more' | 'failed' | 'interrupted' | 'notRemade'> | 'runsAgain' | 'overruled'

interface Loss {
  readonly name: LossName
  n: number
  loss: number
}

/** The losses of a step's slots, by reason. */
function lossesIn(old: StepView, step: StepView, { items }: AnyPipelineView): Loss[] {
  const losses = new Map<LossName, Loss>()
  const lose = (name: LossName, loss: number) => {
    if (loss <= 0) return
    const held = losses.get(name) ?? { name, n: 0, loss: 0 }
    losses.set(name, { name, n: held.n + 1, loss: held.loss + loss })
  }
  // A step without slots is at 0.
  const mean =
    step.slots.length === 0 ? 0 : old.slots.reduce((sum, slot) => sum + partOf(slot), 0) / old.slots.length
  const before = new Map(old.slots.map((slot) => [slot.characterId, slot]))
  const after = new Map(step.slots.map((slot) => [slot.characterId, slot]))
  const roster = new Set(items[step.per]?.map(({ id }) => id))
  for (const [item, slot] of after) {
    const held = before.get(item)
    if (held) lose(lossOf(held, slot), partOf(held) - partOf(slot))
    else lose('grown', mean - partOf(slot))
  }
  for (const [item, held] of before) {
    if (after.has(item)) continue
    const isTakenOut = item !== undefined && roster.size > 0 && !roster.has(item)
    lose(isTakenOut ? 'fewer' : lossOf(held, step.slot(item)), partOf(held) - mean)
  }
  return [...losses.values()]
}

/** The contribution of a slot. An active slot contributes less than a done one, even at 100 %. */
const partOf = ({ done, status, progress }: SlotView): number =>
  done ? 100 : status === 'active' ? progress * 0.99 : 0

/** The reason why a slot contributes less than before. */
function lossOf(old: SlotView, slot: SlotView): LossName {
  if (!slot.tried) return old.task ? 'reset' : 'undone'
  if (old.done) return !old.result ? 'undone' : slot.task ? 'reset' : 'dismissed'
  switch (slot.status) {
    case 'failed':
      return 'nowFailed'
    case 'canceled':
      return 'nowCanceled'
    case 'interrupted':
      return 'nowInterrupted'
    case 'active':
      return old.task?.id === slot.task?.id && old.task?.attempt === slot.task?.attempt
        ? 'overruled'
        : 'runsAgain'
    default:
      return 'dismissed'
  }
}
