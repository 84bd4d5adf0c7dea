import type { ShowTracker, Tracker, TrackerOptions } from './tracker-types.ts'
import { createInternals } from './internals.ts'
import { createTrackHost } from './track-host.ts'
import { createMerge } from './merge.ts'
import { createShowQueries } from './show-queries.ts'
import { createTaskQueries } from './task-queries.ts'
import { createShowTrackers } from './show-tracker.ts'
import type { Sink } from './sink.ts'
import { toSnapshot } from './snapshot.ts'
import { createTaskCommands } from './task-commands.ts'
import type { OwnedRuns, Ownership } from '../call/run.ts'
import { resume } from '../call/resume.ts'
import { CallsheetError, problem } from '../records/errors.ts'
import { answerOf } from '../records/guard.ts'
import type { Pipeline } from '../records/pipeline.ts'
import { compareTasks, isFinished, type Task } from '../records/task.ts'
import { isExpired } from '../records/time.ts'
import { assertId, assertType, readSlot } from '../write/input.ts'

/**
 * Creates a tracker: it wraps calls, keeps the state of all shows, and calls listeners and sinks at each change.
 *
 * @example
 * const tracker = createTracker({ pipeline: showPipeline })
 * const show = tracker.show('neon-noir')
 * await show.track('show-generation', () => fetch('/api/generate', { method: 'POST' }))
 * tracker.getPipeline('neon-noir').progress // 14
 */
export function createTracker<const P extends Pipeline>(options: TrackerOptions<P>): Tracker<P> {
  const internals = createInternals(options as unknown as TrackerOptions<Pipeline>)
  const { by, promises, now, sinks, durations, expiry, runs, state, report, guarded, on } = internals
  const pipeline: Pipeline = options.pipeline
  const queries = createTaskQueries(internals)
  const tasks = createTaskCommands(internals, queries)
  const host = createTrackHost(internals, queries, tasks)
  const { rename, remove, show } = createShowTrackers(internals, host, tasks, safely)
  const { getPipeline, getPipelines, getShows } = createShowQueries(internals)
  const take = createMerge(internals)
  const connect = (sink: Sink) => void guarded(() => sink.connect?.({ report, page: host.page.tell }))
  sinks.forEach(connect)

  /** Throws for an invalid step or id. Reports any other error and returns `otherwise`. */
  function safely<R>(otherwise: R, action: () => R): R {
    try {
      return action()
    } catch (error) {
      if (error instanceof CallsheetError && /^(?:unknown_step|invalid_id)$/.test(error.code)) throw error
      report(error)
      return otherwise
    }
  }

  async function close(): Promise<void> {
    // The page may be about to be left: an application may close the tracker before that event.
    for (const run of runs.values()) run.settleNow(true)
    const flushing = sinks.map(async (sink) => sink.flush?.())
    for (const one of flushing) one.catch(report)
    let stopTimer = () => {}
    const late = new Promise<void>((resolve) => {
      const giveUp = () => {
        report(problem('sink_failed', 'close: a sink has not flushed within 10 s; closed without it.'))
        resolve()
      }
      guarded(() => {
        stopTimer = internals.schedule(giveUp, 10_000)
      })
    })
    await Promise.race([Promise.allSettled(flushing), late])
    stopTimer()
    for (const sink of sinks) guarded(() => sink.close?.())
  }

  function addSink(sink: Sink): () => void {
    sinks.push(sink)
    connect(sink)
    return () => {
      const place = sinks.indexOf(sink)
      if (place >= 0) sinks.splice(place, 1)
    }
  }

  function own(ownership: Ownership): OwnedRuns {
    const { ownership: held } = internals
    if (held.current) throw problem('invalid_option', 'Another ownership decides for this tracker already.')
    held.current = ownership
    return {
      tasks: () => Array.from(runs.values(), (run) => run.task),
      yield: (taskId) => runs.get(taskId)?.disown(),
      release() {
        if (held.current === ownership) held.current = undefined
      },
    }
  }

  const tracker = {
    pipeline,
    by,
    now,
    promises,
    report: (error: unknown) => report(error),
    page: host.page.tell,
    on,
    addSink,
    own,
    close,
    getPipeline,
    getPipelines,
    getShows,
    renameShow: rename,
    removeShow: remove,
    show: (showId): ShowTracker<Pipeline> => ({ ...show(showId), getPipeline: () => getPipeline(showId) }),
    getTask: (which) =>
      safely(undefined, () => {
        if (typeof which !== 'string') return queries.currentIn(readSlot(pipeline, which))
        assertId(which, 'id')
        return queries.newest(which)
      }),
    getTasks: (filter, given) =>
      safely([], () => {
        const time = now()
        return (filter ? queries.select(filter) : queries.living())
          .filter((task) => given?.expired === true || !isExpired(task, time, expiry))
          .toSorted((a, b) => compareTasks(b, a))
      }),
    addTask: (task) => safely(undefined, () => tasks.add(task as never) as never),
    updateTask: (id, patch) => safely(undefined, () => tasks.change(id, patch as never)),
    cancel: (filter, reason) => safely(0, () => tasks.cancel(filter, reason)),
    dismiss: (filter) => safely(0, () => tasks.dismiss(filter)),
    reset: (filter) => safely(0, () => tasks.reset(filter)),
    resume: (followers, given) =>
      safely({ resumed: [], interrupted: [] }, () => {
        const only = given?.only ?? (() => true)
        const isMeant = (task: Task) =>
          !isFinished(task) &&
          !runs.has(task.id) &&
          !answerOf(() => internals.ownership.current?.isElsewhere(task), report) &&
          answerOf(() => only(task), report)
        return resume(host, queries.living().filter(isMeant), followers ?? {})
      }),
    has: (slot, what) => safely(false, () => queries.has(readSlot(pipeline, slot), what)),
    get forgotten() {
      return internals.forgotten()
    },
    serialize(given) {
      const showId = given?.showId
      if (showId !== undefined) assertId(showId, 'showId')
      const learnt = durations && answerOf(() => durations.serialize(), report)
      return { ...toSnapshot(state, now(), showId), ...(learnt && { durations: learnt }) }
    },
    restore: (snapshot) => safely(nothing, () => take(snapshot, 'restore', false, true)),
    merge: (records, given) =>
      safely(nothing, () => take(records, 'merge', given?.live ?? true, given?.whole ?? false, given?.from)),
    subscribe(listener, given) {
      const key = given ?? {}
      if (key.showId !== undefined) assertId(key.showId, 'showId')
      if (key.type !== undefined) assertType(pipeline, key.type)
      return internals.subscribe(listener, key)
    },
  } satisfies Tracker
  return tracker as unknown as Tracker<P>
}

const nothing = { accepted: 0, ignored: 0, rejected: [] }
