import type { ItemScope, Pipeline, Task, TaskType } from '@callsheet/core'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { useTrackerOf } from './tracker-context.ts'

export interface UseTask<P extends Pipeline> {
  /**
   * The task with an id; undefined while it is not known and after it was dismissed.
   *
   * @example
   * const task = useTask(taskId)
   */
  (id: string): Task<P> | undefined
  /**
   * The current task of a slot: the newest one of a step, and of its item where the step is per item.
   *
   * The slot may be a new object at each render.
   *
   * @example
   * const task = useTask({ showId: 'neon-noir', type: 'portrait', characterId: 'ada' })
   */
  <T extends TaskType<P>>(
    slot: { readonly showId: string; readonly type: T } & ItemScope<P, NoInfer<T>>,
  ): Task<P, T> | undefined
}

type AnySlot = { readonly showId: string; readonly type: string } & Readonly<Record<string, unknown>>

export const useTask: UseTask<Pipeline> = (target: unknown) => {
  const tracker = useTrackerOf('useTask')
  const which = useStable(target as string | AnySlot)
  // Until its task is known, an id can turn up in any show.
  const showId = typeof which === 'string' ? tracker.getTask(which)?.showId : which.showId
  const type = typeof which === 'string' ? undefined : which.type
  const subscribe = useCallback(
    (listener: () => void) =>
      tracker.subscribe(listener, {
        ...(showId === undefined ? {} : { showId }),
        ...(type === undefined ? {} : { type }),
      }),
    [tracker, showId, type],
  )
  const read = useCallback(() => tracker.getTask(which), [tracker, which])
  return useSyncExternalStore(subscribe, read, read)
}

/** The same slot for as long as its fields stay, though it is a new object at each render. */
function useStable(which: string | AnySlot): string | AnySlot {
  const key = typeof which === 'string' ? which : JSON.stringify(which)
  // oxlint-disable-next-line react/exhaustive-deps -- the key says all that is in it
  return useMemo(() => which, [key])
}
