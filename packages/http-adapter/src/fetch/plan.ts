import {
  CallsheetError,
  type Job,
  type JsonObject,
  type Slot,
  type TaskPatch,
  type Tracker,
} from '@callsheet/core'
import { answerOf } from '@callsheet/core/provider'
import type { CallOptions, Outcome, Plan, Tracked } from './contract.ts'
import type { Match } from '../route/match.ts'
import { errorIn, misread } from '../route/error-in-body.ts'
import type { Watch } from '../jobs/provider.ts'
import {
  type CallRequest,
  describeRequest,
  type FetchArguments,
  methodOf,
  type RouteRequest,
  urlOf,
} from '../route/request.ts'

type Scope = Readonly<Record<string, unknown>>

/** Calls about a provider's jobs. */
export interface Watched {
  readonly provider: string
  readonly watch: Watch
}

/** What a key stands for. */
export type Target = Tracked | Watched

/** What a call is, and the key's meaning. Undefined for a call that no key stands for. */
export function findTarget(
  args: FetchArguments,
  find: (method: string, url: URL) => Match<Target> | undefined,
): { readonly target: Target; readonly request: CallRequest } | undefined {
  const url = urlOf(args)
  const method = methodOf(args)
  const found = url && find(method, url)
  return (
    found && { target: found.route, request: describeRequest(args, { url, method, params: found.params }) }
  )
}

type GivenFor = (request: RouteRequest) => (Scope & CallOptions) | undefined

/** What a route says of a call. */
interface Said {
  readonly given: Scope & CallOptions
  readonly metadata: object | undefined
  readonly job: Job | undefined
}

/**
 * Asks a route what a call is for. Undefined for a call that is not tracked. What a route's functions throw or reject
 * with is reported.
 *
 * A promise where the body of a Request is needed, because the route asks for it or a call has failed that this one may
 * repeat: the route is asked again once that was read.
 *
 * @param givenFor Says what the call is for and how it is run, where that does not stand in the route.
 */
export function planCall(
  route: Tracked,
  givenFor: GivenFor,
  args: FetchArguments,
  request: CallRequest,
  tracker: Pick<Tracker, 'show' | 'report' | 'getTask'>,
): Plan | undefined | Promise<Plan | undefined> {
  const errors: unknown[] = []
  let report: Tracker['report'] = (error) => void errors.push(error)
  const said = askRoute(route, givenFor, request, (error) => report(error))
  const mayRepeat = route.repeats?.hasEnded?.(request) === true
  if (request.missed() === 'unread' || request.missed(mayRepeat) === 'unread') {
    report = () => {}
    return request
      .readAhead()
      .then(() => planFor(route, askRoute(route, givenFor, request, tracker.report), args, request, tracker))
  }
  report = tracker.report
  errors.forEach(report)
  return planFor(route, said, args, request, tracker)
}

function askRoute(
  route: Tracked,
  givenFor: GivenFor,
  request: RouteRequest,
  report: Tracker['report'],
): Said | undefined {
  const given = answerOf(() => (route.scope ?? givenFor)(request), report)
  return (
    given && {
      given,
      metadata: answerOf(() => metadataOf(route, request), report),
      job: answerOf(() => route.job?.(request), report),
    }
  )
}

function planFor(
  route: Tracked,
  said: Said | undefined,
  args: FetchArguments,
  request: CallRequest,
  { show, report, getTask }: Pick<Tracker, 'show' | 'report' | 'getTask'>,
): Plan | undefined {
  if (!said) {
    if (request.missed()) reportUnread(route, request, report)
    return undefined
  }
  const { given, job } = said
  const { showId } = given as { readonly showId: string }
  // A scope may be a whole body: of it, only what names the item.
  const item = Object.fromEntries(
    Object.entries(given).filter(([name]) => name !== 'showId' && name.endsWith('Id')),
  )
  const own: Scope & CallOptions = route.scope ? {} : given
  const merged: Tracked = { ...route, ...own }
  const { type, read, timeout, attemptTimeout } = merged
  const redact = guard(merged.redact, report)
  const metadata = { ...said.metadata, ...(own['metadata'] as JsonObject) }
  const { track } = show(showId) as { readonly track: (...args: unknown[]) => unknown }
  const named = { showId, type, ...item }
  const slot = JSON.stringify(named)
  return {
    route: { ...merged, redact, ...(read && { read: careful(read, report) }) },
    request,
    slot,
    currentId() {
      try {
        return getTask(named as Slot)?.id
      } catch {
        // Not a slot of the pipeline: `track` reports it.
        return undefined
      }
    },
    last: answerOf(() => route.repeats?.endOf(args, slot, request), report),
    job,
    track: (fn, options) =>
      track(type, fn, {
        ...item,
        timeout,
        attemptTimeout,
        metadata: redact({ metadata }).metadata,
        result(outcome: Outcome) {
          const patch = outcome && 'patch' in outcome ? outcome.patch : undefined
          return patch && redact(patch)
        },
        ...options,
      }) as Promise<Outcome>,
  }
}

const unread = new WeakSet<Tracked>()

/** Says once of a route that its scope asks for bodies that are not read. */
function reportUnread(route: Tracked, { method, url }: RouteRequest, report: Tracker['report']): void {
  if (unread.has(route)) return
  unread.add(route)
  const message =
    `The call ${method} ${url.pathname} is not tracked: json() cannot read its body. Expected a JSON string, or a Request ` +
    'with a JSON or text body of at most 1 MiB. For other bodies, take the slot from the path, the query or the headers.'
  report(new CallsheetError(message, { code: 'unread_request' }))
}

const workOptions = 'type, metadata, onConflict, timeout, attemptTimeout, idempotencyHeader, retry'

/**
 * Reports unknown options, which only the types of TypeScript refuse. In work, names such as `showId` are of the slot.
 *
 * @param key Of the route; undefined for the work of `fetch.for`.
 */
export function checkOptions(given: object, { report }: Pick<Tracker, 'report'>, key?: string): void {
  const known = key ? `${workOptions}, scope, read, stream, job, redact` : workOptions
  for (const name of Object.keys(given)) {
    if (known.split(', ').includes(name) || (!key && name.endsWith('Id'))) continue
    const what = key ? `route "${key}"` : 'fetch.for'
    const message = `Unknown option "${name}" of ${what}. Known options: ${known}. The option is ignored.`
    report(new CallsheetError(message, { code: 'invalid_option' }))
  }
}

/** What cannot be redacted is not recorded; that the work has ended is. */
const guard =
  (redact: (patch: TaskPatch) => TaskPatch = (patch) => patch, report: Tracker['report']) =>
  (patch: TaskPatch): TaskPatch =>
    answerOf(() => redact(patch), report) ?? (patch.status ? { status: patch.status } : {})

/** An answer that a reader cannot understand has failed, in the words of the server where it has some. */
const careful =
  (read: NonNullable<Tracked['read']>, report: Tracker['report']): NonNullable<Tracked['read']> =>
  async (body, request) => {
    try {
      const patch = await read(body, request)
      if (!isNothing(patch, body)) return patch
    } catch (error) {
      report(error)
    }
    return misread(request.url.pathname, body)
  }

/** A job without an id; or a success without anything to show for it, of a body that says what went wrong. */
function isNothing(patch: TaskPatch | undefined, body: unknown): boolean {
  const { status = 'succeeded', job, error, outputUrl, outputs, metadata } = { ...patch }
  if (job) return typeof job.id !== 'string' || job.id === ''
  const hasMore = error !== undefined || outputUrl || outputs?.length || metadata
  return status === 'succeeded' && !hasMore && errorIn(body) !== undefined
}

const metadataOf = ({ metadata }: Tracked, request: RouteRequest) =>
  typeof metadata === 'function' ? (metadata as (of: RouteRequest) => object)(request) : metadata
