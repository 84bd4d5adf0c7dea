import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stride, uniformOf } from '../records/hash.ts'
import { readDistribution } from './distribution.ts'

const ten = Array.from({ length: 10 }, (_, place) => 2 ** place * 1_000)

describe('readDistribution', () => {
  it('is exceeded by k of n + 1 at the k-th longest of n', () => {
    const { exceededBy, shareLonger } = readDistribution(ten)
    for (const [place, duration] of ten.toReversed().entries()) {
      expect(exceededBy((place + 1) / 11)).toBeCloseTo(duration, 6)
      expect(shareLonger(duration)).toBeCloseTo((place + 1) / 11, 12)
    }
  })

  it('interpolates geometrically between two samples', () => {
    expect(readDistribution(ten).exceededBy(1.5 / 11)).toBeCloseTo(Math.sqrt(512_000 * 256_000), 6)
  })

  it('takes the fastest sample as the minimum', () => {
    const { exceededBy, shareLonger } = readDistribution(ten)
    expect(exceededBy(0.999)).toBeCloseTo(1_000, 6)
    expect(shareLonger(999)).toBe(1)
    expect(shareLonger(0)).toBe(1)
  })

  it('estimates a longer remaining time for a task that is longer than all samples', () => {
    const { exceededBy, shareLonger } = readDistribution(ten)
    const medianAfter = (passed: number) => exceededBy(0.5 * shareLonger(passed)) - passed
    expect(medianAfter(1_024_000)).toBeGreaterThan(medianAfter(512_000) * 1.9)
    expect(medianAfter(512_000)).toBeGreaterThan(100_000)
  })

  it('has a 90th percentile that holds for five samples, too', () => {
    let bits = 1
    const random = () => uniformOf((bits = (bits + stride) | 0))
    const lognormal = (sigma: number) => {
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
      return 1e6 * Math.exp(sigma * normal)
    }
    for (const sigma of [0.05, 0.3, 1]) {
      let held = 0
      for (let time = 0; time < 2_000; time += 1) {
        const { exceededBy } = readDistribution(Array.from({ length: 5 }, () => lognormal(sigma)))
        if (lognormal(sigma) <= exceededBy(0.1)) held += 1
      }
      expect(held / 2_000).toBeGreaterThan(0.85)
      expect(held / 2_000).toBeLessThan(0.98)
    }
  })

  it('is monotonic and invertible', () => {
    const durations = fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 128 })
    const share = fc.double({ min: 1e-6, max: 1, noNaN: true })
    fc.assert(
      fc.property(durations, share, share, (given, a, b) => {
        const { exceededBy, shareLonger } = readDistribution(given)
        if (a < b) expect(exceededBy(a)).toBeGreaterThanOrEqual(exceededBy(b))
        const duration = exceededBy(a)
        expect(duration).toBeGreaterThanOrEqual(0)
        expect(exceededBy(shareLonger(duration)) / duration).toBeCloseTo(1, 6)
      }),
    )
  })
})
