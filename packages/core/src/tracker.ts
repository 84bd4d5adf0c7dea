import mitt from 'mitt'
import type {
  MergeResult,
  NewTask,
  ShowTracker,
  TaskFilter,
  Tracker,
  TrackerEvents,
  TrackerOptions,
} from './contract.ts'
import { CallsheetError, CanceledError, toTaskError } from './errors.ts'
import type { ExtraDefinition, Pipeline } from './pipeline.ts'
import { redactText } from './redact.ts'
import { applyShow, applyTask, slotKey, stepOf } from './reducer.ts'
import type { Change } from './sink.ts'
import { isTooOld, type ParsedRecords, type Rejection, toSnapshot } from './snapshot.ts'
import {
  currentTask,
  emptyState,
  finalShowId,
  type ShowState,
  slotStatus,
  type State,
  stepStatus,
  versionOf,
  versions,
} from './state.ts'
import { createSubscriptions } from './subscriptions.ts'
import { get } from './table.ts'
import {
  compareTasks,
  type Facts,
  isActive,
  isFinished,
  isRemoved,
  type ShowRecord,
  type Task,
  type TaskRecord,
  type TaskVersion,
} from './task.ts'
import { isId } from './text.ts'
import { type Run, type RunContext, type RunOptions, track, type TrackHost } from './track.ts'
import { items } from './vector.ts'
import { defaultExpiry, emptyView, isExpired, type PipelineView, viewOf } from './views.ts'
import { firstVersion, nextVersion, type TaskPatch } from './writer.ts'

interface LooseSlot {
  readonly showId: string
  readonly type: string
  readonly characterId?: string
}

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
  const { pipeline, sinks = [], promises = 'same' } = options
  const { clock = Date.now, createId = randomId, schedule = later } = options
  const by = options.by ?? createId()
  assertId(by, 'by')
  const expiry = { ...defaultExpiry, ...options.expiry }
  const createdAt = clock()
  const emitter = mitt<TrackerEvents<P>>()
  const subscriptions = createSubscriptions(report)
  const runs = new Map<string, Run>()
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
    for (const record of shows) {
      const next = applyShow(state, record)
      if (next === state) continue
      touched.add(finalShowId(state, record.showId)).add(finalShowId(next, record.showId))
      if (record.facts && !get(state.records, record.showId)?.facts)
        quiet.add(finalShowId(next, record.showId))
      newShows.push(get(next.records, record.showId)!)
      state = next
    }
    for (const version of tasks) {
      const held = versionOf(state, version.id)
      const next = applyTask(state, version)
      if (next === state) continue
      state = next
      touched.add(finalShowId(state, version.showId))
      if (held) touched.add(finalShowId(state, held.showId))
      news.push({ version, held })
    }
    if (state === before) return 0
    const after = state
    const told = news
      .flatMap(({ version, held }) => [version, held])
      .flatMap((one) => (one && !isRemoved(one) ? one.type : []))
    for (const showId of touched) notify(get(before.shows, showId), get(after.shows, showId), told)
    subscriptions.notifyAll()
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
    const isOver = isRemoved(version) || version.status === 'canceled'
    if (isOver && origin !== 'local') {
      runs.get(version.id)?.stop(new CanceledError(`Task "${version.id}" was canceled elsewhere.`))
    }
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
      const [old, step] = [before?.steps[place], after.steps[place]!]
      if (old === step || (old && stepStatus(old) === 'succeeded') || stepStatus(step) !== 'succeeded')
        continue
      const shown = viewOf(pipeline, after).steps[place]!
      // What had happened before this tracker was made is no news.
      if (origin === 'merge' && shown.completedAt !== undefined && shown.completedAt < createdAt) continue
      guarded(() => emitter.emit('stepCompleted', { showId: after.showId, type: type, step: shown }))
      isNews = true
    }
    if (!isNews || !isComplete(after) || (before && isComplete(before))) return
    guarded(() => emitter.emit('showCompleted', { showId: after.showId, pipeline: viewOf(pipeline, after) }))
  }

  function take(records: ParsedRecords, origin: 'merge' | 'restore', live: boolean): MergeResult {
    const now = clock()
    const rejected: Rejection[] = [...records.rejected]
    const tasks = records.tasks.filter((version, index) => {
      if (!isTooOld(version, now)) return true
      rejected.push({ index, kind: 'task', reason: 'it is older than 30 days' })
      return false
    })
    const accepted = apply(tasks, records.shows, origin, live)
    if (rejected.length > 0) {
      const [first] = rejected
      report(
        new CallsheetError(
          `${rejected.length} record(s) were not taken in; the first because ${first!.reason}.`,
        ),
      )
    }
    return { accepted, ignored: tasks.length + records.shows.length - accepted, rejected }
  }

  // --- writing -----------------------------------------------------------------------------------------------------

  const definitionOf = (type: string): ExtraDefinition | undefined =>
    pipeline.steps[pipeline.indexOf(type) ?? -1] ?? pipeline.extra.find((extra) => extra.type === type)

  const writing = (type: string) => ({ now: clock(), by, definition: definitionOf(type) })

  /** Reads a slot as applications give it, and throws what is wrong with it. */
  function readSlot(given: LooseSlot & Readonly<Record<string, unknown>>): LooseSlot {
    const { showId, type } = given
    assertId(showId, 'showId')
    const definition = definitionOf(type)
    if (!definition) {
      const known = [...pipeline.steps, ...pipeline.extra].map((one) => one.type).join(', ')
      throw new CallsheetError(`${shown(type)} is no step of the pipeline "${pipeline.id}"; it has ${known}.`)
    }
    const name =
      definition.per === undefined || definition.per === 'show' ? 'characterId' : `${definition.per}Id`
    const itemId = given[name] ?? given.characterId
    if (itemId === undefined && (definition.per ?? 'show') === 'show') return { showId, type }
    if (definition.per === 'show')
      throw new CallsheetError(`"${type}" runs once per show; it takes no ${name}.`)
    assertId(itemId, name)
    return { showId, type, characterId: itemId }
  }

  function slotOf({ showId, type, characterId }: LooseSlot) {
    const show = get(state.shows, finalShowId(state, showId))
    const task = { type, ...(characterId === undefined ? {} : { characterId }) }
    const place = stepOf(pipeline, task)
    const step = show?.steps[place]
    const slot = step && get(step.slots, slotKey(pipeline, place, task))
    return { show, slot, current: step && currentTask(step, slot) }
  }

  function begin(given: LooseSlot, id: string, patch: TaskPatch<never>): TaskRecord {
    assertId(id, 'id')
    if (versionOf(state, id))
      throw new CallsheetError(`Task "${id}" is known already; ids are never used again.`)
    const { current } = slotOf(given)
    const place = pipeline.indexOf(given.type)
    const now = clock()
    const startedAt = current ? Math.max(now, current.startedAt + 1) : now
    const stepNumber = place === undefined ? {} : { stepNumber: place + 1 }
    const fixed = { id, ...given, ...stepNumber, startedAt } as TaskRecord
    const task = firstVersion(fixed, patch, writing(given.type))
    apply([task], [], 'local')
    return task
  }

  const newest = (id: string): TaskRecord | undefined => {
    const version = versionOf(state, id)
    return version && !isRemoved(version) ? version : undefined
  }

  function update(id: string, patch: TaskPatch<never>): TaskRecord | undefined {
    const held = newest(id)
    if (!held) {
      report(new CallsheetError(`Task "${id}" is not known, so its update changes nothing.`))
      return undefined
    }
    const next = nextVersion(held, patch, writing(held.type))
    if (next === held) return held
    if (apply([next], [], 'local') > 0) return next
    report(
      new CallsheetError(
        `Task "${id}" has ${held.status} already, so its update to ${next.status} changes nothing.`,
      ),
    )
    return undefined
  }

  function setRegister<N extends 'title' | 'characters' | 'facts' | 'unavailable' | 'renamedTo'>(
    showId: string,
    name: N,
    value: NonNullable<ShowRecord[N]>['value'],
  ): void {
    const held = get(state.records, showId)
    const register = Object.freeze({ value, rev: (held?.[name]?.rev ?? 0) + 1, by })
    apply([], [Object.freeze({ showId, pipeline: pipeline.id, [name]: register })], 'local')
  }

  function select(filter: TaskFilter<P>): TaskRecord[] {
    if (typeof filter === 'string') return [newest(filter)].filter((task) => task !== undefined)
    const show = get(state.shows, finalShowId(state, filter.showId))
    const tasks: TaskRecord[] = []
    for (const step of show?.steps ?? []) {
      for (const version of items(step.tasks)) {
        if (!version || isRemoved(version)) continue
        const isMeant =
          (filter.type === undefined || filter.type === version.type) &&
          (filter.characterId === undefined || filter.characterId === version.characterId)
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

  function dismiss(filter: TaskFilter<P>): number {
    const now = clock()
    const tasks = select(filter).filter((task) => !isActive(task))
    return apply(
      tasks.map(({ id, showId, rev }) =>
        Object.freeze({ id, showId, removed: true as const, updatedAt: now, rev: rev + 1, by }),
      ),
      [],
      'local',
    )
  }

  function host(given: LooseSlot, id: string | undefined): TrackHost {
    let slot: LooseSlot | undefined
    const read = () => (slot ??= readSlot(given as never))
    return {
      begin: (patch) => begin(read(), id ?? createId(), patch),
      current: () => slotOf(read()).current,
      newest,
      write: (taskId, patch) => guarded(() => update(taskId, patch)),
      report,
      schedule,
      runs,
      promises,
      label: [given.type, given.characterId].filter((part) => typeof part === 'string').join(' of '),
    }
  }

  function show(showId: string): ShowTracker<P> {
    assertId(showId, 'showId')
    const run = (type: string, fn: (context: RunContext<never>) => unknown, given?: object) => {
      let options: RunOptions<never, unknown> = {}
      guarded(() => {
        options = { ...given }
      })
      return track(host({ ...options, showId, type }, options.id), fn, options)
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
          let given: object | undefined
          guarded(() => {
            given = toOptions?.(...args) ?? {}
          })
          return given ? run(type, () => fn.apply(this, args), given) : fn.apply(this, args)
        }) as unknown as ShowTracker<P>['wrap'],
      setTitle: (title) => setRegister(showId, 'title', redactText(title)),
      setCharacters: (characters) => setRegister(showId, 'characters', readCharacters(characters)),
      setFacts: ({ at = clock(), characters, done }) => {
        const roster = characters && { characters: readCharacters(characters) }
        setRegister(showId, 'facts', { at, done: readDone(done), ...roster })
      },
      setUnavailable: (types) => setRegister(showId, 'unavailable', readIds(types, 'type')),
      cancel: (reason) => void cancel({ showId }, reason),
      getPipeline: () => getPipeline(showId),
    }
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
    pipeline,
    by,
    now: clock,
    show,
    getPipeline,
    getPipelines,
    getTask: (which) =>
      (typeof which === 'string' ? newest(which) : slotOf(readSlot(which)).current) as Task<P> | undefined,
    getTasks(filter) {
      const tasks = filter
        ? select(filter)
        : [...versions(state)].filter((version): version is TaskRecord => !isRemoved(version))
      const now = clock()
      return tasks
        .filter((task) => !isExpired(task, now, expiry))
        .toSorted((a, b) => compareTasks(b, a)) as Task<P>[]
    },
    addTask(task: NewTask<P>) {
      const { id = createId(), ...given } = task as unknown as LooseSlot & TaskPatch<never> & { id?: string }
      assertId(id, 'id')
      if (versionOf(state, id)) {
        report(new CallsheetError(`Task "${id}" is known already, so adding it changes nothing.`))
        return undefined
      }
      return begin(readSlot(given), id, given) as Task<P>
    },
    updateTask: (id, patch) => update(id, patch as unknown as TaskPatch<never>) as Task<P> | undefined,
    renameShow(from, to) {
      assertId(from, 'showId')
      assertId(to, 'showId')
      if (from !== to) setRegister(from, 'renamedTo', to)
    },
    cancel,
    dismiss,
    has(slot, what) {
      const given = readSlot(slot)
      const found = slotOf(given)
      const status = found.show && slotStatus(found.show.info, given.type, given.characterId, found.current)
      if (what === 'tried') return found.current !== undefined || status === 'done'
      return status === (what === 'running' ? 'active' : what)
    },
    serialize: () => toSnapshot(state, clock()),
    restore: (snapshot) => take(snapshot, 'restore', false),
    merge: (records, { live = true } = {}) => take(records, 'merge', live),
    subscribe: (listener, key = {}) => subscriptions.add(listener, key),
    on(event, handler) {
      const told = event === 'error' ? quietly : guarded
      const safe: typeof handler = (payload) => {
        told(() => handler(payload))
      }
      emitter.on(event, safe)
      return () => emitter.off(event, safe)
    },
    report,
    async close() {
      const flushed = await Promise.allSettled(sinks.map(async (sink) => sink.flush?.()))
      for (const one of flushed) if (one.status === 'rejected') report(one.reason)
      for (const sink of sinks) guarded(() => sink.close?.())
    },
  }
}

/** For listeners of failures: of their own, nobody is told. */
const quietly = (action: () => unknown): void => {
  try {
    const result = action()
    if (result instanceof Promise) result.catch(() => {})
  } catch {
    // Telling would call the same listener again.
  }
}

const hasWork = (step: ShowState['steps'][number]): boolean =>
  step.completed + step.active + step.failed + step.canceled + step.interrupted + step.outside > 0

/** A value as a message may show it, whatever it is. */
const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : `of type ${typeof value}`

function assertId(value: unknown, name: string): asserts value is string {
  if (isId(value)) return
  throw new CallsheetError(
    `${name} ${shown(value)} is no usable id: give 1 to 256 well-formed characters, none of them a control character.`,
  )
}

const readCharacters = (characters: readonly { readonly id: string; readonly name?: string }[]) =>
  characters.map(({ id, name }) => {
    assertId(id, 'characterId')
    return Object.freeze({ id, ...(name === undefined ? {} : { name: redactText(name) }) })
  })

const readIds = (ids: readonly string[], name: string): string[] => {
  if (!Array.isArray(ids)) throw new CallsheetError(`Give a list of every ${name}; it was ${shown(ids)}.`)
  for (const id of ids) assertId(id, name)
  return [...ids]
}

const readDone = (done: Facts['done']): Facts['done'] =>
  Object.fromEntries(
    Object.entries(done).map(([type, ids]) => {
      assertId(type, 'type')
      return [type, ids === true ? ids : readIds(ids, 'characterId')]
    }),
  )
