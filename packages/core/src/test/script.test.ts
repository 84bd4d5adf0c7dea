import { describe, expect, it } from 'vitest'
import { definePipeline } from '../records/pipeline.ts'
import { script } from './script.ts'
import { createTestTracker } from './test-tracker.ts'

describe('script', () => {
  it('brings a show into a state', () => {
    const { tracker, errors } = createTestTracker()
    script(tracker, 'neon-noir')
      .title('Neon Noir')
      .succeeded('show-generation')
      .characters('ada', { id: 'bo', name: 'Bo' })
      .facts({ 'character-seeds': true, 'character-dossier': ['ada'] })
      .active('portrait', { characterId: 'ada', progress: 40 })
      .failed('portrait', { characterId: 'bo', error: 'Content filter' })
      .starting('portrait-grid', { stage: 'queued' })
      .canceled('library-poster')
      .interrupted('trailer')
      .unavailable('video')
    const view = tracker.getPipeline('neon-noir')
    expect(view).toMatchObject({ title: 'Neon Noir', characters: [{ id: 'ada' }, { id: 'bo', name: 'Bo' }] })
    expect(view.steps.map(({ status }) => status)).toEqual([
      'succeeded',
      'succeeded',
      'pending',
      'active',
      'pending',
      'active',
      'pending',
      'pending',
    ])
    expect(view.step('portrait')).toMatchObject({ active: 1, failed: 1, progress: 20 })
    expect(view.step('portrait').errors).toMatchObject([{ characterId: 'bo', message: 'Content filter' }])
    expect(view.step('library-poster').canceled).toBe(1)
    expect(view.step('trailer').interrupted).toBe(1)
    expect(view.step('video').unavailable).toBe(true)
    expect(errors).toEqual([])
  })

  it('continues the same task until it has finished', () => {
    const { tracker, sink } = createTestTracker()
    const slot = { showId: 'show', type: 'trailer' } as const
    script(tracker)
      .starting('trailer', { id: 'first' })
      .interrupted('trailer')
      .active('trailer', { progress: 10 })
      .failed('trailer', { error: 'HTTP 503' })
      .active('trailer', { attempt: 2 })
      .failed('trailer')
      .succeeded('trailer', { id: 'second' })
    expect(sink.statuses('first')).toEqual([
      'starting',
      'interrupted',
      'processing',
      'failed',
      'processing',
      'failed',
    ])
    expect(sink.last('first')?.attempt).toBe(2)
    expect(sink.last(slot)).toMatchObject({ id: 'second', status: 'succeeded', attempt: 1 })
    expect(tracker.getTasks()).toHaveLength(2)
  })

  it('accepts the items of any pipeline by their own names, and extra tasks', () => {
    const pipeline = definePipeline({
      id: 'p',
      steps: [{ type: 'take', label: 'Takes', per: 'scene' }],
      extra: [{ type: 'zip' }],
    })
    const { tracker } = createTestTracker({ pipeline })
    script(tracker).items('scene', 'one', 'two').succeeded('take', { sceneId: 'one' }).active('zip')
    expect(tracker.getPipeline('show').step('take')).toMatchObject({ total: 2, completed: 1 })
    expect(tracker.has({ showId: 'show', type: 'zip' }, 'running')).toBe(true)
  })

  it('throws where the tracker would only report', () => {
    const { tracker } = createTestTracker()
    const lines = script(tracker).succeeded('trailer', { id: 'a' })
    expect(() => lines.active('library-poster', { id: 'a' })).toThrow(
      'script: "library-poster" cannot be processing as a new task "a". See the error event for the reason.',
    )
    lines.active('library-poster', { id: 'b' })
    expect(() => lines.succeeded('library-poster', { id: 'c' })).toThrow('task "b", which is processing')
    expect(() => (lines.active as (type: string) => unknown)('trailler')).toThrow('Unknown step "trailler"')
    expect(() => lines.active('portrait', {} as never)).toThrow('characterId')
  })
})
