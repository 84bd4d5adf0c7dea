import type { ShowTracker, Tracker, TrackerOptions } from './contract.ts'
import { createDesk } from './desk.ts'
import { createHost } from './host.ts'
import { createIntake } from './intake.ts'
import { createLists } from './lists.ts'
import { createLookup } from './lookup.ts'
import { createShowTrackers } from './show-tracker.ts'
import { toSnapshot } from './snapshot.ts'
import { createTasks } from './tasks.ts'
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
  const desk = createDesk(options as unknown as TrackerOptions<Pipeline>)
  const { by, promises, now, sinks, durations, expiry, runs, shows, report, guarded, on } = desk
  const pipeline: Pipeline = options.pipeline
  const lookup = createLookup(desk)
  const tasks = createTasks(desk, lookup)
  const host = createHost(desk, lookup, tasks)
  const { rename, remove, show } = createShowTrackers(desk, host, tasks, safely)
  const { getPipeline, getPipelines, getShows } = createLists(desk)
  const take = createIntake(desk)
  for (const sink of sinks) guarded(() => sink.connect?.({ report, page: host.page.tell }))

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
        stopTimer = desk.schedule(giveUp, 10_000)
      })
    })
    await Promise.race([Promise.allSettled(flushing), late])
    stopTimer()
    for (const sink of sinks) guarded(() => sink.close?.())
  }

  const tracker = {
    pipeline,
    by,
    now,
    promises,
    report: (error: unknown) => report(error),
    page: host.page.tell,
    on,
    close,
    getPipeline,
    getPipelines,
    getShows,
    renameShow: rename,
    removeShow: remove,
    show: (showId): ShowTracker<Pipeline> => ({ ...show(showId), getPipeline: () => getPipeline(showId) }),
    getTask: (which) =>
      safely(undefined, () => {
        if (typeof which !== 'string') return lookup.currentIn(readSlot(pipeline, which))
        assertId(which, 'id')
        return lookup.newest(which)
      }),
    getTasks: (filter, given) =>
      safely([], () => {
        const time = now()
        return (filter ? lookup.select(filter) : lookup.living())
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
          !isFinished(task) && !runs.has(task.id) && answerOf(() => only(task), report)
        return resume(host, lookup.living().filter(isMeant), followers ?? {})
      }),
    has: (slot, what) => safely(false, () => lookup.has(readSlot(pipeline, slot), what)),
    get forgotten() {
      return desk.forgotten()
    },
    serialize(given) {
      const showId = given?.showId
      if (showId !== undefined) assertId(showId, 'showId')
      const learnt = durations && answerOf(() => durations.serialize(), report)
      return { ...toSnapshot(shows, now(), showId), ...(learnt && { durations: learnt }) }
    },
    restore: (snapshot) => safely(nothing, () => take(snapshot, 'restore', false, true)),
    merge: (records, given) =>
      safely(nothing, () => take(records, 'merge', given?.live ?? true, given?.whole ?? false)),
    subscribe(listener, given) {
      const key = given ?? {}
      if (key.showId !== undefined) assertId(key.showId, 'showId')
      if (key.type !== undefined) assertType(pipeline, key.type)
      return desk.subscribe(listener, key)
    },
  } satisfies Tracker
  return tracker as unknown as Tracker<P>
}

const nothing = { accepted: 0, ignored: 0, rejected: [] }
