/** As Node and its kin have it. */
interface AsyncStorage<T> {
  readonly run: <R>(store: T, action: () => R) => R
  readonly getStore: () => T | undefined
}

interface WithEnd {
  readonly hasEnded: boolean
}

type Runs = readonly WithEnd[]

let storage: AsyncStorage<Runs> | false | undefined

/** AsyncLocalStorage where the platform has it, without an import that a browser or a bundler would have to resolve. */
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

/** Calls an action as a part of a run, with all that it goes on to do asynchronously. */
export function within<R>(run: WithEnd, action: () => R): R {
  const here = storageHere()
  if (!here) return action()
  // Without those that have ended, or a loop that never returns would keep all of them.
  const outer = here.getStore()?.filter((one) => !one.hasEnded)
  return here.run(outer ? [...outer, run] : [run], action)
}

/** Whether the code that asks is a part of a run: waiting for that run, it would wait for itself. */
export const isWithin = (run: WithEnd): boolean => storageHere()?.getStore()?.includes(run) ?? false
