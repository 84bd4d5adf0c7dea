import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createTestTracker } from '@callsheet/core/test'
import { createElsewhere, frame, setUpSource } from './testing/live-network.ts'
import { liveSource } from './live-source.ts'

const second = 1_000
const minute = 60_000

/** An open source that has had its snapshot, and the show elsewhere. */
async function setUpLive() {
  const set = setUpSource()
  const elsewhere = createElsewhere()
  elsewhere.add('first')
  const release = set.source.open()
  const stream = (await set.next()).stream()
  stream.send(frame('snapshot', elsewhere.snapshot(), 'a.1'))
  await set.clock.advance(0)
  return { ...set, elsewhere, release, stream }
}

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

  it.each([0, -1, Number.NaN])('refuses to ask every %s ms', (pollEvery) => {
    const { make } = setUpSource()
    expect(() => make({ pollEvery })).toThrow(`pollEvery is ${pollEvery}`)
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
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('1 record(s) were not taken in'),
    ])
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

  describe('when the stream ends', () => {
    it('goes on where it ended', async () => {
      const { clock, next, stream, elsewhere, tracker, source, errors } = await setUpLive()
      stream.send(frame('change', elsewhere.update('first', { progress: 10 }), 'a.2'))
      stream.cut()
      await clock.advance(0)
      expect(source.state).toMatchObject({ status: 'waiting', error: { name: 'CallsheetError' } })
      await clock.advance(second)
      const again = await next()
      expect(again.headers.get('last-event-id')).toBe('a.2')
      const resumed = again.stream()
      resumed.send(': hello\n\n')
      await clock.advance(0)
      expect(source.state).toEqual({ status: 'live' })
      resumed.send(frame('change', elsewhere.update('first', { progress: 20 }), 'a.3'))
      await clock.advance(0)
      expect(tracker.getTask('first')?.progress).toBe(20)
      // That a stream breaks off is part of life.
      expect(errors).toEqual([])
    })

    it('does not count a frame that was cut off', async () => {
      const { clock, next, stream, elsewhere, tracker } = await setUpLive()
      const text = frame('change', elsewhere.update('first', { progress: 10 }), 'a.2')
      stream.send(text.slice(0, -1))
      stream.end()
      await clock.advance(second)
      expect(tracker.getTask('first')?.progress).toBeUndefined()
      expect((await next()).headers.get('last-event-id')).toBe('a.1')
    })

    it('asks for all after a reset whose snapshot did not arrive', async () => {
      const { clock, next, stream } = await setUpLive()
      stream.send(frame('reset', {}, 'b.1'))
      stream.end()
      await clock.advance(second)
      expect((await next()).headers.has('last-event-id')).toBe(false)
    })

    it('asks for all when no snapshot has come yet', async () => {
      const { source, clock, next } = setUpSource()
      const elsewhere = createElsewhere()
      source.open()
      const stream = (await next()).stream()
      stream.send(frame('change', elsewhere.add('first'), 'a.7'))
      stream.end()
      await clock.advance(second)
      expect((await next()).headers.has('last-event-id')).toBe(false)
    })

    it.each(['ü.1', 'a b', '', 'x'.repeat(257)])('asks for all after the id "%s"', async (id) => {
      const { clock, next, stream, elsewhere } = await setUpLive()
      stream.send(frame('change', elsewhere.update('first', { progress: 10 }), id))
      stream.end()
      await clock.advance(second)
      expect((await next()).headers.has('last-event-id')).toBe(false)
    })

    it('waits 1 s, 2 s, 4 s … up to a minute, and 1 s again after a good frame', async () => {
      const { source, clock, next, calls } = setUpSource()
      source.open()
      const waits: number[] = []
      const wait = () => waits.push((source.state.retryAt ?? 0) - clock.now())
      for (let tries = 0; tries < 8; tries += 1) {
        ;(await next()).fail(new TypeError('fetch failed'))
        await clock.advance(0)
        wait()
        await clock.next()
      }
      expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * second))
      expect(calls).toHaveLength(9)
      const stream = (await next()).stream()
      stream.send(frame('snapshot', {}, 'a.1'))
      stream.end()
      await clock.advance(0)
      wait()
      expect(waits.at(-1)).toBe(second)
    })

    it('waits at least half as long', async () => {
      const { source, clock, next } = setUpSource({ random: () => 0 })
      source.open()
      ;(await next()).fail(new TypeError('fetch failed'))
      await clock.advance(0)
      expect(source.state.retryAt).toBe(clock.now() + second / 2)
    })

    it.each([
      ['5000', 5_000],
      ['0', 100],
      ['99999999', 300_000],
      ['soon', 1_000],
    ])('begins with the wait that the server names by "retry: %s"', async (retry, ms) => {
      const { clock, stream, source } = await setUpLive()
      stream.send(`retry: ${retry}\n\n`)
      stream.end()
      await clock.advance(0)
      expect(source.state.retryAt).toBe(clock.now() + ms)
    })

    it('tells of a server that gives nothing', async () => {
      const { source, clock, next, errors } = setUpSource()
      source.open()
      ;(await next()).stream().end()
      await clock.advance(0)
      expect(source.state.status).toBe('waiting')
      expect(errors[0]?.message).toBe(
        'Live source of https://collector.test/api/shows/s1 is waiting: it ended before anything had come.',
      )
    })
  })

  describe('when what comes cannot be read', () => {
    it('begins anew, less and less often, and tells of it once', async () => {
      const { source, tracker, clock, next, errors, calls } = setUpSource()
      const elsewhere = createElsewhere()
      elsewhere.add('first')
      source.open()
      const waits: number[] = []
      for (let tries = 0; tries < 3; tries += 1) {
        const stream = (await next()).stream()
        stream.send(frame('snapshot', elsewhere.snapshot(), `a.${tries}`))
        stream.send('id: a.9\nevent: change\ndata: {"tasks":[\n\n')
        await clock.advance(0)
        expect(source.state.error?.message).toContain('cannot be read')
        waits.push(source.state.retryAt! - clock.now())
        await clock.next()
      }
      expect(waits).toEqual([1_000, 2_000, 4_000])
      expect(calls.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, null, null, null])
      expect(tracker.getTask('first')).toBeDefined()
      // Good snapshots between them make no new trouble of it.
      expect(errors.map(({ message }) => message.includes('cannot be read'))).toEqual([true])
    })

    it('says when the collector is newer than this Callsheet', async () => {
      const { source, clock, next, errors } = setUpSource()
      source.open()
      ;(await next()).stream().send(frame('snapshot', { v: 99, tasks: [] }, 'a.1'))
      await clock.advance(0)
      expect(source.state.status).toBe('waiting')
      expect(errors[0]?.message).toContain('Update it first')
    })
  })

  describe('when it is refused', () => {
    it.each([500, 502, 503, 429, 408])('tries again after %s, and tells of it once', async (status) => {
      const { source, clock, next, errors, seen } = setUpSource()
      source.open()
      for (let tries = 0; tries < 3; tries += 1) {
        const call = await next()
        call.answer(status)
        await clock.advance(0)
        // Which lets go of the body.
        expect(call.signal.aborted).toBe(true)
        await clock.next()
      }
      expect(errors.map(({ message }) => message)).toEqual([
        `Live source of https://collector.test/api/shows/s1 is waiting: HTTP ${status}.`,
      ])
      expect(seen.slice(0, 3)).toEqual(['connecting', 'waiting', 'connecting'])
    })

    it.each([
      ['120', 120_000],
      ['0', 1_000],
      ['9999', 300_000],
      ['garbage', 1_000],
    ])('waits as long as "Retry-After: %s" says, and not shorter', async (value, ms) => {
      const { source, clock, next, calls } = setUpSource()
      source.open()
      ;(await next()).answer(503, '', { 'retry-after': value })
      await clock.advance(0)
      expect(source.state.retryAt).toBe(clock.now() + ms)
      await clock.advance(ms - 1)
      expect(calls).toHaveLength(1)
      await clock.advance(1)
      expect(calls).toHaveLength(2)
    })

    it.each([401, 403])(
      'stops at %s, tells of it once, and goes on when it is opened anew',
      async (status) => {
        const { source, clock, next, errors, calls } = setUpSource()
        source.open()
        ;(await next()).answer(status)
        await clock.advance(60 * minute)
        expect(calls).toHaveLength(1)
        expect(source.state).toMatchObject({ status: 'stopped', error: errors[0] })
        source.open()
        ;(await next()).answer(status)
        await clock.advance(minute)
        expect(calls).toHaveLength(2)
        expect(errors).toHaveLength(1)
        source.resume()
        const stream = (await next()).stream()
        stream.send(frame('snapshot', {}, 'a.1'))
        await clock.advance(0)
        expect(source.state).toEqual({ status: 'live' })
      },
    )

    it('stops at 204, without a word', async () => {
      const { source, clock, next, errors, calls } = setUpSource()
      source.open()
      ;(await next()).answer(204)
      await clock.advance(60 * minute)
      expect(source.state.status).toBe('stopped')
      expect(calls).toHaveLength(1)
      expect(errors).toEqual([])
    })

    it('goes on asking for a show that is not known yet, without a word', async () => {
      const { source, clock, next, errors } = setUpSource()
      source.open()
      for (let tries = 0; tries < 5; tries += 1) {
        ;(await next()).answer(404)
        await clock.advance(0)
        expect(source.state.status).toBe('waiting')
        await clock.next()
      }
      ;(await next()).stream().send(frame('snapshot', {}, 'a.1'))
      await clock.advance(0)
      expect(source.state.status).toBe('live')
      expect(errors).toEqual([])
    })

    it('tells of a trouble again once all was well between', async () => {
      const { source, clock, next, errors } = setUpSource()
      source.open()
      for (let times = 0; times < 2; times += 1) {
        ;(await next()).answer(503)
        await clock.advance(second)
        const stream = (await next()).stream()
        stream.send(frame('snapshot', {}, 'a.1'))
        stream.end()
        await clock.advance(second)
      }
      expect(errors).toHaveLength(2)
    })

    it('survives headers that throw, and an answer that is no answer', async () => {
      let error: unknown = new Error('no token')
      const headers = () => {
        throw error
      }
      const { source, clock, errors, calls } = setUpSource({ headers })
      source.open()
      await clock.advance(0)
      error = undefined
      await clock.advance(minute)
      expect(calls).toEqual([])
      expect(source.state.status).toBe('waiting')
      expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('no token')])
    })

    it('gives up on headers that never come', async () => {
      const { source, clock, calls } = setUpSource({ headers: () => new Promise(() => {}) })
      source.open()
      await clock.advance(10 * second)
      expect(calls).toEqual([])
      expect(source.state.status).toBe('waiting')
    })

    it('stops when an option throws, and says so', async () => {
      const random = () => {
        throw new Error('no dice')
      }
      const { source, clock, errors, next } = setUpSource({ random })
      source.open()
      ;(await next()).answer(204)
      await clock.advance(0)
      expect(errors).toEqual([])
      source.resume()
      ;(await next()).answer(503)
      await clock.advance(0)
      expect(source.state.status).toBe('stopped')
      expect(errors.map(({ message }) => message).join()).toContain('no dice')
    })
  })

  describe('when nothing comes', () => {
    it('lets 45 s pass without a byte, and no more', async () => {
      const { source, clock, stream, calls } = await setUpLive()
      for (let beats = 0; beats < 8; beats += 1) {
        await clock.advance(44 * second)
        stream.send(': heartbeat\n\n')
        await clock.advance(0)
      }
      expect(source.state.status).toBe('live')
      expect(calls).toHaveLength(1)
      await clock.advance(45 * second)
      expect(source.state).toMatchObject({ status: 'waiting' })
      expect(source.state.error?.message).toContain('the stream fell silent')
      expect(calls[0]!.signal.aborted).toBe(true)
      await clock.advance(second)
      expect(calls[1]!.headers.get('last-event-id')).toBe('a.1')
    })

    it('gives a machine that slept time to read what has come, once', async () => {
      const { source, clock, stream, elsewhere, tracker, calls } = await setUpLive()
      clock.sleep(10 * minute)
      await clock.advance(0)
      expect(source.state.status).toBe('live')
      stream.send(frame('change', elsewhere.update('first', { progress: 50 }), 'a.2'))
      await clock.advance(20 * second)
      expect(tracker.getTask('first')?.progress).toBe(50)
      expect(source.state.status).toBe('live')
      expect(calls).toHaveLength(1)
      // Timers that are late each time, as those of a hidden page, do not put it off for ever.
      clock.sleep(10 * minute)
      await clock.advance(0)
      clock.sleep(minute)
      await clock.advance(0)
      expect(source.state.status).toBe('waiting')
    })

    it('gives a stream that goes on time until its first heartbeat', async () => {
      const { source, clock, stream, next, calls } = await setUpLive()
      stream.end()
      await clock.advance(second)
      const resumed = (await next()).stream()
      await clock.advance(15 * second)
      resumed.send(': heartbeat\n\n')
      await clock.advance(0)
      expect(source.state).toEqual({ status: 'live' })
      expect(calls).toHaveLength(2)
    })

    it('leaves a fetch behind that does not listen to its signal', async () => {
      const answers: ((response: Response) => void)[] = []
      const fetch = (() => new Promise((resolve) => answers.push(resolve))) as typeof globalThis.fetch
      const { source, tracker, clock } = setUpSource({ fetch })
      const elsewhere = createElsewhere()
      elsewhere.add('late')
      source.open()
      await clock.advance(10 * second)
      expect(source.state.status).toBe('waiting')
      const headers = { 'content-type': 'text/event-stream' }
      answers[0]!(new Response(frame('snapshot', elsewhere.snapshot(), 'a.1'), { headers }))
      await clock.advance(0)
      expect(tracker.getTasks()).toEqual([])
      expect(source.state.status).toBe('waiting')
      // The pause alone.
      expect(clock.pending).toBe(1)
    })

    it('waits at most 10 s for an answer, and the second time asks for a snapshot', async () => {
      const { source, clock, calls } = setUpSource()
      source.open()
      await clock.advance(10 * second)
      expect(source.state).toMatchObject({ status: 'waiting' })
      await clock.advance(11 * second)
      expect(calls.map(({ url }) => url.endsWith('/live'))).toEqual([true, true, false])
      expect(source.state.status).toBe('polling')
    })
  })

  describe('when the stream is held back', () => {
    async function setUpBlocked() {
      const set = setUpSource()
      const elsewhere = createElsewhere()
      elsewhere.add('first')
      set.source.open()
      ;(await set.next()).stream()
      await set.clock.advance(10 * second)
      return { ...set, elsewhere }
    }

    it('asks for snapshots every 5 s, and only for what is new', async () => {
      const { source, tracker, clock, next, elsewhere, errors, calls } = await setUpBlocked()
      const first = await next()
      expect(calls[0]!.signal.aborted).toBe(true)
      expect(first.url).toBe('https://collector.test/api/shows/s1')
      expect(first.headers.get('accept')).toBe('application/json')
      first.answer(200, elsewhere.snapshot(), { etag: '"1"' })
      await clock.advance(0)
      expect(tracker.getTask('first')).toBeDefined()
      expect(source.state).toMatchObject({ status: 'polling', error: errors[0] })
      await clock.advance(5 * second - 1)
      expect(calls).toHaveLength(2)
      await clock.advance(1)
      const again = await next()
      expect(again.headers.get('if-none-match')).toBe('"1"')
      const { state } = source
      again.answer(304)
      await clock.advance(5 * second)
      expect(calls).toHaveLength(4)
      expect(source.state).toBe(state)
      elsewhere.update('first', { status: 'succeeded' })
      calls[3]!.answer(200, elsewhere.snapshot())
      await clock.advance(0)
      expect(tracker.getTask('first')?.status).toBe('succeeded')
      expect(errors.map(({ message }) => message)).toEqual([
        expect.stringContaining('the stream is held back'),
      ])
    })

    it('announces what the polls bring after the first', async () => {
      const { tracker, clock, next, elsewhere } = await setUpBlocked()
      const finished: string[] = []
      tracker.on('taskFinished', ({ task }) => finished.push(task.id))
      elsewhere.add('old', { type: 'library-poster', status: 'succeeded' })
      ;(await next()).answer(200, elsewhere.snapshot())
      await clock.advance(5 * second)
      elsewhere.update('first', { status: 'succeeded' })
      ;(await next()).answer(200, elsewhere.snapshot())
      await clock.advance(0)
      expect(finished).toEqual(['first'])
    })

    it('tries the stream again after 5 minutes', async () => {
      const { source, clock, next, calls, errors, seen } = await setUpBlocked()
      for (let tries = 0; tries < 60; tries += 1) {
        ;(await next()).answer(200, {})
        await clock.advance(5 * second)
      }
      expect(calls.filter(({ url }) => url.endsWith('/live'))).toHaveLength(2)
      expect(seen).toEqual(['connecting', 'polling'])
      // Still held back: the polls go on, and nobody is told again.
      ;(await next()).stream()
      await clock.advance(10 * second)
      expect(calls.at(-1)!.url).toMatch(/s1$/)
      for (let tries = 0; tries < 60; tries += 1) {
        ;(await next()).answer(200, {})
        await clock.advance(5 * second)
      }
      expect(errors).toHaveLength(1)
      ;(await next()).stream().send(frame('snapshot', {}, 'a.1'))
      await clock.advance(0)
      expect(source.state).toEqual({ status: 'live' })
    })

    it('backs off when the polls fail, too, and goes on polling then', async () => {
      const { source, clock, next, calls, errors } = await setUpBlocked()
      ;(await next()).answer(200, {})
      await clock.advance(5 * second)
      ;(await next()).answer(503, '', { 'retry-after': '7' })
      await clock.advance(0)
      expect(source.state).toMatchObject({ status: 'waiting', retryAt: clock.now() + 7 * second })
      expect(errors).toHaveLength(2)
      await clock.advance(7 * second)
      ;(await next()).answer(200, {})
      await clock.advance(0)
      expect(source.state).toMatchObject({ status: 'polling', error: errors[0] })
      expect(calls.at(-1)!.url).toMatch(/s1$/)
    })

    it('stops when snapshots are refused as well', async () => {
      const { source, clock, next, calls, errors } = setUpSource()
      source.open()
      ;(await next()).answer(405)
      await clock.advance(0)
      ;(await next()).answer(405)
      await clock.advance(60 * minute)
      expect(calls).toHaveLength(2)
      expect(source.state.status).toBe('stopped')
      expect(errors.map(({ message }) => message.replace(/.* is /, ''))).toEqual([
        'polling: HTTP 405.',
        'stopped: HTTP 405.',
      ])
    })

    it('gives up on a snapshot that takes longer than 10 s', async () => {
      const { source, clock, next, calls } = await setUpBlocked()
      const call = await next()
      await clock.advance(10 * second)
      expect(call.signal.aborted).toBe(true)
      expect(source.state.status).toBe('waiting')
      expect(calls).toHaveLength(2)
    })

    it.each([
      ['an answer of another type', { 'content-type': 'text/html' }],
      ['an answer of no type', {}],
    ])('does so at once for %s', async (_what, headers) => {
      const { source, clock, next, calls } = setUpSource()
      source.open()
      ;(await next()).answer(200, '<!doctype html>', headers)
      await clock.advance(0)
      expect(calls.map(({ url }) => url.endsWith('/live'))).toEqual([true, false])
      // A page for every address is no snapshot either.
      calls[1]!.answer(200, '<!doctype html>', headers)
      await clock.advance(0)
      expect(source.state.status).toBe('waiting')
    })

    it('does so where fetch cannot stream', async () => {
      const urls: string[] = []
      const fetch = ((url: string) => {
        urls.push(url)
        return Promise.resolve({
          ok: true,
          status: 200,
          headers: new Headers({ 'content-type': 'text/event-stream' }),
          body: undefined,
          text: () => Promise.resolve('{}'),
        })
      }) as unknown as typeof globalThis.fetch
      const { source, clock } = setUpSource({ fetch })
      source.open()
      await clock.advance(0)
      expect(urls.map((url) => url.endsWith('/live'))).toEqual([true, false])
      expect(source.state.status).toBe('polling')
    })

    it('does so for a proxy that lets only the beginning through, twice', async () => {
      const { source, clock, next } = await setUpLive()
      await clock.advance(45 * second)
      expect(source.state.status).toBe('waiting')
      await clock.advance(second)
      ;(await next()).stream().send(frame('snapshot', {}, 'a.2'))
      await clock.advance(45 * second)
      expect(source.state.status).toBe('polling')
    })

    it('does so for a stream of nothing but a beginning', async () => {
      const { source, clock, next } = setUpSource()
      source.open()
      ;(await next()).stream().send('retry: 2000\n\nid: a.1\nevent: snapshot\ndata: {"tasks":')
      await clock.advance(45 * second)
      expect(source.state.status).toBe('polling')
    })

    it('does not take streams that lived for one that is held back', async () => {
      const { source, clock, next, stream } = await setUpLive()
      let current = stream
      for (let times = 0; times < 4; times += 1) {
        await clock.advance(15 * second)
        current.send(': heartbeat\n\n')
        await clock.advance(45 * second)
        expect(source.state.status).toBe('waiting')
        await clock.advance(second)
        current = (await next()).stream()
        current.send(frame('snapshot', {}, 'a.2'))
        await clock.advance(0)
      }
    })
  })

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

    it('calls back when the state has changed, also of one that somebody else opened', async () => {
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
      // It is no page that has gone for good: what breaks off now is tried again by itself.
      ;(await next()).fail(new TypeError('fetch failed'))
      await clock.advance(2 * second)
      expect(calls).toHaveLength(3)
    })

    it('ends in the back-forward cache when nobody wants it any more', async () => {
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
