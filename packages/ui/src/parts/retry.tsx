import { RotateCcw } from 'lucide-react'
import { useLabels } from '../labels/labels-provider.tsx'

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
  const labels = useLabels()
  return (
    <button
      type="button"
      className="callsheet-button callsheet-retry"
      aria-label={labels.retryOf(step, name)}
      onClick={() => onRetry(request)}
    >
      <RotateCcw className="callsheet-icon" aria-hidden="true" />
      <span className="callsheet-retry-text">{labels.retry}</span>
    </button>
  )
}
