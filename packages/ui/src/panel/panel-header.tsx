import { Dialog } from '@base-ui/react/dialog'
import { Film, X } from 'lucide-react'
import { useWords } from '../messages/messages-provider.tsx'
import { named } from '../messages/messages.ts'
import type { Totals } from '../state/totals.ts'

interface PanelHeaderProps {
  readonly title: string
  readonly totals: Totals
  readonly hasStats: boolean
}

export function PanelHeader({ title, totals, hasStats }: PanelHeaderProps) {
  const { messages, fill } = useWords()
  return (
    <div className="callsheet-panel-header">
      <div className="callsheet-panel-row">
        <span className="callsheet-panel-mark">
          <Film className="callsheet-icon" aria-hidden="true" />
        </span>
        <div className="callsheet-panel-words">
          <Dialog.Title className="callsheet-panel-title">{title}</Dialog.Title>
          <Dialog.Description className="callsheet-panel-sub">
            {totals.active > 0 ? fill('inProgress', { n: totals.active }) : messages.allCaughtUp}
          </Dialog.Description>
        </div>
        <Dialog.Close className="callsheet-button callsheet-close" aria-label={messages.close}>
          <X className="callsheet-icon" aria-hidden="true" />
        </Dialog.Close>
      </div>
      {hasStats && (
        <dl className="callsheet-stats">
          {(['active', 'done', 'failed'] as const).map((kind) => (
            <div key={kind} className={`callsheet-stat callsheet-stat--${kind}`}>
              <dt className="callsheet-stat-label">{messages[named('total', kind)]}</dt>
              <dd className="callsheet-stat-value">{totals[kind]}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  )
}
