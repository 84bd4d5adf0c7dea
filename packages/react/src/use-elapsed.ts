import { elapsed, isActive, type Task } from '@callsheet/core'
import { useTicks } from './ticker.ts'
import { useProvided } from './tracker-context.ts'

type Timed = Pick<Task, 'status' | 'startedAt' | 'completedAt' | 'updatedAt'>

/**
 * Returns how long a task has been running, or ran, in ms by the tracker's clock; 0 without a task.
 *
 * Renders each second while the task is active, so use it in the component of the text alone. All of them share one timer. On
 * the server and while hydrating, the time is that of the `serverSnapshot`.
 *
 * @example
 * const seconds = Math.floor(useElapsed(task) / 1000)
 */
export function useElapsed(task: Timed | null | undefined): number {
  const { tracker, rendered } = useProvided('useElapsed')
  const isRunning = !!task && isActive(task)
  const ticks = useTicks(isRunning)
  if (!task) return 0
  return elapsed(task, isRunning ? (ticks < 0 ? rendered() : tracker).now() : task.updatedAt)
}
