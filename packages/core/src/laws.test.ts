import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { canonicalJson } from './json.ts'
import { definePipeline, type Pipeline } from './pipeline.ts'
import { applyShow, applyTask } from './reducer.ts'
import { compareRegisters, mergeShows } from './show.ts'
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
import { values } from './table.ts'
import { assertLaw, defined, expectSame, oneOf, plain, taskOf, tombstoneOf } from './testing.ts'
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

const showId = oneOf('a', 'b', 'c', '__proto__')
const characterId = oneOf('ada', 'bo', 'constructor')
const by = oneOf('w1', 'w2')

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

/** @param often Against four times that there is none. */
const register = <T>(value: fc.Arbitrary<T>, often = 2) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: often, arbitrary: fc.record({ value, rev: fc.integer({ min: 1, max: 3 }), by }) },
  )
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
    renamedTo: register(showId, 1),
  })
  .map((fields) => defined(fields) as unknown as ShowRecord)

type Event = { readonly task: TaskVersion } | { readonly show: ShowRecord }
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: task.map((one) => ({ task: one })) },
  { weight: 1, arbitrary: tombstone.map((one) => ({ task: one })) },
  { weight: 2, arbitrary: show.map((one) => ({ show: one })) },
)
const history = fc.array(event, { maxLength: 40, size: 'max' })

const apply = (state: State, one: Event): State =>
  'task' in one ? applyTask(state, one.task) : applyShow(state, one.show)
const run = (events: readonly Event[]): State => events.reduce(apply, emptyState(pipeline))

// --- what is seen ----------------------------------------------------------------------------------------------------

const ids = ['a', 'b', 'c', '__proto__']

const viewIn = (state: State, id: string): PipelineView => {
  const held = showOf(state, id)
  return viewOf(held ?? ShowState.empty(state.base.pipeline, id))
}

const seen = (state: State) => ({
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

describe('the order of versions', () => {
  const sameId = fc.oneof(task, tombstone).map((one) => ({ ...one, id: 't1' }))

  it('is total: two different versions are never equal, and each comparison has its opposite', () =>
    assertLaw(
      fc.property(sameId, sameId, (a, b) => {
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0)
        expect(compareVersions(a, b) === 0).toBe(canonicalJson(a) === canonicalJson(b))
      }),
    ))

  it('is transitive', () =>
    assertLaw(
      fc.property(sameId, sameId, sameId, (...three) => {
        const [a, b, c] = three.toSorted(compareVersions) as [TaskVersion, TaskVersion, TaskVersion]
        expect(compareVersions(a, b)).toBeLessThanOrEqual(0)
        expect(compareVersions(b, c)).toBeLessThanOrEqual(0)
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0)
      }),
    ))
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

  it('gives one state for any order and any duplication', () =>
    assertLaw(
      fc.property(shuffled, ([events, again]) => {
        expectSame(seen(run(again)), seen(run(events)))
      }),
      { share: 0.3 },
    ))

  it('changes nothing when what it is given is known or old, and gives the same objects', () =>
    assertLaw(
      fc.property(history, (events) => {
        const state = run(events)
        const before = ids.map((id) => showOf(state, id))
        const after = events.reduce(apply, state)
        expect(after).toBe(state)
        for (const [place, id] of ids.entries()) expect(showOf(after, id)).toBe(before[place])
      }),
      { share: 0.3 },
    ))

  it('leaves every older state as it was, also when two branches grow from it', () =>
    assertLaw(
      fc.property(history, history, history, (trunk, left, right) => {
        const state = run(trunk)
        const before = seen(run(trunk))
        const one = seen(left.reduce(apply, state))
        const two = seen(right.reduce(apply, state))
        expectSame(seen(state), before)
        expectSame(one, seen(run([...trunk, ...left])))
        expectSame(two, seen(run([...trunk, ...right])))
      }),
      { share: 0.2 },
    ))
})

describe('the views', () => {
  it('are the same computed at each event as computed from scratch', () =>
    assertLaw(
      fc.property(history, (events) => {
        const state = run(events)
        const scratch = slowly(pipeline, events)
        for (const id of ids) expectSame(quickly(state, id), scratch(id))
      }),
      { share: 0.5 },
    ))

  it('keep the identity of the shows and steps that an event does not touch', () =>
    assertLaw(
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
      { share: 0.3 },
    ))

  it('are frozen, and stay within 0 to 100 percent', () =>
    assertLaw(
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
      { share: 0.2 },
    ))
})

const plainStep = (step: PipelineView['steps'][number]) => ({ ...step, slots: step.slots })

describe('a slot', () => {
  it('keeps 20,000 tasks in order that came the newest first, and lets go of the oldest', () => {
    const made = (index: number) =>
      taskOf({ id: `task-${index}`, showId: 'a', type: 'seed', status: 'succeeded', startedAt: index })
    let state = emptyState(pipeline)
    for (let index = 20_000; index > 0; index -= 1) state = applyTask(state, made(index))
    expect(viewIn(state, 'a').step('seed').task()?.id).toBe('task-20000')
    for (const index of [1, 20_000]) {
      state = applyTask(state, tombstoneOf({ id: `task-${index}`, showId: 'a' }))
    }
    expect(viewIn(state, 'a').step('seed').task()?.id).toBe('task-19999')
  })
})

describe('a rename', () => {
  it('takes a show of 150,000 tasks along', () => {
    let state = emptyState(pipeline)
    for (let index = 0; index < 150_000; index += 1) {
      const fields = { showId: 'a', type: 'zip', status: 'succeeded', startedAt: index } as const
      state = applyTask(state, taskOf({ ...fields, id: `task-${index}` }))
    }
    const renamedTo = { value: 'b', rev: 1, by: 'w1' }
    const renamed = applyShow(state, { showId: 'a', pipeline: 'law', renamedTo })
    expect(renamed.base.size).toBe(150_000)
    expect(finalShowId(renamed, 'a')).toBe('b')
    expect([...versions(renamed)]).toHaveLength(150_000)
    expect([...versions(state)]).toHaveLength(150_000)
  })
})
