import type { SlotView, StepView } from '@callsheet/core'
import { ChevronDown } from 'lucide-react'
import { useId, useState } from 'react'
import { Bar } from '../parts/bar.tsx'
import { Elapsed } from '../parts/elapsed.tsx'
import { slotFaceOf } from '../state/face.ts'
import { FaceIcon } from '../parts/icons.tsx'
import { named } from '../messages/messages.ts'
import { useWords } from '../messages/messages-provider.tsx'

/** The slots of a step in a disclosure that opens while a slot is active. */
export function StepSlots({ step }: { readonly step: StepView }) {
  const { fill, label } = useWords()
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
        {fill('slots', { per: step.per })}
      </button>
      <div id={listId} className="callsheet-slots-body">
        {isOpen && (
          <ul className="callsheet-slots-list">
            {step.slots.map((slot) => (
              <SlotRow key={slot.characterId ?? ''} slot={slot} step={label(step)} />
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}

function SlotRow({ slot, step }: { readonly slot: SlotView; readonly step: string }) {
  const { messages, fill } = useWords()
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
            <span className="callsheet-slot-word">{messages[named('status', face)]}</span>
          )}
        </span>
      </div>
      {isRemade && (
        <div className="callsheet-slot-stage callsheet-slot-word">{messages[named('lastTry', status)]}</div>
      )}
      {isActive && (
        <>
          <div className="callsheet-slot-stage">
            <bdi className="callsheet-stage-text">
              {task?.stage ?? (done ? messages.remaking : messages.statusActive)}
            </bdi>
            {task?.progress !== undefined && <span>{fill('percent', { n: progress })}</span>}
          </div>
          <Bar
            size="small"
            look="active"
            value={progress}
            label={fill('progressOf', { what: `${step}, ${name}` })}
          />
        </>
      )}
    </li>
  )
}
