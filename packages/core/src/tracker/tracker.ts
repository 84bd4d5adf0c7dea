import type { MergeResult, ShowTracker, TaskFilter, Tracker, TrackerOptions } from './contract.ts'
import { isDone, slotStatus } from '../state/rules.ts'
import { CallsheetError, CanceledError } from '../records/errors.ts'
import { toTaskError } from '../records/thrown.ts'
import { answerOf, onRejected } from '../records/guard.ts'
import {
  assertId,
  assertNumber,
  assertObject,
  assertType,
  conflictIn,
  type LooseSlot,
  readFilter,
  readSlot,
  shown,
  slotFor,
} from '../write/input.ts'
import { canonicalJson } from '../records/json.ts'
import { recordOf, type RegisterName, registersOf } from '../records/show.ts'
import { createPage } from '../call/page.ts'
import { definitionOf, type Pipeline } from '../records/pipeline.ts'
import { createRefuse } from '../write/patch.ts'
import { createRedactor } from '../write/redact.ts'
import { type Reading, readFacts, readItems, readSteps, readTitle } from '../write/registers.ts'
import { isTooOld, type ParsedRecords, type Rejection, toSnapshot } from './snapshot.ts'
import { entriesOf } from '../state/shows.ts'
import { livingOf } from '../state/counts.ts'
import { tasksOf } from '../state/slots.ts'
import { createStore } from './store.ts'
import {
  type Character,
  compareTasks,
  type Dismissed,
  isActive,
  isFinished,
  isInSlot,
  isRemoved,
  labelOf,
  type SlotTask,
  type Task,
  type TaskRecord,
  type TaskStatus,
  type TaskVersion,
  type Tombstone,
} from '../records/task.ts'
import { readOptions, type RunContext, type RunOptions } from '../call/options.ts'
import { resume } from '../call/resume.ts'
import type { Run, TrackHost } from '../call/run.ts'
import { limits } from '../records/text.ts'
import { track } from '../call/track.ts'
import { defaultExpiry, isExpired } from '../records/time.ts'
import { anyDuration } from '../call/timers.ts'
import { firstVersion, nextVersion, type TaskPatch } from '../write/writer.ts'

const later = (callback: () => void, ms: number) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

// randomUUID is missing on pages without a secure context.
const randomId = (): string =>
  globalThis.crypto.randomUUID?.() ??
  Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

const nothing: MergeResult = { accepted: 0, ignored: 0, rejected: [] }

/** The defaults of the environment. */
export const defaults = { clock: Date.now, createId: randomId, random: Math.random, schedule: later }

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
  const { pipeline, sinks = [], promises = 'same', maxTasks = 50_000, durations } = options
  const { takeOverAfter = 3_600_000 } = options
  const {
    clock = defaults.clock,
    createId = defaults.createId,
    random = defaults.random,
    schedule = defaults.schedule,
  } = options
  const redactor = createRedactor(options.redact)
  const by = options.by ?? newId()
  assertId(by, 'by')
  assertNumber(maxTasks, 'maxTasks', 1)
  const expiry = { ...defaultExpiry, ...options.expiry }
  for (const [name, ms] of Object.entries({ takeOverAfter, ...expiry })) {
    if (ms >= 0) continue
    const message = `Invalid ${name}: expected milliseconds from 0, or Infinity, got ${shown(ms)}.`
    throw new CallsheetError(message, { code: 'invalid_option' })
  }
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
  const { apply, guarded, report, shows } = store
  const timer = anyDuration(schedule)
  const page = createPage({ now: clock, schedule: timer, guarded })
  for (const sink of sinks) guarded(() => sink.connect?.({ report, page: page.tell }))

  /** Creates an id. A promise is refused as an id, and its rejection counts as handled. */
  function newId(): string {
    const id = createId()
    onRejected(id, () => {})
    return id
  }

  let lastNow = 0
  /** The time in epoch ms, limited to what a record may hold. */
  function now(): number {
    const time = answerOf(clock, report)
    if (typeof time === 'number' && time >= 0) {
      lastNow = Math.min(time, limits.time)
      if (time > limits.time) {
        const message = `clock: ${time} is beyond the maximum time ${limits.time}, which is used instead.`
        report(new CallsheetError(message, { code: 'limit_reached' }))
      }
    } else if (time !== undefined)
      report(
        new CallsheetError(`clock: expected epoch milliseconds, got ${shown(time)}.`, {
          code: 'invalid_option',
        }),
      )
    return lastNow
  }

  /** Throws for an invalid step or id. Reports any other error and returns `otherwise`. */
  function safely<R>(otherwise: R, action: () => R): R {
    try {
      return action()
    } catch (error) {
      if (error instanceof CallsheetError && (error.code === 'unknown_step' || error.code === 'invalid_id'))
        throw error
      report(error)
      return otherwise
    }
  }

  function take(
    records: ParsedRecords,
    origin: 'merge' | 'restore',
    live: boolean,
    isWhole: boolean,
  ): MergeResult {
    if (![records?.tasks, records?.shows, records?.rejected].every(Array.isArray)) {
      const message = `${origin}: expected records from parseSnapshot or parseRecords of @callsheet/core/schema.`
      throw new CallsheetError(message, { code: 'invalid_field' })
    }
    const time = now()
    const rejected: Rejection[] = [...records.rejected]
    const refused = new Set(rejected.flatMap(({ kind, index }) => (kind === 'task' ? [index] : [])))
    // The index in the input, which includes the records that were rejected before.
    let place = -1
    let tooOld = 0
    const tasks = records.tasks.filter((version) => {
      do place += 1
      while (refused.has(place))
      // In a whole snapshot, tasks and tombstones belong together, whatever their age.
      if (isWhole || !isTooOld(version, time)) return true
      tooOld += 1
      // The list is limited.
      if (rejected.length < 1_000)
        rejected.push({ index: place, kind: 'task', reason: 'it is older than 30 days' })
      return false
    })
    if (durations) guarded(() => durations.merge(records.durations))
    const accepted = apply(tasks, records.shows, origin, live)
    if (rejected.length > 0) {
      const [first] = rejected
      report(
        new CallsheetError(
          `${origin}: ${records.rejected.length + tooOld} record(s) rejected. First reason: ${first!.reason}.`,
          { code: 'rejected_records' },
        ),
      )
    }
    return { accepted, ignored: tasks.length + records.shows.length - accepted, rejected }
  }

  // --- writing -----------------------------------------------------------------------------------------------------

  const writing = (type: string) => ({
    now: now(),
    by,
    definition: definitionOf(pipeline, type),
    redactor,
    report,
  })

  function slotOf(given: LooseSlot) {
    const slot = shows.slotOf(given)
    const tasks = slot && tasksOf(slot)
    const task = livingOf(tasks?.latest) ?? livingOf(tasks?.result)
    return { slot, tasks, task, latest: tasks?.latest }
  }

  const versionOf = (id: string): TaskVersion | undefined => shows.tasks.get(id)?.version

  function begin(
    given: LooseSlot,
    id: string,
    patch: TaskPatch<never>,
    onMade?: (task: TaskRecord) => void,
  ): TaskRecord {
    assertId(id, 'id')
    if (versionOf(id))
      throw new CallsheetError(`Task "${id}" is known already; ids are never used again.`, {
        code: 'duplicate_id',
      })
    if (shows.records.get(given.showId)?.removed)
      throw new CallsheetError(`Show "${given.showId}" was removed. Use another id.`, {
        code: 'removed_show',
      })
    const { latest } = slotOf(given)
    const place = pipeline.indexOf(given.type)
    const startedAt = latest ? Math.max(now(), latest.startedAt + 1) : now()
    if (startedAt > limits.time) {
      const message = `Cannot add a task to ${labelOf(given)} of "${given.showId}": its latest task starts at the maximum time.`
      throw new CallsheetError(message, { code: 'limit_reached' })
    }
    const stepNumber = place === undefined ? undefined : place + 1
    const { showId, type, characterId } = given
    const fixed = { id, showId, type, characterId, stepNumber, startedAt }
    const task = firstVersion(fixed, patch, writing(type))
    onMade?.(task)
    store.write(task)
    return task
  }

  const newest = (id: string): TaskRecord | undefined => {
    const version = versionOf(id)
    return version && !isRemoved(version) ? version : undefined
  }

  const living = (): TaskRecord[] =>
    [...shows.tasks.values()].flatMap(({ version }) => (isRemoved(version) ? [] : [version]))

  /** @param otherwise The status if the patch has no valid one. */
  function update(id: string, patch: TaskPatch<never>, otherwise?: TaskStatus): TaskRecord | undefined {
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
    const next = nextVersion(held, patch, writing(held.type), otherwise)
    if (next === held) return held
    if (store.write(next)) return next
    report(
      new CallsheetError(
        `Task "${id}" has ${held.status} already, so its update to ${next.status} changes nothing.`,
        { code: 'task_ended' },
      ),
    )
    return undefined
  }

  function setRegister(showId: string, name: RegisterName, value: unknown): void {
    const record = shows.records.get(showId)
    const held = record && registersOf(record).get(name)
    // Facts have a time. Of the rest, the same value again changes nothing.
    if (held && name !== 'facts' && canonicalJson(held.value) === canonicalJson(value)) return
    if (held && held.rev >= limits.count) {
      reading(showId).refuse(
        name,
        'the maximum number of revisions is reached; the held value stays',
        'limit_reached',
      )
      return
    }
    const register = Object.freeze({ value, rev: (held?.rev ?? 0) + 1, by })
    apply([], [recordOf({ showId, pipeline: pipeline.id }, [[name, register]])], 'local')
  }

  const reading = (showId: string) => ({
    pipeline,
    redact: redactor.text,
    refuse: createRefuse('Show', showId, report),
  })

  const select = (filter: TaskFilter<P>): TaskRecord[] =>
    selectAll(filter).filter((task): task is TaskRecord => !isRemoved(task))

  /** The tasks of a filter, dismissed ones included. */
  function selectAll(filter: TaskFilter<P>): SlotTask[] {
    if (typeof filter === 'string') {
      assertId(filter, 'id')
      const version = versionOf(filter)
      return version && isInSlot(version) ? [version] : []
    }
    assertObject(filter, 'filter')
    assertId(filter.showId, 'showId')
    const isMeant = readFilter(pipeline, filter as never, (why) =>
      report(new CallsheetError(`Invalid filter: ${why}`, { code: 'invalid_field' })),
    )
    const show = shows.shows.get(filter.showId)
    const versions = show ? entriesOf(show).map(({ version }) => version) : []
    return versions.filter((version): version is SlotTask => isInSlot(version) && isMeant(version))
  }

  // --- actions -----------------------------------------------------------------------------------------------------

  function cancel(filter: TaskFilter<P>, given: unknown = 'canceled'): number {
    const reason = typeof given === 'string' ? given : toTaskError(given).message
    const tasks = select(filter).filter(isActive)
    for (const { id } of tasks) {
      const error = new CanceledError(reason)
      runs.get(id)?.stop(error)
      update(id, { status: 'canceled', error: { message: reason, code: 'canceled' } })
    }
    return tasks.length
  }

  /** Replaces tasks with tombstones; those of dismissed tasks name their slots. */
  function remove(tasks: readonly SlotTask[], isDismissal: boolean): number {
    const updatedAt = now()
    const tombstones = tasks.map((task): Tombstone => {
      const { id, showId, rev, type, characterId, startedAt } = task
      const status = task.status as Dismissed['status']
      // A tombstone outranks every version of its task, so it can do without a higher `rev`.
      const bare = { id, showId, removed: true as const, updatedAt, rev: Math.min(rev + 1, limits.count), by }
      const item = characterId === undefined ? {} : { characterId }
      return Object.freeze(isDismissal ? { ...bare, type, ...item, startedAt, status } : bare)
    })
    return apply(tombstones, [], 'local')
  }

  /** The tasks that are not active, after delayed failures have been recorded. */
  const inactive = (tasks: readonly SlotTask[]): SlotTask[] =>
    tasks
      .map((task) => {
        runs.get(task.id)?.settleNow()
        return newest(task.id) ?? task
      })
      .filter((task) => !isActive(task))

  const dismiss = (filter: TaskFilter<P>): number => remove(inactive(select(filter)), true)

  const reset = (filter: TaskFilter<P>): number => remove(inactive(selectAll(filter)), false)

  function has(slot: LooseSlot, what: 'tried' | 'failed' | 'done' | 'running'): boolean {
    if (!['tried', 'failed', 'done', 'running'].includes(what)) {
      const message = `Invalid question ${shown(what)}: expected "tried", "failed", "done" or "running".`
      throw new CallsheetError(message, { code: 'invalid_option' })
    }
    const info = shows.infoOf(slot.showId)
    if (!info) return false
    const { tasks } = slotOf(slot)
    const { type, characterId } = slot
    if (what === 'done') return isDone(info, type, characterId, tasks)
    if (what === 'tried') return tasks !== undefined || isDone(info, type, characterId, tasks)
    return slotStatus(info, type, characterId, tasks) === (what === 'running' ? 'active' : what)
  }

  /** Resolves with a task once it is not active any more. */
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
    read: (showId, type, options) => slotFor(pipeline, showId, type, options as never),
    begin: (slot, id = newId(), patch, onMade) => begin(slot, id, patch, onMade),
    current: (slot) => slotOf(slot).task,
    latest: (slot) => slotOf(slot).latest,
    newest,
    write: (id, patch, otherwise) => guarded(() => update(id, patch, otherwise)),
    report,
    now,
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
    runIn(slot) {
      const { latest, older = [] } = shows.slotOf(slot) ?? {}
      for (const entry of latest ? [latest, ...older] : []) {
        const run = runs.get(entry.version.id)
        if (run && !isFinished(run.task)) return run
      }
      return undefined
    },
    runs,
    promises,
  }

  function show(showId: string): ShowTracker<P> {
    assertId(showId, 'showId')
    // Writes to a show that was renamed meanwhile go to the show that it has become.
    const finalId = () => shows.shows.get(showId)?.showId ?? showId
    const run = (type: string, fn: (context: RunContext<never>) => unknown, given?: object) => {
      const options: RunOptions<never, never> = given ? readOptions(given, report) : {}
      return track(host, showId, type, fn, options)
    }
    const set = (name: RegisterName, read: (how: Reading) => unknown): void =>
      safely(undefined, () => {
        const value = read(reading(finalId()))
        if (value !== undefined) setRegister(finalId(), name, value)
      })
    const setItems = (kind: string, items: readonly Character[]) =>
      set(`items.${kind}`, (how) => readItems(kind, items, how))
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
      setTitle: (title) => set('title', (how) => readTitle(title, how)),
      setCharacters: (characters) => setItems('character', characters),
      setItems,
      setFacts: (facts) => set('facts', (how) => readFacts(facts, now(), how)),
      setUnavailable: (types) => set('unavailable', (how) => readSteps(types, how)),
      cancel: (reason) => void safely(0, () => cancel({ showId }, reason)),
      getPipeline: () => store.getPipeline(showId),
    }
  }

  return {
    pipeline,
    by,
    now,
    show,
    getPipeline: store.getPipeline,
    getPipelines: store.getPipelines,
    getTask: (which) =>
      safely(undefined, () => {
        if (typeof which !== 'string') return slotOf(readSlot(pipeline, which)).task as Task<P> | undefined
        assertId(which, 'id')
        return newest(which) as Task<P> | undefined
      }),
    getShows: store.getShows,
    getTasks: (filter, options) =>
      safely([] as Task<P>[], () => {
        const time = now()
        return (filter ? select(filter) : living())
          .filter((task) => options?.expired === true || !isExpired(task, time, expiry))
          .toSorted((a, b) => compareTasks(b, a)) as Task<P>[]
      }),
    addTask: (given: object) =>
      safely(undefined, () => {
        const task = given as LooseSlot & TaskPatch<never> & { id?: string }
        const { id = newId() } = task ?? {}
        assertId(id, 'id')
        if (versionOf(id)) {
          report(
            new CallsheetError(`Task "${id}" is known already, so adding it changes nothing.`, {
              code: 'duplicate_id',
            }),
          )
          return undefined
        }
        return begin(readSlot(pipeline, task as never), id, task) as never
      }),
    updateTask: (id, patch) =>
      safely(undefined, () => {
        assertId(id, 'id')
        const held = newest(id)
        const conflict = held && answerOf(() => conflictIn(pipeline, held, patch ?? {}), report)
        if (conflict === undefined)
          return update(id, patch as unknown as TaskPatch<never>) as Task<P> | undefined
        report(
          new CallsheetError(`updateTask ignored: ${conflict} (task "${id}").`, {
            code: 'fixed_field',
          }),
        )
        return undefined
      }),
    renameShow(from, to) {
      assertId(from, 'showId')
      assertId(to, 'showId')
      if (from !== to) setRegister(from, 'renamedTo', to)
    },
    removeShow(showId) {
      assertId(showId, 'showId')
      safely(0, () => cancel({ showId } as TaskFilter<P>, `Show "${showId}" was removed.`))
      // At once, so that listeners see no state between.
      const records = (shows.shows.get(showId)?.members ?? [showId]).map((id) =>
        recordOf({ showId: id, pipeline: pipeline.id }, [
          ['removed', Object.freeze({ value: true, rev: 1, by })],
        ]),
      )
      apply([], records, 'local')
    },
    cancel: (filter, reason) => safely(0, () => cancel(filter, reason)),
    dismiss: (filter) => safely(0, () => dismiss(filter)),
    reset: (filter) => safely(0, () => reset(filter)),
    resume: (followers, options) =>
      safely({ resumed: [], interrupted: [] }, () => {
        const only = options?.only ?? (() => true)
        const unfinished = living().filter(
          (task) => !isFinished(task) && !runs.has(task.id) && answerOf(() => only(task as Task<P>), report),
        )
        return resume(host, unfinished, followers ?? {})
      }),
    has: (slot, what) => safely(false, () => has(readSlot(pipeline, slot), what)),
    get forgotten() {
      return store.forgotten()
    },
    serialize(options) {
      const showId = options?.showId
      if (showId !== undefined) assertId(showId, 'showId')
      const learnt = durations && answerOf(() => durations.serialize(), report)
      return { ...toSnapshot(shows, now(), showId), ...(learnt && { durations: learnt }) }
    },
    restore: (snapshot) => safely(nothing, () => take(snapshot, 'restore', false, true)),
    merge: (records, options) =>
      safely(nothing, () => take(records, 'merge', options?.live ?? true, options?.whole ?? false)),
    subscribe(listener, key) {
      const { showId, type } = key ?? {}
      if (showId !== undefined) assertId(showId, 'showId')
      if (type !== undefined) assertType(pipeline, type)
      return store.subscribe(listener, key ?? {})
    },
    on: store.on,
    promises,
    report,
    page: page.tell,
    async close() {
      // The page may be about to be left: an application may close the tracker before that event.
      for (const run of runs.values()) run.settleNow(true)
      const flushing = sinks.map(async (sink) => sink.flush?.())
      for (const one of flushing) one.catch(report)
      let stopTimer: (() => void) | undefined
      const late = new Promise<void>((resolve) => {
        const giveUp = () => {
          report(
            new CallsheetError('close: a sink has not flushed within 10 s; closed without it.', {
              code: 'sink_failed',
            }),
          )
          resolve()
        }
        guarded(() => {
          stopTimer = timer(giveUp, 10_000)
        })
      })
      await Promise.race([Promise.allSettled(flushing), late])
      guarded(() => stopTimer?.())
      for (const sink of sinks) guarded(() => sink.close?.())
    },
  }
}
