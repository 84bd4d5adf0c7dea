import { describe, expect, it } from 'vitest'
import { type Part, simulate } from './simulation.ts'

/** A part with a fixed duration. */
const part = (step: number, ms: number, more: Partial<Part> = {}): Part => ({
  step,
  isRunning: false,
  takes: () => ms,
  seed: step,
  waits: 0,
  followers: [],
  ...more,
})
const [none, open] = [[], [Infinity, Infinity]]

describe('simulate', () => {
  it('runs parts without prerequisites in parallel', () => {
    const parts = [part(0, 10), part(0, 30), part(1, 20)]
    expect(simulate({ parts, gates: none, limits: open, limit: Infinity }, 1)).toEqual([
      { took: 30, path: [1] },
    ])
  })

  it('begins a part when enough parts of its prerequisite step are done', () => {
    const parts = [part(0, 10), part(0, 20), part(0, 90), part(1, 5, { waits: 1 })]
    const plan = { parts, limits: open, limit: Infinity }
    const gate = (missing: number) => ({ ...plan, gates: [{ step: 0, missing, behind: [3] }] })
    expect(simulate(gate(2), 1)).toEqual([{ took: 90, path: [2] }])
    expect(simulate(gate(3), 1)).toEqual([{ took: 95, path: [2, 3] }])
  })

  it('begins a part when the part of the same item is done', () => {
    const parts = [
      part(0, 10, { followers: [2] }),
      part(0, 30, { followers: [3] }),
      part(1, 50, { waits: 1 }),
      part(1, 20, { waits: 1 }),
    ]
    expect(simulate({ parts, gates: none, limits: open, limit: Infinity }, 1)).toEqual([
      { took: 60, path: [0, 2] },
    ])
  })

  it('keeps the limits of a step and of all steps together', () => {
    const parts = [part(0, 10, { isRunning: true }), part(0, 10), part(0, 10), part(1, 10)]
    const plan = { parts, gates: none }
    expect(simulate({ ...plan, limits: [1, 9], limit: Infinity }, 1)).toEqual([{ took: 30, path: [0, 1, 2] }])
    expect(simulate({ ...plan, limits: open, limit: 2 }, 1)[0]!.took).toBe(20)
    expect(simulate({ ...plan, limits: open, limit: 1 }, 1)[0]!.took).toBe(40)
  })

  it('continues running parts beyond a limit', () => {
    const parts = [part(0, 10, { isRunning: true }), part(0, 30, { isRunning: true }), part(0, 5)]
    expect(simulate({ parts, gates: none, limits: [1], limit: 1 }, 1)[0]!.took).toBe(35)
  })

  it('draws all durations equally often, and the same ones for the same seed', () => {
    const takes = (uniform: number) => 1 + Math.floor(4 * uniform)
    const plan = { parts: [part(0, 0, { takes, seed: 7 })], gates: none, limits: open, limit: Infinity }
    const took = simulate(plan, 4_000).map((one) => one.took)
    for (const one of [1, 2, 3, 4]) {
      const times = took.filter((other) => other === one).length
      expect(times).toBeGreaterThan(900)
      expect(times).toBeLessThan(1_100)
    }
    expect(simulate(plan, 4_000).map((one) => one.took)).toEqual(took)
  })
})
