import { observe } from './observe.ts'
import type { Run } from './run.ts'

type Method = 'next' | 'return' | 'throw'

/**
 * Gives a generator that forwards to the one of the function, and ends the run with it: its last step succeeds, a
 * `return` before that cancels, and what a step rejects with fails.
 */
export function followGenerator(
  run: Run,
  generator: AsyncGenerator,
  promises: 'same' | 'derived',
): AsyncGenerator {
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
          else if (name === 'return') run.abandon()
          else run.settle(value)
          return result
        },
        (error) => {
          run.fail(error)
          if (promises === 'derived') throw error
        },
      )
      return promises === 'derived' ? (derived ?? step) : step
    }
  // For what every asynchronous generator inherits: being iterable, and being disposed of.
  const prototype = Object.getPrototypeOf(
    Object.getPrototypeOf((async function* () {})()) as object,
  ) as object
  return Object.assign(Object.create(prototype) as AsyncGenerator, {
    next: forward('next'),
    return: forward('return'),
    throw: forward('throw'),
  })
}
