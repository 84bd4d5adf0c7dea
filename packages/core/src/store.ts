import mitt from 'mitt'
import type { Tracker, TrackerEvents } from './contract.ts'
import { CallsheetError, toTaskError } from './errors.ts'
import type { Pipeline } from './pipeline.ts'
import { applyShow, applyTask } from './reducer.ts'
import type { Change, Sink } from './sink.ts'
import { emptyState, finalShowId, type ShowState, type State, stepStatus, versionOf } from './state.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'
import { get } from './table.ts'
import { isFinished, isRemoved, type ShowRecord, type Task, type TaskVersion } from './task.ts'
import { items } from './vector.ts'
import { emptyView, type PipelineView, viewOf } from './views.ts'

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
  readonly getPipeline: (showId: string) => PipelineView<P>
  readonly getPipelines: () => readonly PipelineView<P>[]
  readonly subscribe: Subscriptions['add']
  readonly on: Tracker<P>['on']
  readonly report: (thrown: unknown) => void
  /** Runs an action whose failure is reported. False when it threw. */
  readonly guarded: (action: () => unknown) => boolean
}

interface StoreOptions<P extends Pipeline> {
  readonly pipeline: P
  readonly sinks: readonly Sink[]
  /** Epoch ms: what was completed before is no news. */
  readonly createdAt: number
  /** A task was canceled or removed, by whomever. */
  readonly onEnded: (taskId: string) => void
}

export function createStore<P extends Pipeline>(options: StoreOptions<P>): Store<P> {
  const { pipeline, sinks, createdAt, onEnded } = options
  const emitter = mitt<TrackerEvents<P>>()
  const subscriptions = createSubscriptions(report)
  const emptyViews = new Map<string, WeakRef<PipelineView<P>>>()
  let emptyViewsKept = 1_000
  let state: State = emptyState(pipeline)
  let listed: { readonly state: State; readonly views: readonly PipelineView<P>[] } | undefined

  function report(thrown: unknown): void {
    try {
      const isError = thrown instanceof Error
      const error = isError ? thrown : new CallsheetError(toTaskError(thrown).message, { cause: thrown })
      emitter.emit('error', { error })
    } catch {
      // A listener of failures that fails has nobody left to tell.
    }
  }

  /** False when the action threw, which is reported; so is what an asynchronous one rejects with later. */
  const guarded = (action: () => unknown): boolean => {
    try {
      const result = action()
      if (result instanceof Promise) result.catch(report)
      return true
    } catch (error) {
      report(error)
      return false
    }
  }

  // --- the one way in ----------------------------------------------------------------------------------------------

  /** Merges records into the state and tells everyone. Gives how many changed something. */
  function apply(
    tasks: readonly TaskVersion[],
    shows: readonly ShowRecord[],
    origin: Change['origin'],
    live = true,
  ): number {
    const before = state
    const news: { readonly version: TaskVersion; readonly held: TaskVersion | undefined }[] = []
    const newShows: ShowRecord[] = []
    const touched = new Set<string>()
    const quiet = new Set<string>()
    // Tasks first: a restored state lists its shows as the saved one did.
    for (const version of tasks) {
      const held = versionOf(state, version.id)
      const next = applyTask(state, version)
      if (next === state) continue
      state = next
      touched.add(finalShowId(state, version.showId))
      if (held) touched.add(finalShowId(state, held.showId))
      news.push({ version, held })
    }
    for (const record of shows) {
      const next = applyShow(state, record)
      if (next === state) continue
      touched.add(finalShowId(state, record.showId)).add(finalShowId(next, record.showId))
      const held = get(state.records, record.showId)
      // Neither what the database knew before anybody looked nor a new name completes a step.
      const isRenamed = get(next.records, record.showId)?.renamedTo !== held?.renamedTo
      if (isRenamed || (record.facts && !held?.facts)) {
        quiet.add(finalShowId(state, record.showId)).add(finalShowId(next, record.showId))
      }
      newShows.push(get(next.records, record.showId)!)
      state = next
    }
    if (state === before) return 0
    const after = state
    if (!subscriptions.isEmpty()) {
      const told = news
        .flatMap(({ version, held }) => [version, held])
        .flatMap((one) => (one && !isRemoved(one) ? one.type : []))
      for (const showId of touched) notify(get(before.shows, showId), get(after.shows, showId), told)
      subscriptions.notifyAll()
    }
    for (const { version, held } of news) announceTask(version, held, origin, live)
    if (live && origin !== 'restore') {
      for (const showId of touched) {
        if (!quiet.has(showId)) announceSteps(get(before.shows, showId), get(after.shows, showId), origin)
      }
    }
    const change: Change = { tasks: news.map(({ version }) => version), shows: newShows, origin }
    for (const sink of sinks) guarded(() => sink.write(change))
    return news.length + newShows.length
  }

  /** @param told Types whose tasks changed: an extra is in no step, but may be listened to. */
  function notify(
    before: ShowState | undefined,
    after: ShowState | undefined,
    told: readonly string[],
  ): void {
    if (before === after) return
    const changed = pipeline.steps.filter((_step, place) => before?.steps[place] !== after?.steps[place])
    const extras = told.filter((type) => pipeline.indexOf(type) === undefined)
    const types = [...new Set([...changed.map((step) => step.type), ...extras])]
    for (const id of new Set([...(before?.members ?? []), ...(after?.members ?? [])]))
      subscriptions.notify(id, types)
  }

  function announceTask(
    version: TaskVersion,
    held: TaskVersion | undefined,
    origin: Change['origin'],
    live: boolean,
  ): void {
    const task = isRemoved(version) ? undefined : (version as Task<P>)
    if (isRemoved(version) || version.status === 'canceled') onEnded(version.id)
    guarded(() => emitter.emit('taskChanged', { id: version.id, task, origin }))
    const hadFinished = held && !isRemoved(held) && isFinished(held) && held.status === task?.status
    if (task && isFinished(task) && !hadFinished && live && origin !== 'restore') {
      guarded(() => emitter.emit('taskFinished', { task }))
    }
  }

  const isComplete = (one: ShowState): boolean => {
    const { completedSteps, totalSteps } = viewOf(pipeline, one)
    return totalSteps > 0 && completedSteps === totalSteps
  }

  function announceSteps(
    before: ShowState | undefined,
    after: ShowState | undefined,
    origin: Change['origin'],
  ): void {
    if (!after) return
    let isNews = false
    for (const [place, { type }] of pipeline.steps.entries()) {
      const old = before?.steps[place]
      const step = after.steps[place]!
      if (old === step || (old && stepStatus(old) === 'succeeded') || stepStatus(step) !== 'succeeded')
        continue
      const shown = viewOf(pipeline, after).steps[place]!
      // What had happened before this tracker was made is no news.
      if (origin === 'merge' && shown.completedAt !== undefined && shown.completedAt < createdAt) continue
      guarded(() => emitter.emit('stepCompleted', { showId: after.showId, type, step: shown }))
      isNews = true
    }
    if (!isNews || !isComplete(after) || (before && isComplete(before))) return
    guarded(() => emitter.emit('showCompleted', { showId: after.showId, pipeline: viewOf(pipeline, after) }))
  }

  function getPipeline(showId: string): PipelineView<P> {
    const finalId = finalShowId(state, showId)
    const known = get(state.shows, finalId)
    if (known) return viewOf(pipeline, known)
    // The same object for as long as somebody holds it, and no longer.
    const view = emptyViews.get(finalId)?.deref() ?? emptyView(pipeline, finalId)
    emptyViews.set(finalId, new WeakRef(view))
    if (emptyViews.size > emptyViewsKept) {
      for (const [id, held] of emptyViews) if (held.deref() === undefined) emptyViews.delete(id)
      emptyViewsKept = Math.max(1_000, emptyViews.size * 2)
    }
    return view
  }

  function getPipelines(): readonly PipelineView<P>[] {
    if (listed?.state === state) return listed.views
    const shows = [...items(state.shows.values)].filter(
      ({ members, steps }) => members.length > 0 && steps.some(hasWork),
    )
    const views = Object.freeze(shows.map((one) => viewOf(pipeline, one)).toReversed())
    listed = { state, views }
    return views
  }

  return {
    state: () => state,
    apply,
    getPipeline,
    getPipelines,
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

const hasWork = (step: ShowState['steps'][number]): boolean =>
  step.completed + step.active + step.failed + step.canceled + step.interrupted + step.outside > 0

/** For listeners of failures: of their own, nobody is told. */
const quietly = (action: () => unknown): void => {
  try {
    const result = action()
    if (result instanceof Promise) result.catch(() => {})
  } catch {
    // Telling would call the same listener again.
  }
}
