import { describe, expect, it, vi } from 'vitest'
import type { TrackerOptions } from './tracker-types.ts'
import { draft } from '../draft.ts'
import { CallsheetError } from '../records/errors.ts'
import { definePipeline } from '../records/pipeline.ts'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { showPipeline, type ShowPipeline } from '../records/show-pipeline.ts'
import { memorySink, type SinkHost } from './sink.ts'
import type { TaskRecord } from '../records/task.ts'
import { setUpTracker, taskOf } from '../testing.ts'
import { createTracker } from './tracker.ts'

const day = 86_400_000

function setup(options: Partial<TrackerOptions<ShowPipeline>> = {}) {
  const { tracker, ...rest } = setUpTracker(100 * day, options)
  const errors: string[] = []
  tracker.on('error', ({ error }) => errors.push(error.message))
  return { tracker, ...rest, errors }
}

type Tracker = ReturnType<typeof setup>['tracker']
const saved = (tracker: Tracker) => parseSnapshot(JSON.stringify(tracker.serialize()))
const task = (more: object = {}) => {
  const at = { startedAt: 99 * day, updatedAt: 99 * day }
  return taskOf({ id: 'x', type: 'trailer', stepNumber: 8, ...at, by: 'you', ...more })
}
const records = (...tasks: object[]) => parseRecords({ tasks })

describe('createTracker', () => {
  it('takes an option that is undefined for one that is not given', async () => {
    const none = { clock: undefined, createId: undefined, random: undefined, schedule: undefined }
    const tracker = createTracker({ pipeline: showPipeline, ...(none as object) })
    expect(await tracker.show('s').track('trailer', async () => 1, { timeout: 60_000 })).toBe(1)
    expect(tracker.getTasks()).toHaveLength(1)
  })

  it('works with nothing but a pipeline', async () => {
    const tracker = createTracker({ pipeline: showPipeline })
    expect(await tracker.show('s').track('trailer', async () => 1)).toBe(1)
    const [first] = tracker.getTasks()
    expect(first).toMatchObject({ status: 'succeeded', by: tracker.by })
    expect(Math.abs(Date.now() - first!.startedAt)).toBeLessThan(60_000)
  })

  it('makes ids where the platform has no randomUUID', () => {
    vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(7) })
    expect(createTracker({ pipeline: showPipeline }).by).toBe('07'.repeat(16))
    vi.unstubAllGlobals()
  })

  it.each([
    ['as UUIDs', (count: number) => `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`],
    ['of another form', (count: number) => `uuid-${count}`],
  ])('makes ids of their own for two trackers where a test counts randomUUID up, %s', (_name, idOf) => {
    let count = 0
    vi.stubGlobal('crypto', { randomUUID: () => idOf((count += 1)) })
    const ids = [1, 2].flatMap(() => {
      const tracker = createTracker({ pipeline: showPipeline })
      const add = (showId: string) => tracker.addTask({ showId, type: 'trailer' })!.id
      return [tracker.by, add('a'), add('b')]
    })
    vi.unstubAllGlobals()
    expect(new Set(ids).size).toBe(6)
  })

  it('refuses a writer without a usable id', () => {
    expect(() => createTracker({ pipeline: showPipeline, by: '' })).toThrow(CallsheetError)
  })
})

describe('addTask', () => {
  it('takes the objects of an application that had a tracker of its own', () => {
    const { tracker, clock } = setup()
    const added = tracker.addTask({
      id: 'task-1',
      type: 'portrait',
      showId: 's',
      characterId: 'ada',
      status: 'processing',
      stepNumber: 4,
      metadata: { title: 'Neon Noir' },
    })
    expect(added).toEqual({
      id: 'task-1',
      showId: 's',
      type: 'portrait',
      characterId: 'ada',
      stepNumber: 4,
      status: 'processing',
      attempt: 1,
      startedAt: clock.now,
      updatedAt: clock.now,
      metadata: { title: 'Neon Noir' },
      rev: 1,
      by: 'me',
    })
    expect(tracker.getTask('task-1')).toBe(added)
  })

  it('makes an id and begins as starting where nothing is said', () => {
    const { tracker } = setup()
    expect(tracker.addTask({ type: 'trailer', showId: 's' })).toMatchObject({ id: 't1', status: 'starting' })
  })

  it('reports an id that is known, and changes nothing', () => {
    const { tracker, errors } = setup()
    const added = tracker.addTask({ id: 'a', type: 'trailer', showId: 's' })
    expect(tracker.addTask({ id: 'a', type: 'library-poster', showId: 'other' })).toBeUndefined()
    expect(tracker.getTask('a')).toBe(added)
    expect(errors).toEqual([expect.stringMatching(/"a" is known already/)])
    tracker.dismiss('a')
    tracker.updateTask('a', { status: 'canceled' })
    tracker.dismiss('a')
    expect(tracker.addTask({ id: 'a', type: 'trailer', showId: 's' })).toBeUndefined()
  })

  it.each([
    [
      { type: 'potrait', showId: 's' },
      /Unknown step "potrait" in pipeline "show". Known steps: show-generation/,
    ],
    [{ type: 'portrait', showId: 's' }, /Invalid characterId .*: expected 1–256 characters/],
    [{ type: 'trailer', showId: 's', characterId: 'ada' }, /"trailer" runs once per show/],
    [{ type: 'trailer', showId: '' }, /Invalid showId ""/],
    [{ type: 'trailer' }, /Invalid showId undefined: expected/],
    [{ type: 'trailer', showId: 's', id: 'a\tb' }, /Invalid id "a\\tb"/],
  ])('says what is wrong with %j', (given, message) => {
    const { tracker } = setup()
    expect(() => tracker.addTask(given as never)).toThrow(CallsheetError)
    expect(() => tracker.addTask(given as never)).toThrow(message)
    expect(tracker.getTasks()).toEqual([])
  })
})

describe('updateTask', () => {
  it.each([
    ['showId', { showId: 'other' }, '"showId" cannot change from "s" to "other"'],
    ['type', { type: 'video' }, '"type" cannot change from "portrait" to "video"'],
    ['startedAt', { startedAt: 5 }, `"startedAt" cannot change from ${100 * day} to 5`],
    ['id', { id: 'b' }, '"id" cannot change from "a" to "b"'],
    ['characterId', { characterId: 'bo' }, '"characterId" cannot change from "ada" to "bo"'],
  ])('refuses to change the %s, and changes nothing', (_name, fixed, message) => {
    const { tracker, errors } = setup()
    const added = tracker.addTask({ id: 'a', showId: 's', type: 'portrait', characterId: 'ada' })
    expect(tracker.updateTask('a', { status: 'succeeded', ...fixed })).toBeUndefined()
    expect(tracker.getTask('a')).toBe(added)
    expect(errors).toEqual([`updateTask ignored: ${message} (task "a").`])
    const same = { id: 'a', showId: 's', type: 'portrait', characterId: 'ada', status: 'succeeded' } as const
    expect(tracker.updateTask('a', same)).toMatchObject({ status: 'succeeded' })
  })

  it('takes the patches of an application that had a tracker of its own', () => {
    const { tracker, clock } = setup()
    tracker.addTask({ id: 'a', type: 'trailer', showId: 's', status: 'processing', metadata: { title: 'T' } })
    clock.now += 5_000
    const completedAt = clock.now - 1_000
    expect(tracker.updateTask('a', { status: 'failed', completedAt, error: 'no' })).toMatchObject({
      status: 'failed',
      completedAt,
      error: { message: 'no' },
      metadata: { title: 'T' },
    })
  })

  it('reports an id that is unknown, and changes nothing', () => {
    const { tracker, errors } = setup()
    expect(tracker.updateTask('unknown', { status: 'failed' })).toBeUndefined()
    expect(errors).toEqual([expect.stringMatching(/unknown task "unknown"/)])
    expect(tracker.getTasks()).toEqual([])
  })

  it('lowers no finished task, and reports who tries', () => {
    const { tracker, errors } = setup()
    tracker.addTask({ id: 'a', type: 'trailer', showId: 's' })
    const done = tracker.updateTask('a', { status: 'succeeded' })
    for (const status of ['processing', 'failed', 'canceled', 'interrupted'] as const)
      expect(tracker.updateTask('a', { status })).toBeUndefined()
    expect(tracker.getTask('a')).toBe(done)
    expect(errors).toHaveLength(4)
    expect(errors[0]).toMatch(/"a" has succeeded already/)
  })

  it('may still say more of a finished task', () => {
    const { tracker, clock } = setup()
    tracker.addTask({ id: 'a', type: 'trailer', showId: 's', status: 'succeeded' })
    const { now } = clock
    clock.now += day
    expect(tracker.updateTask('a', { metadata: { model: 'veo' } })).toMatchObject({
      status: 'succeeded',
      completedAt: now,
      metadata: { model: 'veo' },
    })
  })

  it('merges metadata, or hands it to an updater, or to a recipe over a draft of it', () => {
    const { tracker } = setup()
    tracker.addTask({ id: 'a', type: 'trailer', showId: 's', metadata: { title: 'T', takes: ['one'] } })
    tracker.updateTask('a', { metadata: { model: 'veo' } })
    const before = tracker.getTask('a')
    tracker.updateTask('a', {
      metadata: draft<{ takes: string[] }>((metadata) => {
        metadata.takes.push('two')
      }) as never,
    })
    expect(tracker.getTask('a')?.metadata).toEqual({ title: 'T', model: 'veo', takes: ['one', 'two'] })
    expect(before?.metadata).toEqual({ title: 'T', model: 'veo', takes: ['one'] })
    tracker.updateTask('a', { metadata: ({ title, model }) => ({ title: [title, model] as never }) })
    expect(tracker.getTask('a')?.metadata).toEqual({ title: ['T', 'veo'] })
  })
})

describe('the items of an own pipeline', () => {
  const storyboard = definePipeline({
    id: 'storyboard',
    steps: [
      { type: 'outline', label: 'Outline', per: 'show' },
      { type: 'keyframe', label: 'Keyframes', per: 'beat', secret: ['prompt'] },
    ],
    extra: [{ type: 'zip', per: 'beat' }, { type: 'note' }],
  })

  it('are named by their own word, and by characterId in the records', () => {
    const tracker = createTracker({ pipeline: storyboard })
    const show = tracker.show('s')
    show.track('keyframe', () => 1, { beatId: 'b1', metadata: { prompt: 'hush', model: 'm' } })
    show.track('zip', () => 1, { beatId: 'b1' })
    show.track('note', () => 1)
    tracker.addTask({ showId: 's', type: 'keyframe', beatId: 'b2' })
    expect(tracker.getTasks().map(({ type, characterId }) => [type, characterId])).toEqual(
      expect.arrayContaining([
        ['keyframe', 'b1'],
        ['zip', 'b1'],
        ['note', undefined],
        ['keyframe', 'b2'],
      ]),
    )
    expect(show.getPipeline().step('keyframe')).toMatchObject({ total: 2, completed: 1, active: 1 })
    expect(show.getPipeline().step('keyframe').task('b1')?.metadata).toEqual({ model: 'm' })
    expect(tracker.has({ showId: 's', type: 'keyframe', beatId: 'b1' }, 'done')).toBe(true)
  })
})

describe('has', () => {
  const ask = (tracker: Tracker, characterId: string) =>
    (['tried', 'failed', 'done', 'running'] as const).filter((what) =>
      tracker.has({ showId: 's', type: 'portrait', characterId }, what),
    )

  it('answers an autopilot', () => {
    const { tracker, show, clock } = setup()
    for (const status of ['processing', 'succeeded', 'failed', 'canceled', 'interrupted'] as const)
      tracker.addTask({ showId: 's', type: 'portrait', characterId: status, status })
    expect(ask(tracker, 'processing')).toEqual(['tried', 'running'])
    expect(ask(tracker, 'succeeded')).toEqual(['tried', 'done'])
    expect(ask(tracker, 'failed')).toEqual(['tried', 'failed'])
    expect(ask(tracker, 'canceled')).toEqual(['tried'])
    expect(ask(tracker, 'interrupted')).toEqual(['tried'])
    expect(ask(tracker, 'unknown')).toEqual([])
    clock.now += 1
    show.setFacts({ done: { portrait: ['unknown', 'failed'] } })
    expect(ask(tracker, 'unknown')).toEqual(['tried', 'done'])
    expect(ask(tracker, 'failed')).toEqual(['tried', 'done'])
  })

  it('remembers what has left the lists by its age', () => {
    const { tracker, show, clock } = setup()
    show.track('trailer', () => 1)
    clock.now += 100 * day
    expect(tracker.getTasks()).toEqual([])
    expect(tracker.has({ showId: 's', type: 'trailer' }, 'done')).toBe(true)
  })

  it('throws at a slot that there cannot be', () => {
    expect(() => setup().tracker.has({ showId: 's', type: 'potrait' } as never, 'done')).toThrow(
      CallsheetError,
    )
  })
})

describe('dismiss', () => {
  it('removes finished tasks, and gives how many', () => {
    const { tracker, show } = setup()
    show.track('trailer', () => 1)
    show.track('library-poster', () => 1)
    void show.track('portrait-grid', () => new Promise(() => {}))
    const changes: unknown[] = []
    tracker.on('taskChanged', (change) => changes.push(change))
    expect(tracker.dismiss({ showId: 's' })).toBe(2)
    expect(tracker.getTasks().map(({ type }) => type)).toEqual(['portrait-grid'])
    expect(changes).toContainEqual({ id: 't1', task: undefined, origin: 'local' })
    expect([
      tracker.dismiss('t1'),
      tracker.dismiss('unknown'),
      tracker.dismiss({ showId: 'unknown' }),
    ]).toEqual([0, 0, 0])
  })

  it('keeps late versions away, here and after a reload', () => {
    const { tracker, show } = setup()
    show.track('trailer', () => 1)
    const late = { ...tracker.getTask('t1')!, rev: 99 }
    tracker.dismiss('t1')
    expect(tracker.merge(records(late))).toMatchObject({ accepted: 0, ignored: 1 })
    const next = setup().tracker
    next.restore(saved(tracker))
    next.merge(records(late))
    expect([tracker.getTasks(), next.getTasks()]).toEqual([[], []])
    expect(next.getPipeline('s').step('trailer').completed).toBe(1)
  })

  it('keeps its mark for as long as the show is held', () => {
    const { tracker, show, clock } = setup()
    show.track('trailer', () => 1)
    tracker.dismiss('t1')
    clock.now += 300 * day
    expect(tracker.serialize().tasks).toMatchObject([
      { id: 't1', removed: true, type: 'trailer', status: 'succeeded' },
    ])
  })
})

describe('getTasks', () => {
  it('gives the newest first, of a show, a step or a slot', () => {
    const { tracker, clock } = setup()
    for (const [showId, type, characterId] of [
      ['s', 'portrait', 'ada'],
      ['s', 'portrait', 'bo'],
      ['s', 'trailer', undefined],
      ['other', 'trailer', undefined],
    ] as const) {
      tracker.addTask({ showId, type, ...(characterId && { characterId }) } as never)
      clock.now += 1
    }
    const ids = (filter?: Parameters<Tracker['getTasks']>[0]) => tracker.getTasks(filter).map(({ id }) => id)
    expect(ids()).toEqual(['t4', 't3', 't2', 't1'])
    expect(ids({ showId: 's' })).toEqual(['t3', 't2', 't1'])
    expect(ids({ showId: 's', type: 'portrait' })).toEqual(['t2', 't1'])
    expect(ids({ showId: 's', type: 'portrait', characterId: 'ada' })).toEqual(['t1'])
    expect(ids({ showId: 'unknown' })).toEqual([])
  })

  it('hides what has expired, each status after its own time from the finish', () => {
    const { tracker, clock } = setup({ expiry: { canceled: 10 } })
    for (const status of ['succeeded', 'failed', 'canceled', 'interrupted', 'processing'] as const)
      tracker.addTask({ id: status, showId: status, type: 'trailer', status })
    const left = () =>
      tracker
        .getTasks()
        .map(({ id }) => id)
        .toSorted()
    clock.now += 10
    expect(left()).toHaveLength(5)
    clock.now += 1
    expect(left()).toEqual(['failed', 'interrupted', 'processing', 'succeeded'])
    clock.now += day
    expect(left()).toEqual(['failed', 'interrupted', 'processing'])
    clock.now += 6 * day
    expect(left()).toEqual(['interrupted', 'processing'])
    expect(tracker.getTask('succeeded')?.status).toBe('succeeded')
  })
})

describe('getPipelines', () => {
  it('gives all shows with work, the last begun first, the same list until something changes', () => {
    const { tracker } = setup()
    for (const id of ['a', 'b', 'c']) tracker.show(id).track('trailer', () => 1)
    tracker.getPipeline('unknown')
    const list = tracker.getPipelines()
    expect(list.map(({ showId }) => showId)).toEqual(['c', 'b', 'a'])
    expect(tracker.getPipelines()).toBe(list)
    tracker.show('a').track('library-poster', () => 1)
    const next = tracker.getPipelines()
    expect(next.map(({ showId }) => showId)).toEqual(['c', 'b', 'a'])
    expect([next[0] === list[0], next[1] === list[1], next[2] === list[2]]).toEqual([true, true, false])
  })
})

describe('subscribe', () => {
  it('calls for everything, a show or a step of one, until it is undone', () => {
    const { tracker, show } = setup()
    show.setTitle('T')
    const calls: string[] = []
    const undo = [
      tracker.subscribe(() => calls.push('all')),
      tracker.subscribe(() => calls.push('show'), { showId: 's' }),
      tracker.subscribe(() => calls.push('step'), { showId: 's', type: 'trailer' }),
      tracker.subscribe(() => calls.push('other step'), { showId: 's', type: 'library-poster' }),
      tracker.subscribe(() => calls.push('other show'), { showId: 'other' }),
    ]
    tracker.addTask({ showId: 's', type: 'trailer' })
    expect(calls.toSorted()).toEqual(['all', 'show', 'step'])
    for (const stop of undo) stop()
    for (const stop of undo) stop()
    tracker.addTask({ showId: 's', type: 'trailer' })
    expect(calls).toHaveLength(3)
  })

  it('has the new state ready when it calls', () => {
    const { tracker, show } = setup()
    const seen: unknown[] = []
    tracker.subscribe(() => seen.push(show.getPipeline().step('trailer').status), { showId: 's' })
    show.track('trailer', () => 1)
    expect(seen).toEqual(['active', 'succeeded'])
  })

  it('calls once for everything, and once for each show, for a batch', () => {
    const { tracker } = setup()
    const [all, one] = [vi.fn(), vi.fn()]
    tracker.subscribe(all)
    tracker.subscribe(one, { showId: 's' })
    tracker.merge(records(...['a', 'b', 'c'].map((id) => task({ id })), task({ id: 'd', showId: 'other' })))
    expect([all.mock.calls.length, one.mock.calls.length]).toEqual([1, 1])
    tracker.merge(records(task({ id: 'a' })))
    expect(all).toHaveBeenCalledTimes(1)
  })

  it('calls those of the old id and of the new one when shows are joined', () => {
    const { tracker, show } = setup()
    show.track('trailer', () => 1)
    const [old, fresh] = [vi.fn(), vi.fn()]
    tracker.subscribe(old, { showId: 's' })
    tracker.subscribe(fresh, { showId: 'final' })
    tracker.renameShow('s', 'final')
    expect(old).toHaveBeenCalled()
    expect(fresh).toHaveBeenCalled()
    const before = [old.mock.calls.length, fresh.mock.calls.length]
    tracker.addTask({ showId: 's', type: 'library-poster' })
    expect([old.mock.calls.length, fresh.mock.calls.length]).toEqual(before.map((calls) => calls + 1))
  })

  it('tells one listener that was given twice twice', () => {
    const { tracker } = setup()
    const listener = vi.fn()
    const undo = tracker.subscribe(listener)
    tracker.subscribe(listener)
    undo()
    tracker.addTask({ showId: 's', type: 'trailer' })
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('goes on when a listener subscribes again, or undoes another, while it is called', () => {
    const { tracker } = setup()
    const never = vi.fn()
    let calls = 0
    const again = () => {
      calls += 1
      undo()
      stop()
      undo = tracker.subscribe(again)
    }
    let undo = tracker.subscribe(again)
    const stop = tracker.subscribe(never)
    tracker.addTask({ showId: 's', type: 'trailer' })
    expect(calls).toBe(1)
    tracker.addTask({ showId: 's', type: 'trailer' })
    expect([calls, never.mock.calls.length]).toEqual([2, 0])
  })

  it('may be used to write: sinks end with the newest versions', () => {
    const sink = memorySink()
    const { tracker } = setup({ sinks: [sink] })
    tracker.subscribe(() => {
      if (tracker.getTask('t1')?.status === 'starting') tracker.updateTask('t1', { status: 'processing' })
    })
    tracker.addTask({ showId: 's', type: 'trailer' })
    expect(tracker.getTask('t1')).toMatchObject({ status: 'processing', rev: 2 })
    expect(sink.tasks.get('t1')).toBe(tracker.getTask('t1'))
  })
})

describe('the events', () => {
  function listen(tracker: Tracker) {
    const heard: string[] = []
    tracker.on('taskChanged', ({ id, task, origin }) =>
      heard.push(`${id} ${task?.status ?? 'gone'} ${origin}`),
    )
    tracker.on('taskFinished', ({ task }) => heard.push(`${task.id} finished`))
    tracker.on('stepCompleted', ({ showId, type }) => heard.push(`${showId} ${type} completed`))
    tracker.on('showCompleted', ({ showId }) => heard.push(`${showId} completed`))
    return heard
  }
  const completed = (heard: readonly string[]) => heard.filter((line) => line.endsWith('completed'))

  it('tell of no completion when a finished show gets another name', () => {
    const { tracker, show } = setup()
    show.track('trailer', () => 1)
    const heard = listen(tracker)
    tracker.renameShow('s', 'final')
    expect(tracker.getPipeline('final').step('trailer').status).toBe('succeeded')
    expect(completed(heard)).toEqual([])
  })

  it('tell of each change, each finish and each completed step once', () => {
    const { tracker, show } = setup()
    const heard = listen(tracker)
    show.setCharacters([{ id: 'ada' }, { id: 'bo' }])
    show.track('portrait', () => 1, { characterId: 'ada' })
    show.track('portrait', () => 1, { characterId: 'bo' })
    expect(heard).toEqual([
      't1 processing local',
      't1 succeeded local',
      't1 finished',
      't2 processing local',
      't2 succeeded local',
      't2 finished',
      's portrait completed',
    ])
    tracker.updateTask('t2', { metadata: { more: true } })
    expect(heard.at(-1)).toBe('t2 succeeded local')
    expect(completed(heard)).toHaveLength(1)
  })

  it('tell of a step again when it was reset, not when what is done is made again', () => {
    const { tracker, show } = setup()
    const heard = listen(tracker)
    show.track('trailer', () => 1)
    show.track('trailer', () => 2)
    expect(completed(heard)).toEqual(['s trailer completed'])
    tracker.reset({ showId: 's' })
    show.track('trailer', () => 3)
    expect(completed(heard)).toEqual(['s trailer completed', 's trailer completed'])
  })

  it('tell of a finish with the state in place, so that it can be saved', () => {
    const { tracker, show } = setup()
    const seen: unknown[] = []
    tracker.on('taskFinished', ({ task }) => seen.push(tracker.getTask(task.id) === task))
    tracker.on('stepCompleted', ({ step }) => seen.push(step === show.getPipeline().step('trailer')))
    show.track('trailer', () => 1)
    expect(seen).toEqual([true, true])
  })

  const finish = (tracker: Tracker, ...types: string[]) =>
    tracker.merge(
      records(
        ...types.map((type) => task({ id: type, type, status: 'succeeded', completedAt: tracker.now() + 1 })),
      ),
    )
  const all = ['show-generation', 'character-seeds', 'portrait-grid', 'library-poster', 'trailer']

  it('tell once that a show is complete, also when several steps end in one batch', () => {
    const { tracker, show } = setup()
    show.setCharacters([])
    const heard = listen(tracker)
    finish(tracker, ...all)
    expect(completed(heard)).toEqual([...all.map((type) => `s ${type} completed`), 's completed'])
  })

  it('tell that a show is complete although a task outside its steps goes on', () => {
    const { tracker, show } = setup()
    show.setCharacters([])
    finish(tracker, ...all.slice(0, 4))
    tracker.addTask({ showId: 's', type: 'portrait', characterId: 'stranger', status: 'processing' })
    const heard = listen(tracker)
    show.track('trailer', () => 1)
    expect(completed(heard)).toEqual(['s trailer completed', 's completed'])
  })

  it('tell of completions that come from elsewhere, live', () => {
    const { tracker } = setup()
    const heard = listen(tracker)
    finish(tracker, 'trailer')
    expect(heard).toEqual(['trailer succeeded merge', 'trailer finished', 's trailer completed'])
  })

  it('tell of no completion that was before, or is restored, or merged as not live', () => {
    const old = setup()
    old.show.track('trailer', () => 1)
    const restored = setup()
    const heard = listen(restored.tracker)
    restored.tracker.restore(saved(old.tracker))
    expect(heard).toEqual(['t1 succeeded restore'])
    const merged = setup()
    merged.clock.now += 1
    const before = listen(merged.tracker)
    merged.tracker.merge(records(task({ status: 'succeeded', completedAt: 99 * day })))
    expect(completed(before)).toEqual([])
    const quiet = setup()
    const nothing = listen(quiet.tracker)
    quiet.tracker.merge(records(task({ status: 'succeeded', completedAt: 200 * day })), { live: false })
    expect(nothing).toEqual(['x succeeded merge'])
  })

  it("tell of no completion by a show's first facts, but by later ones", () => {
    const { tracker, show, clock } = setup()
    const heard = listen(tracker)
    show.setFacts({ done: { trailer: true } })
    expect(heard).toEqual([])
    clock.now += 1
    show.setFacts({ done: { trailer: true, 'library-poster': true } })
    expect(heard).toEqual(['s library-poster completed'])
  })

  it('are heard until they are undone', () => {
    const { tracker, show } = setup()
    const heard = vi.fn()
    const undo = tracker.on('taskChanged', heard)
    undo()
    undo()
    show.track('trailer', () => 1)
    expect(heard).not.toHaveBeenCalled()
  })
})

describe('serialize and restore', () => {
  it('give the whole state as plain JSON, and bring it back', () => {
    const { tracker, show } = setup()
    show.setTitle('Neon Noir')
    show.setCharacters([{ id: 'ada', name: 'Ada' }])
    show.setFacts({ done: { portrait: ['ada'] } })
    show.setUnavailable(['video'])
    show.track('trailer', () => 1, { metadata: { model: 'm' } })
    tracker.show('old').setTitle('Old')
    tracker.renameShow('old', 's')
    const snapshot = tracker.serialize()
    expect(snapshot).toMatchObject({ v: 1, pipeline: 'show', savedAt: 100 * day })
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
    const next = setup().tracker
    expect(next.restore(saved(tracker))).toEqual({ accepted: 3, ignored: 0, rejected: [] })
    expect(next.serialize()).toEqual(snapshot)
    expect(next.getPipeline('old')).toEqual(tracker.getPipeline('s'))
  })

  it('change nothing on top of the same or of a newer state', () => {
    const { tracker, show } = setup()
    const call = new Promise(() => {})
    void show.track('trailer', () => call)
    const old = saved(tracker)
    tracker.updateTask('t1', { status: 'succeeded' })
    const view = show.getPipeline()
    expect(tracker.restore(old)).toMatchObject({ accepted: 0, ignored: 1 })
    expect(tracker.restore(saved(tracker))).toMatchObject({ accepted: 0, ignored: 1 })
    expect(show.getPipeline()).toBe(view)
  })

  it('bring a running task back as running elsewhere: shown, and not begun again', async () => {
    const { tracker, show } = setup()
    void show.track('trailer', () => new Promise(() => {}))
    const next = setup({ by: 'reloaded' })
    next.tracker.restore(saved(tracker))
    expect(next.show.getPipeline().step('trailer').status).toBe('active')
    const paid = vi.fn(() => Promise.resolve(1))
    await expect(next.show.track('trailer', paid)).rejects.toThrow(/already running/)
    expect(paid).not.toHaveBeenCalled()
  })
})

describe('merge', () => {
  it('says what it took, what was old news, and what it refused', () => {
    const { tracker, errors } = setup()
    tracker.merge(records(task({ rev: 5 })))
    const result = tracker.merge(
      records(task(), task({ id: 'y' }), task({ id: 'z', updatedAt: 70 * day - 1 }), { id: 'broken' }),
    )
    expect(result).toMatchObject({ accepted: 1, ignored: 1 })
    expect(result.rejected.map(({ reason }) => reason)).toContain('it is older than 30 days')
    expect(result.rejected).toHaveLength(2)
    expect(errors).toEqual([expect.stringMatching(/2 record\(s\) rejected/)])
    expect(tracker.getTask('z')).toBeUndefined()
  })

  it('names what it refused by its place in what was given', () => {
    const { tracker } = setup()
    const old = (id: string) => task({ id, updatedAt: 70 * day - 1 })
    const given = [
      { id: 'broken' },
      old('a'),
      task({ id: 'y' }),
      { id: 'broken' },
      { id: 'broken' },
      old('b'),
    ]
    const { rejected } = tracker.merge(records(...given))
    expect(rejected.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([0, 1, 3, 4, 5])
  })

  it('takes what is 30 days old, and refuses what is older, tombstones too', () => {
    const { tracker, clock } = setup()
    const tombstone = { id: 'x', showId: 's', removed: true, rev: 9, by: 'you' }
    expect(tracker.merge(records(task({ updatedAt: clock.now - 30 * day }))).accepted).toBe(1)
    expect(tracker.merge(records({ ...tombstone, updatedAt: clock.now - 30 * day - 1 })).accepted).toBe(0)
    expect(tracker.merge(records({ ...tombstone, updatedAt: clock.now })).accepted).toBe(1)
    expect(tracker.getTask('x')).toBeUndefined()
  })

  it('of registers that two tabs set loses neither', () => {
    const [a, b] = [setup({ by: 'a' }), setup({ by: 'b' })]
    a.show.setTitle('Neon Noir')
    b.show.setCharacters([{ id: 'ada' }])
    const [fromA, fromB] = [saved(a.tracker), saved(b.tracker)]
    a.tracker.merge(fromB)
    b.tracker.merge(fromA)
    for (const { show } of [a, b])
      expect(show.getPipeline()).toMatchObject({ title: 'Neon Noir', characters: [{ id: 'ada' }] })
  })
})

describe('sinks', () => {
  it('are given every change with where it came from', () => {
    const sink = memorySink()
    const { tracker, show } = setup({ sinks: [sink] })
    show.setTitle('T')
    show.track('trailer', () => 1)
    tracker.dismiss('t1')
    tracker.merge(records(task()))
    tracker.merge(records(task()))
    const other = setup({ createId: () => 'theirs' })
    other.show.track('library-poster', () => 1)
    tracker.restore(saved(other.tracker))
    expect(
      sink.changes.map(({ origin, tasks, shows }) => [origin, tasks.map(({ id }) => id), shows.length]),
    ).toEqual([
      ['local', [], 1],
      ['local', ['t1'], 0],
      ['local', ['t1'], 0],
      ['local', ['t1'], 0],
      ['merge', ['x'], 0],
      ['restore', ['theirs'], 0],
    ])
    expect(sink.changes[0]?.shows).toMatchObject([{ showId: 's', title: { value: 'T', rev: 1, by: 'me' } }])
  })

  it('can build the same state from their changes, in any order', () => {
    const sink = memorySink()
    const { tracker, show } = setup({ sinks: [sink] })
    show.setTitle('T')
    show.setTitle('T2')
    show.track('trailer', ({ nextAttempt }) => nextAttempt('no'))
    tracker.addTask({ showId: 's', type: 'library-poster' })
    const next = setup().tracker
    for (const { tasks, shows } of sink.changes.toReversed()) {
      next.merge(parseRecords({ tasks, shows }))
      next.merge(parseRecords({ tasks, shows }))
    }
    expect(next.getPipeline('s')).toEqual(tracker.getPipeline('s'))
  })

  it('do not harm one another', () => {
    const sink = memorySink()
    const fails = {
      write: () => {
        throw new Error('disk full')
      },
    }
    const { tracker, errors } = setup({ sinks: [fails, sink] })
    tracker.addTask({ showId: 's', type: 'trailer' })
    expect(sink.changes).toHaveLength(1)
    expect(errors).toEqual(['disk full'])
  })

  it('are flushed, then closed, each of them whatever the others do', async () => {
    const calls: string[] = []
    const sink = (name: string) => ({
      write: () => {},
      flush: async () => void calls.push(`flush ${name}`),
      close: () => void calls.push(`close ${name}`),
    })
    const fails = {
      write: () => {},
      flush: () => Promise.reject(new Error('offline')),
      close: () => {
        throw new Error('closed already')
      },
    }
    const { tracker, errors } = setup({ sinks: [sink('a'), fails, { write: () => {} }, sink('b')] })
    await tracker.close()
    expect(calls).toEqual(['flush a', 'flush b', 'close a', 'close b'])
    expect(errors).toEqual(['offline', 'closed already'])
  })

  it('can tell of what goes wrong later, on the error event', () => {
    let tell: (error: unknown) => void = () => {}
    const late = { write: () => {}, connect: (host: SinkHost) => void (tell = host.report) }
    const broken = { write: () => {}, connect: () => expect.fail('no wire') }
    const { errors } = setup({ sinks: [broken, late] })
    const error = new Error('the collector is away')
    tell(error)
    expect(errors).toEqual(['the collector is away'])
  })
})

describe('a record that a tracker writes', () => {
  it('passes every door', () => {
    const { tracker, show } = setup()
    show.setTitle('x'.repeat(9_000))
    show.track(
      'portrait',
      (run) => {
        run.progress(33.3)
        run.stage('\0'.repeat(5_000))
        run.job({ provider: 'p'.repeat(5_000), id: 'j'.repeat(5_000), url: 'https://a.example/?q=1' })
        run.nextAttempt({ message: '\ud800', code: 'c'.repeat(5_000), httpStatus: 1.5, retryable: 'yes' })
        run.update({ outputUrl: 5 as never, outputs: ['a', 6 as never], maxAttempts: 2.5, completedAt: -1 })
      },
      { characterId: 'ada' },
    )
    const { rejected, tasks } = saved(tracker)
    expect(rejected).toEqual([])
    expect(tasks as unknown as TaskRecord[]).toEqual(tracker.serialize().tasks)
  })
})
