import { createTracker, showPipeline, type TaskRecord } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import { expect, onTestFinished } from 'vitest'
import type { Provider } from '../jobs/provider.ts'
import type { Fetch } from '../route/request.ts'
import type { CallOptions } from '../fetch/contract.ts'
import { createTrackedFetch, type Work } from '../fetch/tracked-fetch.ts'
import { until } from './until.ts'

/** The work that the clients of a page do. */
const ada: Work<typeof showPipeline> = { showId: 's1', type: 'portrait', characterId: 'ada' }

/**
 * A page of an application, with a tracker, a tracked fetch, and clients that use it.
 *
 * @param saved What an earlier page has left behind when it was closed.
 */
export function openPage(send: Fetch, provider: Provider, saved?: string) {
  let isOpen = true
  const timers = new Map<() => void, { readonly ms: number; readonly ring: () => void }>()
  const over = new Set<number>()
  const tracker = createTracker({
    pipeline: showPipeline,
    schedule(callback, ms) {
      const stop = () => {
        clearTimeout(timer)
        timers.delete(stop)
      }
      const ring = () => {
        stop()
        callback()
      }
      const timer = setTimeout(ring, over.has(ms) ? 0 : ms)
      if (isOpen) timers.set(stop, { ms, ring })
      else stop()
      return stop
    },
  })
  const errors: Error[] = []
  tracker.on('error', ({ error }) => void errors.push(error))
  const versions: TaskRecord[] = []
  tracker.on('taskChanged', ({ task }) => void (task && versions.push(task as TaskRecord)))
  // A page that is gone gets no response.
  const open: Fetch = (...args) => {
    const answer = isOpen ? send(...args) : new Promise<never>(() => {})
    return answer.then(
      (response) => (isOpen ? response : new Promise<never>(() => {})),
      (error: unknown) => {
        if (isOpen) throw error
        return new Promise<never>(() => {})
      },
    )
  }
  const fetch = createTrackedFetch({ tracker, providers: [provider], fetch: open })
  if (saved !== undefined) {
    tracker.restore(parseSnapshot(saved))
    tracker.resume(fetch.followers)
  }
  const tasks = () => tracker.getTasks({ showId: 's1' }) as readonly TaskRecord[]
  const close = () => {
    const left = JSON.stringify(tracker.serialize())
    isOpen = false
    for (const stop of timers.keys()) stop()
    return left
  }
  onTestFinished(() => void close())
  /** For a client: each response comes with its body unread. */
  const fetchFor = (more: CallOptions = {}): Fetch => {
    const work = fetch.for({ ...ada, ...more })
    return async (...args) => {
      const response = await work(...args)
      expect(response.bodyUsed).toBe(false)
      return response
    }
  }
  return {
    tracker,
    errors,
    versions,
    tasks,
    fetch: fetchFor(),
    fetchFor,
    followers: fetch.followers,
    /** The newest task, once it has ended and nothing is left of it. */
    end: () =>
      until(() => {
        const [task] = tasks()
        expect(task?.status).not.toMatch(/starting|processing/)
        expect(timers.size).toBe(0)
        return task!
      }),
    /** Lets the waits of so many ms be over, those to come as well. */
    skip(ms: number): void {
      over.add(ms)
      for (const timer of timers.values()) if (timer.ms === ms) timer.ring()
    },
    /** How the newest task looked, one line for each look. */
    looks: () =>
      versions
        .map(({ status, stage = '', progress = '' }) => [status, stage, progress].join(' ').trim())
        .filter((look, place, all) => look !== all[place - 1]),
    close,
  }
}

/** How a promise ends, so that two ends can be compared. */
export async function endOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await promise }
  } catch (thrown) {
    const { name, message, status, body } = thrown as Error & { status?: number; body?: unknown }
    return { name, message, status, body }
  }
}
