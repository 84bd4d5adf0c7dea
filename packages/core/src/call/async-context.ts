/** AsyncLocalStorage of Node, Bun and Deno. */
interface AsyncStorage<T> {
  readonly run: <A, R>(store: T, action: (given: A) => R, given: A) => R
  readonly getStore: () => T | undefined
}

interface WithState {
  readonly state: string
}

type Runs = readonly WithState[]

let storage: AsyncStorage<Runs> | false | undefined

/** AsyncLocalStorage if the platform has it, without an import that a browser or a bundler would have to resolve. */
function storageHere(): AsyncStorage<Runs> | undefined {
  if (storage === undefined) {
    try {
      const { process } = globalThis as {
        process?: { getBuiltinModule?: (id: string) => { AsyncLocalStorage: new () => AsyncStorage<Runs> } }
      }
      const hooks = process?.getBuiltinModule?.('node:async_hooks')
      storage = hooks ? new hooks.AsyncLocalStorage() : false
    } catch {
      storage = false
    }
  }
  return storage || undefined
}

/** Calls a function as part of a run, including what it does asynchronously. */
export function within<A, R>(run: WithState, action: (given: A) => R, given: A): R {
  const here = storageHere()
  if (!here) return action(given)
  // Without ended runs, which a loop that never returns would keep in memory.
  const outer = here.getStore()?.filter((one) => one.state !== 'over')
  return here.run(outer ? [...outer, run] : [run], action, given)
}

/** Whether the caller is part of a run. If so, waiting for that run would never end. */
export const isWithin = (run: WithState): boolean => storageHere()?.getStore()?.includes(run) ?? false
