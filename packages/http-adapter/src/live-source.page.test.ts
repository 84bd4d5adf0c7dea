import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { setUpSource } from './testing/live-network.ts'

const second = 1_000
const minute = 60_000

describe('liveSource', () => {
  describe('in a page', () => {
    function setUpPage() {
      const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
      const page = { document, window: new EventTarget() }
      const fire = (name: string) =>
        (name === 'visibilitychange' ? document : page.window).dispatchEvent(new Event(name))
      return { ...setUpSource({ page }), fire, document, page }
    }

    it.each(['online', 'pageshow', 'visibilitychange'])('tries again at once at %s', async (name) => {
      const { source, clock, next, fire, page, calls } = setUpPage()
      const release = source.open()
      ;(await next()).fail(new TypeError('fetch failed'))
      await clock.advance(0)
      fire(name)
      await clock.advance(0)
      expect(calls).toHaveLength(2)
      // Not while it asks.
      fire(name)
      await clock.advance(0)
      expect(calls).toHaveLength(2)
      const target = name === 'visibilitychange' ? page.document : page.window
      expect(getEventListeners(target, name)).toHaveLength(1)
      release()
      await clock.advance(second)
      expect(getEventListeners(target, name)).toEqual([])
    })

    it('does not do so when the page is hidden, has been refused, or was told to wait', async () => {
      const { source, clock, next, fire, document, calls } = setUpPage()
      source.open()
      ;(await next()).fail(new TypeError('fetch failed'))
      await clock.advance(0)
      document.visibilityState = 'hidden'
      fire('visibilitychange')
      await clock.advance(0)
      expect(calls).toHaveLength(1)
      document.visibilityState = 'visible'
      await clock.advance(second)
      ;(await next()).answer(503, '', { 'retry-after': '30' })
      await clock.advance(0)
      fire('online')
      source.resume()
      await clock.advance(29 * second)
      expect(calls).toHaveLength(2)
      await clock.advance(second)
      ;(await next()).answer(401)
      await clock.advance(0)
      fire('online')
      await clock.advance(minute)
      expect(calls).toHaveLength(3)
    })
  })
})
