import mitt from 'mitt'
import { applyTasks, type News } from '../state/batch.ts'
import type { DurationsLike, ForgottenCount, Tracker, TrackerEvents } from './contract.ts'
import { CallsheetError, toTaskError } from '../records/errors.ts'
import { forgetShows } from '../state/forget.ts'
import { createGuard } from '../records/guard.ts'
import { assertId } from '../write/input.ts'
import type { Pipeline, StepType } from '../records/pipeline.ts'
import { applyShow, applyTask } from '../state/reducer.ts'
import type { Change, Sink } from './sink.ts'
import { ShowState, viewOf } from '../state/show-state.ts'
import { allShows, emptyState, finalShowId, showOf, type State, versionOf } from '../state/state.ts'
import type { StepState } from '../state/step-state.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'
import { get } from '../state/table.ts'
import {
  isFinished,
  isInSlot,
  isRemoved,
  type ShowRecord,
  type Task,
  type TaskRecord,
  type TaskVersion,
} from '../records/task.ts'
import type { PipelineView } from '../state/views.ts'

/** The state as it is now, the one way into it, and everyone who is told. */
export interface Store<P extends Pipeline> {
  readonly state: () => State
  /** Merges records into the state and tells everyone. Gives how many changed something. */
  readonly apply: (
    tasks: readonly TaskVersion[],
    shows: readonly ShowRecord[],
    origin: Change['origin'],
    live?: boolean,
  ) => number
  /** The same for what this tracker wrote itself; `held` is what the state holds of the task. */
  readonly write: (version: TaskVersion, held: TaskVersion | undefined) => boolean
  readonly getPipeline: (showId: string) => PipelineView<P>
  readonly getPipelines: () => readonly PipelineView<P>[]
  /** How much has been forgotten to make room. */
  readonly forgotten: () => ForgottenCount
  readonly subscribe: Subscriptions['add']
  readonly on: Tracker<P>['on']
  readonly report: (thrown: unknown) => void
  /** Runs an action whose failure is reported. False when it threw. */
  readonly guarded: (action: () => unknown) => boolean
}

interface StoreOptions<P extends Pipeline> {
  readonly pipeline: P
  readonly sinks: readonly Sink[]
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string
  readonly durations: DurationsLike | undefined
  /** Epoch ms: what was completed before is no news. */
  readonly createdAt: number
  readonly maxTasks: number
  /** Whether this tracker runs a task itself. */
  readonly runsHere: (taskId: string) => boolean
  /** A task was canceled or removed, by whomever. */
  readonly onEnded: (taskId: string) => void
}

/** Above these, listeners that write at every change they hear of would never end: only sinks are told the rest. */
const mostRounds = 1_000
const mostInARow = 100_000
const endless =
  'Endless loop: a listener makes a change each time it is told of one. Listeners are not told of the last changes; ' +
  'sinks are. Write only when something has to change.'

const done = () => {}

const hint = "Further failures of this kind are not logged; tracker.on('error', …) is told of each."

export function createStore<P extends Pipeline>(options: StoreOptions<P>): Store<P> {
  const { pipeline, sinks, durations, redact, createdAt, maxTasks, runsHere, onEnded } = options
  const emitter = mitt<TrackerEvents<P>>()
  const guarded = createGuard(report)
  const subscriptions = createSubscriptions(guarded)
  /** The changes that are still to be told, in the order of the writes. */
  const queue: ((mayWrite: boolean) => void)[] = []
  let isTelling = false
  /** The last passed limits that were told, and the kinds of failure that were logged. */
  const told = new Set<string>()
  const logged = new Set<string>()
  const emptyViews = new Map<string, WeakRef<PipelineView<P>>>()
  let emptyViewsKept = 1_000
  let state: State = emptyState(pipeline)
  let forgotten: ForgottenCount = { shows: 0, tasks: 0 }
  let nextForgetting = maxTasks
  let listed: { readonly state: State; readonly views: readonly PipelineView<P>[] } | undefined

  function report(thrown: unknown): void {
    try {
      const isError = thrown instanceof Error
      const { message } = toTaskError(thrown)
      const error = isError ? thrown : new CallsheetError(redact(message), { cause: thrown })
      const { code, name } = error as Partial<CallsheetError>
      // What is cut at every write is told once; that listeners were not told is told each time.
      if (code === 'limit_reached' && error.message !== endless && !isFirst(told, error.message)) return
      if (isHeard('error')) emitter.emit('error', { error })
      else if (isFirst(logged, code ?? name ?? ''))
        console.warn(`Callsheet: ${redact(error.message)} (${code ?? name}). ${hint}`)
    } catch {
      // A listener of failures that fails has nobody left to tell.
    }
  }

  /** Whether something is not among the last 1,000 of its kind. */
  function isFirst(last: Set<string>, what: string): boolean {
    if (last.has(what)) return false
    if (last.size >= 1_000) last.delete(last.values().next().value!)
    last.add(what)
    return true
  }

  // --- the one way in ----------------------------------------------------------------------------------------------

  function apply(
    tasks: readonly TaskVersion[],
    shows: readonly ShowRecord[],
    origin: Change['origin'],
    live = true,
  ): number {
    const [only] = tasks
    return only && tasks.length === 1 && shows.length === 0
      ? applyOne(only, versionOf(state, only.id), origin, live)
      : applyAll(tasks, shows, origin, live)
  }

  /** What most changes are: nothing is gathered that one task does not need. */
  function applyOne(
    version: TaskVersion,
    held: TaskVersion | undefined,
    origin: Change['origin'],
    live: boolean,
  ): number {
    if (held && held.showId !== version.showId) return applyAll([version], [], origin, live)
    const before = showOf(state, version.showId)
    const next = applyTask(state, version)
    if (next === state) return 0
    state = next
    const after = showOf(next, version.showId)
    queue.push((mayWrite) => {
      if (mayWrite) {
        if (!subscriptions.isEmpty()) {
          notify(before, after, typesOf(version, held))
          subscriptions.notifyAll()
        }
        announceTask(version, held, origin, live)
        if (live && origin !== 'restore' && !isOldNews(version, origin)) announceSteps(before, after, origin)
      }
      if (sinks.length > 0) send({ tasks: [version], shows: [], origin })
    })
    stopIfEnded(version)
    tellInOrder()
    return 1
  }

  /** Tells of each change after all that were made before it; what listeners change meanwhile is told after that. */
  function tellInOrder(): void {
    if (isTelling) return
    isTelling = true
    // Each round tells what listeners have written in the round before.
    let rounds = 0
    let mayWrite = true
    try {
      for (let place = 0, end = 1; place < queue.length; place += 1) {
        if (place === end) {
          rounds += 1
          end = queue.length
        }
        if (mayWrite && (rounds > mostRounds || place > mostInARow)) {
          mayWrite = false
          report(new CallsheetError(endless, { code: 'limit_reached' }))
        }
        const tell = queue[place]!
        // A long row of changes keeps none of the states that it has gone through.
        queue[place] = done
        tell(mayWrite)
        if (heldIn(state) > nextForgetting) forget()
      }
    } finally {
      queue.length = 0
      isTelling = false
    }
  }

  function applyAll(
    tasks: readonly TaskVersion[],
    shows: readonly ShowRecord[],
    origin: Change['origin'],
    live: boolean,
  ): number {
    const before = state
    const newShows: ShowRecord[] = []
    // By final id, as they were before.
    const touched = new Map<string, Touched>()
    const touch = (showId: string, version?: TaskVersion): string => {
      const before = showOf(state, showId)
      const finalId = before?.base.showId ?? showId
      const told = touched.get(finalId) ?? { before, settled: before, types: new Set() }
      touched.set(finalId, told)
      if (version && isInSlot(version)) told.types.add(version.type)
      return finalId
    }
    const quiet = new Set<string>()
    const news: News[] = []
    const takeIn = (some: readonly TaskVersion[]) => {
      const { state: merged, news: more } = applyTasks(state, some)
      for (const { version, held } of more) {
        touch(version.showId, version)
        if (held) touch(held.showId, held)
        news.push({ version, held })
      }
      state = merged
    }
    // Tasks first: a restored state lists its shows as the saved one did.
    const isAnnounced = live && origin !== 'restore'
    const oldNews = isAnnounced ? tasks.filter((version) => isOldNews(version, origin)) : []
    if (oldNews.length > 0) {
      // What these complete is not announced: what the rest completes is.
      takeIn(oldNews)
      for (const [showId, told] of touched) told.settled = finalShow(state, showId)
      takeIn(tasks.filter((version) => !isOldNews(version, origin)))
    } else takeIn(tasks)
    for (const record of shows) {
      const next = applyShow(state, record)
      if (next === state) continue
      const ids = [touch(record.showId), touch(finalShowId(next, record.showId))]
      const held = get(state.base.records, record.showId)
      // Neither what the database knew before anybody looked nor a new name completes a step.
      const isRenamed = get(next.base.records, record.showId)?.renamedTo !== held?.renamedTo
      if (isRenamed || (record.facts && !held?.facts)) for (const id of ids) quiet.add(id)
      newShows.push(get(next.base.records, record.showId)!)
      state = next
    }
    if (state === before) return 0
    const after = state
    queue.push((mayWrite) => {
      if (mayWrite) {
        if (!subscriptions.isEmpty()) {
          for (const [showId, told] of touched) notify(told.before, finalShow(after, showId), told.types)
          subscriptions.notifyAll()
        }
        for (const { version, held } of news) announceTask(version, held, origin, live)
        for (const [showId, told] of isAnnounced ? touched : []) {
          if (!quiet.has(showId)) announceSteps(told.settled, finalShow(after, showId), origin)
        }
      }
      send({ tasks: news.map(({ version }) => version), shows: newShows, origin })
    })
    for (const { version } of news) stopIfEnded(version)
    tellInOrder()
    return news.length + newShows.length
  }

  function forget(): void {
    const { state: next, shows, tasks } = forgetShows(state, maxTasks, runsHere)
    state = next
    forgotten = { shows: forgotten.shows + shows.length, tasks: forgotten.tasks + tasks }
    // Where too little can go, trying at every event would cost more the more there is.
    nextForgetting = Math.max(maxTasks, Math.ceil(heldIn(next) * 1.1))
    if (subscriptions.isEmpty()) return
    for (const show of shows) notify(show, undefined, [])
    subscriptions.notifyAll()
  }

  /** A run hears at once that its task was canceled or removed, so that nothing more is paid for. */
  function stopIfEnded(version: TaskVersion): void {
    if (isRemoved(version) || version.status === 'canceled') onEnded(version.id)
  }

  function send(change: Change): void {
    for (const sink of sinks) guarded(() => sink.write(change))
  }

  /** @param told Types whose tasks changed: an extra is in no step, but may be listened to. */
  function notify(before: ShowState | undefined, after: ShowState | undefined, told: Iterable<string>): void {
    if (before === after) return
    const types = new Set([...told].filter((type) => pipeline.indexOf(type) === undefined))
    for (const [place, { type }] of pipeline.steps.entries()) {
      if (before?.stepStates[place] !== after?.stepStates[place]) types.add(type)
    }
    const ids = new Set([...(before?.base.members ?? []), ...(after?.base.members ?? [])])
    for (const id of ids) subscriptions.notify(id, [...types])
  }

  const isHeard = (event: keyof TrackerEvents<P>): boolean => (emitter.all.get(event)?.length ?? 0) > 0

  /** Tells the listeners of an event, where there are any: what they hear is made for them alone. */
  function announce<E extends keyof TrackerEvents<P>>(event: E, payload: () => TrackerEvents<P>[E]): void {
    if (isHeard(event)) guarded(() => emitter.emit(event, payload()))
  }

  function announceTask(
    version: TaskVersion,
    held: TaskVersion | undefined,
    origin: Change['origin'],
    live: boolean,
  ): void {
    const task = isRemoved(version) ? undefined : (version as Task<P>)
    if (task?.status === 'succeeded' && durations) guarded(() => durations.learn(version as TaskRecord))
    announce('taskChanged', () => ({ id: version.id, task, origin }))
    const hadFinished = held && !isRemoved(held) && isFinished(held) && held.status === task?.status
    if (task && isFinished(task) && !hadFinished && live && origin !== 'restore') {
      announce('taskFinished', () => ({ task }))
    }
  }

  /** Whether a version completes nothing that is to be announced: a tombstone, or a success before this tracker was made. */
  const isOldNews = (version: TaskVersion, origin: Change['origin']): boolean =>
    isRemoved(version) ||
    (origin === 'merge' &&
      version.status === 'succeeded' &&
      (version.completedAt ?? version.updatedAt) < createdAt)

  const isComplete = ({ completedSteps, totalSteps }: ShowState): boolean =>
    totalSteps > 0 && completedSteps === totalSteps

  function announceSteps(
    before: ShowState | undefined,
    after: ShowState | undefined,
    origin: Change['origin'],
  ): void {
    if (!after || (!isHeard('stepCompleted') && !isHeard('showCompleted'))) return
    const { showId } = after
    let isNews = false
    for (let place = 0; place < pipeline.steps.length; place += 1) {
      const old = before?.stepStates[place]
      const step = after.stepStates[place]!
      if (old === step || old?.progress === 100 || step.progress !== 100) continue
      // What had happened before this tracker was made is no news.
      if (origin === 'merge' && step.completedAt !== undefined && step.completedAt < createdAt) continue
      const type = step.type as StepType<P>
      announce('stepCompleted', () => ({ showId, type, step: viewOf<P>(after).step(type) }))
      isNews = true
    }
    if (!isNews || !isComplete(after) || (before && isComplete(before))) return
    announce('showCompleted', () => ({ showId, pipeline: viewOf<P>(after) }))
  }

  function getPipeline(showId: string): PipelineView<P> {
    const known = showOf(state, showId)
    if (known) return viewOf<P>(known)
    // An empty id stands for a show that does not exist yet: the hooks read it.
    if (showId !== '') assertId(showId, 'showId')
    // The same object for as long as somebody holds it, and no longer.
    const view = emptyViews.get(showId)?.deref() ?? viewOf<P>(ShowState.empty(pipeline, showId))
    emptyViews.set(showId, new WeakRef(view))
    if (emptyViews.size > emptyViewsKept) {
      for (const [id, held] of emptyViews) if (held.deref() === undefined) emptyViews.delete(id)
      emptyViewsKept = Math.max(1_000, emptyViews.size * 2)
    }
    return view
  }

  function getPipelines(): readonly PipelineView<P>[] {
    if (listed?.state === state) return listed.views
    const shows = [...allShows(state)].filter(
      ({ base, stepStates }) => base.members.length > 0 && stepStates.some(hasWork),
    )
    const views = Object.freeze(shows.map((one) => viewOf<P>(one)).toReversed())
    listed = { state, views }
    return views
  }

  return {
    state: () => state,
    apply,
    write: (version, held) => applyOne(version, held, 'local', true) > 0,
    getPipeline,
    getPipelines,
    forgotten: () => forgotten,
    subscribe: subscriptions.add,
    on(event, handler) {
      const told = event === 'error' ? quietly : guarded
      const safe: typeof handler = (payload) => {
        told(() => handler(payload))
      }
      emitter.on(event, safe)
      return () => emitter.off(event, safe)
    },
    report,
    guarded,
  }
}

/** A show that a batch changed: as it was before, and of which types its changed tasks are. */
interface Touched {
  readonly before: ShowState | undefined
  /** With what is not announced merged in. */
  settled: ShowState | undefined
  readonly types: Set<string>
}

/** The types that a version and the one before it have. */
const typesOf = (version: TaskVersion, held: TaskVersion | undefined): string[] => [
  ...(isInSlot(version) ? [version.type] : []),
  ...(held && isInSlot(held) ? [held.type] : []),
]

/** A show by its final id; not by one that it had before. */
const finalShow = (state: State, showId: string): ShowState | undefined => {
  const show = showOf(state, showId)
  return show?.base.showId === showId ? show : undefined
}

/** How much there is to be bounded: a show counts as one task at least. */
const heldIn = ({ base }: State): number => Math.max(base.size, base.showCount)

const hasWork = (step: StepState): boolean =>
  step.completed + step.active + step.failed + step.canceled + step.interrupted + step.outside > 0

/** For listeners of `error`: reporting their own failures would call them again. */
const quietly = createGuard(() => {})
