import type { ItemScope, MetadataOf, Pipeline, TaskPatch, TaskType } from '@callsheet/core'
import type { ParamName } from './match.ts'
import type { RouteRequest } from './request.ts'

/** What a call is for: its show, and the item exactly where the step is per item. */
export type RouteScope<P extends Pipeline, T extends TaskType<P>> = { readonly showId: string } & ItemScope<
  P,
  T
>

/** How the calls of one route are tracked. */
export type Route<
  P extends Pipeline,
  K extends string = string,
  T extends TaskType<P> = TaskType<P>,
> = T extends unknown
  ? {
      /** The step, or the extra task. */
      readonly type: T
      /** Says what a call is for; undefined for a call that shall not be tracked. */
      readonly scope: (request: RouteRequest<ParamName<K>>) => RouteScope<P, T> | undefined
      /**
       * When the slot is already being worked on: `join` (default) sends nothing and gives a copy of the running
       * call's response, `supersede` aborts the running call, `reject` rejects with AlreadyRunningError, as join
       * does when the work runs elsewhere or is no call of a tracked fetch.
       */
      readonly onConflict?: 'join' | 'supersede' | 'reject'
      /** Milliseconds after which the call is aborted. Default: none. */
      readonly timeout?: number
      readonly metadata?:
        Partial<MetadataOf<P, T>> | ((request: RouteRequest<ParamName<K>>) => Partial<MetadataOf<P, T>>)
      /**
       * Reads what to record from the JSON of an ok response: `{ outputUrl }`, or a failure that came as a success.
       * The task then ends with the body and not with the headers; the caller waits for neither. Not called for
       * other bodies, or those above 1 MiB.
       */
      readonly read?: (body: unknown) => TaskPatch<MetadataOf<P, T>> | undefined
    }
  : never

/** A route as the code sees it, whatever its pipeline. */
export interface LooseRoute {
  readonly type: string
  readonly scope: (request: RouteRequest) => Readonly<Record<string, unknown>> | undefined
  readonly onConflict?: 'join' | 'supersede' | 'reject'
  readonly timeout?: number
  readonly metadata?: object | ((request: RouteRequest) => object)
  readonly read?: ReadBody
}

/** A route's `read`, whatever its pipeline. */
export type ReadBody = (body: unknown) => TaskPatch | undefined
