import type { FollowContext } from '@callsheet/core/provider'
import type { JobState } from '@callsheet/core/jobs'

/** States of a job that wait for its follower. */
export interface JobInbox {
  readonly id: string
  readonly told: JobState[]
  wake: () => void
}

export const createInbox = (id: string): JobInbox => ({ id, told: [], wake: () => {} })

/** Resolves when a state waits. */
export async function heard(inbox: JobInbox): Promise<undefined> {
  if (inbox.told.length > 0) return undefined
  return new Promise((resolve) => void (inbox.wake = () => resolve(undefined)))
}

/** A pause that ends early when a state arrives. Rejects with the reason when the run is stopped. */
export async function nap(inbox: JobInbox, { signal, wait }: FollowContext, ms: number): Promise<void> {
  if (signal.aborted) throw signal.reason
  if (inbox.told.length > 0) return
  const early = new AbortController()
  const end = () => early.abort()
  signal.addEventListener('abort', end, { once: true })
  inbox.wake = end
  try {
    await wait(ms, early.signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!early.signal.aborted) throw error
  } finally {
    inbox.wake = () => {}
    signal.removeEventListener('abort', end)
  }
}
