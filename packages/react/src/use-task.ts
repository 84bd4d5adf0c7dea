import type { ItemScope, Pipeline, Task, TaskType } from '@callsheet/core'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { type ShowId, subscribeToNothing } from './show-id.ts'
import { useTrackerOf } from './tracker-context.ts'

/** A slot by its parts, so that a compiler's message begins with the step and not with the pipeline. */
type StepSlot<T extends string, Item> = { readonly showId: ShowId; readonly type: T } & MaybeChosen<Item>

/** The item's id, or nothing while no item is chosen. */
type MaybeChosen<Item> = { readonly [K in keyof Item]: Item[K] | null | undefined }

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
   * The slot may be a new object at each render. Undefined for `null`, and while the `showId` or the item's id is `null`
   * or empty: before a show exists, or before an item is chosen.
   *
   * @example
   * const task = useTask({ showId: 'neon-noir', type: 'portrait', characterId: 'ada' })
   */
  <T extends TaskType<P>>(
    slot: StepSlot<T, ItemScope<P, NoInfer<T>>> | null | undefined,
  ): Task<P, T> | undefined
}

type AnySlot = { readonly showId: ShowId; readonly type: string } & Readonly<Record<string, unknown>>

export const useTask: UseTask<Pipeline> = (target: unknown) => {
  const tracker = useTrackerOf('useTask')
  const which = useStable(tracker.pipeline, target as ShowId | AnySlot)
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

/** The id or the slot, the same object for as long as its fields stay; undefined while an id is missing. */
function useStable(pipeline: Pipeline, given: ShowId | AnySlot): string | AnySlot | undefined {
  const which = typeof given === 'object' && given !== null ? chosenIn(pipeline, given) : given || undefined
  const key = typeof which === 'object' ? JSON.stringify(which) : which
  // oxlint-disable-next-line react/exhaustive-deps -- the key holds all that is in the slot
  return useMemo(() => which, [key])
}

/** A slot without its empty fields; undefined while its show, or the item that its step needs, is not chosen. */
function chosenIn({ steps, extra }: Pipeline, { showId, type, ...items }: AnySlot): AnySlot | undefined {
  const chosen = Object.entries(items).filter(([, id]) => id !== '' && id !== null && id !== undefined)
  const { per = 'show' } = [...steps, ...extra].find((one) => one.type === type) ?? {}
  const isOpen = per !== 'show' && chosen.length === 0 && Object.keys(items).length > 0
  return showId && !isOpen ? { showId, type, ...Object.fromEntries(chosen) } : undefined
}
