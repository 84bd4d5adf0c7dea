import {
  CallsheetError,
  type Followable,
  type ItemScope,
  type MetadataOf,
  type Pipeline,
  type RunOptions,
  type TaskType,
} from '@callsheet/core'
import { useInsertionEffect, useRef, useState } from 'react'
import type { ShowId } from './show-id.ts'
import { useTrackerOf } from './tracker-context.ts'

/** How the calls of `useTrack` are tracked: for which show and item, and the options of `track`. */
export type UseTrackOptions<P extends Pipeline, T extends TaskType<P>, R> = StepCallOptions<
  T,
  ItemScope<P, T>,
  MetadataOf<P, T>,
  R
>

/** The same by their parts, so that a compiler's message begins with the step and not with the pipeline. */
type StepCallOptions<_T extends string, Item, M, R> = {
  /** The show of the call; `null` before it exists. */
  readonly showId: ShowId
} & RunOptions<M, R, never> &
  Item

export interface UseTrack<P extends Pipeline> {
  /**
   * Gives a function with the signature of `fn`, tracked at each call.
   *
   * The function is the same for the component's life, and calls the `fn` and `options` of the latest render.
   * Unmounting ends no call. A call whose options throw, or whose `showId` is not usable (`null` before a show
   * exists), is made without being tracked, which is reported on the tracker's `error` event.
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
  new CallsheetError(`useTrack: no showId yet. This call of "${type}" is made, but not tracked.`, {
    code: 'invalid_id',
  })

export const useTrack: UseTrack<Pipeline> = (type, fn, options) => {
  const tracker = useTrackerOf('useTrack')
  const latest = useRef({ tracker, type, fn, options })
  // Before any layout effect could call; and unlike useLayoutEffect, silent on React 18's server.
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
    // For any step at once, TypeScript cannot tell that these options fit.
    return show.track(now.type, call as never, given as never)
  })
  // Whatever the function gives: `Followable` only refuses.
  return tracked as never
}
