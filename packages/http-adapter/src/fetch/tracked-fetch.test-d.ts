import { createTracker, definePipeline, showPipeline } from '@callsheet/core'
import { describe, expectTypeOf, it } from 'vitest'
import { createTrackedFetch, done, failed, followHttpJob, job, resend } from '../index.ts'

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
        'POST /:version/models/:model:predict': {
          type: 'trailer',
          scope: ({ params }) => {
            expectTypeOf(params).toEqualTypeOf<{ readonly version: string; readonly model: string }>()
            return undefined
          },
        },
        'POST /shows/:showId': {
          type: 'trailer',
          // @ts-expect-error an unknown parameter
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
  it('takes what its helpers say', () => {
    const scope = () => ({ showId: 's' })
    createTrackedFetch({
      tracker,
      jobs: { ours: followHttpJob({ url: ({ id }) => id, read: () => ({ status: 'done' }) }) },
      routes: {
        'POST /a': { type: 'trailer', scope, read: () => done('https://x.test/a') },
        'POST /b': { type: 'trailer', scope, read: () => done({ outputs: ['https://x.test/a'] }) },
        'POST /c': { type: 'trailer', scope, read: () => done({ metadata: { model: 'm' } }) },
        'POST /d': { type: 'trailer', scope, read: () => job({ provider: 'ours', id: '1' }, { stage: 's' }) },
        'POST /e': { type: 'trailer', scope, read: (body) => (body ? failed('no') : undefined) },
        'POST /f': { type: 'trailer', scope, retry: resend({ attempts: 2, before: () => ({ body: 'x' }) }) },
        // @ts-expect-error no such field
        'POST /g': { type: 'trailer', scope, read: () => done({ url: 'x' }) },
        // @ts-expect-error a job has a provider
        'POST /h': { type: 'trailer', scope, read: () => job({ id: '1' }) },
        // @ts-expect-error a policy is given to resend
        'POST /i': { type: 'trailer', scope, retry: { attempts: 2 } },
      },
    })
  })

  it('gives a fetch for one piece of work, typed as its step', () => {
    const fetch = createTrackedFetch({ tracker })
    fetch.for(({ url }) => (url.host ? { showId: url.host, type: 'trailer' } : undefined))
    expectTypeOf(fetch.for({ showId: 's', type: 'portrait', characterId: 'c' })).toExtend<
      typeof globalThis.fetch
    >()
    fetch.for({ showId: 's', type: 'trailer', timeout: 5, metadata: { model: 'm' }, onConflict: 'reject' })
    // @ts-expect-error a portrait is of a character
    fetch.for({ showId: 's', type: 'portrait' })
    // @ts-expect-error no such step
    fetch.for({ showId: 's', type: 'potrait' })
    // @ts-expect-error a trailer is of no character
    fetch.for({ showId: 's', type: 'trailer', characterId: 'c' })
    // @ts-expect-error a portrait is of a character
    fetch.for(({ url }) => ({ showId: url.host, type: 'portrait' }))
    // @ts-expect-error a keyframe is of a beat
    createTrackedFetch({ tracker: storyboard }).for({ showId: 's', type: 'keyframe', characterId: 'c' })
  })
})
