import { RotateCcw } from 'lucide-react'
import { useWords } from '../messages/messages-provider.tsx'

/** The slot to retry, as `onRetry` receives it. */
export interface RetryRequest {
  readonly showId: string
  /** The step's id. */
  readonly type: string
  readonly characterId?: string
  /** The task that failed. */
  readonly taskId: string
}

/** Starts the work of a failed slot again. */
export type OnRetry = (request: RetryRequest) => void

interface RetryButtonProps {
  readonly request: RetryRequest
  readonly step: string
  readonly name: string | undefined
  readonly onRetry: OnRetry
}

export function RetryButton({ request, step, name, onRetry }: RetryButtonProps) {
  const { messages, fill } = useWords()
  return (
    <button
      type="button"
      className="callsheet-button callsheet-retry"
      aria-label={name === undefined ? fill('retryStep', { step }) : fill('retrySlot', { step, name })}
      onClick={() => onRetry(request)}
    >
      <RotateCcw className="callsheet-icon" aria-hidden="true" />
      <span className="callsheet-retry-text">{messages.retry}</span>
    </button>
  )
}
