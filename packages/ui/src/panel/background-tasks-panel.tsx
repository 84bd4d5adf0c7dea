import { Dialog } from '@base-ui/react/dialog'
import { Film } from 'lucide-react'
import { type CSSProperties, memo, type ReactNode, type RefObject } from 'react'
import { usePipelines } from '../state/hooks.ts'
import { useWords } from '../messages/messages-provider.tsx'
import { PanelHeader } from './panel-header.tsx'
import { ProductionPipeline } from '../show/production-pipeline.tsx'
import type { OnRetry } from '../parts/retry.tsx'
import { hasWork, totalsOf } from '../state/totals.ts'

/** Props of `BackgroundTasksPanel`. */
export interface BackgroundTasksPanelProps {
  /** Whether the panel is open. */
  readonly open: boolean
  /** Called when the user closes the panel. */
  readonly onOpenChange: (open: boolean) => void
  /** The title. @default Background Tasks */
  readonly title?: string
  /** Shown below the list while there is any task; `null` hides it. @default a line about resuming */
  readonly footer?: ReactNode
  /** The z-index of the panel; that of the backdrop is 10 lower. @default 50 */
  readonly zIndex?: number
  /** Adds a retry button to each failed slot. Pass the same function at each render. */
  readonly onRetry?: OnRetry
  /** The element that the panel is appended to. @default the body */
  readonly container?: HTMLElement | RefObject<HTMLElement | null> | null
}

/**
 * All shows with any work, in a panel that slides in from the right. It is a modal dialog: it traps the focus, closes on
 * Escape and on a click outside, and restores the focus.
 *
 * @example
 * const [open, setOpen] = useState(false)
 * <BackgroundTasksPanel open={open} onOpenChange={setOpen} />
 */
export function BackgroundTasksPanel(props: BackgroundTasksPanelProps) {
  const { open, onOpenChange, zIndex, container } = props
  const style = (zIndex === undefined ? {} : { '--callsheet-panel-z-index': zIndex }) as CSSProperties
  return (
    <Dialog.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Dialog.Portal className="callsheet-portal" style={style} container={container}>
        <Dialog.Backdrop className="callsheet-backdrop" />
        <Dialog.Popup className="callsheet-panel" aria-modal="true">
          <PanelContent {...props} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

// A change in one show renders only the panel's numbers and that show.
const ShowItem = memo(ProductionPipeline)

function PanelContent({ title, footer, onRetry }: BackgroundTasksPanelProps) {
  const { messages } = useWords()
  const all = usePipelines()
  const shows = all.filter(hasWork)
  const isEmpty = shows.length === 0
  return (
    <>
      <PanelHeader title={title ?? messages.panelTitle} totals={totalsOf(all)} hasStats={!isEmpty} />
      <div className="callsheet-panel-content">
        {shows.map(({ showId }) => (
          <ShowItem key={showId} showId={showId} {...(onRetry && { onRetry })} />
        ))}
        {isEmpty && <EmptyState />}
      </div>
      {!isEmpty && footer !== null && (
        <div className="callsheet-panel-footer">{footer ?? messages.panelFooter}</div>
      )}
    </>
  )
}

function EmptyState() {
  const { messages } = useWords()
  return (
    <div className="callsheet-empty">
      <span className="callsheet-empty-mark">
        <Film className="callsheet-icon" aria-hidden="true" />
      </span>
      <div className="callsheet-empty-title">{messages.emptyTitle}</div>
      <div className="callsheet-empty-text">{messages.emptyText}</div>
    </div>
  )
}
