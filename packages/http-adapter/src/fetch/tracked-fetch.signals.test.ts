import { describe, expect, it, onTestFinished } from 'vitest'
import { headersOf, modes, trackedIn } from '../testing/body-modes.ts'
import { until } from '../testing/until.ts'

/** A signal that is kept for many calls, and how many listeners it has. */
function watchedSignal() {
  const { signal } = new AbortController()
  const listeners = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (type: string, listener: never, options?: never) => {
    listeners.add(listener)
    add(type, listener, options)
  }
  signal.removeEventListener = (type: string, listener: never) => {
    listeners.delete(listener)
    remove(type, listener)
  }
  return { signal, listeners }
}

function withoutAny() {
  const any = Object.getOwnPropertyDescriptor(AbortSignal, 'any')!
  onTestFinished(() => void Object.defineProperty(AbortSignal, 'any', any))
  Reflect.deleteProperty(AbortSignal, 'any')
}

describe.each([true, false])("the caller's signal, with AbortSignal.any: %s", (hasAny) => {
  describe.each(modes)('%s', (mode) => {
    it.each(['reads the body', 'leaves the body unread', 'cancels the body'])(
      'has no listener left when its caller %s',
      async (what) => {
        if (!hasAny) withoutAny()
        const { signal, listeners } = watchedSignal()
        const { fetch, clock } = trackedIn(
          mode,
          async () => new Response('{}', { headers: headersOf(mode, 2) }),
        )
        for (let count = 0; count < 20; count += 1) {
          const response = await fetch(`http://app.test/${count}`, { signal })
          if (what === 'reads the body') await response.text()
          if (what === 'cancels the body') await response.body!.cancel()
          await clock.advance(3_000)
        }
        await until(() => expect(listeners.size).toBe(0))
      },
    )

    it('has none left when the call fails', async () => {
      if (!hasAny) withoutAny()
      const { signal, listeners } = watchedSignal()
      const { fetch } = trackedIn(mode, async () => {
        throw new TypeError('fetch failed')
      })
      await expect(fetch('http://app.test/a', { signal })).rejects.toThrow('fetch failed')
      await until(() => expect(listeners.size).toBe(0))
    })
  })
})

describe('a signal of another library', () => {
  it.each(modes)('may have no removeEventListener: %s', async (mode) => {
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: () => {},
    } as unknown as AbortSignal
    const { fetch, errors } = trackedIn(mode, async () => new Response('{}', { headers: headersOf(mode, 2) }))
    expect(await (await fetch('http://app.test/a', { signal })).text()).toBe('{}')
    expect(errors).toEqual([])
  })
})
