import { observe } from './observe.ts'
import type { Verdict } from './outcome.ts'
import type { Run } from './run.ts'
import { settle } from './verdict.ts'

type Method = 'next' | 'return' | 'throw'

const abandoned: Verdict = {
  status: 'canceled',
  patch: { error: { message: 'The caller ended the generator early.', code: 'canceled' } },
}

/**
 * Wraps a generator, and ends the run with it: succeeded after the last step, canceled by an earlier `return`, failed when a
 * step rejects. Other methods and fields are those of the generator.
 */
export function followGenerator(run: Run, generator: AsyncGenerator): AsyncGenerator {
  const isDerived = run.host.promises === 'derived'
  const forward =
    (name: Method) =>
    (...args: readonly unknown[]) => {
      const step = (generator[name] as (...given: readonly unknown[]) => Promise<IteratorResult<unknown>>)(
        ...args,
      )
      const derived = observe(
        step,
        (result) => {
          const { done, value } = result as IteratorResult<unknown>
          if (!done) run.write({})
          else if (name === 'return') run.end(abandoned)
          else settle(run, { value })
          return result
        },
        (error) => {
          settle(run, { thrown: error })
          if (isDerived) throw error
        },
      )
      return isDerived ? (derived ?? step) : step
    }
  const own: Record<PropertyKey, unknown> = {
    next: forward('next'),
    return: forward('return'),
    throw: forward('throw'),
    [Symbol.asyncIterator]: () => proxy,
  }
  const { asyncDispose } = Symbol as { readonly asyncDispose?: symbol }
  // Some platforms do not have it.
  if (asyncDispose && asyncDispose in generator)
    own[asyncDispose] = async () => void (await proxy.return(undefined))
  const proxy: AsyncGenerator = new Proxy(Object.setPrototypeOf(own, generator) as AsyncGenerator, {
    get(_target, key) {
      if (Object.hasOwn(own, key)) return own[key]
      const value: unknown = Reflect.get(generator, key, generator)
      // Methods of a class with private fields need their own object as `this`.
      return typeof value === 'function' && key !== 'constructor' ? (value.bind(generator) as unknown) : value
    },
    set: (_target, key, value) => Reflect.set(generator, key, value, generator),
  })
  return proxy
}
