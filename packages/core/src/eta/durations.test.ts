import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDurations, type Durations } from './durations.ts'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import type { DurationsRecord, TaskRecord } from '../records/task.ts'
import { taskOf } from '../testing.ts'
import { createTracker } from '../tracker/tracker.ts'

const done = (id: string, startedAt: number, completedAt: number, model?: string) =>
  taskOf({
    id,
    type: 'trailer',
    status: 'succeeded',
    startedAt,
    updatedAt: completedAt,
    completedAt,
    ...(model === undefined ? {} : { metadata: { model } }),
  })
const tookOf = (durations: Durations, key?: string) =>
  durations.samples('trailer', key).map(([, duration]) => duration)
const byModel = () => createDurations({ key: ({ metadata }) => metadata?.['model'] as string | undefined })

describe('createDurations', () => {
  it.each([-1, Number.NaN])('refuses %d as the maximum of samples', (maxSamples) => {
    expect(() => createDurations({ maxSamples })).toThrow('Invalid maxSamples: expected a number from 0')
  })

  it('learns the duration of each succeeded task once, over all its attempts', () => {
    const durations = createDurations()
    durations.learn(done('a', 100, 130))
    durations.learn({ ...done('b', 100, 150), attempt: 3 })
    durations.learn(done('a', 100, 130))
    expect(tookOf(durations)).toEqual([30, 50])
  })

  it('ignores tasks that did not succeed, or that end before they begin', () => {
    const durations = createDurations()
    durations.learn({ ...done('a', 100, 130), status: 'failed' })
    durations.learn(done('b', 100, 90))
    expect(durations.serialize()).toEqual([])
  })

  it('keeps the newest 128 of each key, and returns those of all keys', () => {
    const durations = byModel()
    for (let place = 0; place < 200; place += 1) durations.learn(done(`a${place}`, 0, 1_000 + place, 'slow'))
    for (let place = 0; place < 20; place += 1) durations.learn(done(`b${place}`, 1_500, 1_510, 'fast'))
    durations.learn(done('c', 0, 1, 'not\nusable'))
    expect(tookOf(durations, 'slow')).toEqual(Array.from({ length: 128 }, (_, place) => 1_072 + place))
    expect(tookOf(durations, 'fast')).toHaveLength(20)
    expect(tookOf(durations)).toHaveLength(128)
    expect(tookOf(durations).slice(-20)).toEqual(tookOf(durations, 'fast'))
    expect(durations.serialize().map(({ key, samples }) => [key, samples.length])).toEqual([
      ['fast', 20],
      ['slow', 128],
      [undefined, 1],
    ])
  })

  it('counts a task once, also if its key has changed', () => {
    const durations = byModel()
    durations.merge([{ type: 'trailer', samples: createDurationsOf(done('a', 0, 10)) }])
    durations.learn(done('a', 0, 10, 'fast'))
    expect(tookOf(durations)).toEqual([10])
  })
})

const createDurationsOf = (task: TaskRecord): DurationsRecord['samples'] => {
  const durations = createDurations()
  durations.learn(task)
  return durations.serialize()[0]!.samples
}

describe('merging durations', () => {
  const whole = (max: number) => fc.integer({ min: 0, max })
  const sample = fc.tuple(whole(300), whole(3), whole(400), whole(2))
  const records = fc.array(
    fc.record({
      type: fc.constantFrom('portrait', 'trailer', '__proto__'),
      key: fc.constantFrom('fast', 'slow', 'constructor'),
      samples: fc.array(sample, { maxLength: 60 }),
    }),
    { maxLength: 12 },
  )
  const most = fc.constantFrom(0, 1, 5, 40, 4_096)
  const merged = (bound: number, ...lists: readonly (readonly DurationsRecord[])[]) => {
    const durations = createDurations({ maxSamples: bound })
    for (const list of lists) durations.merge(list)
    return durations.serialize()
  }

  it('does not depend on order, grouping or repetition, and is bounded', () => {
    fc.assert(
      fc.property(most, records, records, records, (bound, a, b, c) => {
        const all = merged(bound, a, b, c)
        expect(merged(bound, c, a, b)).toEqual(all)
        expect(merged(bound, merged(bound, b, c), a)).toEqual(all)
        expect(merged(bound, merged(bound, a), merged(bound, b), merged(bound, c))).toEqual(all)
        expect(merged(bound, all, a, all, c)).toEqual(all)
        const sizes = all.map(({ samples }) => samples.length)
        expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(128)
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(bound)
      }),
    )
  })

  it('keeps the newest, and of two with the same time the longer one', () => {
    const of = (...samples: [number, number, number, number][]) => [{ type: 'trailer', samples }]
    expect(merged(2, of([5, 1, 1, 0], [7, 1, 2, 0], [5, 2, 3, 0]))).toEqual(of([5, 2, 3, 0], [7, 1, 2, 0]))
    expect(merged(9, of([5, 1, 1, 0]), of([6, 1, 1, 0]))).toEqual(of([6, 1, 1, 0]))
  })

  it('survives JSON and parseSnapshot', () => {
    fc.assert(
      fc.property(records, (given) => {
        const kept = merged(4_096, given)
        const read = parseSnapshot(JSON.stringify({ v: 1, durations: kept }))
        expect(read.rejected).toEqual([])
        expect(merged(4_096, read.durations)).toEqual(kept)
      }),
    )
  })
})

describe('a tracker with durations', () => {
  it('learns from calls, merges and snapshots, and serializes what it has learnt', () => {
    let now = 1_000
    const create = () => {
      const durations = createDurations()
      return { durations, tracker: createTracker({ pipeline: showPipeline, clock: () => now, durations }) }
    }
    const one = create()
    const { id } = one.tracker.addTask({ showId: 's', type: 'trailer' })!
    now = 1_250
    one.tracker.updateTask(id, { status: 'succeeded' })
    expect(tookOf(one.durations)).toEqual([250])
    const snapshot = JSON.stringify(one.tracker.serialize())

    const two = create()
    two.tracker.restore(parseSnapshot(snapshot))
    two.tracker.restore(parseSnapshot(snapshot))
    expect(two.durations.serialize()).toEqual(one.durations.serialize())
    // The records of the show are gone.
    const three = create()
    three.tracker.merge(parseRecords({ ...JSON.parse(snapshot), tasks: [] }))
    expect(three.durations.serialize()).toEqual(one.durations.serialize())
    const four = create()
    four.tracker.merge(parseRecords({ ...JSON.parse(snapshot), durations: [] }))
    expect(four.durations.serialize()).toEqual(one.durations.serialize())
  })

  it('has no durations in its snapshot without the option', () => {
    expect(createTracker({ pipeline: showPipeline }).serialize()).not.toHaveProperty('durations')
  })

  it('continues when durations throw, and reports it', () => {
    const fail = () => {
      throw new Error('no')
    }
    const tracker = createTracker({
      pipeline: showPipeline,
      durations: { learn: fail, merge: fail, serialize: fail },
    })
    const errors: Error[] = []
    tracker.on('error', ({ error }) => errors.push(error))
    const { id } = tracker.addTask({ showId: 's', type: 'trailer' })!
    expect(tracker.updateTask(id, { status: 'succeeded' })).toMatchObject({ status: 'succeeded' })
    tracker.merge(parseRecords({}))
    expect(tracker.serialize().tasks).toHaveLength(1)
    expect(errors).toHaveLength(3)
  })

  it.each([
    ['no type', { type: undefined }],
    ['an unusable key', { key: '' }],
    ['129 samples', { samples: Array.from({ length: 129 }, (_, place) => [place, 1, place, 1]) }],
    ['a sample of three', { samples: [[1, 1, 1]] }],
    ['a duration below 0', { samples: [[1, -1, 1, 1]] }],
    ['a time that is not an integer', { samples: [[1.5, 1, 1, 1]] }],
    ['a hash of more than 32 bits', { samples: [[1, 1, 2 ** 32, 1]] }],
    ['no samples', { samples: undefined }],
  ])('rejects durations with %s', (_what, wrong) => {
    const good = { type: 'trailer', key: 'fast', samples: [[1, 1, 1, 1]] }
    expect(parseRecords({ durations: [good, { ...good, ...wrong }] })).toMatchObject({
      durations: [good],
      rejected: [{ index: 1, kind: 'durations' }],
    })
  })
})
