import { isActive, isStale, type Task } from '@callsheet/core'
import { useElapsed } from '@callsheet/react'
import { durationText } from '../messages/messages.ts'
import { useWords } from '../messages/messages-provider.tsx'
import { useTracker } from '../state/hooks.ts'

/** The duration of a task, updated each second while it is active. The only component with a timer. */
export function Elapsed({ task }: { readonly task: Task }) {
  const { pipeline } = useTracker()
  const words = useWords()
  const duration = useElapsed(task)
  if (!isActive(task) && task.completedAt === undefined) return null
  const isQuiet = isStale(task, task.startedAt + duration, pipeline)
  return (
    <span className={`callsheet-elapsed${isQuiet ? ' callsheet-elapsed--stale' : ''}`}>
      {durationText(duration, words)}
      {isQuiet && ` · ${words.messages.stale}`}
    </span>
  )
}
