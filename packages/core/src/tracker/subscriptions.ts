/** What a listener is called for: everything, one show, or one step of one show. */
export interface SubscriptionKey {
  readonly showId?: string
  readonly type?: string
}

/** Listeners by key, so that a change calls only those that it affects. */
export interface Subscriptions {
  /** Adds a listener; returns its undo. */
  readonly add: (listener: () => void, key: SubscriptionKey) => () => void
  /** Calls the listeners of a show and of its changed steps. */
  readonly notify: (showId: string, types: readonly string[]) => void
  /** Whether there are no listeners. */
  readonly isEmpty: () => boolean
  /** Calls the listeners of everything: once for a batch. */
  readonly notifyAll: () => void
}

// Ids do not contain NUL, so the keys are unique.
const keyOf = ({ showId, type }: SubscriptionKey): string =>
  showId === undefined ? '' : type === undefined ? showId : `${showId}\0${type}`

/** @param guarded Runs a listener and reports its failure. */
export function createSubscriptions(guarded: (listener: () => void) => unknown): Subscriptions {
  const listeners = new Map<string, Set<() => void>>()
  const call = (key: string) => {
    const set = listeners.get(key)
    // A copy: a listener that subscribes again is called at the next change, not endlessly in this one.
    for (const listener of set ? [...set] : []) if (set?.has(listener)) guarded(listener)
  }
  return {
    add(given, key) {
      const name = keyOf(key)
      // The same listener twice is two subscriptions.
      const listener = () => given()
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0 && listeners.get(name) === set) listeners.delete(name)
      }
    },
    notify(showId, types) {
      call(keyOf({ showId }))
      for (const type of types) call(keyOf({ showId, type }))
    },
    isEmpty: () => listeners.size === 0,
    notifyAll: () => call(''),
  }
}
