import type { StepView } from '@callsheet/core'
import { memo, type ReactNode } from 'react'
import { faceOf, openIn } from '../state/face.ts'
import { useStep } from '../state/hooks.ts'
import { FaceIcon, StepIcon } from '../parts/icons.tsx'
import { useWords } from '../messages/messages-provider.tsx'
import { named } from '../messages/messages.ts'
import type { OnRetry } from '../parts/retry.tsx'
import { StepErrors } from './step-errors.tsx'
import { StepSlots } from './step-slots.tsx'
import { ItemStatus, SingleStatus } from './step-status.tsx'

export interface StepCardProps {
  readonly showId: string
  readonly type: string
  readonly renderStepExtra: ((step: StepView) => ReactNode) | undefined
  readonly onRetry: OnRetry | undefined
}

const isBegun = (step: StepView) =>
  step.active + step.completed + step.failed + step.canceled + step.interrupted > 0

/** One step of one show. It reads only its own step, so that changes of other steps do not render it. */
export const StepCard = memo(function StepCard({ showId, type, renderStepExtra, onRetry }: StepCardProps) {
  const step = useStep(showId, type)
  const { messages, fill, label } = useWords()
  const face = faceOf(step)
  const isSingle = step.per === 'show'
  const stuck = openIn(step, 'failed')
  const isSaid = face === 'unavailable' || face === 'optional' || (isSingle && face !== 'pending')
  return (
    <li className={`callsheet-step callsheet-step--${face}`} data-face={face} data-step={type}>
      <div className="callsheet-step-head">
        <StepIcon name={step.icon} />
        <span className="callsheet-step-label">{label(step)}</span>
        <FaceIcon face={face} label={isSaid ? undefined : messages[named('status', face)]} />
      </div>
      <div className="callsheet-step-body">
        {isSingle ? <SingleStatus step={step} face={face} /> : <ItemStatus step={step} face={face} />}
        {step.failed > 0 && (
          <>
            {stuck > 0 && <div className="callsheet-step-failed">{fill('failedCount', { n: stuck })}</div>}
            {step.failed > stuck && (
              <div className="callsheet-step-note">
                {isSingle ? messages.lastTryFailed : fill('notRemadeCount', { n: step.failed - stuck })}
              </div>
            )}
            <StepErrors showId={showId} step={step} onRetry={onRetry} />
          </>
        )}
        {!isSingle && isBegun(step) && <StepSlots step={step} />}
        {renderStepExtra?.(step)}
      </div>
    </li>
  )
})
