import type { Pipeline, RunContext, Tracker } from '@callsheet/core'
import { type Call, makeCall } from './call.ts'
import { createMatcher, type RouteKey } from './match.ts'
import { type Plan, planCall } from './plan.ts'
import type { Outcome } from './read-body.ts'
import { type Fetch, type FetchArguments, signalOf } from './request.ts'
import type { LooseRoute, Route } from './route.ts'
import { observe } from './share-call.ts'

/** How a tracked fetch is made. */
export interface TrackedFetchOptions<P extends Pipeline, K extends RouteKey> {
  readonly tracker: Tracker<P>
  /** By method and path; the first that matches counts. A path alone matches on every host. */
  readonly routes: { readonly [N in K]: Route<P, N> }
  /** What makes the calls. Default: the global fetch as it is now. */
  readonly fetch?: Fetch
}

/** By what `track` returned; of all tracked fetches, so that two of one tracker share their calls. */
const runningCalls = new WeakMap<Promise<Outcome>, Call>()

/**
 * Makes a `fetch` that tracks the calls of the given routes and passes all others on, untouched.
 *
 * A tracked call is made once, with the arguments given and a signal that the tracker can abort; its caller gets
 * fetch's own promise, its response unread, and its errors. A response that is not ok, an error or an abort end the
 * task as such. What fails in a route's functions is reported on the tracker's `error` event, and the call is made
 * all the same.
 *
 * A call that joins a running one gets a copy of the response, taken before anyone reads it. Its own signal ends
 * only its own waiting; when the first caller aborts, the next one's call is made.
 *
 * Throws a TypeError for a route key that is no method and path.
 *
 * @example
 * const fetch = createTrackedFetch({
 *   tracker,
 *   routes: {
 *     'POST /api/shows/:showId/trailer': {
 *       type: 'trailer',
 *       scope: ({ params }) => ({ showId: params.showId }),
 *       read: (body) => ({ outputUrl: (body as { url: string }).url }),
 *     },
 *   },
 * })
 * const response = await fetch('/api/shows/s1/trailer', { method: 'POST' })
 */
export function createTrackedFetch<P extends Pipeline, K extends RouteKey>({
  tracker,
  routes,
  fetch: send = globalThis.fetch,
}: TrackedFetchOptions<P, K>): Fetch {
  const find = createMatcher(routes as unknown as Readonly<Record<string, LooseRoute>>)
  const loose = tracker as unknown as Tracker

  function run(args: FetchArguments, plan: Plan, onConflict = plan.route.onConflict): Promise<Response> {
    const calls: Call[] = []
    const fn = (context: RunContext) => {
      const call = makeCall(args, send, plan.route, context, loose)
      calls.push(call)
      return call.outcome
    }
    const tracked = plan.track(plan.route.type, fn, { ...plan.options, ...(onConflict && { onConflict }) })
    const [call] = calls
    if (!call) return meet(args, plan, tracked, onConflict)
    const { response, outcome, shared } = call
    if (!shared) return response
    runningCalls.set(tracked, call)
    if (outcome === response) return tracked as Promise<Response>
    observe(tracked, shared.close, shared.close)
    // Where the tracker's promises are derived ones, so is this.
    return tracked === outcome ? response : response.then()
  }

  /** The slot is being worked on, and nothing was sent. */
  function meet(
    args: FetchArguments,
    plan: Plan,
    tracked: Promise<Outcome>,
    onConflict: LooseRoute['onConflict'],
  ): Promise<Response> {
    if (onConflict === 'reject') return tracked as Promise<Response>
    const call = runningCalls.get(tracked)
    if (!call?.shared) {
      // What runs there is no fetch of ours, and its value no Response for this caller.
      observe(tracked)
      return run(args, plan, 'reject')
    }
    // Its caller has left, and it has only not ended yet: as when a component is mounted twice.
    if (call.isAbandoned()) return run(args, plan, 'supersede')
    const own = signalOf(args)
    return call.shared.join(own).catch((error: unknown) => {
      if (own?.aborted || !call.isAbandoned()) throw error
      return trackedFetch(...args)
    })
  }

  const trackedFetch = (...args: FetchArguments): Promise<Response> => {
    let plan: Plan | undefined
    try {
      plan = planCall(args, find, loose.show)
    } catch (error) {
      tracker.report(error)
    }
    return plan ? run(args, plan) : send(...args)
  }
  return trackedFetch
}
