import { describe, expect, it } from 'vitest'
import { type Part, rehearse } from './rehearsal.ts'

/** A part that always takes the same. */
const part = (step: number, ms: number, more: Partial<Part> = {}): Part => ({
  step,
  isRunning: false,
  durations: Float64Array.of(ms),
  seed: step,
  waitsFor: [],
  opens: [],
  ...more,
})
const [none, open] = [[], [Infinity, Infinity]]

describe('rehearse', () => {
  it('runs side by side what waits for nothing', () => {
    const parts = [part(0, 10), part(0, 30), part(1, 20)]
    expect(rehearse({ parts, gates: none, limits: open, limit: Infinity }, 1)).toEqual([
      { took: 30, path: [1] },
    ])
  })

  it('opens a gate when enough of its parts are done', () => {
    const parts = [
      part(0, 10, { opens: [0] }),
      part(0, 20, { opens: [0] }),
      part(0, 90, { opens: [0] }),
      part(1, 5, { waitsFor: [0] }),
    ]
    const plan = { parts, limits: open, limit: Infinity }
    expect(rehearse({ ...plan, gates: [2] }, 1)).toEqual([{ took: 90, path: [2] }])
    expect(rehearse({ ...plan, gates: [3] }, 1)).toEqual([{ took: 95, path: [2, 3] }])
  })

  it('begins no more than a step, or all together, can have', () => {
    const parts = [part(0, 10, { isRunning: true }), part(0, 10), part(0, 10), part(1, 10)]
    const plan = { parts, gates: none }
    expect(rehearse({ ...plan, limits: [1, 9], limit: Infinity }, 1)).toEqual([{ took: 30, path: [0, 1, 2] }])
    expect(rehearse({ ...plan, limits: open, limit: 2 }, 1)[0]!.took).toBe(20)
    expect(rehearse({ ...plan, limits: open, limit: 1 }, 1)[0]!.took).toBe(40)
  })

  it('lets what runs already go on beyond a limit', () => {
    const parts = [part(0, 10, { isRunning: true }), part(0, 30, { isRunning: true }), part(0, 5)]
    expect(rehearse({ parts, gates: none, limits: [1], limit: 1 }, 1)[0]!.took).toBe(35)
  })

  it('draws all durations about equally often, and the same ones for the same seed', () => {
    const durations = Float64Array.of(1, 2, 3, 4)
    const plan = { parts: [part(0, 0, { durations, seed: 7 })], gates: none, limits: open, limit: Infinity }
    const took = rehearse(plan, 4_000).map((one) => one.took)
    for (const one of durations) {
      const times = took.filter((other) => other === one).length
      expect(times).toBeGreaterThan(900)
      expect(times).toBeLessThan(1_100)
    }
    expect(rehearse(plan, 4_000).map((one) => one.took)).toEqual(took)
  })
})
