/**
 * Remembers which deliveries were taken in.
 *
 * A store of one's own makes that outlive a restart: a table with the id as its key, or a key-value store with expiry.
 */
export interface SeenIds {
  /** @param now Epoch ms. */
  readonly has: (id: string, now: number) => boolean | Promise<boolean>
  /** @param until Epoch ms: the id may be forgotten afterwards. */
  readonly add: (id: string, until: number) => unknown
}

/**
 * Makes a memory of deliveries that ends with the process.
 *
 * @param most How many ids are kept, the newest. Default 10,000.
 * @example
 * const source = replicateWebhooks({ secret, seen: createSeenIds(100_000) })
 */
export function createSeenIds(most = 10_000): SeenIds {
  const ids = new Map<string, number>()
  return {
    has: (id, now) => (ids.get(id) ?? 0) > now,
    add(id, until) {
      ids.delete(id)
      ids.set(id, until)
      for (const oldest of ids.keys()) {
        if (ids.size <= most) break
        ids.delete(oldest)
      }
    },
  }
}
