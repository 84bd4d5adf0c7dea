import { describe, expect, it } from 'vitest'
import { stainlessRepeats } from './stainless-repeats.ts'

const url = 'https://api.openai.com/v1/images/generations'
const call = (tries: number, body: unknown = '{"prompt":"Ada"}') =>
  [
    url,
    { method: 'POST', body: body as string, headers: { 'x-stainless-retry-count': String(tries) } },
  ] as const

const canceled = new Error('canceled')

describe('stainlessRepeats', () => {
  it('knows every further try of a call that was ended', () => {
    const { ended, endOf } = stainlessRepeats()
    ended([...call(0)], canceled)
    expect(endOf([...call(1)])).toBe(canceled)
    expect(endOf([...call(2)])).toBe(canceled)
  })

  it('knows a form by its identity', () => {
    const { ended, endOf } = stainlessRepeats()
    const form = new FormData()
    ended([...call(1, form)], canceled)
    expect(endOf([...call(2, form)])).toBe(canceled)
    expect(endOf([...call(2, new FormData())])).toBeUndefined()
  })

  it('lets other calls pass: of another body, of another try, of no such client', () => {
    const { ended, endOf } = stainlessRepeats()
    ended([...call(0)], canceled)
    expect(endOf([...call(1, '{"prompt":"Bo"}')])).toBeUndefined()
    expect(endOf([...call(2)])).toBeUndefined()
    expect(endOf([url, { method: 'POST' }])).toBeUndefined()
    expect(endOf([url])).toBeUndefined()
  })

  it('forgets the end when the same is begun anew', () => {
    const { ended, endOf } = stainlessRepeats()
    ended([...call(0)], canceled)
    expect(endOf([...call(0)])).toBeUndefined()
    expect(endOf([...call(1)])).toBeUndefined()
  })

  it('remembers the newest twenty', () => {
    const { ended, endOf } = stainlessRepeats()
    for (let place = 0; place < 21; place += 1) ended([...call(0, `${place}`)], new Error(`${place}`))
    expect(endOf([...call(1, '0')])).toBeUndefined()
    expect(endOf([...call(1, '1')])?.message).toBe('1')
  })
})
