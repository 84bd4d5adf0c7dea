import type { ItemScope, Pipeline, Task, TaskType } from '@callsheet/core'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { type ShowId, subscribeToNothing } from './show-id.ts'
import { useTrackerOf } from './tracker-context.ts'

/** A slot by its parts, so that a compiler's message begins with the step and not with the pipeline. */
type StepSlot<T extends string, Item> = { readonly showId: ShowId; readonly type: T } & Item

export interface UseTask<P extends Pipeline> {
  /**
   * The task with an id; undefined while it is not known, after it was dismissed, and for `null`.
   *
   * @example
   * const task = useTask(taskId)
   */
  (id: string | null | undefined): Task<P> | undefined
  /**
   * The latest task of a slot, of its item where the step is per item; where that was dismissed, the slot's result. A
   * picture or a link reads `useStep(…).result(…)` instead, which a later task that fails does not take away.
   *
   * The slot may be a new object at each render. Undefined while its `showId` is `null`, before a show exists.
   *
   * @example
   * const task = useTask({ showId: 'neon-noir', type: 'portrait', characterId: 'ada' })
   */
  <T extends TaskType<P>>(slot: StepSlot<T, ItemScope<P, NoInfer<T>>>): Task<P, T> | undefined
}

type AnySlot = { readonly showId: ShowId; readonly type: string } & Readonly<Record<string, unknown>>

export const useTask: UseTask<Pipeline> = (target: unknown) => {
  const tracker = useTrackerOf('useTask')
  const which = useStable(target as ShowId | AnySlot)
  // Until its task is known, an id can turn up in any show.
  const showId = typeof which === 'string' ? tracker.getTask(which)?.showId : which?.showId
  const type = typeof which === 'string' ? undefined : which?.type
  const isNothing = which === undefined
  const subscribe = useCallback(
    (listener: () => void) =>
      tracker.subscribe(listener, {
        ...(typeof showId === 'string' && { showId }),
        ...(type !== undefined && { type }),
      }),
    [tracker, showId, type],
  )
  const read = useCallback(
    () => (which === undefined ? undefined : tracker.getTask(which as string)),
    [tracker, which],
  )
  return useSyncExternalStore(isNothing ? subscribeToNothing : subscribe, read, read)
}

/** The same slot for as long as its fields stay, though it is a new object at each render; undefined without a show. */
function useStable(given: ShowId | AnySlot): string | AnySlot | undefined {
  const isSlot = typeof given === 'object' && given !== null
  const which = (isSlot ? given.showId : given) ? (given ?? undefined) : undefined
  const key = isSlot ? JSON.stringify(which) : which
  // oxlint-disable-next-line react/exhaustive-deps -- the key says all that is in it
  return useMemo(() => which, [key])
}
