import { createTracker, definePipeline, showPipeline } from '@callsheet/core'
import { describe, expectTypeOf, it } from 'vitest'
import { createTrackedFetch } from './index.ts'

const tracker = createTracker({ pipeline: showPipeline })
const storyboard = createTracker({
  pipeline: definePipeline({
    id: 'storyboard',
    steps: [
      { type: 'outline', label: 'Outline', per: 'show' },
      { type: 'keyframe', label: 'Keyframes', per: 'beat' },
    ],
    extra: [{ type: 'note' }],
  }),
})

describe('createTrackedFetch', () => {
  it('is a fetch', () => {
    expectTypeOf(createTrackedFetch({ tracker })).toExtend<typeof globalThis.fetch>()
  })

  it('knows the parameters of each key', () => {
    createTrackedFetch({
      tracker,
      routes: {
        'POST /shows/:showId/characters/:id/portrait': {
          type: 'portrait',
          scope: ({ params }) => {
            expectTypeOf(params).toEqualTypeOf<{ readonly showId: string; readonly id: string }>()
            return { showId: params.showId, characterId: params.id }
          },
        },
        'GET https://api.test/*': {
          type: 'trailer',
          scope: ({ params }) => {
            expectTypeOf(params).toEqualTypeOf<{ readonly '*': string }>()
            return undefined
          },
        },
        'POST /shows/:showId': {
          type: 'trailer',
          // @ts-expect-error there is no such parameter
          scope: ({ params }) => ({ showId: params.show }),
        },
      },
    })
  })

  it('takes only types of the pipeline', () => {
    createTrackedFetch({
      tracker,
      // @ts-expect-error no such step
      routes: { 'POST /a': { type: 'potrait', scope: () => undefined } },
    })
    createTrackedFetch({
      tracker: storyboard,
      routes: {
        'POST /a': { type: 'note', scope: () => ({ showId: 's' }) },
        'POST /b': { type: 'keyframe', scope: () => ({ showId: 's', beatId: 'b' }) },
      },
    })
  })

  it('asks for an item exactly where the step is per item', () => {
    createTrackedFetch({
      tracker,
      routes: {
        'POST /a': { type: 'portrait', scope: () => ({ showId: 's', characterId: 'c' }) },
        'POST /b': { type: 'trailer', scope: () => ({ showId: 's' }) },
        // @ts-expect-error a portrait is of a character
        'POST /c': { type: 'portrait', scope: () => ({ showId: 's' }) },
        // @ts-expect-error a trailer is of no character
        'POST /d': { type: 'trailer', scope: () => ({ showId: 's', characterId: 'c' }) },
        // @ts-expect-error a show is needed
        'POST /e': { type: 'trailer', scope: () => ({}) },
      },
    })
    createTrackedFetch({
      tracker: storyboard,
      // @ts-expect-error a keyframe is of a beat
      routes: { 'POST /a': { type: 'keyframe', scope: () => ({ showId: 's', characterId: 'c' }) } },
    })
  })

  it('takes only keys of a method and a path', () => {
    createTrackedFetch({
      tracker,
      // @ts-expect-error no method
      routes: { '/a': { type: 'trailer', scope: () => undefined } },
    })
    createTrackedFetch({
      tracker,
      // @ts-expect-error no such method
      routes: { 'SEND /a': { type: 'trailer', scope: () => undefined } },
    })
  })

  it('takes only what a task can record', () => {
    createTrackedFetch({
      tracker,
      routes: {
        'POST /a': {
          type: 'trailer',
          scope: () => undefined,
          // @ts-expect-error no such field
          read: () => ({ url: 'x' }),
        },
      },
    })
  })
})
