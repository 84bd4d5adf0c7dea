import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyTasks } from './batch.ts'
import { definePipeline } from '../records/pipeline.ts'
import { applyShow, applyTask } from './reducer.ts'
import { ShowState, viewOf } from './show-state.ts'
import { emptyState, showOf, type State, versionOf, versions } from './state.ts'
import type { ShowRecord, TaskRecord, TaskVersion } from '../records/task.ts'
import { assertLaw, defined, oneOf, taskOf } from '../testing.ts'

const pipeline = definePipeline({
  id: 'batch',
  steps: [
    { type: 'seed', label: 'Seed', per: 'show' },
    { type: 'portrait', label: 'Portrait', per: 'character', weight: 3 },
    { type: 'video', label: 'Video', per: 'character', optional: true },
  ],
  extra: [{ type: 'zip' }],
})

const people = ['ada', 'bo', 'cy', 'constructor']
const showIds = ['a', 'b', '__proto__']
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })

const types = ['seed', 'portrait', 'portrait', 'video', 'zip', 'unheard-of'] as const
/** What a task is for and when it began, as its id says it: many go on, and many share a slot. */
function fixedOf(number: number) {
  const type = types[Math.floor(number / 3) % 6]!
  const characterId = people[Math.floor(number / 18)]!
  const item = type === 'portrait' || type === 'video' ? { characterId } : {}
  return { showId: showIds[number % 3]!, type, ...item, startedAt: 1 + (number % 2) }
}
/** As another replica made it, whose ids are the same. */
const otherwise = fc
  .record({
    showId: oneOf(...showIds),
    type: oneOf(...types),
    characterId: fc.option(oneOf(...people), { nil: undefined, freq: 4 }),
    startedAt: fc.integer({ min: 1, max: 3 }),
  })
  .map(defined)
const task = fc
  .record({
    number: fc.nat(60),
    other: seldom(otherwise),
    startedAt: seldom(fc.integer({ min: 1, max: 3 })),
    status: oneOf('processing', 'processing', 'succeeded', 'failed', 'canceled', 'interrupted'),
    attempt: fc.integer({ min: 1, max: 2 }),
    progress: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    updatedAt: fc.integer({ min: 4, max: 9 }),
    rev: fc.integer({ min: 1, max: 5 }),
    by: oneOf('w1', 'w2'),
  })
  .map(
    ({ number, other, startedAt, ...fields }) =>
      defined({
        id: `t${number}`,
        ...(other ?? fixedOf(number)),
        ...defined({ startedAt }),
        ...fields,
      }) as TaskRecord,
  )
const tombstone = fc
  .tuple(task, oneOf('succeeded', 'failed', 'canceled', 'interrupted'), fc.boolean())
  .map(
    ([
      { id, showId, updatedAt, rev, by, type, characterId, startedAt },
      status,
      isDismissed,
    ]): TaskVersion => ({
      id,
      showId,
      removed: true,
      updatedAt,
      rev,
      by,
      ...(isDismissed ? defined({ type, characterId, startedAt, status }) : {}),
    }),
  )
const version = fc.oneof({ weight: 10, arbitrary: task }, { weight: 1, arbitrary: tombstone })

const register = <T>(value: T) => ({ value, rev: 1, by: 'w1' })
const show: fc.Arbitrary<ShowRecord> = fc.record({
  showId: oneOf(...showIds),
  pipeline: fc.constant('batch'),
  characters: fc.subarray(people).map((ids) => register(ids.map((id) => ({ id })))),
})
const facts: fc.Arbitrary<ShowRecord> = fc.record({
  showId: oneOf(...showIds),
  pipeline: fc.constant('batch'),
  facts: fc.record({ at: fc.integer({ min: 3, max: 9 }), portrait: fc.subarray(people) }).map((known) => ({
    value: { at: known.at, done: { seed: true as const, portrait: known.portrait } },
    rev: 1,
    by: 'w1',
  })),
})
const rename = fc.constant({ showId: 'b', pipeline: 'batch', renamedTo: register('a') })

const seen = (state: State) =>
  showIds.map((showId) => {
    // A show that was begun and has nothing left looks as one that nobody knows.
    const view = viewOf(showOf(state, showId) ?? ShowState.empty(pipeline, showId))
    return JSON.stringify([
      view,
      view.steps.map((step) => [step.slots, step.tasks, step.errors, people.map((id) => step.slot(id))]),
    ])
  })

const held = (state: State) =>
  [...versions(state)].map((one) => JSON.stringify(one)).toSorted((a, b) => (a < b ? -1 : 1))

// Each history is a batch of up to 80, merged in several ways.
const runs = { share: 0.1 }

describe('applyTasks', { timeout: 300_000 }, () => {
  const before = fc.tuple(
    fc.array(version, { maxLength: 10 }),
    fc.array(fc.oneof(show, facts, rename), { maxLength: 2 }),
  )
  const batch = fc.array(version, { maxLength: 80, size: 'max' })
  const start = ([tasks, shows]: readonly [readonly TaskVersion[], readonly ShowRecord[]]) =>
    tasks.reduce(applyTask, shows.reduce(applyShow, emptyState(pipeline)))

  it('has the result of one after the other, and says what was news', async () => {
    await assertLaw(
      fc.property(before, batch, (given, many) => {
        const state = start(given)
        const old = held(state)
        const { state: next, news } = applyTasks(state, many)
        const single = many.reduce(applyTask, start(given))
        expect(held(next)).toEqual(held(single))
        expect(seen(next)).toEqual(seen(single))
        expect(next.base.size).toBe(single.base.size)
        // Of each task the last news is what is held now, the first began with what was held before.
        for (const [id, last] of new Map(news.map((one) => [one.version.id, one.version])))
          expect(versionOf(next, id)).toBe(last)
        expect(held(state)).toEqual(old)
      }),
      runs,
    )
  })

  it('leaves older states as they are, which can grow on by themselves', async () => {
    await assertLaw(
      fc.property(before, batch, batch, (given, left, right) => {
        const trunk = start(given)
        const shown = seen(trunk)
        const grownLeft = applyTasks(trunk, left).state
        const shownLeft = seen(grownLeft)
        const grownRight = applyTasks(trunk, right).state
        expect(seen(trunk)).toEqual(shown)
        expect(seen(grownLeft)).toEqual(shownLeft)
        expect(seen(grownRight)).toEqual(seen(right.reduce(applyTask, start(given))))
        expect(seen(applyTasks(grownLeft, right).state)).toEqual(seen(applyTasks(grownRight, left).state))
      }),
      runs,
    )
  })

  it('changes nothing when nothing is news: the very state stays', async () => {
    await assertLaw(
      fc.property(before, batch, (given, many) => {
        const { state } = applyTasks(start(given), many)
        const again = applyTasks(state, many)
        expect(again.news).toEqual([])
        expect(seen(again.state)).toEqual(seen(state))
        for (const showId of showIds) expect(showOf(again.state, showId)).toBe(showOf(state, showId))
      }),
      runs,
    )
  })

  it('keeps the steps that it does not concern, also those of which it brings old news', () => {
    const tasks = Array.from({ length: 20 }, (_, number) =>
      taskOf({
        id: `t${number}`,
        showId: 'a',
        type: number < 10 ? 'portrait' : 'video',
        characterId: `c${number % 10}`,
        by: 'w1',
      }),
    )
    const { state } = applyTasks(emptyState(pipeline), tasks)
    const next = applyTasks(
      state,
      tasks.map((one) => (one.type === 'portrait' ? { ...one, progress: 50, rev: 2 } : one)),
    ).state
    const [seed, portrait, video] = showOf(next, 'a')!.steps
    expect(seed).toBe(showOf(state, 'a')!.steps[0])
    expect(video).toBe(showOf(state, 'a')!.steps[2])
    expect(portrait).toMatchObject({ active: 10, progress: 50 })
  })
})
