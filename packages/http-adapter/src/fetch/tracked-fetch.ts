import type { JsonObject, Pipeline, RunContext, TaskType, Tracker } from '@callsheet/core'
import type { Follow, ItemScope, MetadataOf } from '@callsheet/core/provider'
import { createGuard } from '@callsheet/core/provider'
import { makeCall } from './call.ts'
import type { Call, CallOptions, CallTools, LooseRoute, Plan, Route } from './contract.ts'
import { createMatcher, type RouteKey } from '../route/match.ts'
import { checkOptions, findTarget, planCall, type Target } from './plan.ts'
import { misread } from '../route/error-in-body.ts'
import type { Provider } from '../jobs/provider.ts'
import { type Fetch, type FetchArguments, type RouteRequest, signalOf } from '../route/request.ts'
import { isThenable, observe, type SharedCall, spent } from '../body/share-call.ts'
import { shareResponse, type SharedResponse } from '../body/shared-response.ts'

/** The slot that a call works on, and its options. */
export type Work<P extends Pipeline, T extends TaskType<P> = TaskType<P>> = T extends unknown
  ? StepWork<T, ItemScope<P, NoInfer<T>>, MetadataOf<P, NoInfer<T>>>
  : never

/** Work by its parts, so that a compiler's message begins with the step and not with the pipeline. */
export type StepWork<T extends string, Item, M> = CallOptions & {
  /** The show of the calls. */
  readonly showId: string
  /** The type of the step or the extra task. */
  readonly type: T
  /** Metadata of the task. @default none */
  readonly metadata?: Partial<M>
} & Item

/** Options of `createTrackedFetch`. */
export interface TrackedFetchOptions<
  P extends Pipeline,
  K extends RouteKey,
  J extends string = string,
  N extends string = string,
> {
  /** Records the calls. */
  readonly tracker: Tracker<P>
  /** Routes by method and path; the first match counts. A path alone matches on every host. @default {} */
  readonly routes?: { readonly [N in K]: Route<P, N> }
  /** Providers whose calls need no routes: `[replicate(), fal()]`. They come after the routes. @default [] */
  readonly providers?: readonly Provider<N>[]
  /** Followers of the jobs that routes return, by `provider`: `{ ours: followHttpJob({ … }) }`. @default {} */
  readonly jobs?: Readonly<Record<J, Follow>>
  /** Makes the calls. @default the global fetch at creation */
  readonly fetch?: Fetch
}

/** Returns a fetch for given work. */
export interface FetchFor<P extends Pipeline> {
  /**
   * A fetch for a provider's client whose calls do the work that the function returns; undefined leaves a call untracked.
   *
   * @example
   * const client = new OpenAI({ fetch: fetch.for(({ url }) => workOf(url)) })
   */
  (work: (request: RouteRequest) => Work<P> | undefined): Fetch
  /**
   * A fetch for a provider's client whose calls do one piece of work. Calls of providers are tracked only through it.
   *
   * @example
   * const client = new Replicate({ fetch: fetch.for({ showId: 's1', type: 'portrait', characterId: 'ada' }) })
   */
  <T extends TaskType<P>>(work: Work<P, T>): Fetch
}

/** A fetch that tracks itself. */
export interface TrackedFetch<P extends Pipeline, J extends string = string> extends Fetch {
  readonly for: FetchFor<P>
  /** Followers of jobs by provider, for use after a reload, `tracker.resume(fetch.followers)`, and for `runJob`. */
  readonly followers: Readonly<Record<J, Follow>>
}

/** By task id, the calls of one tracker. */
interface Calls {
  readonly running: Map<string, Call>
  /** Calls whose slot is being claimed. Each promise resolves once the call is made or refused. */
  readonly claiming: Map<string, Promise<void>>
}

/** By tracker, so that two tracked fetches of one tracker share their calls. */
const allCalls = new WeakMap<object, Calls>()

function callsOf(tracker: object): Calls {
  const calls = allCalls.get(tracker) ?? { running: new Map<string, Call>(), claiming: new Map() }
  allCalls.set(tracker, calls)
  return calls
}

/**
 * Creates a `fetch` that tracks the calls of the given routes and providers and passes all others on, untouched.
 *
 * A tracked call is made once, with the given arguments and a signal that the tracker can abort; its caller gets the
 * response, unread, and its errors. A response that is not ok, an error or an abort ends the task as such; a 202, or a
 * body that names a job, keeps it open. Errors of a route's functions are reported on the tracker's `error` event, and
 * the call is made anyway. A body that the tracker reads is passed on at the caller's speed.
 *
 * A call that joins a running one gets its own response. Its signal ends only its own wait and body; when the first
 * caller aborts before it has an answer, the call of the next one is made. Data that one of them has not read is buffered
 * in memory: a body that joined fails when it is 64 MiB behind the others, which wait for the first caller's.
 *
 * Throws a CallsheetError for an invalid route key.
 *
 * @example
 * const fetch = createTrackedFetch({
 *   tracker,
 *   routes: {
 *     'POST /api/shows/:showId/trailer': {
 *       type: 'trailer',
 *       scope: ({ params }) => ({ showId: params.showId }),
 *       read: (body) => done((body as { url: string }).url),
 *     },
 *   },
 * })
 * const response = await fetch('/api/shows/s1/trailer', { method: 'POST' })
 */
export function createTrackedFetch<
  P extends Pipeline,
  K extends RouteKey,
  J extends string = never,
  N extends string = never,
>({
  tracker,
  routes,
  providers = [],
  jobs,
  fetch: send = globalThis.fetch,
}: TrackedFetchOptions<P, K, J, N>): TrackedFetch<P, J | N> {
  const loose = tracker as unknown as Tracker
  const followers = { ...jobs } as Record<J | N, Follow>
  for (const { name, jobs: of } of providers) {
    if (of) followers[name] = of({ fetch: send, report: tracker.report, tracker: loose })
  }
  const { running, claiming } = callsOf(tracker)
  const tools: CallTools = { send, tracker: loose, jobs: new Map(Object.entries<Follow>(followers)) }
  for (const [key, route] of Object.entries(routes ?? {})) checkOptions(route as object, tracker, key)
  const match = createMatcher(targetsOf(routes as unknown as Readonly<Record<string, LooseRoute>>, providers))
  const find: typeof match = (method, url) => {
    const found = match(method, url)
    if (found) return found
    for (const { name: provider, watch: at } of providers) {
      const watch = at?.(method, url)
      if (watch) return { route: { watch, provider }, params: {} }
    }
    return undefined
  }

  function run(args: FetchArguments, plan: Plan, onConflict = plan.route.onConflict): Promise<Response> {
    const { last } = plan
    if (last?.reason) return given(Promise.reject(last.reason))
    const isShared = onConflict === undefined || onConflict === 'join'
    const currentId = isShared ? (plan.currentId() ?? '') : ''
    const other = running.get(currentId)
    if (other?.shared) return join(args, plan, other, other.shared)
    const first = isShared ? claiming.get(currentId) : undefined
    if (first) return given(first.then(() => run(args, plan, onConflict)))
    const resent = plan.route.retry?.(args, plan, tools)
    let taskId = ''
    let made: (() => Call) | undefined
    let onMade = () => {}
    const make = (context: RunContext<JsonObject>) => {
      taskId = context.task.id
      if (resent) {
        made ??= () => resent.settledBy(tracked)
        return resent.attempt(context)
      }
      const call = makeCall(args, plan, context, tools)
      made = () => call
      return call.outcome
    }
    const fn = (context: RunContext<JsonObject>) => {
      const outcome = make(context)
      onMade()
      return outcome
    }
    const tracked = plan.track(fn, {
      ...(resent && { retry: resent.retry }),
      ...(last && { retryOf: last.taskId }),
      // Other work in this slot is not a tracked fetch, and its value is not a Response for this caller.
      onConflict: isShared ? 'reject' : onConflict,
    })
    function begun(call: Call): Promise<Response> {
      const { response, outcome, shared } = call
      if (!shared) return response
      running.set(taskId, call)
      const end = () => {
        if (running.get(taskId) === call) running.delete(taskId)
      }
      observe(outcome, end, end)
      observe(tracked, shared.close, shared.close)
      return given(response)
    }

    if (made) return begun(made())
    // Refused, or the slot is claimed first.
    const response = new Promise<Response>((resolve, reject) => {
      const id = plan.currentId() ?? ''
      const isOver = new Promise<void>((end) => {
        onMade = () => {
          onMade = () => {}
          resolve(begun(made!()))
          end()
        }
        observe(tracked, undefined, (error) => {
          reject(error as Error)
          end()
        })
      })
      claiming.set(id, isOver)
      void isOver.then(() => claiming.get(id) === isOver && claiming.delete(id))
    })
    return given(response)
  }

  /** Where the tracker's promises are derived ones, an unhandled rejection stays visible. */
  function given(response: Promise<Response>): Promise<Response> {
    if (tracker.promises === 'same') observe(response)
    return response
  }

  /** Joins the running call of the slot; nothing is sent. */
  function join(args: FetchArguments, plan: Plan, call: Call, shared: SharedCall): Promise<Response> {
    // Its caller has left, and it has only not ended yet: as when a component is mounted twice.
    if (call.isAbandoned()) return run(args, plan, 'supersede')
    const own = signalOf(args)
    const joined = shared.join(own).catch((error: unknown) => {
      if (error === spent) return run(args, plan, 'reject')
      if (own?.aborted || !call.isAbandoned()) throw error
      return run(args, plan)
    })
    return given(joined)
  }

  function call(args: FetchArguments, givenFor: (request: RouteRequest) => Work<P> | undefined) {
    let plan: ReturnType<typeof planCall>
    let watch: ((answered: Promise<SharedResponse>) => void) | undefined
    try {
      const found = findTarget(args, find)
      if (found) {
        const { target, request } = found
        if ('watch' in target) {
          // Any client may make this call: its response is read for the task, which its body may name.
          void request.readAhead()
          watch = (answered) => tools.jobs.get(target.provider)?.watch?.(target.watch, answered, request)
        } else plan = planCall(target, givenFor as Parameters<typeof planCall>[1], args, request, loose)
      }
    } catch (error) {
      tracker.report(error)
    }
    if (isThenable(plan)) {
      const planned = plan.catch((error: unknown) => tracker.report(error))
      return given(planned.then((it) => (it ? run(args, it) : send(...args))))
    }
    if (plan) return run(args, plan)
    const answered = send(...args)
    if (!watch || !isThenable(answered)) return answered
    const own = signalOf(args)
    const shared = Promise.resolve(answered).then((it) =>
      shareResponse(it, () => (own?.aborted ? own : undefined)),
    )
    createGuard(tracker.report)(() => watch(shared))
    return shared.then(({ response }) => response)
  }

  const trackedFetch: Fetch = (...args) => call(args, () => undefined)
  return Object.assign(trackedFetch, {
    for: ((work: Work<P> | ((request: RouteRequest) => Work<P> | undefined)): Fetch => {
      const givenFor = typeof work === 'function' ? work : () => work
      if (typeof work === 'object') checkOptions(work, tracker)
      return (...args) => call(args, givenFor)
    }) as FetchFor<P>,
    followers,
  })
}

function targetsOf(
  routes: Readonly<Record<string, LooseRoute>> = {},
  providers: readonly Provider[],
): (readonly [string, Target])[] {
  const targets: (readonly [string, Target])[] = Object.entries(routes)
  for (const { name: provider, starts, watches = {} } of providers) {
    for (const [key, start] of Object.entries(starts)) {
      // A host's page in place of an answer.
      targets.push([key, { ...start, ...(start!.read && { unread: misread(provider, undefined) }) }])
    }
    for (const [key, it] of Object.entries(watches)) targets.push([key, { watch: it!, provider }])
  }
  return targets
}
