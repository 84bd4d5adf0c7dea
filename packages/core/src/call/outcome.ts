/** How a call ended. */
export type Outcome<T = unknown> = { readonly value: T } | { readonly thrown: unknown }

export const settled = async <T>(call: () => T | PromiseLike<T>): Promise<Outcome<T>> => {
  try {
    return { value: await call() }
  } catch (thrown) {
    return { thrown }
  }
}

export const unwrap = <T>(outcome: Outcome<T>): T => {
  if ('thrown' in outcome) throw outcome.thrown
  return outcome.value
}
