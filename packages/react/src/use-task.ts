import type { Pipeline, Task, TaskType, Tracker } from '@callsheet/core'
import type { ItemScope } from '@callsheet/core/provider'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { type ShowId, subscribeToNothing } from './show-id.ts'
import { useProvided } from './tracker-context.ts'

/** A slot by its parts, so that a compiler's message begins with the step and not with the pipeline. */
type StepSlot<T extends string, Item> = { readonly showId: ShowId; readonly type: T } & MaybeSelected<Item>

/** The item's id, or `null` or `undefined` while no item is selected. */
type MaybeSelected<Item> = { readonly [K in keyof Item]: Item[K] | null | undefined }

export interface UseTask<P extends Pipeline> {
  /**
   * Returns the task with an id; undefined while the id is unknown, after the task was dismissed, and for `null`.
   *
   * @example
   * const task = useTask(taskId)
   */
  (id: string | null | undefined): Task<P> | undefined
  /**
   * Returns the latest task of a slot; if it was dismissed, the slot's result. For a picture or a link read
   * `useStep(…).result(…)`, which a later failed task does not take away.
   *
   * The slot may be a new object at each render. Returns undefined for `null`, and while the `showId` or the item's id is
   * `null`, `undefined` or empty: before a show exists, or before an item is selected.
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
  const { tracker, rendered } = useProvided('useTask')
  const which = useStable(tracker.pipeline, target as ShowId | AnySlot)
  // The show of an id is unknown until its task is known.
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
    (from: Tracker = tracker) => (which === undefined ? undefined : from.getTask(which as string)),
    [tracker, which],
  )
  return useSyncExternalStore(isNothing ? subscribeToNothing : subscribe, read, () => read(rendered()))
}

/** Returns the id or the slot, the same object until its fields change; undefined while an id is missing. */
function useStable(pipeline: Pipeline, given: ShowId | AnySlot): string | AnySlot | undefined {
  const which = typeof given === 'object' && given !== null ? selectedIn(pipeline, given) : given || undefined
  const key = typeof which === 'object' ? JSON.stringify(which) : which
  // oxlint-disable-next-line react/exhaustive-deps -- the key holds all fields of the slot
  return useMemo(() => which, [key])
}

/** Returns a slot without its empty fields; undefined while its show, or a required item, is not selected. */
function selectedIn({ steps, extra }: Pipeline, { showId, type, ...items }: AnySlot): AnySlot | undefined {
  const selected = Object.entries(items).filter(([, id]) => id !== '' && id !== null && id !== undefined)
  const { per = 'show' } = [...steps, ...extra].find((one) => one.type === type) ?? {}
  const isOpen = per !== 'show' && selected.length === 0 && Object.keys(items).length > 0
  return showId && !isOpen ? { showId, type, ...Object.fromEntries(selected) } : undefined
}
