import { vi } from 'vitest'

/** Waits until a check no longer throws: looks often, and has patience with a busy machine. */
export const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 5 })
