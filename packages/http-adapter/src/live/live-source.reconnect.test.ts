import { describe, expect, it } from 'vitest'
import { createElsewhere, frame, setUpLive, setUpSource } from '../testing/live-network.ts'
import { unhandled } from '../testing/unhandled.ts'

const second = 1_000
const minute = 60_000

describe('liveSource', () => {
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

    it('waits 1 s, 2 s, 4 s … up to a minute, and 1 s again after a stream that has lasted', async () => {
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
      await clock.advance(10 * second)
      stream.end()
      await clock.advance(0)
      wait()
      expect(waits.at(-1)).toBe(second)
    })

    it('asks a server that hangs up after each snapshot no more often than for snapshots alone', async () => {
      const { source, clock, next, errors, tracker } = setUpSource()
      const elsewhere = createElsewhere()
      elsewhere.add('first')
      source.open()
      const waits: number[] = []
      for (let times = 0; times < 8; times += 1) {
        const stream = (await next()).stream()
        elsewhere.update('first', { progress: times })
        stream.send('retry: 100\n\n', frame('snapshot', elsewhere.snapshot(), `a.${times}`))
        stream.end()
        await clock.advance(0)
        waits.push((source.state.retryAt ?? 0) - clock.now())
        await clock.next()
      }
      expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
      expect(tracker.getTask('first')?.progress).toBe(7)
      expect(errors).toEqual([])
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
        'Live source of https://collector.test/api/shows/s1 is waiting: stream closed without data.',
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
        expect(source.state.error?.message).toContain('cannot parse records')
        waits.push(source.state.retryAt! - clock.now())
        await clock.next()
      }
      expect(waits).toEqual([1_000, 2_000, 4_000])
      expect(calls.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, null, null, null])
      expect(tracker.getTask('first')).toBeDefined()
      // Good snapshots between them make no new trouble of it.
      expect(errors.map(({ message }) => message.includes('cannot parse records'))).toEqual([true])
    })

    it('says when the collector is newer than this Callsheet', async () => {
      const { source, clock, next, errors } = setUpSource()
      source.open()
      ;(await next()).stream().send(frame('snapshot', { v: 99, tasks: [] }, 'a.1'))
      await clock.advance(0)
      expect(source.state.status).toBe('waiting')
      expect(errors[0]?.message).toContain('Update Callsheet first')
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
        await clock.advance(0)
        await clock.next()
      }
      expect(errors).toHaveLength(2)
    })

    it('survives headers that throw, and an invalid answer', async () => {
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

    it('reconnects after an event that is too long, and says so', async () => {
      const { source, clock, next } = setUpSource()
      source.open()
      const stream = (await next()).stream()
      await clock.advance(0)
      stream.send('data: ', new Uint8Array(67_108_865).fill(97))
      await clock.advance(0)
      expect(source.state.status).toBe('waiting')
      expect(source.state.error?.message).toMatch(
        / is waiting: an event is longer than 67108864 characters\.$/,
      )
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

    it.each(['clock', 'random', 'schedule'] as const)(
      'stops when its %s is asynchronous and rejects, and says so',
      async (name) => {
        const seen = unhandled()
        const wrong = (() => Promise.reject(new Error('no dice'))) as () => never
        const { source, clock, errors, calls } = setUpSource({ [name]: wrong })
        const release = source.open()
        await clock.advance(0)
        calls[0]?.answer(503)
        await clock.advance(0)
        expect(source.state.status).toBe('stopped')
        expect(errors.map(({ message }) => message).join()).toContain(`"${name}" returned a promise`)
        release()
        await clock.advance(0)
        expect(seen).toEqual([])
      },
    )
  })
})
