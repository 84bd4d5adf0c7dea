import { describe, expect, it } from 'vitest'
import { CallsheetError } from '../records/errors.ts'
import { createTestTracker } from './test-tracker.ts'

const portrait = { showId: 's', type: 'portrait', characterId: 'ada' } as const
const trailer = { showId: 's', type: 'trailer' } as const

describe('testSink', () => {
  it('returns the statuses of a task in order, without repetitions', async () => {
    const { tracker, clock, sink } = createTestTracker({ random: () => 0 })
    let calls = 0
    const result = tracker.show('s').track(
      'trailer',
      async ({ progress }) => {
        progress(50)
        calls += 1
        if (calls === 1) throw new CallsheetError('fetch failed')
        return 'done'
      },
      { retry: {} },
    )
    await clock.advance(500)
    expect(await result).toBe('done')
    expect(sink.statuses(trailer)).toEqual(['processing', 'starting', 'processing', 'succeeded'])
    expect(sink.statuses('task-1')).toEqual(sink.statuses(trailer))
    expect(sink.history(trailer).length).toBeGreaterThan(4)
    expect(sink.last(trailer)).toMatchObject({ attempt: 2, status: 'succeeded' })
  })

  it('includes all tasks of a slot and their removal, and no other slot', () => {
    const { tracker, sink } = createTestTracker()
    tracker.addTask({ ...portrait, status: 'failed' })
    tracker.addTask({ ...portrait, status: 'succeeded' })
    tracker.addTask({ ...portrait, characterId: 'bo', status: 'canceled' })
    tracker.addTask({ ...portrait, showId: 'other', status: 'canceled' })
    tracker.dismiss('task-2')
    expect(sink.statuses(portrait)).toEqual(['failed', 'succeeded', 'removed'])
    expect(sink.last(portrait)).toMatchObject({ id: 'task-1' })
    expect(sink.statuses('task-2')).toEqual(['succeeded', 'removed'])
    expect(sink.last('task-2')).toBeUndefined()
    expect([sink.statuses(trailer), sink.last(trailer), sink.last('unknown')]).toEqual([
      [],
      undefined,
      undefined,
    ])
  })

  it('throws with the history if the status is not the expected one', async () => {
    const { tracker, clock, sink } = createTestTracker()
    tracker.addTask({ ...portrait, id: 'a', status: 'processing', progress: 40, stage: 'upscaling' })
    await clock.advance(1_500)
    tracker.updateTask('a', { attempt: 2, status: 'failed', error: 'Content filter' })
    sink.expect(portrait, 'failed')
    sink.expect('a', 'failed')
    expect(() => sink.expect(portrait, 'succeeded')).toThrow(
      new CallsheetError(
        [
          'portrait of ada is failed, not succeeded. History:',
          '         +0 ms  a  processing (40 %, upscaling)',
          '      +1500 ms  a  failed (attempt 2, "Content filter")',
        ].join('\n'),
        { code: 'assertion_failed' },
      ),
    )
    tracker.dismiss('a')
    expect(() => sink.expect('a', 'failed')).toThrow('Task "a" has no task, not failed')
    expect(() => sink.expect(trailer, 'failed')).toThrow(
      'trailer has no task, not failed. History:\n  nothing',
    )
  })

  it('names the mistake in an invalid slot', () => {
    const { sink } = createTestTracker()
    expect(() => sink.last({ showId: 's', type: 'potrait' } as never)).toThrow('Unknown step "potrait"')
  })
})
