import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { canonicalJson } from './json.ts'
import { definePipeline, type Pipeline } from './pipeline.ts'
import { applyShow, applyTask } from './reducer.ts'
import { parseRecords, parseSnapshot } from './schema.ts'
import { compareRegisters, mergeShows } from './show.ts'
import { showPipeline } from './show-pipeline.ts'
import { ShowState, viewOf } from './show-state.ts'
import { emptyState, finalShowId, showOf, type State, versions } from './state.ts'
import {
  compareTasks,
  compareVersions,
  isActive,
  isRemoved,
  type ShowRecord,
  type TaskRecord,
  type TaskVersion,
} from './task.ts'
import { createTracker } from './tracker.ts'
import { values } from './table.ts'
import type { PipelineView } from './views.ts'

// --- what may happen -------------------------------------------------------------------------------------------------

const pipeline = definePipeline({
  id: 'law',
  steps: [
    { type: 'seed', label: 'Seed', per: 'show' },
    { type: 'portrait', label: 'Portrait', per: 'character', weight: 3 },
    { type: 'video', label: 'Video', per: 'character', optional: true },
    { type: 'bonus', label: 'Bonus', per: 'show', optional: true },
  ],
  extra: [{ type: 'zip' }],
})

const oneOf = <const T>(...values: T[]) => fc.constantFrom(...values)
const showId = oneOf('a', 'b', 'c', '__proto__')
const characterId = oneOf('ada', 'bo', 'constructor')
const by = oneOf('w1', 'w2')

const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T

const task: fc.Arbitrary<TaskVersion> = fc
  .record({
    id: oneOf('t1', 't2', 't3', 't4', 't5', 't6', 't7', '__proto__'),
    showId,
    type: oneOf('seed', 'portrait', 'portrait', 'video', 'bonus', 'zip', 'unheard-of'),
    characterId: fc.option(characterId, { nil: undefined, freq: 3 }),
    status: oneOf('starting', 'processing', 'processing', 'succeeded', 'failed', 'canceled', 'interrupted'),
    attempt: fc.integer({ min: 1, max: 2 }),
    progress: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    startedAt: fc.integer({ min: 1, max: 4 }),
    updatedAt: fc.integer({ min: 4, max: 9 }),
    completedAt: fc.option(fc.integer({ min: 4, max: 9 }), { nil: undefined }),
    rev: fc.integer({ min: 1, max: 4 }),
    by,
  })
  .map((fields) => defined(fields) as TaskRecord)

const tombstone: fc.Arbitrary<TaskVersion> = fc.record({
  id: oneOf('t1', 't2', 't3', 't9'),
  showId,
  removed: fc.constant(true as const),
  updatedAt: fc.integer({ min: 4, max: 9 }),
  rev: fc.integer({ min: 1, max: 4 }),
  by,
})

const register = <T>(value: fc.Arbitrary<T>) =>
  fc.option(fc.record({ value, rev: fc.integer({ min: 1, max: 3 }), by }), { nil: undefined, freq: 1 })
const characters = fc.uniqueArray(characterId, { maxLength: 3 }).map((ids) => ids.map((id) => ({ id })))
const some = fc.uniqueArray(characterId, { maxLength: 3 })

const show: fc.Arbitrary<ShowRecord> = fc
  .record({
    showId,
    pipeline: fc.constant('law'),
    title: register(oneOf('One', 'Two')),
    characters: register(characters),
    facts: register(
      fc
        .record({
          at: fc.integer({ min: 3, max: 9 }),
          characters: fc.option(characters, { nil: undefined }),
          done: fc
            .record({
              seed: fc.option(fc.constant(true as const), { nil: undefined }),
              portrait: fc.option(fc.oneof(fc.constant(true as const), some), { nil: undefined }),
              video: fc.option(fc.oneof(fc.constant(true as const), some), { nil: undefined }),
              bonus: fc.option(fc.constant(true as const), { nil: undefined }),
            })
            .map(defined),
        })
        .map(defined),
    ),
    unavailable: register(fc.uniqueArray(oneOf('seed', 'portrait', 'video'), { maxLength: 2 })),
    renamedTo: register(showId),
  })
  .map((fields) => defined(fields) as unknown as ShowRecord)

type Event = { readonly task: TaskVersion } | { readonly show: ShowRecord }
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: task.map((one) => ({ task: one })) },
  { weight: 1, arbitrary: tombstone.map((one) => ({ task: one })) },
  { weight: 2, arbitrary: show.map((one) => ({ show: one })) },
)
const history = fc.array(event, { maxLength: 40 })

const apply = (state: State, one: Event): State =>
  'task' in one ? applyTask(state, one.task) : applyShow(state, one.show)
const run = (events: readonly Event[]): State => events.reduce(apply, emptyState(pipeline))

// --- what is seen ----------------------------------------------------------------------------------------------------

const ids = ['a', 'b', 'c', '__proto__']
const people = [undefined, 'ada', 'bo', 'constructor']

const viewIn = (state: State, id: string): PipelineView => {
  const held = showOf(state, id)
  return viewOf(held ?? ShowState.empty(state.base.pipeline, id))
}

const plain = (view: PipelineView | PipelineView<typeof showPipeline>) => ({
  ...view,
  startedAt: view.startedAt,
  completedAt: view.completedAt,
  steps: view.steps.map((step) => ({
    ...step,
    slots: step.slots,
    tasks: step.tasks,
    errors: step.errors,
    startedAt: step.startedAt,
    completedAt: step.completedAt,
    current: people.map((id) => step.task(id)?.id),
  })),
})

const seen = (state: State) =>
  canonicalJson({
    tasks: [...versions(state)].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    shows: [...values(state.base.records)].toSorted((a, b) => (a.showId < b.showId ? -1 : 1)),
    views: ids.map((id) => plain(viewIn(state, id))),
  })

// --- the same, said a second time and slowly: design.md sections 4 and 5 over plain arrays -------------------------------

function slowly(law: Pipeline, events: readonly Event[]) {
  const tasks = new Map<string, TaskVersion>()
  const shows = new Map<string, ShowRecord>()
  for (const one of events) {
    if ('task' in one) {
      const held = tasks.get(one.task.id)
      if (!held || compareVersions(one.task, held) > 0) tasks.set(one.task.id, one.task)
    } else shows.set(one.show.showId, mergeShows(shows.get(one.show.showId), one.show))
  }
  const finalOf = (id: string): string => {
    const path = [id]
    for (;;) {
      const next = shows.get(path.at(-1)!)?.renamedTo?.value
      if (next === undefined || next === path.at(-1)) return path.at(-1)!
      if (path.includes(next)) return path.slice(path.indexOf(next)).toSorted()[0]!
      path.push(next)
    }
  }
  return (id: string) => {
    const finalId = finalOf(id)
    const records = [...shows.values()].filter((record) => finalOf(record.showId) === finalId)
    const read = <N extends 'title' | 'characters' | 'facts' | 'unavailable'>(name: N) => {
      const own = records.find((record) => record.showId === finalId)?.[name]
      const newest = records
        .filter((record) => record[name])
        .toSorted((a, b) => compareRegisters(name, b[name]!, a[name]!) || (a.showId > b.showId ? -1 : 1))
      return (own ?? newest[0]?.[name]) as ShowRecord[N]
    }
    const facts = read('facts')?.value
    const roster = (read('characters')?.value ?? facts?.characters)?.map((one) => one.id)
    const unavailable = read('unavailable')?.value ?? []
    const living = [...tasks.values()].filter((one): one is TaskRecord => !isRemoved(one))
    const here = living.filter((one) => finalOf(one.showId) === finalId)
    const fits = (one: TaskRecord) => {
      const step = law.steps[law.indexOf(one.type) ?? -1]
      return step !== undefined && (step.per !== 'show') === (one.characterId !== undefined)
    }
    const current = (type: string, characterId: string | undefined) =>
      here
        .filter((one) => one.type === type && one.characterId === characterId)
        .toSorted(compareTasks)
        .at(-1)
    const named = Object.values(facts?.done ?? {}).flatMap((what) => (what === true ? [] : what))
    const known =
      roster ??
      [...new Set([...here.filter(fits).flatMap((one) => one.characterId ?? []), ...named])].toSorted()
    const slotState = (type: string, characterId: string | undefined) => {
      const held = current(type, characterId)
      const what = facts?.done[type]
      const isNamed = what === true || (characterId !== undefined && what?.includes(characterId))
      if (held && isActive(held)) return 'active'
      if (held?.status === 'succeeded') return 'succeeded'
      if (isNamed && (!held || facts!.at > (held.completedAt ?? held.updatedAt))) return 'succeeded'
      return held?.status ?? 'pending'
    }
    const steps = law.steps.map(({ type, per, optional, weight }) => {
      const all = (per === 'show' ? [undefined] : known).map((who) => ({
        who,
        is: slotState(type, who),
        progress: current(type, who)?.progress ?? 0,
      }))
      const slots = optional ? all.filter((slot) => slot.is !== 'pending') : all
      const count = (is: string) => slots.filter((slot) => slot.is === is).length
      const total = slots.length
      const [active, failed, completed, canceled] = ['active', 'failed', 'succeeded', 'canceled'].map(count)
      const status = active
        ? 'active'
        : failed
          ? 'failed'
          : total > 0 && completed === total
            ? 'succeeded'
            : 'pending'
      const work = slots.reduce(
        (sum, slot) => sum + (slot.is === 'active' ? slot.progress : 0),
        100 * completed!,
      )
      const counted =
        !unavailable.includes(type) &&
        (optional ? total > 0 && canceled! < total : per === 'show' || !roster || roster.length > 0)
      const progress = status === 'succeeded' ? 100 : total === 0 ? 0 : Math.min(99, Math.floor(work / total))
      const interrupted = count('interrupted')
      return {
        type,
        status,
        total,
        completed,
        active,
        failed,
        canceled,
        interrupted,
        progress,
        counted,
        weight,
        slots,
      }
    })
    const counted = steps.filter((step) => step.counted)
    const completedSteps = counted.filter((step) => step.status === 'succeeded').length
    const isDone = counted.length > 0 && completedSteps === counted.length
    const mean =
      counted.reduce((sum, step) => sum + step.weight * step.progress, 0) /
      Math.max(
        1e-9,
        counted.reduce((sum, step) => sum + step.weight, 0),
      )
    const slotsOutside = new Set(
      here
        .filter(
          (one) =>
            !fits(one) || (one.characterId !== undefined && roster && !roster.includes(one.characterId)),
        )
        .map((one) => canonicalJson([one.type, one.characterId ?? null])),
    )
    const outside = [...slotsOutside].filter((key) => {
      const [type, who] = JSON.parse(key) as [string, string | null]
      const held = current(type, who ?? undefined)
      return held && isActive(held)
    }).length
    return {
      showId: finalId,
      title: read('title')?.value,
      steps: steps.map(({ weight: _weight, slots, ...step }) => ({
        ...step,
        slots: slots.map(({ who, is }) => [who ?? null, is]),
      })),
      completedSteps,
      totalSteps: counted.length,
      progress: isDone ? 100 : Math.min(99, Math.floor(mean)),
      active: steps.reduce((sum, step) => sum + step.active!, outside),
      failed: steps.reduce((sum, step) => sum + step.failed!, 0),
    }
  }
}

const quickly = (state: State, id: string) => {
  const {
    showId: shown,
    title,
    steps,
    completedSteps,
    totalSteps,
    progress,
    active,
    failed,
  } = viewIn(state, id)
  return {
    showId: shown,
    title,
    steps: steps.map((step) => {
      const { type, status, total, completed, canceled, interrupted, counted } = step
      const slots = step.slots.map((slot) => [slot.characterId ?? null, slot.status])
      const counts = { total, completed, active: step.active, failed: step.failed, canceled, interrupted }
      return { type, status, ...counts, progress: step.progress, counted, slots }
    }),
    completedSteps,
    totalSteps,
    progress,
    active,
    failed,
  }
}

// --- the laws --------------------------------------------------------------------------------------------------------

vi.setConfig({ testTimeout: 300_000 })
const runs = { numRuns: Number(process.env['LAW_RUNS'] ?? 1_000) }

describe('the order of versions', () => {
  const sameId = fc.oneof(task, tombstone).map((one) => ({ ...one, id: 't1' }))

  it('is total: two different versions are never equal, and each comparison has its opposite', () => {
    fc.assert(
      fc.property(sameId, sameId, (a, b) => {
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0)
        expect(compareVersions(a, b) === 0).toBe(canonicalJson(a) === canonicalJson(b))
      }),
      runs,
    )
  })

  it('is transitive', () => {
    fc.assert(
      fc.property(sameId, sameId, sameId, (...three) => {
        const [a, b, c] = three.toSorted(compareVersions) as [TaskVersion, TaskVersion, TaskVersion]
        expect(compareVersions(a, b)).toBeLessThanOrEqual(0)
        expect(compareVersions(b, c)).toBeLessThanOrEqual(0)
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0)
      }),
      runs,
    )
  })
})

describe('the merge', () => {
  const shuffled = history.chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc.shuffledSubarray([...events, ...events], {
        minLength: events.length * 2,
        maxLength: events.length * 2,
      }),
    ),
  )

  it('gives one state for any order and any duplication', () => {
    fc.assert(
      fc.property(shuffled, ([events, again]) => {
        expect(seen(run(again))).toBe(seen(run(events)))
      }),
      runs,
    )
  })

  it('changes nothing when what it is given is known or old, and gives the same objects', () => {
    fc.assert(
      fc.property(history, (events) => {
        const state = run(events)
        const before = ids.map((id) => showOf(state, id))
        const after = events.reduce(apply, state)
        expect(after).toBe(state)
        expect(ids.map((id) => showOf(after, id))).toEqual(before)
      }),
      runs,
    )
  })

  it('leaves every older state as it was, also when two branches grow from it', () => {
    fc.assert(
      fc.property(history, history, history, (trunk, left, right) => {
        const state = run(trunk)
        const before = seen(run(trunk))
        const one = seen(left.reduce(apply, state))
        const two = seen(right.reduce(apply, state))
        expect(seen(state)).toBe(before)
        expect(one).toBe(seen(run([...trunk, ...left])))
        expect(two).toBe(seen(run([...trunk, ...right])))
      }),
      runs,
    )
  })
})

describe('the views', () => {
  it('are the same computed at each event as computed from scratch', () => {
    fc.assert(
      fc.property(history, (events) => {
        const state = run(events)
        const scratch = slowly(pipeline, events)
        for (const id of ids) expect(quickly(state, id)).toEqual(scratch(id))
      }),
      runs,
    )
  })

  it('keep the identity of the shows and steps that an event does not touch', () => {
    fc.assert(
      fc.property(history, task, (events, version) => {
        const state = run(events)
        const next = apply(state, { task: version })
        const held = [...versions(state)].find((one) => one.id === version.id)
        const touched = new Set(
          [version, ...(held ? [held] : [])].map((one) => finalShowId(state, one.showId)),
        )
        for (const id of ids) {
          const [before, after] = [viewIn(state, id), viewIn(next, id)]
          if (showOf(state, id) && !touched.has(finalShowId(state, id))) expect(after).toBe(before)
          for (const [place, step] of before.steps.entries()) {
            const other = after.steps[place]!
            const isSame = canonicalJson(plainStep(step)) === canonicalJson(plainStep(other))
            const isAbout = [version, held].some((one) => one && 'type' in one && one.type === step.type)
            if (showOf(state, id) && isSame && !isAbout) expect(other).toBe(step)
          }
        }
      }),
      runs,
    )
  })

  it('are frozen, and stay within 0 to 100 percent', () => {
    fc.assert(
      fc.property(history, (events) => {
        const state = run(events)
        for (const id of ids) {
          const view = viewIn(state, id)
          expect(
            Object.isFrozen(view) && Object.isFrozen(view.steps) && view.steps.every(Object.isFrozen),
          ).toBe(true)
          for (const { progress } of [view, ...view.steps]) {
            expect(Number.isInteger(progress) && progress >= 0 && progress <= 100).toBe(true)
          }
        }
      }),
      runs,
    )
  })
})

const plainStep = (step: PipelineView['steps'][number]) => ({ ...step, slots: step.slots })

describe('restore', () => {
  type Command =
    | readonly ['add', string, (typeof showPipeline.steps)[number]['type'], string]
    | readonly ['update', number, TaskRecord['status'], number]
    | readonly ['dismiss', number]
    | readonly ['cancel', number]
    | readonly ['characters', string, readonly { id: string }[]]
    | readonly ['facts', string, readonly string[]]
    | readonly ['title' | 'rename', string, string]
  const type = fc.constantFrom(...showPipeline.steps.map((step) => step.type))
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc.tuple(fc.constant('add' as const), showId, type, characterId),
    fc.tuple(
      fc.constant('update' as const),
      fc.nat(20),
      oneOf('processing', 'succeeded', 'failed', 'canceled', 'interrupted'),
      fc.nat(100),
    ),
    fc.tuple(fc.constant('dismiss' as const), fc.nat(20)),
    fc.tuple(fc.constant('cancel' as const), fc.nat(20)),
    fc.tuple(fc.constant('characters' as const), showId, characters),
    fc.tuple(fc.constant('facts' as const), showId, some),
    fc.tuple(oneOf('title', 'rename'), showId, showId),
  )

  const build = (commands: readonly Command[]) => {
    let [now, count] = [1_000, 0]
    const tracker = createTracker({
      pipeline: showPipeline,
      clock: () => (now += 7),
      createId: () => `id-${(count += 1)}`,
      by: 'me',
    })
    const added: string[] = []
    for (const one of commands) {
      if (one[0] === 'add') {
        const [, inShow, step, who] = one
        const isPerShow = showPipeline.steps[showPipeline.indexOf(step)!]!.per === 'show'
        const given = { showId: inShow, type: step, ...(isPerShow ? {} : { characterId: who }) }
        const made = tracker.addTask(given as Parameters<typeof tracker.addTask>[0])
        if (made) added.push(made.id)
      } else if (one[0] === 'update') {
        const id = added[one[1]]
        if (id) tracker.updateTask(id, { status: one[2], progress: one[3], error: 'why' })
      } else if (one[0] === 'dismiss' || one[0] === 'cancel') {
        const id = added[one[1]]
        if (id) tracker[one[0]](id)
      } else if (one[0] === 'characters') tracker.show(one[1]).setCharacters(one[2])
      else if (one[0] === 'facts') tracker.show(one[1]).setFacts({ done: { portrait: [...one[2]] } })
      else if (one[0] === 'title') tracker.show(one[1]).setTitle(one[2])
      else tracker.renameShow(one[1], one[2])
    }
    return tracker
  }
  const sorted = ({ tasks, shows }: ReturnType<ReturnType<typeof build>['serialize']>) =>
    canonicalJson([
      tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      shows.toSorted((a, b) => (a.showId < b.showId ? -1 : 1)),
    ])

  it('of what was serialised is the same state, for every state that a tracker builds', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const tracker = build(commands)
        const text = JSON.stringify(tracker.serialize())
        const other = createTracker({ pipeline: showPipeline, clock: tracker.now, by: 'other' })
        const result = other.restore(parseSnapshot(text, { pipeline: showPipeline }))
        expect(result.rejected).toEqual([])
        expect(sorted(other.serialize())).toBe(sorted(tracker.serialize()))
        for (const id of ids) {
          expect(canonicalJson(plain(other.getPipeline(id)))).toBe(
            canonicalJson(plain(tracker.getPipeline(id))),
          )
        }
        expect(tracker.restore(parseSnapshot(text)).accepted).toBe(0)
      }),
      runs,
    )
  })

  it('brings two trackers that exchange their records to one state, whoever wrote what', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 30 }),
        fc.array(command, { maxLength: 30 }),
        (left, right) => {
          const [one, two] = [build(left), build(right)]
          one.merge(parseRecords(two.serialize()))
          two.merge(parseRecords(one.serialize()))
          expect(sorted(one.serialize())).toBe(sorted(two.serialize()))
        },
      ),
      runs,
    )
  })
})

describe('a slot', () => {
  it('keeps 20,000 tasks in order that came the newest first, and lets go of the oldest', () => {
    const made = (index: number): TaskRecord =>
      ({
        id: `task-${index}`,
        showId: 'a',
        type: 'seed',
        status: 'succeeded',
        attempt: 1,
        startedAt: index,
        updatedAt: 1,
        rev: 1,
        by: 'w1',
      }) as TaskRecord
    let state = emptyState(pipeline)
    for (let index = 20_000; index > 0; index -= 1) state = applyTask(state, made(index))
    expect(viewIn(state, 'a').step('seed').task()?.id).toBe('task-20000')
    for (const index of [1, 20_000]) {
      const removed = {
        id: `task-${index}`,
        showId: 'a',
        removed: true as const,
        updatedAt: 2,
        rev: 2,
        by: 'w1',
      }
      state = applyTask(state, removed)
    }
    expect(viewIn(state, 'a').step('seed').task()?.id).toBe('task-19999')
  })
})

describe('a rename', () => {
  it('takes a show of 150,000 tasks along', () => {
    let state = emptyState(pipeline)
    for (let index = 0; index < 150_000; index += 1) {
      const fields = {
        showId: 'a',
        type: 'zip',
        status: 'succeeded',
        attempt: 1,
        updatedAt: 1,
        rev: 1,
        by: 'w1',
      }
      state = applyTask(state, { ...fields, id: `task-${index}`, startedAt: index } as TaskRecord)
    }
    const renamedTo = { value: 'b', rev: 1, by: 'w1' }
    const renamed = applyShow(state, { showId: 'a', pipeline: 'law', renamedTo })
    expect(renamed.base.size).toBe(150_000)
    expect(finalShowId(renamed, 'a')).toBe('b')
    expect([...versions(renamed)]).toHaveLength(150_000)
    expect([...versions(state)]).toHaveLength(150_000)
  })
})
