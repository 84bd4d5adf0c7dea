import type { StepView } from '@callsheet/core'
import { Bar } from '../parts/bar.tsx'
import { Elapsed } from '../parts/elapsed.tsx'
import { type Face, openIn } from '../state/face.ts'
import { named } from '../messages/messages.ts'
import { useWords } from '../messages/messages-provider.tsx'

interface StepStatusProps {
  readonly step: StepView
  readonly face: Face
}

/** The state of a step that runs once per show, as text. */
export function SingleStatus({ step, face }: StepStatusProps) {
  const { messages, fill } = useWords()
  if (face === 'pending') return null
  // The duration beside a result is that of the result.
  const task = face === 'succeeded' ? step.result() : step.task()
  const { done, status } = step.slot()
  return (
    <>
      <div className="callsheet-step-line">
        <span className="callsheet-step-word">{messages[named('status', face)]}</span>
        {task && face !== 'interrupted' && <Elapsed task={task} />}
      </div>
      {done && (status === 'canceled' || status === 'interrupted') && (
        <div className="callsheet-step-note">{messages[named('lastTry', status)]}</div>
      )}
      {face === 'active' && task && (task.stage !== undefined || task.progress !== undefined) && (
        <div className="callsheet-step-stage">
          <bdi className="callsheet-stage-text">{task.stage}</bdi>
          {task.progress !== undefined && <span>{fill('percent', { n: task.progress })}</span>}
        </div>
      )}
    </>
  )
}

/** The state of a step that runs once per item: counts and a bar. */
export function ItemStatus({ step, face }: StepStatusProps) {
  const { messages, fill, label } = useWords()
  const isMuted = face === 'unavailable' || face === 'optional'
  const canceled = openIn(step, 'canceled')
  const interrupted = openIn(step, 'interrupted')
  return (
    <>
      {isMuted && <div className="callsheet-step-word">{messages[named('status', face)]}</div>}
      {step.total > 0 && !(isMuted && step.completed === 0) && (
        <>
          <div className="callsheet-step-line">
            <span className="callsheet-step-count">
              {fill('completeOf', { completed: step.completed, total: step.total })}
            </span>
            {step.active > 0 && (
              <span className="callsheet-step-active">{fill('inProgress', { n: step.active })}</span>
            )}
          </div>
          <Bar
            value={step.progress}
            label={fill('progressOf', { what: label(step) })}
            look={face === 'succeeded' ? 'done' : face === 'failed' ? 'failed' : 'active'}
          />
        </>
      )}
      {canceled > 0 && <div className="callsheet-step-note">{fill('canceledCount', { n: canceled })}</div>}
      {interrupted > 0 && (
        <div className="callsheet-step-note">{fill('interruptedCount', { n: interrupted })}</div>
      )}
    </>
  )
}
