import type { Repeats } from './provider.ts'

/** Repeats by a client that gives fetch the very same objects again, as Replicate's does after any error. */
export function sameCallRepeats(): Repeats {
  const calls = new WeakMap<object, readonly [init: unknown, reason: Error]>()
  return {
    ended([input, init], reason) {
      // A text has no identity, and a Request with a body is spent.
      if (input instanceof URL) calls.set(input, [init, reason])
    },
    endOf([input, init]) {
      const end = input instanceof URL ? calls.get(input) : undefined
      return end?.[0] === init ? end?.[1] : undefined
    },
  }
}
