/** That a page lives, as all tabs of its origin see it: a lock that it holds, under a new id for each of its lives. */
export interface Life {
  /** The id, once its lock is held. While the page is left, that of its next life. */
  readonly id: () => Promise<string>
  /** The id if the page lives now. */
  readonly current: () => string | undefined
  /** Waits for the end of another page. */
  readonly watch: (other: string) => void
  /** Whether another page lives. */
  readonly isAlive: (other: string) => Promise<boolean>
  /** Whether it is known to live, as far as this page has heard. */
  readonly isWatched: (other: string) => boolean
  /** The ids of the pages that live. */
  readonly others: () => Promise<readonly string[]>
  /** Ends this life at once: the page is left. */
  readonly end: () => void
  /** Begins the next one. */
  readonly begin: () => void
}

export interface LifeOptions {
  readonly name: string
  readonly locks: LockManager
  /** This page lives under a new id. */
  readonly onBegun: (id: string) => void
  /** Another page has ended. Its lock is held meanwhile, so that one page after another looks after what it left. */
  readonly onEnded: (other: string) => Promise<void>
  readonly report: (error: unknown) => void
}

export function createLife({ name, locks, onBegun, onEnded, report }: LifeOptions): Life {
  const prefix = `callsheet:${name}:page:`
  let isHere = true
  let current: string | undefined
  let release = () => {}
  let waiting: ((id: string) => void)[] = []
  let watching = new AbortController()
  const watched = new Set<string>()

  function begin(): void {
    isHere = true
    const id = freshId()
    const hold = () =>
      new Promise<void>((resolve) => {
        if (!isHere || current !== undefined) return resolve()
        release = resolve
        current = id
        onBegun(id)
        for (const tell of waiting.splice(0)) tell(id)
      })
    locks.request(prefix + id, hold).catch((error: unknown) => {
      report(error)
      if (current === id) {
        // Another script has stolen the lock.
        current = undefined
        begin()
      } else if (isHere) {
        // Refused, as in a sandboxed frame: it lives, though no other page sees it.
        void hold()
      }
    })
  }

  function end(): void {
    isHere = false
    current = undefined
    release()
    watching.abort()
    watching = new AbortController()
    watched.clear()
  }

  return {
    id: () =>
      current === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(current),
    current: () => current,
    watch(other) {
      if (!isHere || other === current || watched.has(other)) return
      watched.add(other)
      const { signal } = watching
      const isOver = async () => {
        watched.delete(other)
        if (!signal.aborted) await onEnded(other)
      }
      locks.request(prefix + other, { signal }, isOver).catch((error: unknown) => {
        if (!signal.aborted) report(error)
      })
    },
    isAlive: (other) => locks.request(prefix + other, { ifAvailable: true }, (lock) => lock === null),
    isWatched: (other) => watched.has(other),
    async others() {
      const { held = [] } = await locks.query()
      return held.flatMap(({ name: lock = '' }) =>
        lock.startsWith(prefix) && lock !== prefix + current ? lock.slice(prefix.length) : [],
      )
    },
    end,
    begin,
  }
}

/** `crypto.randomUUID` is missing on insecure origins. */
export const freshId = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('')
