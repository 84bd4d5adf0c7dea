import { describe, expect, it, vi } from 'vitest'
import type { TaskRecord } from '../records/task.ts'
import { createTestTracker } from '../test/test-tracker.ts'

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

  it.each<[string, object]>([
    ['0 attempts', { retry: { attempts: 0 } }],
    ['NaN attempts', { retry: { attempts: Number.NaN } }],
    ['a text of attempts', { retry: { attempts: '5' } }],
    ['a misspelt number of attempts', { retry: { attempt: 1 } }],
    ['a getter of attempts that throws', { retry: broken('attempts') }],
    ['`when` that is a boolean', { retry: { when: false } }],
    ['a delay that is a number', { retry: { attempts: 5, delay: 1_000 } }],
    ['`before` that is not a function', { retry: { attempts: 5, before: 'soften' } }],
    ['an invalid timeout', { timeout: '10 s', retry: { attempts: 5 } }],
    ['an invalid attemptTimeout', { attemptTimeout: -1, retry: { attempts: 5 } }],
    ['a misspelt timeout', { timeOut: 5_000, retry: { attempts: 5 } }],
  ])('never pays for a second call: %s', async (_what, options) => {
    const { track, task, errors, clock } = setUp()
    const fn = vi.fn(() => Promise.reject(new Error('busy')))
    const call = track('trailer', fn, options) as Promise<unknown>
    call.catch(() => {})
    await clock.advance(600_000)
    await expect(call).rejects.toThrow('busy')
    expect(fn).toHaveBeenCalledTimes(1)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({
      message: expect.stringMatching(/^(Invalid|Unknown) option|no attempts/) as string,
    })
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'busy' } })
  })

  it('leaves the fields of a policy of a class alone', async () => {
    const { track, errors, clock } = setUp()
    class Policy {
      attempts = 2
      attempt = 0
    }
    const fn = vi.fn(() => Promise.reject(new Error('busy')))
    const call = track('trailer', fn, { retry: new Policy() }) as Promise<unknown>
    call.catch(() => {})
    await clock.advance(600_000)
    expect(fn).toHaveBeenCalledTimes(2)
    expect(errors).toEqual([])
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
