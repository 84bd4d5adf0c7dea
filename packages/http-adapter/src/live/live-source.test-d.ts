import { createTracker, definePipeline, showPipeline } from '@callsheet/core'
import { describe, expectTypeOf, it } from 'vitest'
import { liveSource, type LiveState } from '../index.ts'

const tracker = createTracker({ pipeline: showPipeline })
const own = createTracker({
  pipeline: definePipeline({ id: 'own', steps: [{ type: 'outline', label: 'Outline', per: 'show' }] }),
})

describe('liveSource', () => {
  it('takes a tracker of any pipeline', () => {
    const source = liveSource({ tracker, url: '/api', showId: 's1' })
    liveSource({ tracker: own, url: new URL('https://x.test'), showId: 's1' })
    expectTypeOf(source.open()).toEqualTypeOf<() => void>()
    expectTypeOf(source.state).toEqualTypeOf<LiveState>()
    expectTypeOf(source.state.status).toEqualTypeOf<
      'idle' | 'connecting' | 'live' | 'polling' | 'waiting' | 'stopped'
    >()
  })

  it('takes headers as fetch does, or what makes them', () => {
    liveSource({ tracker, url: '/api', showId: 's1', headers: { a: 'b' } })
    liveSource({ tracker, url: '/api', showId: 's1', headers: () => [['a', 'b']] })
    liveSource({ tracker, url: '/api', showId: 's1', headers: async () => new Headers() })
    // @ts-expect-error a header is a text
    liveSource({ tracker, url: '/api', showId: 's1', headers: { a: 1 } })
  })

  it('refuses what is missing, or not for it to change', () => {
    // @ts-expect-error which show?
    liveSource({ tracker, url: '/api' })
    // @ts-expect-error from where?
    liveSource({ tracker, showId: 's1' })
    // @ts-expect-error it changes by itself
    liveSource({ tracker, url: '/api', showId: 's1' }).state = { status: 'live' }
  })
})
