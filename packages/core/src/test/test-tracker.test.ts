import { describe, expect, it } from 'vitest'
import { definePipeline } from '../records/pipeline.ts'
import { memorySink } from '../tracker/sink.ts'
import { createTestTracker } from './test-tracker.ts'

describe('createTestTracker', () => {
  it('writes the same records each time', async () => {
    const run = async () => {
      const { tracker, clock } = createTestTracker({ seed: 3 })
      const result = tracker
        .show('s')
        .track('trailer', () => Promise.reject(new Error('fetch failed')), { retry: {} })
        .catch(() => 'failed')
      while (await clock.next()) continue
      expect(await result).toBe('failed')
      return JSON.stringify(tracker.serialize())
    }
    const text = await run()
    expect(text).toContain('"id":"task-1"')
    expect(text).toContain('"by":"test"')
    expect(await run()).toBe(text)
  })

  it('draws other delays from another seed', async () => {
    const pause = async (seed: number) => {
      const { tracker, clock } = createTestTracker({ seed })
      void tracker
        .show('s')
        .track('trailer', () => Promise.reject(new Error('no')), { retry: {} })
        .catch(() => {})
      return clock.next()
    }
    expect(await pause(1)).not.toBe(await pause(2))
  })

  it('accepts any pipeline, and any option of a tracker', () => {
    const pipeline = definePipeline({ id: 'p', steps: [{ type: 'take', label: 'Takes', per: 'scene' }] })
    const own = memorySink()
    const { tracker, sink, clock } = createTestTracker({ pipeline, by: 'me', start: 5, sinks: [own] })
    tracker.addTask({ showId: 's', type: 'take', sceneId: 'one' })
    expect(sink.last({ showId: 's', type: 'take', sceneId: 'one' })).toMatchObject({ by: 'me', startedAt: 5 })
    expect(own.tasks.size).toBe(1)
    expect(clock.now()).toBe(5)
  })

  it('collects the reports of the tracker', () => {
    const { tracker, errors } = createTestTracker()
    tracker.updateTask('unknown', { status: 'failed' })
    expect(errors.map(({ message }) => message)).toEqual([
      'updateTask ignored: unknown task "unknown". Use the id that addTask was given or returned.',
    ])
  })
})
