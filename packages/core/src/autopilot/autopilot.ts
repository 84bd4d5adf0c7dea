import type { Pipeline } from '../records/pipeline.ts'
import { problem } from '../records/errors.ts'
import { createGuard } from '../records/guard.ts'
import type { Slot, Task } from '../records/task.ts'
import { readySlots } from '../state/ready-slots.ts'
import type { PipelineView } from '../state/view-types.ts'
import { hasWork } from '../tracker/show-queries.ts'
import type { Tracker } from '../tracker/tracker-types.ts'
import { shown } from '../write/input.ts'
import type { Autopilot, AutopilotOptions, AutopilotState, Handlers, SlotFilter } from './autopilot-types.ts'
import { createCalls } from './calls.ts'
import { createQueues } from './queues.ts'
import { endedSlots, isLost, isMeant, keyOf, slotView } from './slots.ts'
import { reasonsOf } from './stuck.ts'

export type {
  Autopilot,
  AutopilotOptions,
  AutopilotState,
  CallOptions,
  Handler,
  Handlers,
  SlotFilter,
  Stuck,
} from './autopilot-types.ts'
export { onResult, type ResultHandlers, type ResultOptions } from './on-result.ts'

type Loose = AutopilotOptions<Pipeline, Record<string, unknown>>

/**
 * Starts the slots of a show as they become ready: see `readySlots`. Each runs through `track`, so retries, time limits and
 * the claims of `keepInBrowser` hold. A slot that was tried is not started again by itself, except if its page was closed
 * during a plain call: then the call is repeated with the same idempotency key.
 *
 * Restore the saved state before (`await kept.ready`), or finished work is paid for again. Throws a CallsheetError for an
 * unknown step or an invalid option.
 *
 * @example
 * const pilot = autopilot(
 *   tracker,
 *   'neon-noir',
 *   { portrait: ({ characterId }, { signal }) => fetch(`/api/portrait/${characterId}`, { signal }) },
 *   { concurrency: { portrait: 3 }, onStuck: ({ failed }) => console.log(failed) },
 * )
 * const { status } = await pilot.done
 */
export function autopilot<P extends Pipeline, R>(
  given: Tracker<P>,
  showId: string,
  handlers: Handlers<P, R>,
  options: AutopilotOptions<P, NoInfer<R>> = {},
): Autopilot<P> {
  const tracker = given as unknown as Tracker
  const { pipeline } = tracker
  const { concurrency = {}, track = {}, approve = {}, onStuck } = options as unknown as Loose
  const guarded = createGuard(tracker.report)
  const { total: _, ...limited } = concurrency
  for (const type of Object.keys({ ...handlers, ...limited, ...track, ...approve }))
    assertStep(pipeline, type)
  const calls = createCalls({
    tracker,
    handlers: handlers as never,
    options: track as never,
    queueOf: createQueues(concurrency),
    onChange: lookSoon,
    onUntracked: stop,
  })
  /** The slots that a person was asked for, and those that may start. */
  const asked = new Set<string>()
  const approved = new Set<string>()
  /** The ended tasks whose slots are to be started again. */
  const wanted = new Set<string>()
  const listeners = new Set<() => void>()
  let state: AutopilotState<Pipeline> = noState
  let isDue = false
  let isKnown = false
  /** The reasons that were told last; none while something runs. */
  let told = ''
  let isDone = (_view: PipelineView) => {}
  const done = new Promise<PipelineView>((resolve) => (isDone = resolve))

  /** After all that is written together. */
  function lookSoon(): void {
    if (isDue) return
    isDue = true
    void Promise.resolve().then(() => guarded(look))
  }

  function look(): void {
    isDue = false
    calls.prune()
    if (isGone()) return stop()
    const { waiting, unhandled } = state.isStopped ? nothing : startReady()
    show({ waiting })
    const view = tracker.getPipeline(showId)
    const isIdle = calls.size() === 0
    if (state.isStopped) {
      if (!isIdle) return
      unsubscribe()
      isDone(view)
    } else if (!isIdle || view.active > 0) told = ''
    else if (isComplete(view)) isDone(view)
    else tell(view, waiting, unhandled)
  }

  /** Whether the show was removed, or forgotten to make room: its finished work would be paid for again. */
  function isGone(): boolean {
    if (state.isStopped) return false
    const view = tracker.getPipeline(showId)
    const wasKnown = isKnown
    isKnown = hasWork(view) || tracker.getShows().includes(view.showId)
    return wasKnown && !isKnown
  }

  function startReady(): { readonly waiting: Slot[]; readonly unhandled: string[] } {
    const view = tracker.getPipeline(showId)
    const waiting: Slot[] = []
    const unhandled = new Set<string>()
    for (const slot of readySlots(pipeline, view, { include: ['failed', 'canceled', 'interrupted'] })) {
      const { tried, task } = slotView(view, pipeline, slot)
      const isAgain = task !== undefined && (wanted.has(task.id) || isLost(task))
      if (calls.has(slot) || (tried && !isAgain)) continue
      if (!Object.hasOwn(handlers, slot.type)) unhandled.add(slot.type)
      else if (!tried && !isApproved(slot)) waiting.push(slot)
      else start(slot, task)
    }
    return { waiting, unhandled: [...unhandled] }
  }

  function start(slot: Slot, task: Task | undefined): void {
    const key = keyOf(pipeline, slot)
    asked.delete(key)
    approved.delete(key)
    if (task) wanted.delete(task.id)
    calls.start(slot, task)
  }

  /** Asks a person once. */
  function isApproved(slot: Slot): boolean {
    const ask = approve[slot.type]
    const key = keyOf(pipeline, slot)
    if (!ask || approved.has(key)) return true
    if (!asked.has(key)) {
      asked.add(key)
      guarded(async () => {
        if (await ask(slot)) allow(slot)
      })
    }
    return false
  }

  function allow(slot: Slot): void {
    approved.add(keyOf(pipeline, slot))
    lookSoon()
  }

  function tell(view: PipelineView, waiting: readonly Slot[], unhandled: readonly string[]): void {
    const stuck = reasonsOf(view, pipeline, { waiting, unhandled })
    const text = JSON.stringify(stuck)
    if (text === told) return
    told = text
    guarded(() => onStuck?.(stuck))
  }

  /** Tells listeners if the state has changed. */
  function show(change: Partial<AutopilotState<Pipeline>>): void {
    const { isStopped, waiting } = { ...state, ...change }
    const next = { queued: calls.slotsIn('queued'), running: calls.slotsIn('running'), waiting, isStopped }
    if (JSON.stringify(next) === JSON.stringify(state)) return
    state = Object.freeze(next)
    for (const listener of listeners) guarded(listener)
  }

  function stop(): void {
    if (state.isStopped) return
    calls.clearQueue()
    show({ isStopped: true, waiting: [] })
    lookSoon()
  }

  const unsubscribe = tracker.subscribe(lookSoon, { showId })
  lookSoon()
  return {
    getState: () => state,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    approve(filter: SlotFilter<Pipeline>) {
      const slots = state.waiting.filter((slot) => isMeant(slot, filter))
      slots.forEach(allow)
      return slots.length
    },
    retry(filter: SlotFilter<Pipeline> = {}) {
      const view = tracker.getPipeline(showId)
      const ended = (['failed', 'canceled', 'interrupted'] as const)
        .flatMap((status) => endedSlots(view, pipeline, status))
        .filter(({ slot, task }) => task && Object.hasOwn(handlers, slot.type) && isMeant(slot, filter))
      for (const { task } of ended) wanted.add(task!.id)
      lookSoon()
      return ended.length
    },
    stop,
    done,
  } as unknown as Autopilot<P>
}

const noState: AutopilotState<Pipeline> = Object.freeze({
  queued: [],
  running: [],
  waiting: [],
  isStopped: false,
})

const nothing = { waiting: [], unhandled: [] }

function assertStep({ id, steps, indexOf }: Pipeline, type: string): void {
  if (indexOf(type) !== undefined) return
  const known = steps.map((step) => step.type).join(', ')
  const message = `autopilot: unknown step ${shown(type)} in pipeline "${id}". Known steps: ${known}.`
  throw problem('unknown_step', message)
}

const isComplete = ({ completedSteps, totalSteps }: PipelineView): boolean =>
  totalSteps > 0 && completedSteps === totalSteps
