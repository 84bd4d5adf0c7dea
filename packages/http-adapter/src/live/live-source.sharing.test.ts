import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { frame, setUpLive, setUpSource } from '../testing/live-network.ts'

const second = 1_000
const minute = 60_000

describe('liveSource', () => {
  describe('with many who listen', () => {
    it('has one connection for ten sources of a show, and ends it 1 s after the last was released', async () => {
      const { make, clock, next, calls } = setUpSource()
      const sources = Array.from({ length: 10 }, () => make())
      const releases = sources.map((source) => source.open())
      ;(await next()).stream().send(frame('snapshot', {}, 'a.1'))
      await clock.advance(0)
      expect(calls).toHaveLength(1)
      expect(new Set(sources.map((source) => source.state)).size).toBe(1)
      for (const release of releases.slice(1)) release()
      // Twice is once.
      releases[1]!()
      await clock.advance(minute / 2)
      expect(calls[0]!.signal.aborted).toBe(false)
      releases[0]!()
      await clock.advance(999)
      expect(calls[0]!.signal.aborted).toBe(false)
      await clock.advance(1)
      expect(calls[0]!.signal.aborted).toBe(true)
      expect(sources[0]!.state).toEqual({ status: 'idle' })
      expect(clock.pending).toBe(0)
    })

    it('does not reconnect for a view that comes back at once', async () => {
      const { source, make, clock, next, calls } = setUpSource()
      const release = source.open()
      ;(await next()).stream().send(frame('snapshot', {}, 'a.1'))
      await clock.advance(0)
      release()
      await clock.advance(500)
      make().open()
      await clock.advance(minute / 2)
      expect(calls).toHaveLength(1)
      expect(calls[0]!.signal.aborted).toBe(false)
    })

    it('begins with a snapshot when it is opened after it had ended', async () => {
      const { source, clock, next, calls, release } = await setUpLive()
      release()
      await clock.advance(second)
      source.open()
      expect((await next()).headers.has('last-event-id')).toBe(false)
      expect(calls).toHaveLength(2)
    })

    it('stops also while it waits', async () => {
      const { source, clock, next, calls } = setUpSource()
      const release = source.open()
      ;(await next()).answer(503, '', { 'retry-after': '60' })
      await clock.advance(0)
      release()
      await clock.advance(second)
      expect(clock.pending).toBe(0)
      expect(calls).toHaveLength(1)
    })

    it('keeps apart other shows, addresses and trackers', async () => {
      const { source, make, clock, calls } = setUpSource()
      const other = createTestTracker()
      source.open()
      make({ showId: 's2' }).open()
      make({ url: '/elsewhere' }).open()
      make({ tracker: other.tracker as never }).open()
      await clock.advance(0)
      expect(calls).toHaveLength(4)
    })

    it('asks with the headers of the one who opened it last', async () => {
      const { make, clock, next } = setUpSource()
      make({ headers: { authorization: 'old' } }).open()
      make({ headers: { authorization: 'new' } }).open()
      ;(await next()).fail(new TypeError('fetch failed'))
      await clock.advance(second)
      expect((await next()).headers.get('authorization')).toBe('new')
    })

    it('calls back when the state has changed, also of one that another source opened', async () => {
      const { source, make, clock, next } = setUpSource()
      const states: unknown[] = []
      const stop = make().subscribe(() => states.push(source.state))
      source.open()
      ;(await next()).stream().send(frame('snapshot', {}, 'a.1'), frame('change', {}, 'a.2'))
      await clock.advance(0)
      expect(states).toEqual([{ status: 'connecting' }, { status: 'live' }])
      expect(source.state).toBe(states[1])
      stop()
      stop()
      await clock.advance(minute)
      expect(states).toHaveLength(2)
    })

    it('keeps its connection when a listener leaves as it is told of it', async () => {
      const { make, clock, next, calls } = setUpSource()
      const source = make({ showId: 'alone' })
      const undo = source.subscribe(() => undo())
      source.open()
      ;(await next()).stream().send(frame('snapshot', {}, 'a.1'))
      await clock.advance(0)
      expect(source.state.status).toBe('live')
      make({ showId: 'alone' }).open()
      await clock.advance(0)
      expect(calls).toHaveLength(1)
    })

    it('tells a listener that comes anew as it is told of the next change alone', () => {
      const { source } = setUpSource()
      let calls = 0
      let undo = () => {}
      const listener = () => {
        calls += 1
        undo()
        if (calls < 10) undo = source.subscribe(listener)
      }
      undo = source.subscribe(listener)
      source.open()
      expect(calls).toBe(1)
    })

    it('reports a listener that throws, and tells the others', async () => {
      const { source, errors, seen } = setUpSource()
      const again: string[] = []
      source.subscribe(() => {
        throw new Error('mine')
      })
      source.subscribe(() => again.push(source.state.status))
      source.open()
      expect(errors.map(({ message }) => message)).toEqual(['mine'])
      expect(again).toEqual(seen)
      expect(seen).toEqual(['connecting'])
    })

    it('calls a listener twice that was given twice, until each was taken back', () => {
      const { source } = setUpSource()
      let calls = 0
      const listener = () => void (calls += 1)
      const [first] = [source.subscribe(listener), source.subscribe(listener)]
      first()
      source.open()
      expect(calls).toBe(1)
    })

    it('stays one when a listener of its end leaves and opens it anew', async () => {
      const { tracker, clock, calls, ...rest } = setUpSource()
      const source = rest.make({ showId: 's2' })
      const stop = source.subscribe(() => {
        if (source.state.status !== 'idle') return
        stop()
        source.open()
      })
      source.open()()
      await clock.advance(second)
      rest.make({ showId: 's2' }).open()
      await clock.advance(0)
      expect(calls).toHaveLength(2)
      expect(source.state.status).toBe('connecting')
      expect(tracker.getTasks()).toEqual([])
    })

    it('may be opened by a listener of its end', async () => {
      const { source, clock, next, calls } = setUpSource()
      const release = source.open()
      await next()
      source.subscribe(() => {
        if (source.state.status === 'idle') source.open()
      })
      release()
      await clock.advance(second)
      expect(source.state.status).toBe('connecting')
      expect(calls).toHaveLength(2)
    })

    it('has functions that need no this', async () => {
      const { source } = setUpSource()
      const { open, subscribe, resume } = source
      const stop = subscribe(() => {})
      const release = open()
      resume()
      release()
      stop()
      expect(source.state.status).toBe('connecting')
    })

    it('is idle until it is opened, and asks for nothing', async () => {
      const { source, clock, calls } = setUpSource()
      const { state } = source
      source.resume()
      await clock.advance(minute)
      expect(source.state).toBe(state)
      expect(state).toEqual({ status: 'idle' })
      expect(calls).toEqual([])
    })
  })
})
