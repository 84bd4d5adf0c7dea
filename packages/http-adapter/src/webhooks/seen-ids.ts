/**
 * Remembers which deliveries were processed.
 *
 * A custom store survives a restart: a table with the id as its key, or a key-value store with expiry.
 */
export interface SeenIds {
  /** @param now Epoch ms. */
  readonly has: (id: string, now: number) => boolean | Promise<boolean>
  /** @param until Epoch ms: the id may be forgotten afterwards. */
  readonly add: (id: string, until: number) => unknown
}

/**
 * Creates a memory of deliveries that lasts as long as the process.
 *
 * @param max Maximum ids; the oldest are dropped. Default 10,000.
 * @example
 * const source = replicateWebhooks({ secret, seen: createSeenIds(100_000) })
 */
export function createSeenIds(max = 10_000): SeenIds {
  const ids = new Map<string, number>()
  return {
    has: (id, now) => (ids.get(id) ?? 0) > now,
    add(id, until) {
      ids.delete(id)
      ids.set(id, until)
      for (const oldest of ids.keys()) {
        if (ids.size <= max) break
        ids.delete(oldest)
      }
    },
  }
}
