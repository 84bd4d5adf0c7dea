import mitt from 'mitt'
import type { DurationsLike, ForgottenCount, Tracker, TrackerEvents } from './contract.ts'
import { CallsheetError } from '../records/errors.ts'
import { toTaskError } from '../records/thrown.ts'
import { forgetShows } from '../state/forget.ts'
import { createGuard } from '../records/guard.ts'
import { assertId } from '../write/input.ts'
import type { Pipeline, StepType } from '../records/pipeline.ts'
import type { Change, Sink } from './sink.ts'
import type { Show } from '../state/entities.ts'
import { createShows, entriesOf, type Shows } from '../state/shows.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'
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
  readonly shows: Shows
  /** Merges records into the state and tells everyone. Gives how many changed something. */
  readonly apply: (
    tasks: readonly TaskVersion[],
    shows: readonly ShowRecord[],
    origin: Change['origin'],
    live?: boolean,
  ) => number
  /** The same for what this tracker wrote itself. */
  readonly write: (version: TaskVersion) => boolean
  readonly getPipeline: (showId: string) => PipelineView<P>
  readonly getPipelines: () => readonly PipelineView<P>[]
  readonly getShows: () => readonly string[]
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
  /** Epoch ms. Earlier completions fire no events. */
  readonly createdAt: number
  readonly maxTasks: number
  /** Whether this tracker runs a task itself. */
  readonly runsHere: (taskId: string) => boolean
  /** A task was canceled or removed, by whomever. */
  readonly onEnded: (taskId: string) => void
}

/** Above these, listeners that write at every change they hear of would never end: only sinks are told the rest. */
const maxRounds = 1_000
const maxInARow = 100_000
const endless =
  'Endless loop: a listener makes a change each time it is told of one. Listeners are not told of the last changes; ' +
  'sinks are. Write only when something has to change.'

const done = () => {}

const hint =
  "Further failures of this kind are not logged. Use tracker.on('error', …) to receive all of them."

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
  const shows = createShows(pipeline)
  /** How often anything has changed. */
  let changes = 0
  /** The show that has changed last. */
  let current: Show | undefined
  let forgotten: ForgottenCount = { shows: 0, tasks: 0 }
  let nextForgetting = maxTasks
  let listed: { readonly changes: number; readonly views: readonly PipelineView<P>[] } | undefined

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
      // A failing listener of failures cannot be reported.
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
    records: readonly ShowRecord[],
    origin: Change['origin'],
    live = true,
  ): number {
    const [only] = tasks
    const isOne = only && tasks.length === 1 && records.length === 0
    const held = isOne && shows.tasks.get(only.id)?.version
    return isOne && (!held || held.showId === only.showId)
      ? applyOne(only, origin, live)
      : applyAll(tasks, records, origin, live)
  }

  /** What most changes are: nothing is gathered that one task does not need. */
  function applyOne(version: TaskVersion, origin: Change['origin'], live: boolean): number {
    const isAnnounced = live && origin !== 'restore' && !isOldNews(version, origin)
    const isSeen = isWatched()
    const before = isSeen ? viewOf(version.showId) : undefined
    const held = shows.putTask(version)
    if (held === false) return 0
    changes += 1
    current = shows.shows.get(version.showId)!
    const show = current
    const after = isSeen ? shows.look(show) : undefined
    queue.push((mayWrite) => {
      if (mayWrite) {
        if (!subscriptions.isEmpty()) {
          for (const id of show.members) notify(id, before, after, typesOf(version, held))
          subscriptions.notifyAll()
        }
        announceTask(version, held, origin, live)
        if (isAnnounced) announceSteps(before, after, origin)
      }
      if (sinks.length > 0) send({ tasks: [version], shows: [], origin })
    })
    stopIfEnded(version)
    tellInOrder()
    return 1
  }

  /** Whether a change must say how a show looked before and after it. */
  const isWatched = (): boolean =>
    !subscriptions.isEmpty() || isHeard('stepCompleted') || isHeard('showCompleted')

  const viewOf = (showId: string): PipelineView | undefined => {
    const show = shows.shows.get(showId)
    return show && shows.look(show)
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
        if (mayWrite && (rounds > maxRounds || place > maxInARow)) {
          mayWrite = false
          report(new CallsheetError(endless, { code: 'limit_reached' }))
        }
        const tell = queue[place]!
        // A long row of changes keeps none of the states that it has gone through.
        queue[place] = done
        tell(mayWrite)
        if (heldIn(shows) > nextForgetting) forget()
      }
    } finally {
      queue.length = 0
      isTelling = false
    }
  }

  function applyAll(
    tasks: readonly TaskVersion[],
    records: readonly ShowRecord[],
    origin: Change['origin'],
    live: boolean,
  ): number {
    const isSeen = isWatched()
    const news: { readonly version: TaskVersion; readonly held: TaskVersion | undefined }[] = []
    const newRecords: ShowRecord[] = []
    // By every id that a listener may have named: what it showed before. The ids of one show share it.
    const touched = new Map<string, Touched>()
    const touch = (showId: string, ...versions: readonly (TaskVersion | undefined)[]): Touched => {
      const known = touched.get(showId)
      const told = known ?? touchedOf(isSeen ? viewOf(showId) : undefined)
      const ids = (isSeen && shows.shows.get(showId)?.members) || [showId]
      if (!known) for (const id of ids) touched.set(id, touched.get(id) ?? told)
      for (const version of versions) if (version && isInSlot(version)) told.types.add(version.type)
      return told
    }
    const takeIn = (some: readonly TaskVersion[]): void => {
      for (const version of some) {
        const known = shows.tasks.get(version.id)?.version
        touch(version.showId, version, known)
        if (known && known.showId !== version.showId) touch(known.showId, version, known)
        const held = shows.putTask(version)
        if (held !== false) news.push({ version, held })
      }
    }
    // Tasks first: a restored state lists its shows as the saved one did.
    const isAnnounced = live && origin !== 'restore'
    const oldNews = isAnnounced ? tasks.filter((version) => isOldNews(version, origin)) : []
    if (oldNews.length > 0) {
      // What these complete is not announced: what the rest completes is.
      takeIn(oldNews)
      if (isSeen) for (const [id, told] of touched) told.settled = finalView(id) ?? told.settled
      takeIn(tasks.filter((version) => !isOldNews(version, origin)))
    } else takeIn(tasks)
    for (const record of records) {
      const { showId } = record
      const held = shows.records.get(showId)
      const concerned = [touch(showId), ...(record.renamedTo ? [touch(record.renamedTo.value)] : [])]
      const show = record.removed && shows.shows.get(showId)
      const dropped = show ? entriesOf(show).filter(({ version }) => version.showId === showId) : []
      if (!shows.putShow(record)) continue
      for (const { version } of dropped) onEnded(version.id)
      const merged = shows.records.get(showId)!
      // Neither what the database knew before anything ran nor a new name nor a removal completes a step.
      const isRenamed = merged.renamedTo !== held?.renamedTo
      if (isRenamed || record.removed || (record.facts && !held?.facts))
        for (const told of concerned) told.isQuiet = true
      newRecords.push(merged)
    }
    if (news.length + newRecords.length === 0) return 0
    changes += 1
    current = shows.shows.get(touched.keys().next().value!)
    const notices = isSeen ? [...touched].map(([id, told]) => ({ id, ...told, after: viewOf(id) })) : []
    queue.push((mayWrite) => {
      if (mayWrite) {
        if (!subscriptions.isEmpty()) {
          for (const { id, before, after, types } of notices) notify(id, before, after, types)
          subscriptions.notifyAll()
        }
        for (const { version, held } of news) announceTask(version, held, origin, live)
        for (const { id, settled, after, isQuiet } of isAnnounced ? notices : [])
          if (!isQuiet && after?.showId === id) announceSteps(settled, after, origin)
      }
      send({ tasks: news.map(({ version }) => version), shows: newRecords, origin })
    })
    for (const { version } of news) stopIfEnded(version)
    tellInOrder()
    return news.length + newRecords.length
  }

  /** The view of a show by its final id; not by one that it had before. */
  const finalView = (showId: string): PipelineView | undefined => {
    const view = viewOf(showId)
    return view?.showId === showId ? view : undefined
  }

  function forget(): void {
    const gone = forgetShows(shows, maxTasks, runsHere, current)
    changes += 1
    forgotten = { shows: forgotten.shows + gone.shows.length, tasks: forgotten.tasks + gone.tasks }
    // Where too little can go, trying at every event would cost more the more there is.
    nextForgetting = Math.max(maxTasks, Math.ceil(heldIn(shows) * 1.1))
    if (subscriptions.isEmpty()) return
    for (const show of gone.shows) for (const id of show.members) notify(id, shows.look(show), undefined, [])
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
  function notify(
    showId: string,
    before: PipelineView | undefined,
    after: PipelineView | undefined,
    told: Iterable<string>,
  ): void {
    if (before === after) return
    const types = new Set([...told].filter((type) => pipeline.indexOf(type) === undefined))
    for (const [place, { type }] of pipeline.steps.entries())
      if (before?.steps[place] !== after?.steps[place]) types.add(type)
    subscriptions.notify(showId, [...types])
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

  const isComplete = ({ completedSteps, totalSteps }: PipelineView): boolean =>
    totalSteps > 0 && completedSteps === totalSteps

  function announceSteps(
    before: PipelineView | undefined,
    after: PipelineView | undefined,
    origin: Change['origin'],
  ): void {
    if (!after || (!isHeard('stepCompleted') && !isHeard('showCompleted'))) return
    const { showId } = after
    const view = after as unknown as PipelineView<P>
    let isNews = false
    for (const [place, step] of after.steps.entries()) {
      const old = before?.steps[place]
      if (old === step || old?.progress === 100 || step.progress !== 100) continue
      // Completions before this tracker was created fire no events.
      if (origin === 'merge' && step.completedAt !== undefined && step.completedAt < createdAt) continue
      const type = step.type as StepType<P>
      announce('stepCompleted', () => ({ showId, type, step: view.step(type) }))
      isNews = true
    }
    if (!isNews || !isComplete(after) || (before && isComplete(before))) return
    announce('showCompleted', () => ({ showId, pipeline: view }))
  }

  function getPipeline(showId: string): PipelineView<P> {
    const known = viewOf(showId)
    if (known) return known as unknown as PipelineView<P>
    // An empty id stands for a show that does not exist yet: the hooks read it.
    if (showId !== '') assertId(showId, 'showId')
    // The same object for as long as anything holds it, and no longer.
    const view = emptyViews.get(showId)?.deref() ?? (shows.viewOf(showId) as unknown as PipelineView<P>)
    emptyViews.set(showId, new WeakRef(view))
    if (emptyViews.size > emptyViewsKept) {
      for (const [id, held] of emptyViews) if (held.deref() === undefined) emptyViews.delete(id)
      emptyViewsKept = Math.max(1_000, emptyViews.size * 2)
    }
    return view
  }

  function getPipelines(): readonly PipelineView<P>[] {
    if (listed?.changes === changes) return listed.views
    const views = [...new Set(shows.shows.values())].map((show) => shows.look(show)).filter(hasWork)
    listed = { changes, views: Object.freeze(views.toReversed()) as unknown as readonly PipelineView<P>[] }
    return listed.views
  }

  const getShows = (): readonly string[] =>
    [...new Set(shows.shows.values())]
      .filter(({ members }) => !members.every((id) => shows.records.get(id)?.removed))
      .map(({ showId }) => showId)
      .toReversed()

  return {
    shows,
    apply,
    write: (version) => applyOne(version, 'local', true) > 0,
    getPipeline,
    getPipelines,
    getShows,
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

/** A show that a batch changed. */
interface Touched {
  readonly before: PipelineView | undefined
  /** With what is not announced merged in. */
  settled: PipelineView | undefined
  /** The types of its changed tasks. */
  readonly types: Set<string>
  /** Whether what it completes is not announced. */
  isQuiet: boolean
}

const touchedOf = (before: PipelineView | undefined): Touched => ({
  before,
  settled: before,
  types: new Set(),
  isQuiet: false,
})

/** The types that a version and the one before it have. */
const typesOf = (version: TaskVersion, held: TaskVersion | undefined): string[] => [
  ...(isInSlot(version) ? [version.type] : []),
  ...(held && isInSlot(held) ? [held.type] : []),
]

/** How much there is to be bounded: a show counts as one task at least. */
const heldIn = ({ tasks, shows }: Shows): number => Math.max(tasks.size, shows.size)

const hasWork = ({ active, steps }: PipelineView): boolean =>
  active > 0 ||
  steps.some(
    ({ completed, failed, canceled, interrupted }) => completed + failed + canceled + interrupted > 0,
  )

/** For listeners of `error`: reporting their own failures would call them again. */
const quietly = createGuard(() => {})
