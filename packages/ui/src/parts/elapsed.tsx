import { elapsed, isActive, isStale, type Task } from '@callsheet/core'
import { useSyncExternalStore } from 'react'
import { useTracker } from '../state/hooks.ts'
import { useWords } from '../messages/messages-provider.tsx'
import { durationText } from '../messages/messages.ts'
import { countTicks, subscribeToTicks } from '../state/ticker.ts'

const never = () => () => {}
const onServer = () => -1

/** The duration of a task, updated each second while it is active. The only component with a timer. */
export function Elapsed({ task }: { readonly task: Task }) {
  const tracker = useTracker()
  const words = useWords()
  const isRunning = isActive(task)
  const ticks = useSyncExternalStore(isRunning ? subscribeToTicks : never, countTicks, onServer)
  // The server's clock would differ from that of the browser's first render.
  if (ticks < 0 || (!isRunning && task.completedAt === undefined)) return null
  const now = tracker.now()
  const isQuiet = isStale(task, now, tracker.pipeline)
  return (
    <span className={`callsheet-elapsed${isQuiet ? ' callsheet-elapsed--stale' : ''}`}>
      {durationText(elapsed(task, now), words)}
      {isQuiet && ` · ${words.messages.stale}`}
    </span>
  )
}
