import { describe, expect, it } from 'vitest'
import { assertAgreement } from './agreement.ts'
import { wrappers } from './calls/all.ts'
import { contestants } from './contestants/all.ts'
import { createStorage, quota } from './contestants/stored-array.ts'
import { timeCalls } from './track.ts'
import { prepare } from './workload.ts'

const workloads = { one: prepare('one', 60), many: prepare('many', 60) }

describe.each(contestants)('$name', (contestant) => {
  it.each(['one', 'many'] as const)('shows what the limit shows after every event, in %s', (shape) => {
    expect(() => assertAgreement(contestant, workloads[shape])).not.toThrow()
  })

  it('goes on from what was loaded at once', () => {
    const { length } = workloads.many.versions
    expect(() => assertAgreement(contestant, workloads.many, length / 2)).not.toThrow()
  })
})

describe('assertAgreement', () => {
  it('finds a contestant that misses an event', () => {
    const [honest] = contestants
    const forgetful = {
      ...honest!,
      start: (workload: typeof workloads.one) => {
        const running = honest!.start(workload)
        return { ...running, play: (from: number, to: number) => running.play(from, to - 1) }
      },
    }
    expect(() => assertAgreement(forgetful, workloads.one)).toThrow(/other figures/)
  })
})

describe('createStorage', () => {
  it('holds as much as a browser allows, keys included', () => {
    const storage = createStorage()
    storage.setItem('key', 'x'.repeat(quota - 3))
    expect(() => storage.setItem('key', 'x'.repeat(quota - 2))).toThrow(DOMException)
    expect(storage.getItem('key')).toHaveLength(quota - 3)
  })
})

// All but OpenTelemetry: tests resolve it to files that Node alone cannot read. `pnpm run bench` asserts the same of it.
const tested = Object.keys(wrappers).filter((name) => name !== 'openTelemetry')

describe('timeCalls', () => {
  it.each(tested)('finds every call known to %s', async (name) => {
    expect(await timeCalls(await wrappers[name]!(), 40)).toBeGreaterThan(0)
  })
})
