import { createTracker, showPipeline } from '@callsheet/core'
import { runJob } from '@callsheet/core/jobs'
import type Replicate from 'replicate'
import type { createFalClient } from '@fal-ai/client'
import { describe, expectTypeOf, it } from 'vitest'
import { fal } from './fal.ts'
import { createTrackedFetch, followHttpJob, type Provider } from '../index.ts'
import { jsonJob } from './json-job.ts'
import { replicate } from './replicate.ts'

describe('providers', () => {
  it('give the official clients a fetch they take', () => {
    const tracker = createTracker({ pipeline: showPipeline })
    const fetch = createTrackedFetch({ tracker, providers: [replicate(), fal()] })
    const work = { showId: 's1', type: 'portrait', characterId: 'ada' } as const
    expectTypeOf(fetch.for(work)).toExtend<NonNullable<ConstructorParameters<typeof Replicate>[0]>['fetch']>()
    expectTypeOf(fetch.for(work)).toExtend<NonNullable<Parameters<typeof createFalClient>[0]>['fetch']>()
    // @ts-expect-error a portrait needs a characterId
    fetch.for({ showId: 's1', type: 'portrait' })
  })

  it('give their followers by name, for a slow call through track and after a reload', () => {
    const tracker = createTracker({ pipeline: showPipeline })
    const ours = followHttpJob({ url: ({ id }) => `/jobs/${id}`, read: () => ({ status: 'done' }) })
    const own = jsonJob({ name: 'painter', start: 'POST /jobs', status: '/jobs/:id' })
    const { followers } = createTrackedFetch({ tracker, providers: [replicate(), own], jobs: { ours } })
    const start = () => ({ provider: 'ours', id: 'j' })
    for (const follow of [followers.ours, followers.replicate, followers.painter, ours]) {
      const film = tracker.show('s1').track('trailer', runJob(follow, start))
      expectTypeOf(film.then(({ outputUrl }) => outputUrl)).resolves.toBeString()
    }
    // @ts-expect-error no such provider
    expectTypeOf(followers.theirs).toBeAny()
    tracker.resume(followers)
    tracker.resume(createTrackedFetch({ tracker }).followers)
  })

  it('refuse an invalid call and an invalid address', () => {
    expectTypeOf(jsonJob({ start: 'POST /jobs', status: '/jobs/:id' })).toEqualTypeOf<Provider<'json'>>()
    // @ts-expect-error a call has a method
    jsonJob({ start: '/jobs', status: '/jobs/:id' })
    // @ts-expect-error a status has an address
    jsonJob({ start: 'POST /jobs', status: 'jobs/:id' })
    // @ts-expect-error a cancel is a call, too
    jsonJob({ start: 'POST /jobs', status: '/jobs/:id', cancel: '/jobs/:id' })
  })
})
