import type { SlotView, StepView } from '@callsheet/core'
import { ChevronDown } from 'lucide-react'
import { useId, useState } from 'react'
import { Bar } from '../parts/bar.tsx'
import { Elapsed } from '../parts/elapsed.tsx'
import { slotFaceOf } from '../state/face.ts'
import { FaceIcon } from '../parts/icons.tsx'
import { useLabels } from '../labels/labels-provider.tsx'

/** The slots of a step in a disclosure that opens while a slot is active. */
export function StepSlots({ step }: { readonly step: StepView }) {
  const labels = useLabels()
  const listId = useId()
  const isActive = step.active > 0
  const [isOpen, setIsOpen] = useState(isActive)
  const [wasActive, setWasActive] = useState(isActive)
  if (wasActive !== isActive) {
    setWasActive(isActive)
    setIsOpen(isActive)
  }
  return (
    <div className="callsheet-slots">
      <button
        type="button"
        className="callsheet-button callsheet-slots-toggle"
        aria-expanded={isOpen}
        aria-controls={listId}
        onClick={() => setIsOpen(!isOpen)}
      >
        <ChevronDown className="callsheet-icon callsheet-slots-chevron" aria-hidden="true" />
        {labels.slots(step.per)}
      </button>
      <div id={listId} className="callsheet-slots-body">
        {isOpen && (
          <ul className="callsheet-slots-list">
            {step.slots.map((slot) => (
              <SlotRow key={slot.characterId ?? ''} slot={slot} step={step.label} />
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}

function SlotRow({ slot, step }: { readonly slot: SlotView; readonly step: string }) {
  const labels = useLabels()
  const { status, task, progress, done } = slot
  const name = slot.name ?? ''
  const face = slotFaceOf(slot)
  const isActive = status === 'active'
  const isRemade = done && (status === 'failed' || status === 'canceled' || status === 'interrupted')
  return (
    <li className={`callsheet-slot callsheet-slot--${face}`} data-face={face}>
      <div className="callsheet-slot-row">
        <FaceIcon face={face} />
        <bdi className="callsheet-slot-name">{name}</bdi>
        <span className="callsheet-slot-status">
          {isActive && task ? (
            <Elapsed task={task} />
          ) : (
            <span className="callsheet-slot-word">{labels.faces[face]}</span>
          )}
        </span>
      </div>
      {isRemade && <div className="callsheet-slot-stage callsheet-slot-word">{labels.lastTry[status]}</div>}
      {isActive && (
        <>
          <div className="callsheet-slot-stage">
            <bdi className="callsheet-stage-text">
              {task?.stage ?? (done ? labels.remaking : labels.faces.active)}
            </bdi>
            {task?.progress !== undefined && <span>{labels.percent(progress)}</span>}
          </div>
          <Bar size="small" look="active" value={progress} label={labels.progressOf(`${step}, ${name}`)} />
        </>
      )}
    </li>
  )
}
