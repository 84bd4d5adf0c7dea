import { describe, expect, it } from 'vitest'
import { createRandom, lognormal } from './random.ts'

const draw = (seed: number | string, count: number) => {
  const random = createRandom(seed)
  return Array.from({ length: count }, random)
}

describe('createRandom', () => {
  it('returns the same numbers for the same seed, and others for another', () => {
    expect(draw(7, 100)).toEqual(draw('7', 100))
    for (const seed of [0, 8, 'seven', 'sevem']) expect(draw(seed, 1)[0]).not.toBeCloseTo(draw(7, 1)[0]!, 3)
  })

  it('is uniform from 0 to under 1', () => {
    const tenths = Array.from({ length: 10 }, () => 0)
    for (const number of draw(1, 100_000)) tenths[Math.floor(number * 10)]! += 1
    expect(tenths).toHaveLength(10)
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  })
})

describe('lognormal', () => {
  it('has its median, and a long tail above it', () => {
    const random = createRandom(1)
    const sorted = Array.from({ length: 20_001 }, () => lognormal(random, 12_000, 0.5)).toSorted(
      (a, b) => a - b,
    )
    expect(sorted[10_000]).toBeGreaterThan(11_700)
    expect(sorted[10_000]).toBeLessThan(12_300)
    // One sigma above the median is e^0.5 times it.
    expect(sorted[Math.floor(20_001 * 0.8413)]! / 12_000).toBeCloseTo(Math.exp(0.5), 1)
    expect(sorted[0]).toBeGreaterThan(0)
    expect(sorted.every(Number.isFinite)).toBe(true)
  })
})
