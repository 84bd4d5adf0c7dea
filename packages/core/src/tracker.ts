import type { MergeResult, ShowTracker, TaskFilter, Tracker, TrackerOptions } from './contract.ts'
import { isDone, slotStatus } from './counts.ts'
import { CallsheetError, CanceledError } from './errors.ts'
import { answerOf } from './guard.ts'
import {
  assertId,
  conflictIn,
  definitionOf,
  type LooseSlot,
  readCharacters,
  readDone,
  readIds,
  readItem,
  readSlot,
} from './input.ts'
import { canonicalJson } from './json.ts'
import { createPage } from './page.ts'
import type { Pipeline } from './pipeline.ts'
import { createRedactor } from './redact.ts'
import { slotKey, stepOf } from './reducer.ts'
import { isTooOld, type ParsedRecords, type Rejection, toSnapshot } from './snapshot.ts'
import { finalShowId, showOf, versionOf, versions } from './state.ts'
import { createStore } from './store.ts'
import { get } from './table.ts'
import {
  compareTasks,
  type Dismissed,
  isActive,
  isFinished,
  isInSlot,
  isRemoved,
  type ShowRecord,
  type SlotTask,
  type Task,
  type TaskRecord,
  type Tombstone,
} from './task.ts'
import { readOptions } from './options.ts'
import { resume } from './resume.ts'
import type { Run, RunContext, RunOptions, TrackHost } from './run.ts'
import { track } from './track.ts'
import { defaultExpiry, isExpired } from './time.ts'
import { anyDuration } from './timers.ts'
import { firstVersion, nextVersion, type TaskPatch } from './writer.ts'

const later = (callback: () => void, ms: number) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

// randomUUID is missing on pages that were not served securely.
const randomId = (): string =>
  globalThis.crypto.randomUUID?.() ??
  Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

/** Where the world comes in, unless options say otherwise. */
export const defaults = { clock: Date.now, createId: randomId, random: Math.random, schedule: later }

/**
 * Makes a tracker: it wraps calls, keeps the state of all shows, and tells everyone who listens.
 *
 * @example
 * const tracker = createTracker({ pipeline: showPipeline })
 * const show = tracker.show('neon-noir')
 * await show.track('show-generation', () => fetch('/api/generate', { method: 'POST' }))
 * tracker.getPipeline('neon-noir').progress // 14
 */
export function createTracker<const P extends Pipeline>(options: TrackerOptions<P>): Tracker<P> {
  const { pipeline, sinks = [], promises = 'same', maxTasks = 50_000, durations } = options
  const { takeOverAfter = 3_600_000 } = options
  const {
    clock = defaults.clock,
    createId = defaults.createId,
    random = defaults.random,
    schedule = defaults.schedule,
  } = options
  const redactor = createRedactor(options.redact)
  const by = options.by ?? createId()
  assertId(by, 'by')
  if (!(maxTasks >= 1))
    throw new CallsheetError(`maxTasks is ${maxTasks}; give a number from 1.`, { code: 'invalid_option' })
  if (!(takeOverAfter >= 0)) {
    const message = `Invalid takeOverAfter: expected milliseconds from 0, or Infinity, got ${takeOverAfter}.`
    throw new CallsheetError(message, { code: 'invalid_option' })
  }
  const expiry = { ...defaultExpiry, ...options.expiry }
  const runs = new Map<string, Run>()
  const store = createStore({
    pipeline,
    sinks,
    redact: redactor.text,
    durations,
    createdAt: clock(),
    maxTasks,
    runsHere: (id) => runs.has(id),
    onEnded: (id) => runs.get(id)?.stop(new CanceledError(`Task "${id}" was canceled.`)),
  })
  const { apply, guarded, report } = store
  const page = createPage({ now: clock, schedule, guarded })
  const timer = anyDuration(schedule)
  for (const sink of sinks) guarded(() => sink.connect?.({ report, page: page.tell }))

  function take(
    records: ParsedRecords,
    origin: 'merge' | 'restore',
    live: boolean,
    isWhole: boolean,
  ): MergeResult {
    const now = clock()
    const rejected: Rejection[] = [...records.rejected]
    const refused = new Set(rejected.flatMap(({ kind, index }) => (kind === 'task' ? [index] : [])))
    // The place in what was given: what the door refused stood there too.
    let place = -1
    const tasks = records.tasks.filter((version) => {
      do place += 1
      while (refused.has(place))
      // In a whole snapshot, tasks and tombstones belong together, whatever their age.
      if (isWhole || !isTooOld(version, now)) return true
      rejected.push({ index: place, kind: 'task', reason: 'it is older than 30 days' })
      return false
    })
    if (durations) guarded(() => durations.merge(records.durations))
    const accepted = apply(tasks, records.shows, origin, live)
    if (rejected.length > 0) {
      const [first] = rejected
      report(
        new CallsheetError(
          `${rejected.length} record(s) were not taken in; the first because ${first!.reason}.`,
          { code: 'rejected_records' },
        ),
      )
    }
    return { accepted, ignored: tasks.length + records.shows.length - accepted, rejected }
  }

  // --- writing -----------------------------------------------------------------------------------------------------

  const writing = (type: string) => ({ now: clock(), by, definition: definitionOf(pipeline, type), redactor })

  function slotOf({ showId, type, characterId }: LooseSlot) {
    const show = showOf(store.state(), showId)
    const task = { type, ...(characterId === undefined ? {} : { characterId }) }
    const place = stepOf(pipeline, task)
    const step = show?.stepStates[place]
    const slot = step && get(step.slotTable, slotKey(pipeline, place, task))
    return { show, task: step?.taskOf(slot), latest: step?.latestOf(slot), result: step?.resultOf(slot) }
  }

  function begin(
    given: LooseSlot,
    id: string,
    patch: TaskPatch<never>,
    onMade?: (task: TaskRecord) => void,
  ): TaskRecord {
    assertId(id, 'id')
    if (versionOf(store.state(), id))
      throw new CallsheetError(`Task "${id}" is known already; ids are never used again.`, {
        code: 'duplicate_id',
      })
    const { latest } = slotOf(given)
    const place = pipeline.indexOf(given.type)
    const now = clock()
    const startedAt = latest ? Math.max(now, latest.startedAt + 1) : now
    const stepNumber = place === undefined ? {} : { stepNumber: place + 1 }
    const fixed = { id, ...given, ...stepNumber, startedAt } as TaskRecord
    const task = firstVersion(fixed, patch, writing(given.type))
    onMade?.(task)
    store.write(task, undefined)
    return task
  }

  const newest = (id: string): TaskRecord | undefined => {
    const version = versionOf(store.state(), id)
    return version && !isRemoved(version) ? version : undefined
  }

  const living = (): TaskRecord[] =>
    [...versions(store.state())].filter((version): version is TaskRecord => !isRemoved(version))

  function update(id: string, patch: TaskPatch<never>): TaskRecord | undefined {
    const held = newest(id)
    if (!held) {
      report(
        new CallsheetError(
          `updateTask ignored: unknown task "${id}". Use the id that addTask was given or returned.`,
          { code: 'unknown_task' },
        ),
      )
      return undefined
    }
    const next = nextVersion(held, patch, writing(held.type))
    if (next === held) return held
    if (store.write(next, held)) return next
    report(
      new CallsheetError(
        `Task "${id}" has ${held.status} already, so its update to ${next.status} changes nothing.`,
        { code: 'task_ended' },
      ),
    )
    return undefined
  }

  function setRegister<N extends 'title' | 'characters' | 'facts' | 'unavailable' | 'renamedTo'>(
    showId: string,
    name: N,
    value: NonNullable<ShowRecord[N]>['value'],
  ): void {
    const held = get(store.state().base.records, showId)?.[name]
    // Facts have a time; of the rest, what is said again is no news.
    if (held && name !== 'facts' && canonicalJson(held.value) === canonicalJson(value)) return
    const register = Object.freeze({ value, rev: (held?.rev ?? 0) + 1, by })
    apply([], [Object.freeze({ showId, pipeline: pipeline.id, [name]: register })], 'local')
  }

  const select = (filter: TaskFilter<P>): TaskRecord[] =>
    selectAll(filter).filter((task): task is TaskRecord => !isRemoved(task))

  /** The tasks that are meant, dismissed ones too. */
  function selectAll(filter: TaskFilter<P>): SlotTask[] {
    if (typeof filter === 'string') {
      const version = versionOf(store.state(), filter)
      return version && isInSlot(version) ? [version] : []
    }
    const missing = Object.entries(filter).find(([, value]) => value === undefined || value === null)
    if (missing) {
      const message = `Invalid filter: "${missing[0]}" is ${missing[1]}, so it matches no task. Leave the key out to match all.`
      report(new CallsheetError(message, { code: 'invalid_field' }))
      return []
    }
    const show = showOf(store.state(), filter.showId)
    const { type, characterId } = filter as Partial<LooseSlot>
    const item = type === undefined ? characterId : readItem(pipeline, type, filter as never)
    const tasks: SlotTask[] = []
    for (const step of show?.stepStates ?? []) {
      for (const version of step.listed()) {
        if (!isInSlot(version)) continue
        const isMeant =
          (filter.type === undefined || filter.type === version.type) &&
          (item === undefined || item === version.characterId)
        if (isMeant) tasks.push(version)
      }
    }
    return tasks
  }

  // --- what it can do ----------------------------------------------------------------------------------------------

  function cancel(filter: TaskFilter<P>, reason = 'canceled'): number {
    const tasks = select(filter).filter(isActive)
    for (const { id } of tasks) {
      const error = new CanceledError(reason)
      runs.get(id)?.stop(error)
      update(id, { status: 'canceled', error: { message: reason, code: 'canceled' } })
    }
    return tasks.length
  }

  /** Leaves tombstones of tasks; those of dismissed ones name their slots. */
  function remove(tasks: readonly SlotTask[], isDismissal: boolean): number {
    const updatedAt = clock()
    const tombstones = tasks.map((task): Tombstone => {
      const { id, showId, rev, type, characterId, startedAt } = task
      const status = task.status as Dismissed['status']
      const bare = { id, showId, removed: true as const, updatedAt, rev: rev + 1, by }
      const item = characterId === undefined ? {} : { characterId }
      return Object.freeze(isDismissal ? { ...bare, type, ...item, startedAt, status } : bare)
    })
    return apply(tombstones, [], 'local')
  }

  const dismiss = (filter: TaskFilter<P>): number =>
    remove(
      select(filter).filter((task) => !isActive(task)),
      true,
    )

  const reset = (filter: TaskFilter<P>): number =>
    remove(
      selectAll(filter).filter((task) => !isActive(task)),
      false,
    )

  function has(slot: LooseSlot, what: 'tried' | 'failed' | 'done' | 'running'): boolean {
    const { show, latest, result } = slotOf(slot)
    if (!show) return false
    const { info } = show.base
    const { type, characterId } = slot
    const done = isDone(info, type, characterId, latest, result !== undefined)
    if (what === 'done') return done
    if (what === 'tried') return done || latest !== undefined
    return slotStatus(info, type, characterId, latest, done) === (what === 'running' ? 'active' : what)
  }

  /** A task once it is not active any more. */
  const ended = (id: string): Promise<TaskRecord> =>
    new Promise((resolve, reject) => {
      const showId = newest(id)?.showId
      const look = () => {
        const task = newest(id)
        if (task && isActive(task)) return
        undo?.()
        if (task) resolve(task)
        else reject(new CallsheetError(`Task "${id}" was removed before it ended.`, { code: 'unknown_task' }))
      }
      const undo = showId === undefined ? undefined : store.subscribe(look, { showId })
      look()
    })

  const host: TrackHost = {
    read: (given) => readSlot(pipeline, given as never),
    begin: (slot, id = createId(), patch, onMade) => begin(slot, id, patch, onMade),
    current: (slot) => slotOf(slot).task,
    newest,
    write: (id, patch) => guarded(() => update(id, patch)),
    report,
    now: clock,
    random,
    schedule(callback, ms) {
      let undo = timer(() => {
        undo = page.whenHere(callback)
      }, ms)
      return () => guarded(undo)
    },
    page,
    isDone: (slot) => has(slot, 'done'),
    takeOverAfter: (type) => Math.max(takeOverAfter, definitionOf(pipeline, type)?.stallAfter ?? 120_000),
    ended,
    runs,
    promises,
  }

  function show(showId: string): ShowTracker<P> {
    assertId(showId, 'showId')
    // What is said of a show that was renamed meanwhile is said of the show that it has become.
    const finalId = () => finalShowId(store.state(), showId)
    const run = (type: string, fn: (context: RunContext<never>) => unknown, given?: object) => {
      const options: RunOptions<never, never> = given ? readOptions(given, report) : {}
      return track(host, { ...options, showId, type }, fn, options)
    }
    return {
      showId,
      track: run as unknown as ShowTracker<P>['track'],
      wrap: ((
        type: string,
        fn: (...args: unknown[]) => unknown,
        toOptions?: (...args: unknown[]) => object,
      ) =>
        function (this: unknown, ...args: unknown[]) {
          const given = toOptions ? answerOf(() => toOptions(...args) ?? {}, report) : {}
          return given ? run(type, () => fn.apply(this, args), given) : fn.apply(this, args)
        }) as unknown as ShowTracker<P>['wrap'],
      setTitle: (title) => setRegister(finalId(), 'title', redactor.text(title)),
      setCharacters: (characters) =>
        setRegister(finalId(), 'characters', readCharacters(characters, redactor.text)),
      setFacts: ({ at = clock(), characters, done }) => {
        if (!Number.isFinite(at))
          throw new CallsheetError(`facts are at a time in epoch ms; ${at} is none.`, {
            code: 'invalid_field',
          })
        const roster = characters && { characters: readCharacters(characters, redactor.text) }
        setRegister(finalId(), 'facts', { at, done: readDone(done), ...roster })
      },
      setUnavailable: (types) => setRegister(finalId(), 'unavailable', readIds(types, 'type')),
      cancel: (reason) => void cancel({ showId }, reason),
      getPipeline: () => store.getPipeline(showId),
    }
  }

  return {
    pipeline,
    by,
    now: clock,
    show,
    getPipeline: store.getPipeline,
    getPipelines: store.getPipelines,
    getTask: (which) =>
      (typeof which === 'string' ? newest(which) : slotOf(readSlot(pipeline, which)).task) as
        Task<P> | undefined,
    getTasks(filter) {
      const tasks = filter ? select(filter) : living()
      const now = clock()
      return tasks
        .filter((task) => !isExpired(task, now, expiry))
        .toSorted((a, b) => compareTasks(b, a)) as Task<P>[]
    },
    addTask(task: object) {
      const { id = createId(), ...given } = task as LooseSlot & TaskPatch<never> & { id?: string }
      assertId(id, 'id')
      if (versionOf(store.state(), id)) {
        report(
          new CallsheetError(`Task "${id}" is known already, so adding it changes nothing.`, {
            code: 'duplicate_id',
          }),
        )
        return undefined
      }
      return begin(readSlot(pipeline, given), id, given) as never
    },
    updateTask(id, patch) {
      const held = newest(id)
      const conflict = held && conflictIn(pipeline, held, patch)
      if (conflict === undefined)
        return update(id, patch as unknown as TaskPatch<never>) as Task<P> | undefined
      report(
        new CallsheetError(`Task "${id}" ${conflict}, so its update changes nothing.`, {
          code: 'fixed_field',
        }),
      )
      return undefined
    },
    renameShow(from, to) {
      assertId(from, 'showId')
      assertId(to, 'showId')
      if (from !== to) setRegister(from, 'renamedTo', to)
    },
    cancel,
    dismiss,
    reset,
    resume(followers, { only = () => true } = {}) {
      const unfinished = living().filter(
        (task) => !isFinished(task) && !runs.has(task.id) && only(task as Task<P>),
      )
      return resume(host, unfinished, followers)
    },
    has: (slot, what) => has(readSlot(pipeline, slot), what),
    get forgotten() {
      return store.forgotten()
    },
    serialize() {
      const learnt = durations && answerOf(() => durations.serialize(), report)
      return { ...toSnapshot(store.state(), clock()), ...(learnt && { durations: learnt }) }
    },
    restore: (snapshot) => take(snapshot, 'restore', false, true),
    merge: (records, { live = true, whole = false } = {}) => take(records, 'merge', live, whole),
    subscribe: (listener, key = {}) => store.subscribe(listener, key),
    on: store.on,
    report,
    page: page.tell,
    async close() {
      for (const run of runs.values()) run.settleNow()
      const flushed = await Promise.allSettled(sinks.map(async (sink) => sink.flush?.()))
      for (const one of flushed) if (one.status === 'rejected') report(one.reason)
      for (const sink of sinks) guarded(() => sink.close?.())
    },
  }
}
