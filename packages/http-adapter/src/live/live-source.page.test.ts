import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createElsewhere, frame, setUpSource } from '../testing/live-network.ts'

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

    it('holds no connection in the back-forward cache, and goes on where it was when the page is back', async () => {
      const { source, clock, next, fire, document, calls, errors, tracker, seen } = setUpPage()
      const elsewhere = createElsewhere()
      elsewhere.add('first')
      source.open()
      const first = await next()
      first.stream().send(frame('snapshot', elsewhere.snapshot(), 'a.1'))
      await clock.advance(0)
      fire('pagehide')
      document.visibilityState = 'hidden'
      fire('visibilitychange')
      await clock.advance(minute)
      expect(first.signal.aborted).toBe(true)
      expect(calls).toHaveLength(1)
      document.visibilityState = 'visible'
      fire('visibilitychange')
      fire('pageshow')
      const again = await next()
      expect(calls).toHaveLength(2)
      expect(again.headers.get('last-event-id')).toBe('a.1')
      const change = elsewhere.update('first', { status: 'succeeded' })
      again.stream().send(frame('change', change, 'a.2'))
      await clock.advance(0)
      expect(tracker.getTask('first')?.status).toBe('succeeded')
      expect(seen).toEqual(['connecting', 'live', 'connecting', 'live'])
      expect(errors).toEqual([])
    })

    it('connects again also when the page is back before the connection has let go', async () => {
      const { source, clock, next, fire, calls, errors } = setUpPage()
      source.open()
      ;(await next()).stream().send(frame('snapshot', createElsewhere().snapshot(), 'a.1'))
      await clock.advance(0)
      fire('pagehide')
      fire('pageshow')
      await clock.advance(0)
      expect(calls).toHaveLength(2)
      calls[1]!.stream().send(frame('snapshot', createElsewhere().snapshot(), 'a.2'))
      await clock.advance(0)
      expect(source.state).toEqual({ status: 'live' })
      expect(errors).toEqual([])
    })

    it('does not let go of it in a page that is only hidden', async () => {
      const { source, next, fire, document } = setUpPage()
      source.open()
      const { stream, signal } = await next()
      stream()
      document.visibilityState = 'hidden'
      fire('visibilitychange')
      expect(signal.aborted).toBe(false)
    })

    it('waits as long as the server asked, also when the page was left meanwhile', async () => {
      const { source, clock, next, fire, calls } = setUpPage()
      source.open()
      ;(await next()).answer(503, '', { 'retry-after': '30' })
      await clock.advance(0)
      fire('pagehide')
      fire('pageshow')
      await clock.advance(29 * second)
      expect(calls).toHaveLength(1)
      await clock.advance(second)
      expect(calls).toHaveLength(2)
      // The page has not gone for good: what breaks off now is tried again by itself.
      ;(await next()).fail(new TypeError('fetch failed'))
      await clock.advance(2 * second)
      expect(calls).toHaveLength(3)
    })

    it('neither reports nor counts a connection that the browser cuts when the page is left', async () => {
      const { source, clock, next, fire, errors, seen } = setUpPage()
      source.open()
      const first = await next()
      fire('beforeunload')
      await clock.advance(30)
      first.fail(new TypeError('NetworkError when attempting to fetch resource.'))
      await clock.advance(0)
      // The page stays: what came was a file to save.
      expect(source.state).toEqual({ status: 'waiting', retryAt: clock.now() + second })
      await clock.advance(second)
      ;(await next()).fail(new TypeError('Failed to fetch'))
      await clock.advance(0)
      // As after the first failure, since that is what it is.
      expect(source.state).toMatchObject({ status: 'waiting', retryAt: clock.now() + second })
      expect(errors).toHaveLength(1)
      expect(seen).toEqual(['connecting', 'waiting', 'connecting', 'waiting'])
    })

    it('does so while the page is frozen, and goes on when it runs again', async () => {
      const { source, clock, next, page, errors } = setUpPage()
      source.open()
      const first = await next()
      page.document.dispatchEvent(new Event('freeze'))
      first.fail(new TypeError('Failed to fetch'))
      await clock.advance(0)
      expect(errors).toEqual([])
      page.document.dispatchEvent(new Event('resume'))
      const again = await next()
      expect(again).not.toBe(first)
    })

    it('reports what a server says in that time', async () => {
      const { source, clock, next, fire, errors } = setUpPage()
      source.open()
      fire('beforeunload')
      ;(await next()).answer(503)
      await clock.advance(0)
      expect(errors).toHaveLength(1)
    })

    it('ends in the back-forward cache when its last user has left', async () => {
      const { source, clock, next, fire, calls } = setUpPage()
      const release = source.open()
      ;(await next()).stream()
      await clock.advance(0)
      fire('pagehide')
      release()
      await clock.advance(second)
      fire('pageshow')
      await clock.advance(minute)
      expect(calls).toHaveLength(1)
      expect(source.state).toEqual({ status: 'idle' })
    })
  })
})
