import { describe, expect, it } from 'vitest'
import { createElsewhere, frame, setUpLive, setUpSource } from '../testing/live-network.ts'

const second = 1_000
const minute = 60_000

describe('liveSource', () => {
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

    it('asks for snapshots where the stream says something, but never brings one', async () => {
      const { source, clock, next, calls } = setUpSource()
      source.open()
      const stream = (await next()).stream()
      for (let beats = 0; beats < 3; beats += 1) {
        stream.send(': heartbeat\n\n')
        await clock.advance(15 * second)
      }
      await clock.advance(0)
      expect(calls.length).toBeGreaterThan(1)
      expect(calls[1]!.headers.get('accept')).toBe('application/json')
      expect(source.state.error?.message).toContain('the stream fell silent')
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
      // Still held back: the polls go on, and nothing is reported again.
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
      // A page for every address is not a snapshot either.
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
})
