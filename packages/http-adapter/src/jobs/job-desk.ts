import type { FollowContext } from '@callsheet/core/provider'
import type { JobState } from '@callsheet/core/jobs'

/** States of a job that wait for its follower. */
export interface Desk {
  readonly id: string
  readonly told: JobState[]
  wake: () => void
}

export const createDesk = (id: string): Desk => ({ id, told: [], wake: () => {} })

/** Resolves when a state waits. */
export async function heard(desk: Desk): Promise<undefined> {
  if (desk.told.length > 0) return undefined
  return new Promise((resolve) => void (desk.wake = () => resolve(undefined)))
}

/** A pause that ends early when a state arrives. Rejects with the reason when the run is stopped. */
export async function nap(desk: Desk, { signal, wait }: FollowContext, ms: number): Promise<void> {
  if (signal.aborted) throw signal.reason
  if (desk.told.length > 0) return
  const early = new AbortController()
  const end = () => early.abort()
  signal.addEventListener('abort', end, { once: true })
  desk.wake = end
  try {
    await wait(ms, early.signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!early.signal.aborted) throw error
  } finally {
    desk.wake = () => {}
    signal.removeEventListener('abort', end)
  }
}
