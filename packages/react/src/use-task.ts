import type { ItemScope, Pipeline, Task, TaskType, Tracker } from '@callsheet/core'
import { useCallback, useSyncExternalStore } from 'react'
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
  const id = typeof target === 'string' ? target : undefined
  const slot = id === undefined ? (target as AnySlot) : undefined
  const type = slot?.type
  const item = slot && itemOf(tracker, slot)
  // Until its task is known, an id can turn up in any show.
  const showId = id === undefined ? slot?.showId : tracker.getTask(id)?.showId
  const subscribe = useCallback(
    (listener: () => void) => tracker.subscribe(listener, keyOf(tracker, showId, type)),
    [tracker, showId, type],
  )
  const read = useCallback(
    () => (id === undefined ? currentTask(tracker, showId!, type!, item) : tracker.getTask(id)),
    [tracker, id, showId, type, item],
  )
  return useSyncExternalStore(subscribe, read, read)
}

const isStep = (tracker: Tracker, type: string) => tracker.pipeline.indexOf(type) !== undefined

/** A change of what is in no step calls the listeners of the show, but of no step. */
const keyOf = (tracker: Tracker, showId: string | undefined, type: string | undefined) =>
  showId === undefined ? {} : type !== undefined && isStep(tracker, type) ? { showId, type } : { showId }

function itemOf({ pipeline }: Tracker, slot: AnySlot): string | undefined {
  const { per = 'show' } = [...pipeline.steps, ...pipeline.extra].find(({ type }) => type === slot.type) ?? {}
  return ((per !== 'show' && slot[`${per}Id`]) || slot['characterId']) as string | undefined
}

function currentTask(tracker: Tracker, showId: string, type: string, item: string | undefined) {
  if (isStep(tracker, type)) return tracker.getPipeline(showId).step(type).task(item)
  return tracker.getTasks({ showId, type }).find(({ characterId }) => characterId === item)
}
