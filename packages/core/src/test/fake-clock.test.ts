import { describe, expect, it } from 'vitest'
import { createFakeClock } from './fake-clock.ts'

const setup = () => {
  const clock = createFakeClock(1_000)
  const seen: string[] = []
  const after = (ms: number, name: string) =>
    clock.schedule(() => void seen.push(`${name} at ${clock.now()}`), ms)
  return { clock, seen, after }
}

describe('createFakeClock', () => {
  it('advances only on demand', async () => {
    const { clock } = setup()
    expect(clock.now()).toBe(1_000)
    await clock.advance(0)
    expect(clock.now()).toBe(1_000)
    await clock.advance(250)
    expect(clock.now()).toBe(1_250)
    expect(createFakeClock().now()).toBe(Date.parse('2026-01-01T00:00:00Z'))
  })

  it('runs due timers in the order of their times, the older first, each at its own time', async () => {
    const { clock, seen, after } = setup()
    after(30, 'late')
    after(10, 'first')
    after(10, 'second')
    after(31, 'not yet')
    await clock.advance(30)
    expect(seen).toEqual(['first at 1010', 'second at 1010', 'late at 1030'])
    expect(clock.pending).toBe(1)
  })

  it('runs timers that other timers and promises start, when they are due', async () => {
    const { clock, seen, after } = setup()
    const wait = (ms: number) => new Promise<void>((resolve) => void clock.schedule(resolve, ms))
    const work = async () => {
      for (const name of ['one', 'two', 'three']) {
        await wait(10)
        for (let hop = 0; hop < 50; hop += 1) await Promise.resolve()
        seen.push(`${name} at ${clock.now()}`)
      }
    }
    const done = work()
    after(15, 'between')
    await clock.advance(30)
    await done
    expect(seen).toEqual(['one at 1010', 'between at 1015', 'two at 1020', 'three at 1030'])
  })

  it('lets promises start their timers before it advances', async () => {
    const { clock, seen, after } = setup()
    void Promise.resolve().then(() => after(5, 'begun'))
    await clock.advance(5)
    expect(seen).toEqual(['begun at 1005'])
  })

  it('does not run a canceled timer, even if a timer of the same time canceled it', async () => {
    const { clock, seen, after } = setup()
    after(10, 'gone')()
    clock.schedule(() => undo(), 10)
    const undo = after(10, 'gone too')
    expect(clock.pending).toBe(2)
    await clock.advance(10)
    expect(seen).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('advances to the next timer, and returns the duration', async () => {
    const { clock, seen, after } = setup()
    after(86_400_000, 'tomorrow')
    after(1, 'soon')
    expect(await clock.next()).toBe(1)
    expect(await clock.next()).toBe(86_399_999)
    expect(await clock.next()).toBeUndefined()
    expect(seen).toEqual(['soon at 1001', 'tomorrow at 86401000'])
  })

  it('sleeps without running timers, which run at the next advance', async () => {
    const { clock, seen, after } = setup()
    after(10, 'overslept')
    clock.sleep(60_000)
    expect(seen).toEqual([])
    expect(clock.now()).toBe(61_000)
    expect(await clock.next()).toBe(0)
    expect(seen).toEqual(['overslept at 61000'])
  })

  it('never runs a timer early, and never goes back', async () => {
    const { clock, seen, after } = setup()
    after(-5, 'at once')
    after(1.2, 'rounded up')
    await clock.advance(2)
    expect(seen).toEqual(['at once at 1000', 'rounded up at 1002'])
  })

  it('refuses invalid durations, and rejects if a timer throws', async () => {
    const { clock, after, seen } = setup()
    expect(() => clock.schedule(() => {}, Infinity)).toThrow(
      'Invalid duration: expected finite milliseconds, got Infinity.',
    )
    await expect(clock.advance(Number.NaN)).rejects.toThrow('got NaN')
    clock.schedule(() => {
      throw new Error('broken timer')
    }, 1)
    after(2, 'later')
    await expect(clock.advance(5)).rejects.toThrow('broken timer')
    await clock.advance(5)
    expect(seen).toEqual(['later at 1002'])
  })
})
