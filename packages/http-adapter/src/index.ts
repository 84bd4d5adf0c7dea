export type { RouteKey } from './match.ts'
export type { RouteRequest } from './request.ts'
export type { Route, RouteScope } from './route.ts'
export { createTrackedFetch, type TrackedFetchOptions } from './tracked-fetch.ts'
