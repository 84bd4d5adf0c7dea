import { describe, expect, it } from 'vitest'
import { CallsheetError, CanceledError, createTracker, showPipeline } from '../index.ts'
import { parseSnapshot } from '../schema/schema.ts'

const codeOf = (action: () => unknown): unknown => {
  try {
    return action()
  } catch (error) {
    expect(error).toBeInstanceOf(CallsheetError)
    return (error as CallsheetError).code
  }
}

describe('CallsheetError', () => {
  it('has a code: by default that tracking failed', () => {
    expect(new CallsheetError('no').code).toBe('tracking_failed')
    const cause = new Error('disk full')
    expect(new CallsheetError('no', { code: 'sink_failed', cause })).toMatchObject({
      code: 'sink_failed',
      cause,
    })
    expect(new CanceledError('enough')).toMatchObject({ code: 'canceled', name: 'CanceledError' })
  })

  it('says by its code what was wrong with a call', () => {
    const tracker = createTracker({ pipeline: showPipeline })
    expect(codeOf(() => tracker.show(''))).toBe('invalid_id')
    expect(codeOf(() => tracker.addTask({ showId: 's', type: 'trailr' as 'trailer' }))).toBe('unknown_step')
    expect(codeOf(() => createTracker({ pipeline: showPipeline, maxTasks: 0 }))).toBe('invalid_option')
    expect(codeOf(() => parseSnapshot('{'))).toBe('parse_failed')
  })
})
