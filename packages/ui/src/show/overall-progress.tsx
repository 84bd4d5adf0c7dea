import { Bar } from '../parts/bar.tsx'
import { usePipeline } from '../state/hooks.ts'
import { useWords } from '../messages/messages-provider.tsx'
import { isEqual } from '../state/is-equal.ts'

/** The overall progress of a show. */
export function OverallProgress({ showId }: { readonly showId: string }) {
  const { messages, fill } = useWords()
  const { progress, completedSteps, totalSteps } = usePipeline(
    showId,
    (view) => ({
      progress: view.progress,
      completedSteps: view.completedSteps,
      totalSteps: view.totalSteps,
    }),
    isEqual,
  )
  const isDone = totalSteps > 0 && completedSteps === totalSteps
  return (
    <div className="callsheet-overall">
      <div className="callsheet-overall-line">
        <span className="callsheet-overall-label">{messages.overall}</span>
        <span className="callsheet-overall-count">
          {fill('steps', { completed: completedSteps, total: totalSteps })} ·{' '}
          {fill('percent', { n: progress })}
        </span>
      </div>
      <Bar size="overall" value={progress} label={messages.overall} look={isDone ? 'done' : 'active'} />
    </div>
  )
}
