import { describe, expect, it } from 'vitest'
import { definePipeline } from '../records/pipeline.ts'
import { readySlots } from './ready-slots.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { createTracker } from '../tracker/tracker.ts'

function setup() {
  const tracker = createTracker({ pipeline: showPipeline })
  const show = tracker.show('s')
  const ready = () =>
    readySlots(showPipeline, show.getPipeline()).map(({ type, characterId }) =>
      characterId === undefined ? type : `${type} ${characterId}`,
    )
  const make = (slot: string, status: 'succeeded' | 'failed' | 'processing' = 'succeeded') => {
    const [type, characterId] = slot.split(' ')
    tracker.addTask({ showId: 's', type, characterId, status } as never)
  }
  return { tracker, show, ready, make }
}

describe('readySlots', () => {
  it('lead through the eight steps, and every slot once', () => {
    const { show, ready, make } = setup()
    const turns: string[][] = []
    while (ready().length > 0) {
      const now = ready()
      turns.push(now)
      for (const slot of now) make(slot)
      if (now.includes('character-seeds')) show.setCharacters([{ id: 'ada' }, { id: 'bo' }])
    }
    expect(turns).toEqual([
      ['show-generation'],
      ['character-seeds'],
      ['character-dossier ada', 'character-dossier bo'],
      ['portrait ada', 'portrait bo'],
      ['video ada', 'video bo', 'portrait-grid'],
      ['library-poster', 'trailer'],
    ])
    expect(show.getPipeline()).toMatchObject({ status: 'succeeded', progress: 100 })
  })

  it('wait for the same character alone where both are per character, else for all', () => {
    const { show, ready, make } = setup()
    show.setFacts({ done: { 'show-generation': true, 'character-seeds': true } })
    show.setCharacters([{ id: 'ada' }, { id: 'bo' }])
    make('character-dossier ada')
    expect(ready()).toEqual(['character-dossier bo', 'portrait ada'])
    make('portrait ada')
    expect(ready()).toEqual(['character-dossier bo', 'video ada'])
  })

  it('hold nothing that was tried: it runs, or the application has to decide', () => {
    const { tracker, ready, make } = setup()
    make('show-generation', 'processing')
    expect(ready()).toEqual([])
    tracker.updateTask(tracker.getTasks()[0]!.id, { status: 'failed' })
    expect(ready()).toEqual([])
    expect(tracker.cancel({ showId: 's' })).toBe(0)
    make('show-generation')
    expect(ready()).toEqual(['character-seeds'])
  })

  it('wait for what is made again, and not for a remake that failed, was canceled or was lost', () => {
    const { tracker, show, ready, make } = setup()
    show.setFacts({ done: { 'show-generation': true, 'character-seeds': true, 'character-dossier': true } })
    show.setCharacters([{ id: 'ada' }, { id: 'bo' }])
    make('portrait ada')
    make('portrait bo')
    expect(ready()).toEqual(['video ada', 'video bo', 'portrait-grid'])
    make('portrait ada', 'processing')
    expect(ready()).toEqual(['video bo'])
    const { id } = tracker.getTask({ showId: 's', type: 'portrait', characterId: 'ada' })!
    for (const status of ['interrupted', 'processing', 'failed'] as const) {
      tracker.updateTask(id, { status })
      expect(ready().length).toBe(status === 'processing' ? 1 : 3)
    }
    // Facts that say done hold back in the same way.
    make('show-generation', 'processing')
    show.setUnavailable(['video'])
    expect(ready()).toEqual(['portrait-grid'])
  })

  it('of "at least" count what is done and not being made again', () => {
    const pipeline = definePipeline({
      id: 'least',
      steps: [
        { type: 'frame', label: 'Frames', per: 'beat' },
        { type: 'teaser', label: 'Teaser', per: 'show', after: [{ type: 'frame', atLeast: 2 }] },
      ],
    })
    const tracker = createTracker({ pipeline })
    tracker.show('s').setItems(
      'beat',
      ['one', 'two', 'three'].map((id) => ({ id })),
    )
    const isTeaserReady = () =>
      readySlots(pipeline, tracker.getPipeline('s')).some(({ type }) => type === 'teaser')
    const make = (beatId: string, status: 'succeeded' | 'processing') =>
      tracker.addTask({ showId: 's', type: 'frame', beatId, status } as never)
    make('one', 'succeeded')
    make('two', 'succeeded')
    expect(isTeaserReady()).toBe(true)
    make('two', 'processing')
    expect(isTeaserReady()).toBe(false)
    make('three', 'succeeded')
    expect(isTeaserReady()).toBe(true)
  })

  it('do not wait for "at least" so many of a step that an empty roster leaves out', () => {
    const pipeline = definePipeline({
      id: 'least',
      steps: [
        { type: 'frame', label: 'Frames', per: 'beat' },
        { type: 'teaser', label: 'Teaser', per: 'show', after: [{ type: 'frame', atLeast: 2 }] },
      ],
    })
    const show = createTracker({ pipeline }).show('s')
    const ready = () => readySlots(pipeline, show.getPipeline()).map(({ type }) => type)
    expect(ready()).toEqual([])
    show.setItems('beat', [{ id: 'one' }])
    expect(ready()).toEqual(['frame'])
    show.setItems('beat', [])
    expect(ready()).toEqual(['teaser'])
    show.setUnavailable(['frame'])
    expect(ready()).toEqual([])
  })

  it('do not offer again what was dismissed, until it is reset', () => {
    const { tracker, ready, make } = setup()
    make('show-generation', 'failed')
    tracker.dismiss({ showId: 's' })
    expect(ready()).toEqual([])
    tracker.reset({ showId: 's' })
    expect(ready()).toEqual(['show-generation'])
  })

  it('leave out an unavailable step, and what waits for it', () => {
    const { show, ready } = setup()
    show.setFacts({ done: { 'show-generation': true, 'character-seeds': true, 'character-dossier': true } })
    show.setCharacters([{ id: 'ada' }])
    show.setUnavailable(['portrait'])
    expect(ready()).toEqual([])
  })

  it('wait for no characters when there are none', () => {
    const { show, ready } = setup()
    show.setFacts({ done: { 'show-generation': true, 'character-seeds': true } })
    expect(ready()).toEqual([])
    show.setCharacters([])
    expect(ready()).toEqual(['portrait-grid'])
  })

  it('know "at least", other items by their own names, and optional steps that were begun', () => {
    const storyboard = definePipeline({
      id: 'storyboard',
      steps: [
        { type: 'keyframe', label: 'Keyframes', per: 'beat' },
        { type: 'preview', label: 'Preview', per: 'show', after: [{ type: 'keyframe', atLeast: 2 }] },
        { type: 'sound', label: 'Sound', per: 'beat', optional: true },
        { type: 'credits', label: 'Credits', per: 'show', optional: true },
        { type: 'assembly', label: 'Assembly', per: 'show', after: ['keyframe', 'sound'] },
      ],
    })
    const tracker = createTracker({ pipeline: storyboard })
    const show = tracker.show('s')
    const ready = () => readySlots(storyboard, show.getPipeline())
    show.setItems('beat', [{ id: 'one' }, { id: 'two' }, { id: 'three' }])
    const of = (type: 'keyframe' | 'sound', beatId: string) => ({ showId: 's', type, beatId })
    const sounds = ['one', 'two', 'three'].map((beatId) => of('sound', beatId))
    const credits = { showId: 's', type: 'credits' }
    expect(ready()).toEqual([
      of('keyframe', 'one'),
      of('keyframe', 'two'),
      of('keyframe', 'three'),
      ...sounds,
      credits,
    ])
    for (const beatId of ['one', 'two'])
      tracker.addTask({ ...of('keyframe', beatId), status: 'succeeded' } as never)
    expect(ready()).toContainEqual({ showId: 's', type: 'preview' })
    tracker.addTask({ ...of('keyframe', 'three'), status: 'succeeded' } as never)
    expect(ready()).toContainEqual({ showId: 's', type: 'assembly' })
    const begun = tracker.addTask({ ...of('sound', 'one'), status: 'processing' } as never)!
    expect(ready()).not.toContainEqual({ showId: 's', type: 'assembly' })
    tracker.updateTask(begun.id, { status: 'succeeded' })
    expect(ready()).toEqual([
      { showId: 's', type: 'preview' },
      ...sounds.slice(1),
      credits,
      { showId: 's', type: 'assembly' },
    ])
  })
})
