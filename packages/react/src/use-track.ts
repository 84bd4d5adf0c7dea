import { CallsheetError, type Pipeline, type RunOptions, type TaskType } from '@callsheet/core'
import type { Followable, ItemScope, MetadataOf } from '@callsheet/core/provider'
import { useInsertionEffect, useRef, useState } from 'react'
import type { ShowId } from './show-id.ts'
import { useTrackerOf } from './tracker-context.ts'

/** The options of `useTrack`: the show, the item, and the options of `track`. */
export type UseTrackOptions<P extends Pipeline, T extends TaskType<P>, R> = StepCallOptions<
  T,
  ItemScope<P, T>,
  MetadataOf<P, T>,
  R
>

/** The same in parts, so that a compiler's message begins with the step and not with the pipeline. */
type StepCallOptions<_T extends string, Item, M, R> = {
  /** The show of the call; `null` before it exists. */
  readonly showId: ShowId
} & RunOptions<M, R, never> &
  Item

export interface UseTrack<P extends Pipeline> {
  /**
   * Returns a function with the signature of `fn` that is tracked at each call.
   *
   * The function is the same for the life of the component, and uses the `fn` and `options` of the latest render.
   * Unmounting does not end a call. If the options throw, or the `showId` is missing or invalid (`null` before a show
   * exists), `fn` is called without tracking, which is reported on the tracker's `error` event.
   *
   * @example
   * const paint = useTrack(
   *   'portrait',
   *   (characterId: string) => fetch(`/api/portrait/${characterId}`, { method: 'POST' }),
   *   (characterId) => ({ showId: 'neon-noir', characterId }),
   * )
   */
  <T extends TaskType<P>, A extends readonly unknown[], R>(
    type: T,
    fn: (...args: A) => Followable<R>,
    options: NoInfer<
      | StepCallOptions<T, ItemScope<P, T>, MetadataOf<P, T>, R>
      | ((...args: A) => StepCallOptions<T, ItemScope<P, T>, MetadataOf<P, T>, R>)
    >,
  ): (...args: A) => R
}

const noShow = (type: string) =>
  new CallsheetError(`useTrack: missing showId. The call of "${type}" is made without tracking.`, {
    code: 'invalid_id',
  })

export const useTrack: UseTrack<Pipeline> = (type, fn, options) => {
  const tracker = useTrackerOf('useTrack')
  const latest = useRef({ tracker, type, fn, options })
  // Runs before any layout effect, and unlike useLayoutEffect does not warn on React 18's server.
  useInsertionEffect(() => {
    latest.current = { tracker, type, fn, options }
  })
  const [tracked] = useState((): typeof fn => (...args) => {
    const now = latest.current
    const call = () => now.fn(...args)
    let show
    let given
    try {
      given = typeof now.options === 'function' ? now.options(...args) : now.options
      if (!given.showId) throw noShow(now.type)
      show = now.tracker.show(given.showId)
    } catch (error) {
      now.tracker.report(error)
      return call()
    }
    // TypeScript cannot check the options for all steps at once.
    return show.track(now.type, call as never, given as never)
  })
  // `Followable` only restricts the type.
  return tracked as never
}
