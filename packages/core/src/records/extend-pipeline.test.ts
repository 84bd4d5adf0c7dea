import { describe, expect, it } from 'vitest'
import { CallsheetError } from './errors.ts'
import { extendPipeline } from './extend-pipeline.ts'
import { parseSnapshot } from '../schema/schema.ts'
import { showPipeline } from './show-pipeline.ts'
import { createTracker } from '../tracker/tracker.ts'

describe('extendPipeline', () => {
  it('changes a step, and leaves its place, its type, its item and all others as they are', () => {
    const { steps } = extendPipeline(showPipeline, {
      steps: { portrait: { label: 'Head shots', stallAfter: 60_000, weight: 3 } },
    })
    expect(steps[3]).toMatchObject({
      type: 'portrait',
      stepNumber: 4,
      label: 'Head shots',
      per: 'character',
      icon: 'image',
      after: ['character-dossier'],
      stallAfter: 60_000,
      weight: 3,
    })
    expect(steps.toSpliced(3, 1)).toEqual([...showPipeline.steps].toSpliced(3, 1))
  })

  it('leaves the pipeline that it is given as it is', () => {
    extendPipeline(showPipeline, { steps: { trailer: { label: 'Teaser' } }, extra: [{ type: 'zip' }] })
    expect(showPipeline.steps[7].label).toBe('Trailer')
    expect(showPipeline.extra).toEqual([])
  })

  it('adds extra tasks, which can be tracked without a cast', () => {
    const pipeline = extendPipeline(showPipeline, { extra: [{ type: 'zip-download' }] })
    const tracker = createTracker({ pipeline })
    expect(tracker.show('s').track('zip-download', () => 7)).toBe(7)
    expect(tracker.getTask({ showId: 's', type: 'zip-download' })?.status).toBe('succeeded')
    expect(tracker.getPipeline('s').steps).toHaveLength(8)
  })

  it('can be given what it gave', () => {
    const once = extendPipeline(showPipeline, { extra: [{ type: 'zip' }] })
    const twice = extendPipeline(once, { extra: [{ type: 'poster' }], steps: { video: { optional: false } } })
    expect(twice.extra.map(({ type }) => type)).toEqual(['zip', 'poster'])
    expect(twice.steps[4].optional).toBe(false)
  })

  it('keeps the id, so that a snapshot of one is taken by the other', () => {
    const tracker = createTracker({ pipeline: showPipeline })
    tracker.addTask({ showId: 's', type: 'trailer', status: 'succeeded' })
    const pipeline = extendPipeline(showPipeline, { steps: { trailer: { label: 'Teaser' } } })
    const extended = createTracker({ pipeline })
    const saved = parseSnapshot(JSON.stringify(tracker.serialize()), { pipeline })
    expect(extended.restore(saved)).toMatchObject({ accepted: 1, rejected: [] })
    expect(extendPipeline(showPipeline, { id: 'other' }).id).toBe('other')
  })

  it('checks and redacts metadata as the new definition says', () => {
    const pipeline = extendPipeline(showPipeline, { steps: { trailer: { secret: ['prompt'] } } })
    const tracker = createTracker({ pipeline })
    const task = tracker.addTask({ showId: 's', type: 'trailer', metadata: { prompt: 'p', model: 'm' } })
    expect(task?.metadata).toEqual({ model: 'm' })
  })

  it.each([
    [
      'a step that the pipeline does not have',
      () => extendPipeline(showPipeline, { steps: { portait: { label: 'P' } } as object }),
      'extendPipeline: unknown step "portait" in pipeline "show". Known steps: show-generation, character-seeds,',
    ],
    [
      'a weight that is not usable',
      () => extendPipeline(showPipeline, { steps: { portrait: { weight: 0 } } }),
      'step "portrait" has the weight 0',
    ],
    [
      'an extra task that is named like a step',
      () => extendPipeline(showPipeline, { extra: [{ type: 'portrait' }] }),
      'extra task "portrait"',
    ],
  ])('refuses %s and says so', (_what, extend, message) => {
    expect(extend).toThrow(CallsheetError)
    expect(extend).toThrow(message)
  })
})
