import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzip } from 'node:zlib'
import { CallsheetError, createTracker, showPipeline } from '@callsheet/core'
import { createFakeClock } from '@callsheet/core/test'
import { describe, expect, it, vi } from 'vitest'
import { httpSink } from '../index.ts'
import { unhandled } from '../testing/unhandled.ts'
import { accept, idsOf, offline, say, setUpSink, task, url } from '../testing/sink.ts'

const second = 1_000
const minute = 60 * second

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('httpSink', () => {
  it('posts what gathered within a second, the newest version of each', async () => {
    const { sink, clock, sent } = setUpSink()
    const tracker = createTracker({ pipeline: showPipeline, sinks: [sink], clock: clock.now, by: 'me' })
    tracker.show('neon').setTitle('Neon')
    tracker.addTask({ id: 'a', showId: 'neon', type: 'trailer' })
    tracker.updateTask('a', { progress: 40 })
    await clock.advance(999)
    expect(sent).toEqual([])
    await clock.advance(1)
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ url: `${url}/tasks`, init: { method: 'POST' } })
    expect(sent[0]!.headers.get('content-type')).toBe('application/json')
    expect(sent[0]!.body).toEqual({
      v: 1,
      batchId: expect.any(String) as string,
      attempt: 1,
      sentAt: clock.now(),
      tasks: tracker.serialize().tasks,
      shows: tracker.serialize().shows,
    })
    expect(sink.counts).toMatchObject({ created: 2, coalesced: 1, stored: 2, pending: 0 })
    await clock.advance(10 * minute)
    expect(sent).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('does not keep the trackers that it was given to', async () => {
    const { sink } = setUpSink()
    const collected = new Set<number>()
    const registry = new FinalizationRegistry<number>((place) => collected.add(place))
    for (let place = 0; place < 20; place += 1) {
      const tracker = createTracker({ pipeline: showPipeline, sinks: [sink] })
      tracker.addTask({ showId: 'neon', type: 'trailer' })
      registry.register(tracker.report, place)
    }
    await vi.waitFor(
      () => {
        collectGarbage()
        expect(collected.size).toBeGreaterThan(15)
      },
      { timeout: 60_000 },
    )
    sink.close()
  })

  it('sends what others wrote only when it is told to', async () => {
    for (const origins of [undefined, ['local', 'merge', 'restore'] as const]) {
      const { sink, clock, ids } = setUpSink(origins && { origins })
      for (const origin of ['local', 'merge', 'restore'] as const) {
        sink.write({ tasks: [task(origin)], shows: [], origin })
      }
      await clock.advance(second)
      expect(ids()).toEqual([origins ?? ['local']])
    }
  })

  it('sends a full batch at once, and no more than 500 in one', async () => {
    const { clock, write, sent } = setUpSink()
    write('first')
    await clock.advance(500)
    write(...Array.from({ length: 900 }, (_one, place) => `t${place}`))
    await clock.advance(0)
    expect(sent.map((one) => idsOf(one).length)).toEqual([500, 401])
  })

  it('keeps a batch within 512 KiB', async () => {
    const { sink, clock, sent } = setUpSink()
    for (let place = 0; place < 90; place += 1) {
      const outputs = [`https://a.test/${'x'.repeat(8_000)}`]
      sink.write({ tasks: [task(`t${place}`, 1, { outputs })], shows: [], origin: 'local' })
    }
    await clock.advance(second)
    expect(sent.length).toBe(2)
    for (const { body } of sent) expect(JSON.stringify(body).length).toBeLessThan(524_288)
    expect(sink.counts).toMatchObject({ stored: 90, pending: 0 })
  })

  it('has one request in flight, and sends what came meanwhile after it', async () => {
    const { sink, clock, write, sent, answers } = setUpSink()
    let answer = (_response: Response) => {}
    answers.push(() => new Promise((resolve) => (answer = resolve)))
    write('a', 'b')
    await clock.advance(second)
    write('a', 'c')
    await clock.advance(5 * second)
    expect(sent).toHaveLength(1)
    answer(new Response())
    await clock.advance(second)
    expect(sent.map(idsOf)).toEqual([
      ['a', 'b'],
      ['a', 'c'],
    ])
    expect(sink.counts).toMatchObject({ created: 3, stored: 3, pending: 0 })
  })

  it('compresses what is above 2 KiB', async () => {
    const { sink, clock, write, sent } = setUpSink({ gzip: undefined })
    write('a')
    await clock.advance(second)
    write(...Array.from({ length: 50 }, (_one, place) => `t${place}`))
    await sink.flush()
    const [small, large] = sent
    expect(small!.headers.get('content-encoding')).toBeNull()
    expect(large!.headers.get('content-encoding')).toBe('gzip')
    const { byteLength } = large!.init.body as ArrayBuffer
    expect(byteLength).toBeLessThan(JSON.stringify(large!.body).length / 5)
    expect(idsOf(large!)).toHaveLength(50)
  })

  it('sends them plain where nothing compresses', async () => {
    vi.stubGlobal('CompressionStream', undefined)
    const { clock, write, sent } = setUpSink({ gzip: undefined })
    vi.unstubAllGlobals()
    write(...Array.from({ length: 50 }, (_one, place) => `t${place}`))
    await clock.advance(second)
    expect(sent[0]!.headers.get('content-encoding')).toBeNull()
    expect(typeof sent[0]!.init.body).toBe('string')
  })

  it('compresses by what it is given, such as the zlib of Node', async () => {
    const zip = promisify(gzip)
    const { sink, write, sent } = setUpSink({ gzip: (text) => zip(text, { level: 1 }) })
    write(...Array.from({ length: 50 }, (_one, place) => `t${place}`))
    await sink.flush()
    expect(sent[0]!.headers.get('content-encoding')).toBe('gzip')
    expect(sent[0]!.init.body).toBeInstanceOf(Buffer)
    expect(idsOf(sent[0]!)).toHaveLength(50)
  })

  it('compresses nothing when it is told so', async () => {
    const { sink, write, sent } = setUpSink({ gzip: null })
    write(...Array.from({ length: 50 }, (_one, place) => `t${place}`))
    await sink.flush()
    expect(sent[0]!.headers.get('content-encoding')).toBeNull()
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('out of memory'))],
    ['throws', () => expect.fail('out of memory')],
  ])('sends plain text when a compression %s, and says so once', async (_what, gzip) => {
    const { sink, write, sent, errors } = setUpSink({ gzip })
    for (let turn = 0; turn < 2; turn += 1) {
      write(...Array.from({ length: 50 }, (_one, place) => `t${place}`))
      await sink.flush()
    }
    expect(sent.map(({ headers }) => headers.get('content-encoding'))).toEqual([null, null])
    expect(errors).toEqual([expect.stringMatching(/gzip failed, sending plain text: out of memory/)])
    expect(sink.counts.pending).toBe(0)
  })

  it.each([
    ['headers', { headers: () => new Promise<never>(() => {}) }],
    ['a fetch that knows no signal', { fetch: () => new Promise<never>(() => {}) }],
  ])('gives up %s that never come, in its time', async (_what, options) => {
    const { sink, clock, write, errors } = setUpSink({ ...options, timeout: 5_000 })
    write(...Array.from({ length: 50 }, (_one, place) => `t${place}`))
    const flushed = sink.flush()
    await clock.advance(5_000)
    await flushed
    expect(errors).toEqual([expect.stringContaining('no answer in 5000 ms')])
    expect(sink.counts.pending).toBe(50)
  })

  it('gives up a compression that never comes, and tries again without', async () => {
    const { sink, clock, write, sent, errors } = setUpSink({ gzip: () => new Promise<never>(() => {}) })
    write(...Array.from({ length: 50 }, (_one, place) => `t${place}`))
    await clock.advance(10 * second)
    await clock.advance(10 * second)
    expect(errors).toEqual([
      expect.stringContaining('gzip failed, sending plain text: no answer in 10000 ms'),
      expect.stringContaining('retrying'),
    ])
    expect(sent).toHaveLength(1)
    expect(sink.counts.pending).toBe(0)
  })

  it('waits longer and longer for a collector that wants all of it again', async () => {
    const { clock, write, sent, answers } = setUpSink()
    answers.push(...Array.from({ length: 20 }, () => say(200, {}, { retry: [0] })))
    write('a')
    await clock.advance(2 * minute)
    expect(sent.length).toBeLessThanOrEqual(8)
  })

  it('takes the lists of a collector that writes null for an empty one', async () => {
    const { clock, write, sink, answers } = setUpSink()
    answers.push(say(200, {}, { accepted: 1, rejected: null, retry: null }))
    write('a')
    await clock.advance(second)
    expect(sink.counts.stored).toBe(1)
  })

  it('asks for the headers at each try', async () => {
    let key = 0
    const { clock, write, sent, answers } = setUpSink({
      headers: async () => ({ authorization: `key-${(key += 1)}` }),
    })
    answers.push(say(503))
    write('a')
    await clock.advance(minute)
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(['key-1', 'key-2'])
  })

  it('tries again when the headers cannot be had', async () => {
    let isAway = true
    const { clock, write, ids, errors } = setUpSink({
      headers: () => {
        if (isAway) throw new Error('no session')
        return { authorization: 'k' }
      },
    })
    write('a')
    await clock.advance(second)
    expect(errors).toEqual([`HTTP sink of ${url}/tasks: retrying: no session`])
    isAway = false
    await clock.advance(minute)
    expect(ids()).toEqual([['a']])
  })
})

describe('a life of httpSink', () => {
  it('flush sends all that waits, and what came while it did', async () => {
    const { sink, write, ids, answers } = setUpSink()
    answers.push(async () => {
      write('late')
      return accept()
    })
    write(...Array.from({ length: 600 }, (_one, place) => `t${place}`))
    await sink.flush()
    expect(ids().map(({ length }) => length)).toEqual([500, 100])
    await sink.flush()
    expect(sink.counts).toMatchObject({ stored: 601, pending: 0 })
  })

  it('flush ends when sending fails, and never rejects', async () => {
    const { sink, write, sent, answers } = setUpSink()
    answers.push(offline, offline)
    write('a')
    await sink.flush()
    await sink.flush()
    expect(sent).toHaveLength(2)
    expect(sink.counts.pending).toBe(1)
  })

  it('stays closed when a request that was on its way is refused', async () => {
    const { sink, clock, sent, answers, write } = setUpSink()
    let refuse = (_response: Response) => {}
    answers.push(() => new Promise((resolve) => (refuse = resolve)))
    write('a')
    await clock.advance(second)
    sink.close()
    refuse(new Response('', { status: 401 }))
    await clock.advance(second)
    sink.resume()
    write('b')
    await clock.advance(minute)
    expect(sent).toHaveLength(1)
    expect(sink.counts.created).toBe(1)
  })

  it('close leaves no timer, and takes nothing any more', async () => {
    const { sink, clock, write, sent, answers } = setUpSink()
    answers.push(offline)
    write('a')
    await clock.advance(second)
    sink.close()
    write('b')
    sink.resume()
    await sink.flush()
    expect(clock.pending).toBe(0)
    expect(sent).toHaveLength(1)
    expect(sink.counts.created).toBe(1)
  })

  it("tells on its tracker's error event", async () => {
    const { sink, clock, answers } = setUpSink()
    const tracker = createTracker({ pipeline: showPipeline, sinks: [sink], clock: clock.now })
    const errors: Error[] = []
    tracker.on('error', ({ error }) => errors.push(error))
    answers.push(offline, offline, offline)
    const value = await tracker.show('s').track('trailer', async () => 'cut')
    await clock.advance(5 * second)
    expect(value).toBe('cut')
    expect(errors.map(({ name }) => name)).toEqual(['CallsheetError'])
    expect(errors[0]?.cause).toBeInstanceOf(TypeError)
  })

  it('has no time limit when it is Infinity, and asks no timer for more than it can wait', async () => {
    const asked: number[] = []
    const schedule = (callback: () => void, ms: number) => {
      asked.push(ms)
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    }
    let answer = (_response: Response) => {}
    const fetch = () => new Promise<Response>((resolve) => (answer = resolve))
    const { sink, write, errors } = setUpSink({ fetch, schedule, timeout: Infinity, delay: 2 ** 40 })
    write('a')
    const flushed = sink.flush()
    await new Promise((resolve) => setTimeout(resolve, 5))
    answer(await accept())
    await flushed
    expect(sink.counts).toMatchObject({ stored: 1, pending: 0 })
    expect(errors).toEqual([])
    expect(Math.max(...asked)).toBeLessThan(2 ** 31)
  })

  it('outlives options that throw', async () => {
    let isBroken = false
    const breakable =
      <A extends readonly unknown[], R>(fn: (...args: A) => R) =>
      (...args: A): R => {
        if (isBroken) throw new Error('broken')
        return fn(...args)
      }
    const clock = createFakeClock()
    const options = {
      random: breakable(() => 0.5),
      schedule: breakable((callback: () => void, ms: number) => clock.schedule(callback, ms)),
      clock: breakable(() => clock.now()),
    }
    const { sink, write, answers, errors } = setUpSink(options, clock)
    answers.push(offline)
    write('a')
    isBroken = true
    await clock.advance(5 * second)
    sink.resume()
    await sink.flush()
    expect(errors[0]).toContain('an option failed: broken')
    isBroken = false
    await sink.flush()
    await sink.flush()
    await clock.advance(minute)
    expect(sink.counts).toMatchObject({ stored: 1, pending: 0 })
  })

  it.each(['clock', 'random', 'schedule'] as const)(
    'outlives an asynchronous %s that rejects, and reports it',
    async (name) => {
      const seen = unhandled()
      const wrong = (() => Promise.reject(new Error('broken'))) as () => never
      const { sink, write, errors } = setUpSink({ [name]: wrong })
      write('a')
      await sink.flush()
      // Without a timer it has no time limit and sends nothing: the record waits.
      expect(sink.counts).toMatchObject(name === 'schedule' ? { pending: 1 } : { stored: 1, pending: 0 })
      expect(errors).toEqual([expect.stringContaining(`"${name}" returned a promise; expected a value.`)])
      expect(seen).toEqual([])
    },
  )

  it.each([
    [{ url: 'http://' }, /expected an address/],
    [{ url: 'ftp://host' }, /expected an address/],
    [{ url: 'https://me:pw@host/' }, /^(?!.*pw).*expected an address/],
    [{ url: 'https://host/?key=1' }, /^(?!.*key).*expected an address/],
    [{ url, delay: Number.NaN }, /"delay" of httpSink.*got NaN/],
    [{ url, maxRecords: -1 }, /"maxRecords".*got -1/],
    [{ url, timeout: '9' as never as number, maxBytes: 'many' as never }, /"maxBytes".*got many/],
  ])('refuses %j at once', (options, message) => {
    expect(() => httpSink(options)).toThrow(CallsheetError)
    expect(() => httpSink(options)).toThrow(message)
  })

  it('takes a path of the page around, also where there is none yet', async () => {
    const { sink, sent, write } = setUpSink({ url: '/api/' })
    write('a')
    await sink.flush()
    expect(sent[0]!.url).toBe('/api/tasks')
  })

  it('takes an address with or without a slash at its end', async () => {
    for (const given of ['https://host/a', 'https://host/a/', new URL('https://host/a')]) {
      const { clock, write, sent } = setUpSink({ url: given })
      write('a')
      await clock.advance(second)
      expect(sent[0]!.url).toBe('https://host/a/tasks')
    }
  })
})
