import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { createTracker, showPipeline } from '@callsheet/core'
import { createFakeClock } from '@callsheet/core/test'
import { describe, expect, it, vi } from 'vitest'
import { httpSink } from './index.ts'
import { accept, createRows, idsOf, offline, say, setUpSink, task, url } from './testing/sink.ts'

const second = 1_000
const minute = 60 * second

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

  it('keeps what cannot be compressed, and says so', async () => {
    const { sink, write, sent, errors } = setUpSink({
      gzip: () => Promise.reject(new Error('out of memory')),
    })
    write(...Array.from({ length: 50 }, (_one, place) => `t${place}`))
    await sink.flush()
    expect(sent).toEqual([])
    expect(errors).toEqual([expect.stringContaining('out of memory')])
    expect(sink.counts.pending).toBe(50)
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
    expect(errors).toEqual([`HTTP sink of ${url}/tasks: it tries again: no session`])
    isAway = false
    await clock.advance(minute)
    expect(ids()).toEqual([['a']])
  })
})

describe('an answer of httpSink', () => {
  const three = async (body: unknown) => {
    const kit = setUpSink()
    kit.answers.push(say(200, {}, body))
    const tasks = [task('a'), task('b')]
    kit.sink.write({ tasks, shows: [{ showId: 's', pipeline: 'show' }], origin: 'local' })
    await kit.clock.advance(second)
    return kit
  }

  it('may be empty: then all is taken', async () => {
    const kit = setUpSink()
    kit.answers.push(say(204))
    kit.write('a')
    await kit.clock.advance(second)
    expect(kit.sink.counts).toMatchObject({ stored: 1, pending: 0 })
  })

  it('has only those sent again that it wants again', async () => {
    const { sink, clock, ids, errors } = await three({ accepted: 1, retry: [0, 2] })
    expect(sink.counts).toMatchObject({ stored: 1, pending: 2 })
    expect(errors).toHaveLength(1)
    await clock.advance(2 * second)
    expect(ids()).toEqual([
      ['a', 'b', 's'],
      ['a', 's'],
    ])
    expect(sink.counts).toMatchObject({ created: 3, stored: 3, pending: 0 })
  })

  it('gives reasons for what it refuses, which is dropped and told', async () => {
    const { sink, clock, sent, errors } = await three({
      rejected: [{ index: 1, reason: 'too old' }, { index: 2 }],
    })
    expect(sink.counts).toMatchObject({ stored: 1, pending: 0, dropped: { rejected: 2 } })
    expect(errors[0]).toContain('the collector refuses a record: too old')
    await clock.advance(minute)
    expect(sent).toHaveLength(1)
  })

  it("may count each kind by itself when it names it, as core's own rejections do", async () => {
    const { sink, clock, ids } = await three({
      rejected: [{ index: 0, kind: 'show', reason: 'no' }],
      retry: [0, 1],
    })
    expect(sink.counts).toMatchObject({ pending: 2, dropped: { rejected: 1 } })
    await clock.advance(minute)
    expect(ids()[1]).toEqual(['a', 'b'])
  })

  it.each([
    { retry: 'all', rejected: 7 },
    { retry: [99, -1, null], rejected: [null, 'x', {}, { index: 'a' }] },
  ])('may hold nonsense: %j takes nothing from what was sent', async (body) => {
    const { sink } = await three(body)
    expect(sink.counts.created).toBe(3)
    expect(sink.counts.stored + sink.counts.pending).toBe(3)
  })

  it.each(['<html>Please sign in</html>', '[]', 'null', '"ok"', '{"accepted":'])(
    'is none when it is %s: all is sent again',
    async (text) => {
      const { sink, clock, write, sent, answers } = setUpSink()
      answers.push(() => new Response(text))
      write('a')
      await clock.advance(second)
      expect(sink.counts).toMatchObject({ stored: 0, pending: 1 })
      await clock.advance(minute)
      expect(sent).toHaveLength(2)
      expect(sink.counts).toMatchObject({ stored: 1, pending: 0 })
    },
  )

  it('does not count as one after a redirect that may have lost the body', async () => {
    const { sink, clock, write, answers } = setUpSink()
    answers.push(() => Object.defineProperty(new Response(), 'redirected', { value: true }))
    write('a')
    await clock.advance(second)
    expect(sink.counts.pending).toBe(1)
  })
})

describe('httpSink after a failure', () => {
  it('waits 1, 2, 4 … 60 s, and tells once; success begins anew', async () => {
    const { clock, write, sent, answers, errors } = setUpSink()
    answers.push(...Array.from({ length: 9 }, (_one, place) => (place % 2 ? offline : say(503))))
    write('a')
    await clock.advance(second)
    const waits: number[] = []
    for (let last = clock.now(); sent.length < 10; last = clock.now()) {
      const before = sent.length
      while (sent.length === before) await clock.next()
      waits.push(clock.now() - last)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((one) => one * second))
    expect(errors).toEqual([`HTTP sink of ${url}/tasks: it tries again: status 503`])
    answers.push(offline)
    write('b')
    await clock.advance(second)
    expect(errors).toHaveLength(2)
    const failed = clock.now()
    while (sent.length < 12) await clock.next()
    expect(clock.now() - failed).toBe(second)
  })

  it('waits for half of that at the least', async () => {
    const { clock, write, sent, answers } = setUpSink({ random: () => 0 })
    answers.push(offline, offline)
    write('a')
    await clock.advance(second + 500)
    expect(sent).toHaveLength(2)
    await clock.advance(999)
    expect(sent).toHaveLength(2)
    await clock.advance(1)
    expect(sent).toHaveLength(3)
  })

  it('sends the newest versions under the same batch id', async () => {
    const { sink, clock, write, sent, answers } = setUpSink()
    answers.push(offline)
    write('a', 'b')
    await clock.advance(second)
    sink.write({ tasks: [task('a', 99, { status: 'succeeded' })], shows: [], origin: 'local' })
    await clock.advance(second)
    write('c')
    await clock.advance(second)
    const [first, again, next] = sent.map(({ body }) => body)
    expect(again).toMatchObject({ batchId: first!.batchId, attempt: 2, sentAt: first!.sentAt + second })
    expect(again!.tasks.find(({ id }) => id === 'a')).toMatchObject({ rev: 99 })
    expect(next!.attempt).toBe(1)
  })

  it('gives up on an answer that does not come in 10 s', async () => {
    const { sink, clock, write, sent, answers, errors } = setUpSink()
    answers.push(() => new Promise(() => {}))
    write('a')
    await clock.advance(11 * second - 1)
    expect(errors).toEqual([])
    await clock.advance(1)
    expect(errors[0]).toContain('no answer in 10000 ms')
    await clock.advance(second)
    expect(sent).toHaveLength(2)
    expect(sink.counts.pending).toBe(0)
  })

  it('keeps at most 1,000 tasks meanwhile, outcomes rather than progress, and counts the others', async () => {
    const { sink, clock, write, answers, errors } = setUpSink()
    answers.push(offline)
    sink.write({ tasks: [task('done', 1, { status: 'succeeded' })], shows: [], origin: 'local' })
    await clock.advance(second)
    write(...Array.from({ length: 1_500 }, (_one, place) => `t${place}`))
    expect(sink.counts).toMatchObject({ pending: 1_000, dropped: { queue_overflow: 501 } })
    expect(errors[1]).toContain('queue_overflow')
    expect(errors).toHaveLength(2)
    await clock.advance(minute)
    expect(sink.counts).toMatchObject({ created: 1_501, stored: 1_000, pending: 0 })
  })

  it('keeps at most 1 MiB meanwhile', async () => {
    const { sink, clock, answers } = setUpSink()
    answers.push(...Array.from({ length: 50 }, () => offline))
    const outputs = [`https://a.test/${'x'.repeat(8_000)}`]
    const write = (place: number) =>
      sink.write({ tasks: [task(`t${place}`, 1, { outputs })], shows: [], origin: 'local' })
    for (let place = 0; place < 200; place += 1) write(place)
    await clock.advance(2 * second)
    const { pending, dropped } = sink.counts
    expect(pending + dropped.queue_overflow).toBe(200)
    expect(pending * 8_100).toBeGreaterThan(1_000_000)
    expect(pending * 8_100).toBeLessThan(1_060_000)
    // Also of what comes while it waits.
    for (let place = 200; place < 300; place += 1) write(place)
    await clock.advance(second)
    expect(sink.counts.pending).toBe(pending)
  })
})

describe('httpSink and statuses', () => {
  const transient = new Set([408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524])

  it('does with each status from 200 to 599 what may help', async () => {
    const wrong: string[] = []
    for (let status = 200; status < 600; status += 1) {
      const { sink, clock, write, answers, sent } = setUpSink()
      answers.push(say(status))
      write('a')
      await clock.advance(5 * minute)
      const { stored, pending, dropped } = sink.counts
      const seen = {
        tries: sent.length,
        stored,
        pending,
        rejected: dropped.rejected,
        large: dropped.too_large,
      }
      const none = { tries: 1, stored: 0, pending: 0, rejected: 0, large: 0 }
      const expected = transient.has(status)
        ? { ...none, tries: 2, stored: 1 }
        : status < 300
          ? { ...none, stored: 1 }
          : status === 401 || status === 403
            ? { ...none, pending: 1 }
            : status === 413
              ? { ...none, large: 1 }
              : { ...none, rejected: 1 }
      if (JSON.stringify(seen) !== JSON.stringify(expected)) wrong.push(`${status}: ${JSON.stringify(seen)}`)
    }
    expect(wrong).toEqual([])
  })

  it.each([100, 101, 102, 103])('drops what is answered by an impossible %d', async (status) => {
    const { sink, clock, write, answers } = setUpSink()
    answers.push(() => Object.defineProperty(new Response(), 'status', { value: status }))
    answers[0] = () => {
      const response = new Response()
      Object.defineProperties(response, { status: { value: status }, ok: { value: false } })
      return response
    }
    write('a')
    await clock.advance(second)
    expect(sink.counts).toMatchObject({ pending: 0, dropped: { rejected: 1 } })
  })

  const date = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toUTCString()
  it.each([
    ['2', 2],
    ['0', 0],
    ['1.5', 1.5],
    ['86400', 300],
    [' 3 ', 3],
    [date(6 * second), 5],
    [date(86_400 * second), 300],
    [date(-50 * second), undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['2026-01-01', undefined],
  ])('waits as Retry-After: %s says, 0 to 300 s, or backs off', async (value, seconds) => {
    const { clock, write, sent, answers } = setUpSink()
    answers.push(offline, offline, say(429, { 'retry-after': value }))
    write('a')
    while (sent.length < 3) await clock.next()
    const asked = clock.now()
    const dates = Math.round((asked - Date.UTC(2026, 0, 1)) / second)
    while (sent.length < 4) await clock.next()
    const waited = (clock.now() - asked) / second
    const isDate = value.includes('GMT') && seconds !== undefined && seconds < 300
    // Without a Date of the server's, a date is measured by our own clock.
    expect(waited).toBeCloseTo(isDate ? Math.max(0, 6 - dates) || 4 : (seconds ?? 4), 1)
  })

  it("measures a Retry-After date by the response's own Date", async () => {
    const { clock, write, sent, answers } = setUpSink()
    const headers = { date: date(86_400_000), 'retry-after': date(86_400_000 + 7 * second) }
    answers.push(say(503, headers))
    write('a')
    await clock.advance(second)
    await clock.advance(7 * second - 1)
    expect(sent).toHaveLength(1)
    await clock.advance(1)
    expect(sent).toHaveLength(2)
  })

  it('pauses all of the sink for as long as the server asks, whoever is in a hurry', async () => {
    const { sink, clock, write, sent, answers } = setUpSink()
    answers.push(say(503, { 'retry-after': '120' }))
    write('a')
    await clock.advance(second)
    write(...Array.from({ length: 150 }, (_one, place) => `t${place}`))
    sink.resume()
    await sink.flush()
    await clock.advance(119 * second)
    expect(sent).toHaveLength(1)
    await clock.advance(second)
    expect(sent.length).toBeGreaterThan(1)
    expect(sink.counts).toMatchObject({ stored: 151, pending: 0 })
  })

  it.each([401, 403])('after %d keeps all, tells once, and goes on when somebody says so', async (status) => {
    let key = 'old'
    const { sink, clock, write, sent, answers, errors } = setUpSink({ headers: () => ({ key }) })
    answers.push(say(status), say(status))
    write('a')
    await clock.advance(60 * minute)
    write('b')
    await clock.advance(60 * minute)
    expect(sent).toHaveLength(1)
    await sink.flush()
    expect(sent).toHaveLength(2)
    expect(errors).toEqual([`HTTP sink of ${url}/tasks: a request is refused: status ${status}`])
    key = 'new'
    sink.resume()
    await clock.advance(0)
    expect(sent[2]!.headers.get('key')).toBe('new')
    expect(sink.counts).toMatchObject({ stored: 2, pending: 0 })
  })

  it('ends at 410', async () => {
    const { sink, clock, write, sent, answers, errors } = setUpSink()
    answers.push(say(410))
    write('a', 'b')
    await clock.advance(second)
    write('c')
    await clock.advance(60 * minute)
    await sink.flush()
    expect(sent).toHaveLength(1)
    expect(sink.counts).toMatchObject({ created: 2, pending: 0, dropped: { rejected: 2 } })
    expect(errors[0]).toContain('status 410')
    expect(clock.pending).toBe(0)
  })

  it('halves a batch that is too large, down to one record, which is dropped', async () => {
    const { sink, clock, write, sent, answers } = setUpSink()
    const refuse = () => (idsOf(sent.at(-1)!).includes('huge') ? say(413)() : accept())
    answers.push(...Array.from({ length: 60 }, () => refuse))
    write(...Array.from({ length: 20 }, (_one, place) => `t${place}`), 'huge')
    write(...Array.from({ length: 20 }, (_one, place) => `u${place}`))
    await clock.advance(minute)
    expect(sink.counts).toMatchObject({ created: 41, stored: 40, pending: 0, dropped: { too_large: 1 } })
    expect(sent.length).toBeLessThan(25)
  })

  it('sends nothing that is a week old', async () => {
    const { sink, clock, write, sent, answers } = setUpSink()
    answers.push(...Array.from({ length: 20_000 }, () => offline))
    write('old')
    await clock.advance(second)
    clock.sleep(4 * 86_400 * second)
    write('young')
    clock.sleep(3 * 86_400 * second)
    answers.length = 0
    await clock.advance(minute)
    expect(idsOf(sent.at(-1)!)).toEqual(['young'])
    expect(sink.counts).toMatchObject({ created: 2, stored: 1, dropped: { expired: 1 } })
  })

  it('does not mind a clock that jumps', async () => {
    const clock = createFakeClock()
    let jump = 0
    const { sink, write, sent, answers } = setUpSink({ clock: () => clock.now() + jump }, clock)
    answers.push(offline, say(503, { 'retry-after': '5' }), offline)
    for (const [place, ahead] of [-86_400_000, 86_400_000, -3_600_000, 0].entries()) {
      jump = ahead
      write(`t${place}`)
      await clock.advance(10 * second)
    }
    expect(sink.counts).toMatchObject({ created: 4, stored: 4, pending: 0 })
    expect(sent.length).toBeLessThan(9)
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
    expect(errors[0]).toContain('an option throws: broken')
    isBroken = false
    await sink.flush()
    await sink.flush()
    await clock.advance(minute)
    expect(sink.counts).toMatchObject({ stored: 1, pending: 0 })
  })

  it.each([
    [{ url: '' }, /url is ""/],
    [{ url: '/api' }, /url is "\/api"/],
    [{ url: 'ftp://host' }, /ftp/],
    [{ url: 'https://me:pw@host/' }, /url is/],
    [{ url: 'https://host/?key=1' }, /url is/],
    [{ url, delay: Number.NaN }, /delay is "NaN"/],
    [{ url, maxTasks: -1 }, /maxTasks is "-1"/],
    [{ url, timeout: '9' as never as number, maxBytes: 'many' as never }, /maxBytes is "many"/],
  ])('refuses %j at once', (options, message) => {
    expect(() => httpSink(options)).toThrow(TypeError)
    expect(() => httpSink(options)).toThrow(message)
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

describe('httpSink with a storage', () => {
  it('takes up what was left there, and leaves nothing behind', async () => {
    const { waiting, storage } = createRows()
    const first = setUpSink({ storage: storage() })
    first.answers.push(offline)
    first.write('a', 'b', 'a')
    await first.clock.advance(second)
    first.sink.close()
    expect(waiting().map(({ key, record }) => [key, 'rev' in record && record.rev])).toEqual([
      ['a', 3],
      ['b', 2],
    ])
    const next = setUpSink({ storage: storage() })
    await next.clock.advance(second)
    expect(next.ids()).toEqual([['a', 'b']])
    await next.sink.flush()
    expect(waiting()).toEqual([])
    expect(next.sink.counts).toMatchObject({ created: 2, stored: 2, pending: 0 })
  })

  it('removes a row only when it holds what was answered for', async () => {
    const { waiting, storage } = createRows()
    const [one, two] = [setUpSink({ storage: storage() }), setUpSink({ storage: storage() })]
    const hold: ((response: Response) => void)[] = []
    one.answers.push(() => new Promise((resolve) => hold.push(resolve)))
    one.write('a')
    await one.clock.advance(second)
    two.answers.push(offline)
    two.sink.write({ tasks: [task('a', 9)], shows: [], origin: 'local' })
    await two.clock.advance(second)
    hold[0]!(new Response())
    await one.sink.flush()
    expect(waiting()).toMatchObject([{ key: 'a', record: { rev: 9 } }])
    // Nor does an older version come over a newer one.
    one.sink.write({ tasks: [task('a', 5)], shows: [], origin: 'local' })
    one.answers.push(offline)
    await one.sink.flush()
    expect(waiting()).toMatchObject([{ key: 'a', record: { rev: 9 } }])
  })

  it('keeps ten times as much, and in memory what it does without', async () => {
    const { storage, fail } = createRows()
    const { sink, write, clock, errors } = setUpSink({ storage: storage() })
    const many = Array.from({ length: 12_000 }, (_one, place) => `t${place}`)
    write(...many)
    expect(sink.counts).toMatchObject({ pending: 10_000, dropped: { queue_overflow: 2_000 } })
    fail(new Error('QuotaExceededError'))
    write(...many)
    await clock.advance(0)
    await clock.advance(0)
    expect(errors.filter((one) => one.includes('in memory: QuotaExceededError'))).toHaveLength(1)
    const { created, stored, pending, dropped } = sink.counts
    expect(created).toBe(stored + pending + dropped.queue_overflow)
    expect(pending).toBeLessThanOrEqual(1_000)
  })

  it('goes on in memory when nothing can be read, and says so once', async () => {
    const { storage, fail } = createRows()
    fail(new Error('SecurityError'))
    const { sink, write, clock, ids, errors } = setUpSink({ storage: storage() })
    write('a')
    await clock.advance(second)
    write('b')
    await clock.advance(second)
    await sink.flush()
    expect(ids()).toEqual([['a'], ['b']])
    expect(errors).toEqual([
      `HTTP sink of ${url}/tasks: its storage fails, so it goes on in memory: SecurityError`,
    ])
  })

  it('counts in it what has become of all records, over pages', async () => {
    const { storage } = createRows()
    const first = setUpSink({ storage: storage() })
    first.answers.push(accept, offline)
    first.write('a')
    await first.clock.advance(second)
    first.write('b', 'c')
    await first.clock.advance(second)
    first.sink.close()
    expect(await storage().counts()).toMatchObject({ created: 3, stored: 1, pending: 2 })
    const next = setUpSink({ storage: storage() })
    next.answers.push(say(200, {}, { rejected: [{ index: 0, reason: 'no show' }] }))
    await next.clock.advance(second)
    await next.sink.flush()
    expect(await storage().counts()).toEqual({
      created: 3,
      stored: 2,
      dropped: {
        queue_overflow: 0,
        expired: 0,
        too_large: 0,
        rejected: 1,
        serialize_error: 0,
        storage_error: 0,
      },
      pending: 0,
    })
  })

  it('counts nothing where nothing was', async () => {
    expect(await createRows().storage().counts()).toMatchObject({ created: 0, stored: 0, pending: 0 })
  })

  it('counts what it finds there that is no record', async () => {
    const { waiting, storage, keep } = createRows()
    keep('x', null as never)
    keep('a', task('a'))
    const { sink, clock, ids } = setUpSink({ storage: storage() })
    await clock.advance(second)
    expect(ids()).toEqual([['a']])
    expect(sink.counts).toMatchObject({ created: 2, stored: 1, dropped: { storage_error: 1 } })
    // It would be counted again by every page.
    await sink.flush()
    expect(waiting()).toEqual([])
  })
})
