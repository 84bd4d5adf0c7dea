import { describe, expect, it, vi } from 'vitest'
import type { TaskRecord } from './task.ts'
import { createTestTracker } from './test-tracker.ts'

type Loose = (type: unknown, fn: unknown, options?: unknown) => unknown

function setUp() {
  const kit = createTestTracker()
  const show = kit.tracker.show('s')
  const task = () => kit.tracker.getTask('task-1') as TaskRecord | undefined
  return { ...kit, show, track: show.track as Loose, wrap: show.wrap as unknown as Loose, task }
}

const broken = (name: string) => ({
  get [name](): unknown {
    throw new Error(`no ${name}`)
  },
})

describe('an option that is a mistake', () => {
  it.each<[string, object, string]>([
    ['timeout', { timeout: 'soon' }, 'Invalid option "timeout": expected milliseconds from 0'],
    ['onConflict', { onConflict: 'merge' }, 'Invalid option "onConflict": expected \'join\''],
    ['unless', { unless: 'failed' }, 'Invalid option "unless": expected \'done\''],
    ['result', { result: 'url' }, 'Invalid option "result": expected a function'],
    ['retry', { retry: true }, 'Invalid option "retry": expected an object'],
    ['retry.attempts', { retry: { attempts: Symbol('many') } }, 'Invalid option "retry": "attempts"'],
    ['retry.before', { retry: { before: 5 } }, 'Invalid option "retry": "before"'],
    ['a getter that throws', broken('timeout'), 'no timeout'],
    ['a getter of retry that throws', { retry: broken('when') }, 'no when'],
  ])('is reported, and the rest applies: %s', async (_what, options, message) => {
    const { track, task, errors } = setUp()
    const fn = vi.fn(() => Promise.resolve(5))
    const given = Object.defineProperties({ stage: 'painting' }, Object.getOwnPropertyDescriptors(options))
    const call = track('trailer', fn, given)
    expect(task()).toMatchObject({ status: 'processing', stage: 'painting' })
    expect(await call).toBe(5)
    expect(fn).toHaveBeenCalledTimes(1)
    expect(task()?.status).toBe('succeeded')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.message).toContain(message)
  })

  it('never reaches the caller, of `wrap` either', async () => {
    const { wrap, track, errors } = setUp()
    const trap = new Proxy({}, { get: () => expect.fail('get'), ownKeys: () => expect.fail('ownKeys') })
    expect(
      await (
        wrap(
          'trailer',
          async () => 5,
          () => trap,
        ) as () => unknown
      )(),
    ).toBe(5)
    expect(await (wrap('trailr', async () => 6) as () => unknown)()).toBe(6)
    expect(await track('trailer', async () => 7, { retry: trap })).toBe(7)
    expect(await track('trailer', async () => 8, 'fast')).toBe(8)
    expect(errors.length).toBeGreaterThanOrEqual(3)
  })

  it('keeps `this` of a policy that is an object of a class', async () => {
    const { show, clock } = setUp()
    class Policy {
      attempts = 2
      wait = 7
      delay() {
        return this.wait
      }
    }
    let calls = 0
    const call = show.track(
      'trailer',
      async () => ((calls += 1) < 2 ? Promise.reject(new Error('busy')) : calls),
      {
        retry: new Policy(),
      },
    )
    await clock.advance(7)
    expect(await call).toBe(2)
  })
})
