import { createFakeClock } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { queueStorage } from '../index.ts'
import { accept, idsOf, say, setUpSink } from '../testing/sink.ts'

const second = 1_000
const minute = 60 * second
const many = (count: number) => Array.from({ length: count }, (_one, place) => `t${place}`)

describe('httpSink and a collector of another kind', () => {
  it('sends all in one flush to one that takes less at a time', async () => {
    const { sink, write, sent, answers } = setUpSink()
    answers.push(say(413), say(413))
    write(...many(300))
    await sink.flush()
    expect(sent.map((one) => idsOf(one).length)).toEqual([300, 150, 75, 85, 95, 45])
    expect(sink.counts).toMatchObject({ stored: 300, pending: 0 })
  })

  it('does not press one that asks for no pause', async () => {
    const { write, clock, sent, answers } = setUpSink()
    answers.push(...Array.from({ length: 200 }, () => say(503, { 'retry-after': '0' })))
    write('a')
    await clock.advance(minute)
    expect(sent.length).toBeLessThanOrEqual(61)
  })

  it.each([
    ['a list after a redirect', { tasks: [], shows: [] }, true],
    ['an error with status 200', { error: 'unauthorized' }, false],
  ])('takes %s for no answer', async (_what, body, isRedirected) => {
    const { sink, write, clock, answers } = setUpSink()
    answers.push(() => Object.defineProperty(Response.json(body), 'redirected', { value: isRedirected }))
    write('a')
    await clock.advance(second)
    expect(sink.counts).toMatchObject({ stored: 0, pending: 1 })
    await clock.advance(2 * second)
    expect(sink.counts).toMatchObject({ stored: 1, pending: 0 })
  })

  it('takes an answer of its own after a redirect', async () => {
    const { sink, write, clock, answers } = setUpSink()
    answers.push(() => Object.defineProperty(Response.json({ accepted: 1 }), 'redirected', { value: true }))
    write('a')
    await clock.advance(second)
    expect(sink.counts.stored).toBe(1)
  })

  it('reads places that are written as texts', async () => {
    const { sink, write, clock, answers } = setUpSink()
    answers.push(say(200, {}, { retry: ['0'], rejected: [{ index: '1', reason: 'no' }] }))
    write('a', 'b', 'c')
    await clock.advance(second)
    expect(sink.counts).toMatchObject({ stored: 1, pending: 1, dropped: { rejected: 1 } })
  })

  it('says nothing of a header that cannot be sent but that', async () => {
    const { write, clock, errors, sent } = setUpSink({ headers: { 'x-api-key': 'secret\nline' } })
    write('a')
    await clock.advance(second)
    expect(sent).toEqual([])
    expect(errors).toEqual([expect.stringMatching(/^(?!.*secret).*invalid headers/s)])
  })
})

describe('httpSink and a storage that hangs', () => {
  const never = () => new Promise<never>(() => {})

  it('sends what it has, and ends its flush in time, where nothing is ever loaded', async () => {
    const { sink, write, clock, ids } = setUpSink({ storage: queueStorage({ load: never, update: never }) })
    write('a')
    let isDone = false
    void sink.flush().then(() => (isDone = true))
    await clock.advance(0)
    expect(ids()).toEqual([['a']])
    await clock.advance(20 * second)
    expect(isDone).toBe(true)
  })

  it('leaves no timer behind', async () => {
    const clock = createFakeClock()
    const { sink, write, answers } = setUpSink(
      { storage: queueStorage({ load: async () => [], update: async () => {} }) },
      clock,
    )
    answers.push(accept)
    write('a')
    await sink.flush()
    expect(clock.pending).toBe(0)
  })
})
