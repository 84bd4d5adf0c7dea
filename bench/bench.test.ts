import { describe, expect, it } from 'vitest'
import { assertAgreement } from './events.ts'
import { prepare } from './workload.ts'

describe('the contestants', () => {
  it.each(['one', 'many'] as const)('show the same figures after every event, in %s', (shape) => {
    const workload = prepare(shape, 100)
    expect(() => assertAgreement(workload, 0, workload.versions.length)).not.toThrow()
  })
})
