import type { ForgottenCount } from './tracker-types.ts'
import { CanceledError, problem } from '../records/errors.ts'
import { type Listeners, Look, type News } from './listeners.ts'
import { forgetShows } from '../state/forget-shows.ts'
import type { Change, Sink } from './sink.ts'
import type { Show } from '../state/entities.ts'
import type { State } from '../state/state.ts'
import { isRemoved, type ShowRecord, type TaskVersion } from '../records/task.ts'
import type { Run } from '../call/run.ts'

interface StoreOptions {
  readonly state: State
  readonly listeners: Listeners
  readonly sinks: readonly Sink[]
  /** Epoch ms. Earlier completions fire no events. */
  readonly createdAt: number
  readonly maxTasks: number
  /** The calls that run here, by their tasks. */
  readonly runs: ReadonlyMap<string, Run>
}

/** Above these, listeners that write at every change they hear of would never end: only sinks are told the rest. */
const maxRounds = 1_000
const maxInARow = 100_000
const endless =
  'Endless loop: a listener makes a change each time it is told of one. Listeners are not told of the last changes; ' +
  'sinks are. Write only when something has to change.'

/** What shows looked like before a change, by every id that a listener may have named. */
type Seen = Map<string, Look> | undefined

/** The one way into the state. Every change is told in the order of the writes: docs/decisions/0020. */
export function createStore({ state, listeners, sinks, createdAt, maxTasks, runs }: StoreOptions) {
  /** The changes that are still to be told. */
  const queue: (News | undefined)[] = []
  let isTelling = false
  let changes = 0
  /** The show that has changed last. */
  let current: Show | undefined
  let forgotten: ForgottenCount = { shows: 0, tasks: 0 }
  let nextForgetting = maxTasks

  const viewOf = (showId: string) => {
    const show = state.shows.get(showId)
    return show && state.look(show)
  }

  /** Merges records into the state and tells everyone. Gives how many changed something. */
  function apply(
    tasks: readonly TaskVersion[],
    records: readonly ShowRecord[],
    origin: Change['origin'] = 'local',
    live = true,
    from?: string,
  ): number {
    const came = from === undefined ? { origin } : { origin, from }
    const change = { tasks: [] as TaskVersion[], shows: [] as ShowRecord[], ...came }
    const news: News = { change, held: [], looks: [], isAnnounced: live && origin !== 'restore' }
    const seen: Seen = listeners.areWatching() ? new Map<string, Look>() : undefined
    // What old news completes is not announced: what the rest completes is.
    for (const version of tasks) if (isOldNews(version, news)) putTask(version, news, seen)
    if (seen) for (const [id, look] of seen) look.settled = viewOf(id)
    for (const version of tasks) if (!isOldNews(version, news)) putTask(version, news, seen)
    // After the tasks: a restored state lists its shows as the saved one did.
    for (const record of records) putShow(record, news, seen)
    const first = change.tasks[0] ?? change.shows[0]
    if (!first) return 0
    changes += 1
    current = state.shows.get(first.showId)
    if (seen) for (const [id, look] of seen) news.looks.push([id, look, viewOf(id)])
    queue.push(news)
    // At once, so that nothing more is paid for.
    for (const version of change.tasks)
      if (isRemoved(version) || version.status === 'canceled') stop(version.id)
    for (const { showId, removed } of change.shows)
      if (removed) for (const [id, run] of runs) if (run.task.showId === showId) stop(id)
    tellInOrder()
    return change.tasks.length + change.shows.length
  }

  const isOldNews = (version: TaskVersion, { change, isAnnounced }: News): boolean =>
    isAnnounced &&
    (isRemoved(version) ||
      (change.origin === 'merge' &&
        version.status === 'succeeded' &&
        (version.completedAt ?? version.updatedAt) < createdAt))

  function putTask(version: TaskVersion, { change, held }: News, seen: Seen): void {
    if (seen) {
      const known = state.tasks.get(version.id)?.version ?? version
      touch(seen, version.showId, version.type)
      touch(seen, known.showId, known.type)
    }
    const replaced = state.putTask(version)
    if (replaced === false) return
    change.tasks.push(version)
    held.push(replaced)
  }

  function putShow(record: ShowRecord, { change }: News, seen: Seen): void {
    const { showId, renamedTo, removed } = record
    const before = state.records.get(showId)
    const looks = seen ? [touch(seen, showId), renamedTo && touch(seen, renamedTo.value)] : []
    if (!state.putShow(record)) return
    const merged = state.records.get(showId)!
    change.shows.push(merged)
    // Neither what the database knew before anything ran nor a new name nor a removal completes a step.
    const isQuiet = merged.renamedTo !== before?.renamedTo || removed || (record.facts && !before?.facts)
    if (isQuiet) for (const look of looks) if (look) look.isQuiet = true
  }

  /** Remembers what a show looks like, by all of its ids. */
  function touch(seen: Map<string, Look>, showId: string, type?: string): Look {
    let look = seen.get(showId)
    if (!look) {
      look = new Look(viewOf(showId))
      for (const id of state.shows.get(showId)?.members ?? [showId]) if (!seen.has(id)) seen.set(id, look)
    }
    if (type !== undefined && state.pipeline.indexOf(type) === undefined) look.extras.add(type)
    return look
  }

  const stop = (id: string) => runs.get(id)?.stop(new CanceledError(`Task "${id}" was canceled.`))

  /** Tells of each change after all that were made before it; what listeners change meanwhile is told after that. */
  function tellInOrder(): void {
    if (isTelling) return
    isTelling = true
    // Each round tells what listeners have written in the round before.
    let rounds = 0
    let isHeard = true
    try {
      for (let place = 0, end = 1; place < queue.length; place += 1) {
        if (place === end) {
          rounds += 1
          end = queue.length
        }
        if (isHeard && (rounds > maxRounds || place > maxInARow)) {
          isHeard = false
          listeners.report(problem('limit_reached', endless), true)
        }
        const news = queue[place]!
        // A long row of changes keeps none of the states that it has gone through.
        queue[place] = undefined
        if (isHeard) listeners.tell(news)
        for (const sink of sinks) listeners.guarded(() => sink.write(news.change))
        if (size() > nextForgetting) forget()
      }
    } finally {
      queue.length = 0
      isTelling = false
    }
  }

  /** How much there is to be bounded: a show counts as one task at least. */
  const size = () => Math.max(state.tasks.size, state.shows.size)

  function forget(): void {
    const gone = forgetShows(state, maxTasks, (id) => runs.has(id), current)
    changes += 1
    forgotten = { shows: forgotten.shows + gone.shows.length, tasks: forgotten.tasks + gone.tasks }
    // Where too little can go, trying at every event would cost more the more there is.
    nextForgetting = Math.max(maxTasks, Math.ceil(size() * 1.1))
    listeners.notify(
      gone.shows.flatMap((show) => {
        const look = new Look(state.look(show))
        return show.members.map((id) => [id, look, undefined] as const)
      }),
    )
  }

  return {
    apply,
    /** How often anything has changed. */
    changes: () => changes,
    /** How much has been forgotten to make room. */
    forgotten: () => forgotten,
  }
}
