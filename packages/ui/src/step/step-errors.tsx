import type { StepView } from '@callsheet/core'
import { useWords } from '../messages/messages-provider.tsx'
import { type OnRetry, RetryButton } from '../parts/retry.tsx'

interface StepErrorsProps {
  readonly showId: string
  readonly step: StepView
  readonly onRetry: OnRetry | undefined
}

/** The errors of the failed slots of a step, as text. */
export function StepErrors({ showId, step, onRetry }: StepErrorsProps) {
  const { label } = useWords()
  const failed = step.slots.filter(({ status }) => status === 'failed')
  return (
    <ul className="callsheet-errors">
      {failed.map(({ characterId, name, task }) => (
        <li key={characterId ?? ''} className="callsheet-error">
          <span className="callsheet-error-text">
            {name !== undefined && (
              <>
                <bdi className="callsheet-error-name">{name}</bdi>
                {': '}
              </>
            )}
            <bdi className="callsheet-error-message">{task?.error?.message ?? task?.stage ?? ''}</bdi>
          </span>
          {onRetry && task && (
            <RetryButton
              request={{
                showId,
                type: step.type,
                ...(characterId === undefined ? {} : { characterId }),
                taskId: task.id,
              }}
              step={label(step)}
              name={name}
              onRetry={onRetry}
            />
          )}
        </li>
      ))}
    </ul>
  )
}
