import { describe, expect, it } from 'vitest'
import { sameCallRepeats } from './same-call-repeats.ts'

const canceled = new Error('canceled')

describe('sameCallRepeats', () => {
  it('knows the very same objects again, however often', () => {
    const { ended, endOf } = sameCallRepeats()
    const [url, init] = [new URL('https://api.replicate.com/v1/predictions'), { method: 'POST' }]
    ended([url, init], canceled)
    expect(endOf([url, init])).toBe(canceled)
    expect(endOf([url, init])).toBe(canceled)
  })

  it('lets equal calls pass, which somebody makes anew', () => {
    const { ended, endOf } = sameCallRepeats()
    const [url, init] = [new URL('https://api.replicate.com/v1/predictions'), { method: 'POST' }]
    ended([url, init], canceled)
    ended([url.href, init], canceled)
    expect(endOf([new URL(url), init])).toBeUndefined()
    expect(endOf([url, { ...init }])).toBeUndefined()
    expect(endOf([url.href, init])).toBeUndefined()
  })
})
