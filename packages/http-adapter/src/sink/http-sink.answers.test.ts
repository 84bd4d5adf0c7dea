import { createFakeClock } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { accept, idsOf, offline, say, setUpSink, task, url } from '../testing/sink.ts'

const second = 1_000
const minute = 60 * second

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
    expect(errors[0]).toContain('record rejected: too old')
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

  it('is not quoted in a report when it is not JSON', async () => {
    const kit = setUpSink()
    kit.answers.push(() => Promise.resolve(new Response('hunter2')))
    kit.write('a')
    await kit.clock.advance(second)
    expect(kit.errors).toEqual([`HTTP sink of ${url}/tasks: retrying: the body is not valid JSON`])
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
    ['0', 1],
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

  it('pauses all of the sink for as long as the server asks, also when it is told to hurry', async () => {
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

  it.each([401, 403])('after %d keeps all, tells once, and goes on when it is resumed', async (status) => {
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
    expect(errors).toEqual([`HTTP sink of ${url}/tasks: request refused: status ${status}`])
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
