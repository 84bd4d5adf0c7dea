import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { liveSource } from './live-source.ts'
import { createElsewhere, frame, setUpLive, setUpSource } from '../testing/live-network.ts'

const second = 1_000
const minute = 60_000

describe('liveSource', () => {
  it('brings the snapshot of a show in, and then each change as it happens', async () => {
    const { source, tracker, clock, elsewhere, stream, seen, calls } = await setUpLive()
    expect(calls[0]!.url).toBe('https://collector.test/api/shows/s1/live')
    expect(calls[0]!.headers.get('accept')).toBe('text/event-stream')
    expect(calls[0]!.headers.has('last-event-id')).toBe(false)
    expect(tracker.getTask('first')?.status).toBe('processing')
    stream.send(frame('change', elsewhere.update('first', { status: 'succeeded' }), 'a.2'))
    await clock.advance(0)
    expect(tracker.serialize().tasks).toEqual(elsewhere.snapshot().tasks)
    expect(source.state).toEqual({ status: 'live' })
    expect(seen).toEqual(['connecting', 'live'])
  })

  it('makes the address safe, with or without a slash at its end', async () => {
    const { make, next } = setUpSource({ url: new URL('https://collector.test/api/'), showId: 'a/b?ü' })
    make().open()
    expect((await next()).url).toBe('https://collector.test/api/shows/a%2Fb%3F%C3%BC/live')
  })

  it('refuses a showId that cannot be', () => {
    const { make } = setUpSource()
    expect(() => make({ showId: '' })).toThrow('showId')
  })

  it.each([0, -1, Number.NaN])('refuses to ask every %s ms', (pollInterval) => {
    const { make } = setUpSource()
    expect(() => make({ pollInterval })).toThrow(`from 100, got ${pollInterval}.`)
  })

  it('shows a show that was finished more than 30 days ago', async () => {
    const { source, tracker, clock, next } = setUpSource()
    const elsewhere = createElsewhere()
    elsewhere.add('old', { status: 'succeeded' })
    await clock.advance(40 * 24 * 60 * minute)
    source.open()
    ;(await next()).stream().send(frame('snapshot', elsewhere.snapshot(), 'a.1'))
    await clock.advance(0)
    expect(tracker.getTask('old')?.status).toBe('succeeded')
  })

  it('completes no step by its first snapshot, and does so by what comes later', async () => {
    const { source, tracker, clock, next } = setUpSource()
    const elsewhere = createElsewhere()
    const completed: string[] = []
    tracker.on('stepCompleted', ({ type }) => completed.push(type))
    await elsewhere.clock.advance(minute)
    elsewhere.add('old', { status: 'succeeded' })
    source.open()
    const stream = (await next()).stream()
    stream.send(frame('snapshot', elsewhere.snapshot(), 'a.1'))
    await clock.advance(0)
    expect(completed).toEqual([])
    elsewhere.add('poster', { type: 'library-poster' })
    stream.send(frame('change', elsewhere.update('poster', { status: 'succeeded' }), 'a.2'))
    await clock.advance(0)
    expect(completed).toEqual(['library-poster'])
    // Away for so long that the server has to begin anew: what happened meanwhile is news all the same.
    elsewhere.add('seeds', { type: 'character-seeds', status: 'succeeded' })
    stream.send(frame('reset', {}, 'b.0'), frame('snapshot', elsewhere.snapshot(), 'b.1'))
    await clock.advance(0)
    expect(completed).toEqual(['library-poster', 'character-seeds'])
  })

  it('sets a bad record aside, tells of it once, and takes in the rest', async () => {
    const { tracker, clock, errors, elsewhere, stream, source } = await setUpLive()
    const { tasks } = elsewhere.add('second')
    stream.send(frame('change', { tasks: [{ id: 'bad' }, ...tasks], shows: [] }, 'a.2'))
    stream.send(frame('change', { tasks: [{ id: 'bad' }], shows: [] }, 'a.3'))
    await clock.advance(0)
    expect(tracker.getTask('second')).toBeDefined()
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('1 record(s) rejected')])
    expect(source.state.status).toBe('live')
  })

  it('passes over events that it does not know, and goes on after them', async () => {
    const { clock, next, source, elsewhere, stream } = await setUpLive()
    stream.send(frame('weather', { is: 'fine' }, 'a.2'), ': heartbeat\n\n')
    stream.end()
    await clock.advance(0)
    expect(source.state).toEqual({ status: 'waiting', retryAt: clock.now() + second })
    await clock.advance(second)
    expect((await next()).headers.get('last-event-id')).toBe('a.2')
    expect(elsewhere.snapshot().tasks).toHaveLength(1)
  })

  it('asks for headers at each connect, and sends its own over them', async () => {
    let count = 0
    const headers = async () => ({ authorization: `Bearer ${(count += 1)}`, accept: 'text/html' })
    const { source, clock, next } = setUpSource({ headers })
    source.open()
    const first = await next()
    first.fail(new TypeError('fetch failed'))
    await clock.advance(second)
    const again = await next()
    expect([first, again].map((call) => call.headers.get('authorization'))).toEqual(['Bearer 1', 'Bearer 2'])
    expect(again.headers.get('accept')).toBe('text/event-stream')
  })

  it('takes fixed headers, and a type in any case', async () => {
    const { source, clock, next } = setUpSource({ headers: [['x-key', 'k']] })
    source.open()
    const call = await next()
    expect(call.headers.get('x-key')).toBe('k')
    const stream = call.stream({ 'content-type': 'Text/Event-Stream' })
    stream.send(frame('snapshot', {}, 'a.1'))
    await clock.advance(0)
    expect(source.state.status).toBe('live')
  })

  it('uses the global fetch of the time when it asks', async () => {
    const { tracker } = createTestTracker()
    const original = globalThis.fetch
    const urls: unknown[] = []
    const source = liveSource({ tracker, url: '/api', showId: 's1' })
    globalThis.fetch = ((url: unknown) => {
      urls.push(url)
      return new Promise(() => {})
    }) as typeof fetch
    const release = source.open()
    await new Promise((resolve) => setTimeout(resolve, 0))
    globalThis.fetch = original
    release()
    expect(urls).toEqual(['/api/shows/s1/live'])
  })
})
