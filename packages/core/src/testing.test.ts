import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { assertLaw } from './testing.ts'

describe('assertLaw', () => {
  afterEach(() => void vi.unstubAllEnvs())

  const small = fc.property(fc.nat(), (number) => number < 1_000)
  const messageOf = async () => {
    const error: unknown = await assertLaw(small).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    return (error as Error).message
  }

  it('says how to run what broke the law again, and that runs it', async () => {
    const message = await messageOf()
    expect(message).toContain('Counterexample: [1000]')
    expect(message).toMatch(
      /LAW_SEED=-?\d+ LAW_PATH=[\d:]+ pnpm exec vitest run --project node packages\/core\/src\/testing\.test\.ts -t "says how to run what broke the law again, and that runs it"/,
    )
    const [, seed = '', path = ''] = /LAW_SEED=(\S+) LAW_PATH=(\S+)/.exec(message) ?? []
    vi.stubEnv('LAW_SEED', seed)
    vi.stubEnv('LAW_PATH', path)
    expect(await messageOf()).toMatch(/failed after 1 tests[^]*Counterexample: \[1000\]/)
  })
})
