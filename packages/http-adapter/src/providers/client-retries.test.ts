import { describe, expect, it } from 'vitest'
import type { CallEnd } from '../jobs/provider.ts'
import { createRepeats } from './client-retries.ts'
import { describeRequest, type FetchArguments, methodOf, urlOf } from '../route/request.ts'

const of = (args: FetchArguments) =>
  describeRequest(args, { url: urlOf(args)!, method: methodOf(args), params: {} })

/** Of calls that are all for the same. */
function setUp() {
  const repeats = createRepeats()
  return {
    ended: (args: FetchArguments, end: CallEnd) => repeats.ended(args, 'ada', end, of(args)),
    endOf: (args: FetchArguments) => repeats.endOf(args, 'ada', of(args)),
    endOfBo: (args: FetchArguments) => repeats.endOf(args, 'bo', of(args)),
    repeats,
  }
}

const url = 'https://api.openai.com/v1/images/generations'
const call = (tries: number, body: unknown = '{"prompt":"Ada"}') =>
  [
    url,
    { method: 'POST', body: body as string, headers: { 'x-stainless-retry-count': String(tries) } },
  ] as const

const end = { taskId: 't1', reason: new Error('canceled') }

describe('createRepeats', () => {
  it('knows every further try of a call that was ended', () => {
    const { ended, endOf } = setUp()
    ended([...call(0)], end)
    expect(endOf([...call(1)])).toBe(end)
    expect(endOf([...call(2)])).toBe(end)
  })

  it('takes the same call for something else for no repetition', () => {
    const { ended, endOf, endOfBo } = setUp()
    ended([...call(0)], end)
    expect(endOfBo([...call(1)])).toBeUndefined()
    expect(endOf([...call(1)])).toBe(end)
  })

  it('knows a form by its identity', () => {
    const { ended, endOf } = setUp()
    const form = new FormData()
    ended([...call(1, form)], end)
    expect(endOf([...call(2, form)])).toBe(end)
    expect(endOf([...call(2, new FormData())])).toBeUndefined()
  })

  it('lets other calls pass: of another body, of another try, of no such client', () => {
    const { ended, endOf } = setUp()
    ended([...call(0)], end)
    expect(endOf([...call(1, '{"prompt":"Bo"}')])).toBeUndefined()
    expect(endOf([...call(2)])).toBeUndefined()
    expect(endOf([url, { method: 'POST' }])).toBeUndefined()
    expect(endOf([url])).toBeUndefined()
  })

  it('takes the same call for another try where one has failed, also without a number', () => {
    const { ended, endOf } = setUp()
    const failed = { taskId: 't1' }
    for (const args of [[...call(0)], [url, { method: 'POST', body: 'same' }]] as const) {
      ended([...args], failed)
      expect(endOf([...args])).toBe(failed)
      expect(endOf([...args])).toBeUndefined()
    }
  })

  it('keeps no long text for that, but for what must not be paid for twice', () => {
    const { ended, endOf } = setUp()
    const long = 'A'.repeat(70_000)
    ended([...call(0, long)], { taskId: 't1' })
    expect(endOf([...call(1, long)])).toBeUndefined()
    ended([...call(0, long)], end)
    expect(endOf([...call(1, long)])).toBe(end)
  })

  it('leaves headers that can be read only once', () => {
    const { endOf } = setUp()
    const headers = new Map([['x-stainless-retry-count', '1']]).entries()
    endOf([url, { body: 'same', headers: headers as never }])
    expect([...headers]).toHaveLength(1)
  })

  it('forgets the end when the same is begun anew', () => {
    const { ended, endOf } = setUp()
    ended([...call(0)], end)
    expect(endOf([...call(0)])).toBeUndefined()
    expect(endOf([...call(1)])).toBeUndefined()
  })

  it('tells of the last end, where a try has ended as well', () => {
    const { ended, endOf } = setUp()
    ended([...call(0)], { taskId: 't1' })
    expect(endOf([...call(1)])).toEqual({ taskId: 't1' })
    ended([...call(1)], end)
    expect(endOf([...call(2)])).toBe(end)
  })

  it('remembers the newest twenty', () => {
    const { ended, endOf } = setUp()
    for (let place = 0; place < 21; place += 1) ended([...call(0, `${place}`)], { taskId: `${place}` })
    expect(endOf([...call(1, '0')])).toBeUndefined()
    expect(endOf([...call(1, '1')])?.taskId).toBe('1')
  })

  describe('with the objects of a client', () => {
    const address = 'https://api.replicate.com/v1/predictions'
    const objects = () => [new URL(address), { method: 'POST', body: '{"input":{}}' }] as const

    it('knows the very same ones again, however often', () => {
      const { ended, endOf } = setUp()
      const args = objects()
      ended([...args], end)
      expect(endOf([...args])).toBe(end)
      expect(endOf([...args])).toBe(end)
    })

    it('lets equal calls pass that are made anew', () => {
      const { ended, endOf } = setUp()
      const [input, init] = objects()
      ended([input, init], end)
      expect(endOf(objects() as never)).toBeUndefined()
      ended([input, init], end)
      expect(endOf([input, { ...init }])).toBeUndefined()
      expect(endOf([address, init])).toBeUndefined()
    })

    it('takes equal ones for another try of what has failed', () => {
      const { ended, endOf } = setUp()
      const failed = { taskId: 't1' }
      ended([...objects()], failed)
      expect(endOf([...objects()])).toBe(failed)
    })

    it('knows a Request by its text, once that is read', async () => {
      const { repeats, ended, endOf } = setUp()
      const failed = { taskId: 't1' }
      const requestOf = (body: string) => new Request(address, { method: 'POST', body })
      const first: FetchArguments = [requestOf('a')]
      const call = of(first)
      expect(repeats.hasEnded!(call)).toBe(false)
      repeats.ended(first, 'ada', failed, call)
      expect(repeats.hasEnded!(call)).toBe(true)
      await call.readAhead()
      for (const [body, end] of [
        ['b', undefined],
        ['a', failed],
      ] as const) {
        const next: FetchArguments = [requestOf(body)]
        expect(endOf(next)).toBeUndefined()
        const read = of(next)
        await read.readAhead()
        expect(repeats.endOf(next, 'ada', read)).toBe(end)
      }
      ended([requestOf('a')], failed)
      expect(endOf([requestOf('a')])).toBeUndefined()
    })
  })
})
