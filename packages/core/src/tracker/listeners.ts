import mitt from 'mitt'
import type { DurationsLike, TrackerEvents } from './tracker-types.ts'
import { CallsheetError } from '../records/errors.ts'
import { createGuard } from '../records/guard.ts'
import type { Pipeline } from '../records/pipeline.ts'
import type { Change } from './sink.ts'
import { createSubscriptions } from './subscriptions.ts'
import { isFinished, isRemoved, type ShowRecord, type TaskVersion } from '../records/task.ts'
import { toTaskError } from '../records/thrown.ts'
import type { PipelineView } from '../state/view-types.ts'

/** What a show looked like before a change. The ids of one show share it. */
export class Look {
  /** With what is not announced merged in. */
  settled: PipelineView | undefined
  /** The types of its changed tasks that are in no step. */
  readonly extras = new Set<string>()
  /** Whether what it completes is not announced. */
  isQuiet = false

  constructor(readonly before: PipelineView | undefined) {
    this.settled = before
  }
}

/** A change, and what listeners are told of it. */
export interface News {
  readonly change: Change & { readonly tasks: TaskVersion[]; readonly shows: ShowRecord[] }
  /** What each of the tasks replaced. */
  readonly held: (TaskVersion | undefined)[]
  /** By every id that a listener may have named. */
  readonly looks: (readonly [showId: string, look: Look, after: PipelineView | undefined])[]
  /** Whether ends and completions are announced. */
  readonly isAnnounced: boolean
}

interface ListenersOptions {
  readonly pipeline: Pipeline
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string
  readonly durations: DurationsLike | undefined
  /** Epoch ms. Earlier completions fire no events. */
  readonly createdAt: number
}

const hint =
  "Further failures of this kind are not logged. Use tracker.on('error', …) to receive all of them."

export type Listeners = ReturnType<typeof createListeners>

/** Everyone who is told of changes and of failures, except the sinks. */
export function createListeners({ pipeline, redact, durations, createdAt }: ListenersOptions) {
  const emitter = mitt<TrackerEvents>()
  const guarded = createGuard(report)
  // Reporting the failures of those that listen to failures would call them again.
  const quietly = createGuard(() => {})
  const subscriptions = createSubscriptions(guarded)
  const isTold = lately()
  const isLogged = lately()

  /** @param isRepeated Told each time. Of limits, which may be passed at every write, others are told once. */
  function report(thrown: unknown, isRepeated = false): void {
    quietly(() => {
      const { message } = toTaskError(thrown)
      const error = thrown instanceof Error ? thrown : new CallsheetError(redact(message), { cause: thrown })
      const { code, name } = error as Partial<CallsheetError>
      if (code === 'limit_reached' && !isRepeated && isTold(error.message)) return
      if (isHeard('error')) emitter.emit('error', { error })
      else if (!isLogged(code ?? name ?? ''))
        console.warn(`Callsheet: ${redact(error.message)} (${code ?? name}). ${hint}`)
    })
  }

  const isHeard = (event: keyof TrackerEvents): boolean => (emitter.all.get(event)?.length ?? 0) > 0

  /** What listeners hear is made where there are any. */
  function announce<E extends keyof TrackerEvents>(event: E, payload: () => TrackerEvents[E]): void {
    if (isHeard(event)) guarded(() => emitter.emit(event, payload()))
  }

  function tellTask(
    version: TaskVersion,
    held: TaskVersion | undefined,
    { change, isAnnounced }: News,
  ): void {
    const { id } = version
    const { origin, from } = change
    const came = from === undefined ? { origin } : { origin, from }
    const task = isRemoved(version) ? undefined : version
    if (task?.status === 'succeeded' && durations) guarded(() => durations.learn(task))
    announce('taskChanged', () => ({ id, task, ...came }))
    if (isAnnounced && task && isFinished(task) && held?.status !== task.status)
      announce('taskFinished', () => ({ task, ...came }))
  }

  /** Tells of the steps that became complete, and of the show if the last of them did. */
  function tellSteps(before: PipelineView | undefined, after: PipelineView, origin: Change['origin']): void {
    const { showId } = after
    let isNews = false
    for (const [place, step] of after.steps.entries()) {
      const old = before?.steps[place]
      if (old === step || old?.progress === 100 || step.progress !== 100) continue
      // Of what is older than this tracker, nothing is announced.
      if (origin === 'merge' && (step.completedAt ?? createdAt) < createdAt) continue
      announce('stepCompleted', () => ({ showId, type: step.type, step }))
      isNews = true
    }
    if (isNews && isComplete(after) && !(before && isComplete(before)))
      announce('showCompleted', () => ({ showId, pipeline: after }))
  }

  /** Calls those that subscribed to shows, or to steps of them, that look different. */
  function notify(looks: News['looks']): void {
    if (subscriptions.isEmpty()) return
    for (const [showId, { before, extras }, after] of looks) {
      if (before === after) continue
      const types = [...extras]
      for (const [place, { type }] of pipeline.steps.entries())
        if (before?.steps[place] !== after?.steps[place]) types.push(type)
      subscriptions.notify(showId, types)
    }
    subscriptions.notifyAll()
  }

  return {
    report,
    /** Runs an action whose failure is reported. False when it threw. */
    guarded,
    subscribe: subscriptions.add,
    on: <E extends keyof TrackerEvents>(
      event: E,
      handler: (payload: TrackerEvents[E]) => void,
    ): (() => void) => {
      const told = event === 'error' ? quietly : guarded
      const safe = (payload: TrackerEvents[E]) => void told(() => handler(payload))
      emitter.on(event, safe)
      return () => emitter.off(event, safe)
    },
    /** Whether a change must say what shows looked like before and after it. */
    areWatching: () => !subscriptions.isEmpty() || isHeard('stepCompleted') || isHeard('showCompleted'),
    notify,
    tell: (news: News): void => {
      const { change, held, looks, isAnnounced } = news
      notify(looks)
      change.tasks.forEach((version, place) => tellTask(version, held[place], news))
      if (isAnnounced && (isHeard('stepCompleted') || isHeard('showCompleted')))
        for (const [showId, { settled, isQuiet }, after] of looks)
          if (!isQuiet && after?.showId === showId) tellSteps(settled, after, change.origin)
    },
  }
}

const isComplete = ({ completedSteps, totalSteps }: PipelineView): boolean =>
  totalSteps > 0 && completedSteps === totalSteps

/** Tells whether a text is among the last 1,000 that were asked for, and remembers it. */
function lately(): (text: string) => boolean {
  const last = new Set<string>()
  return (text) => {
    const isKnown = last.has(text)
    if (!isKnown && last.size >= 1_000) last.delete(last.values().next().value!)
    last.add(text)
    return isKnown
  }
}
