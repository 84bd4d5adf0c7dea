import { elapsed, isActive, isStale, type Task } from '@callsheet/core'
import { useSyncExternalStore } from 'react'
import { useTracker } from '../state/hooks.ts'
import { useLabels } from '../labels/labels-provider.tsx'
import { countTicks, subscribeToTicks } from '../state/ticker.ts'

const never = () => () => {}
const onServer = () => -1

/** How long a task has been running, each second anew, or how long it ran. The only component that ticks. */
export function Elapsed({ task }: { readonly task: Task }) {
  const tracker = useTracker()
  const labels = useLabels()
  const isRunning = isActive(task)
  const ticks = useSyncExternalStore(isRunning ? subscribeToTicks : never, countTicks, onServer)
  // A server's clock would not agree with the browser's first render.
  if (ticks < 0 || (!isRunning && task.completedAt === undefined)) return null
  const now = tracker.now()
  const isQuiet = isStale(task, now, tracker.pipeline)
  return (
    <span className={`callsheet-elapsed${isQuiet ? ' callsheet-elapsed--stale' : ''}`}>
      {labels.duration(elapsed(task, now))}
      {isQuiet && ` · ${labels.stale}`}
    </span>
  )
}
