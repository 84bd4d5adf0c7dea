import { createTracker, showPipeline } from '@callsheet/core'
import { describe, expectTypeOf, it } from 'vitest'
import { createTrackedFetch, type EventPatch, readEvents } from '../index.ts'
import { openai } from '../providers/openai.ts'

const tracker = createTracker({ pipeline: showPipeline })

describe('readEvents', () => {
  it('reads texts, and knows what was said before', () => {
    const stream = readEvents(({ event, data }, known) => {
      expectTypeOf(event).toEqualTypeOf<string | undefined>()
      expectTypeOf(data).toEqualTypeOf<string>()
      expectTypeOf(known).toEqualTypeOf<EventPatch>()
      return { stage: data, progress: (known.progress ?? 0) + 1 }
    })
    createTrackedFetch({
      tracker,
      routes: { 'POST /a': { type: 'trailer', scope: () => ({ showId: 's1' }), stream } },
    })
  })

  it('refuses an invalid patch', () => {
    // @ts-expect-error a stage is a text
    readEvents(() => ({ stage: 1 }))
    // @ts-expect-error no such status
    readEvents(() => ({ status: 'completed' }))
    // @ts-expect-error a reader is synchronous
    readEvents(async () => ({ stage: 'drawing' }))
  })
})

describe('openai', () => {
  it('is a provider with options of its own', () => {
    createTrackedFetch({
      tracker,
      providers: [openai({ interval: 5_000, videoUrl: (id) => `/videos/${id}` })],
    })
    // @ts-expect-error the client's option has another spelling
    openai({ baseURL: 'https://api.openai.com/v1' })
  })
})
