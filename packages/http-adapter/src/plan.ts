import type { Pipeline, RunContext, RunOptions, ShowTracker, Tracker } from '@callsheet/core'
import type { Match } from './match.ts'
import type { Outcome } from './read-body.ts'
import { describeRequest, type FetchArguments, methodOf, type RouteRequest, urlOf } from './request.ts'
import type { LooseRoute } from './route.ts'

type Options = RunOptions<object, Promise<Outcome>>

/** How one call is tracked. */
export interface Plan {
  readonly route: LooseRoute
  readonly options: Options
  readonly track: (
    type: string,
    fn: (run: RunContext) => Promise<Outcome>,
    options: Options,
  ) => Promise<Outcome>
}

/** Asks the route of a call what it is for. Undefined for a call that is not tracked; throws what a route throws. */
export function planCall(
  args: FetchArguments,
  find: (method: string, url: URL) => Match<LooseRoute> | undefined,
  show: Tracker['show'],
): Plan | undefined {
  const url = urlOf(args)
  if (!url) return undefined
  const method = methodOf(args)
  const found = find(method, url)
  if (!found) return undefined
  const { route, params } = found
  const request = describeRequest(args, { url, method, params })
  const scope = route.scope(request)
  if (!scope) return undefined
  const { track }: ShowTracker<Pipeline> = show(scope['showId'] as string)
  return { route, options: optionsOf(route, scope, request), track: track as unknown as Plan['track'] }
}

function optionsOf(
  { metadata, timeout, read }: LooseRoute,
  scope: Readonly<Record<string, unknown>>,
  request: RouteRequest,
): Options {
  // A scope may be a whole body: of it, only what names the item.
  const item = Object.entries(scope).filter(([name]) => name !== 'showId' && name.endsWith('Id'))
  return {
    ...Object.fromEntries(item),
    ...(timeout === undefined ? {} : { timeout }),
    ...(metadata === undefined
      ? {}
      : { metadata: typeof metadata === 'function' ? metadata(request) : metadata }),
    ...(read && { result: (outcome) => ('patch' in outcome ? outcome.patch : undefined) }),
  }
}
