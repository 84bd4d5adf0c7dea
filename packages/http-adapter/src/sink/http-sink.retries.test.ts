import { describe, expect, it } from 'vitest'
import { offline, say, setUpSink, task, url } from '../testing/sink.ts'

const second = 1_000
const minute = 60 * second

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
    expect(errors).toEqual([`HTTP sink of ${url}/tasks: retrying: status 503`])
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
