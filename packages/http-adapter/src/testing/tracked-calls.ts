// What the tests of the tracked fetch share.
import { createTracker, showPipeline, type TaskRecord } from '@callsheet/core'
import { createTrackedFetch, type TrackedFetchOptions } from '../index.ts'
import type { RouteKey } from '../route/match.ts'
import type { Fetch, FetchArguments } from '../route/request.ts'

export type Routes = NonNullable<TrackedFetchOptions<typeof showPipeline, RouteKey>['routes']>

type Options = Partial<Parameters<typeof createTracker<typeof showPipeline>>[0]>

export const routes: Routes = {
  'POST /api/characters/portrait': {
    type: 'portrait',
    scope: ({ json }) => json() as { showId: string; characterId: string },
  },
  'POST /api/trailer': {
    type: 'trailer',
    scope: ({ headers }) => ({ showId: headers.get('x-show') ?? 's1' }),
  },
}

/** A tracked fetch over a fake one, each of whose calls is settled by hand. */
export function setUp(extra: Routes = {}, options: Options = {}) {
  const tracker = createTracker({ pipeline: showPipeline, ...options })
  const errors: Error[] = []
  tracker.on('error', ({ error }) => errors.push(error))
  const sent: { args: FetchArguments; answer: (response: Response) => void; promise: Promise<Response> }[] =
    []
  const fake: Fetch = function (this: unknown, ...args: FetchArguments) {
    // As a browser's: "Illegal invocation" when it is called as a method.
    if (this !== undefined) throw new TypeError('Illegal invocation')
    let answer = (_response: Response) => {}
    const promise = new Promise<Response>((resolve, reject) => {
      answer = resolve
      const signal = args[1]?.signal
      if (signal?.aborted) reject(signal.reason)
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
    sent.push({ args, answer, promise })
    return promise
  }
  const fetch = createTrackedFetch({ tracker, routes: { ...routes, ...extra }, fetch: fake })
  const tasks = (showId = 's1') => tracker.getTasks({ showId }) as readonly TaskRecord[]
  return { tracker, fetch, sent, errors, tasks, task: () => tasks()[0] }
}

export const post: RequestInit = { method: 'POST' }
export const soon = () => new Promise((resolve) => setTimeout(resolve))
