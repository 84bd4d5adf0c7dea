import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it, vi } from 'vitest'
import { findJob } from './find-job.ts'

const job = (id: string | number) => ({ provider: 'replicate', id: `p${id}` })

function scene(count: number, maxTasks = 50_000) {
  const { tracker, clock } = createTestTracker({ maxTasks, expiry: { failed: 0 } })
  const add = (place: number) =>
    tracker.addTask({
      id: `t${place}`,
      showId: `s${place % 100}`,
      type: 'library-poster',
      status: 'processing',
      job: job(place),
    })
  for (let place = 0; place < count; place += 1) add(place)
  return { tracker, clock, add, find: (id: string | number) => findJob(tracker, job(id))?.id }
}

describe('findJob', () => {
  it('finds what was there before, and what comes, finished and expired or not', async () => {
    const { tracker, clock, add, find } = scene(3)
    expect([find(0), find(2), find(3)]).toEqual(['t0', 't2', undefined])
    add(3)
    tracker.updateTask('t3', { status: 'failed' })
    await clock.advance(1_000)
    expect(tracker.getTasks().map(({ id }) => id)).not.toContain('t3')
    expect(find(3)).toBe('t3')
    expect(findJob(tracker, { provider: 'fal', id: 'p3' })).toBeUndefined()
  })

  it('finds no task by the job of an older attempt, and none that was removed', () => {
    const { tracker, find } = scene(2)
    expect(find(0)).toBe('t0')
    tracker.updateTask('t0', { status: 'failed' })
    expect(find(0)).toBe('t0')
    tracker.updateTask('t0', { status: 'processing' })
    expect(find(0)).toBeUndefined()
    tracker.updateTask('t0', { job: job('new') })
    expect([find(0), find('new')]).toEqual([undefined, 't0'])
    tracker.updateTask('t1', { status: 'failed' })
    tracker.dismiss('t1')
    expect(find(1)).toBeUndefined()
  })

  it('reads all tasks once, and again only when it holds twice as many jobs as there were', () => {
    const { tracker, add, find } = scene(1_000, 2_000)
    const read = vi.fn(tracker.serialize)
    const counted = { ...tracker, serialize: read }
    const findHere = (id: number) => findJob(counted, job(id))?.id
    for (let place = 0; place < 1_000; place += 1) expect(findHere(place)).toBe(`t${place}`)
    expect(read).toHaveBeenCalledTimes(1)
    for (let place = 1_000; place < 10_000; place += 1) {
      add(place)
      tracker.updateTask(`t${place}`, { status: 'succeeded' })
      if (place % 500 === 0) expect(findHere(place)).toBe(`t${place}`)
    }
    expect(read.mock.calls.length).toBeGreaterThan(2)
    expect(read.mock.calls.length).toBeLessThan(10)
    expect([findHere(0), findHere(9_999), find(9_999)]).toEqual([undefined, 't9999', 't9999'])
  })
})
