import { Dialog } from '@base-ui/react/dialog'
import { Film } from 'lucide-react'
import { type CSSProperties, memo, type ReactNode, type RefObject } from 'react'
import { usePipelines } from '../state/hooks.ts'
import { useLabels } from '../labels/labels-provider.tsx'
import { PanelHeader } from './panel-header.tsx'
import { ProductionPipeline } from '../show/production-pipeline.tsx'
import type { OnRetry } from '../parts/retry.tsx'
import { hasWork, totalsOf } from '../state/totals.ts'

/** Props of `BackgroundTasksPanel`. */
export interface BackgroundTasksPanelProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  /** Default: Background Tasks. */
  readonly title?: string
  /** Stands below the list while there is any task; null leaves it out. Default: a line on resuming. */
  readonly footer?: ReactNode
  /** Of the panel; the backdrop lies 10 below it. Default 50. */
  readonly zIndex?: number
  /** Gives each failed slot a retry button. Keep the function's identity between renders. */
  readonly onRetry?: OnRetry
  /** Where the panel is put in the document. Default: the body. */
  readonly container?: HTMLElement | RefObject<HTMLElement | null> | null
}

/**
 * All shows that have any work, in a panel that slides in from the right: a modal dialog that keeps the focus, closes
 * on Escape and on a click beside it, and gives the focus back.
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

// A change in one show renders the panel's numbers and that show alone.
const ShowItem = memo(ProductionPipeline)

function PanelContent({ title, footer, onRetry }: BackgroundTasksPanelProps) {
  const labels = useLabels()
  const all = usePipelines()
  const shows = all.filter(hasWork)
  const isEmpty = shows.length === 0
  return (
    <>
      <PanelHeader title={title ?? labels.panelTitle} totals={totalsOf(all)} hasStats={!isEmpty} />
      <div className="callsheet-panel-content">
        {shows.map(({ showId }) => (
          <ShowItem key={showId} showId={showId} {...(onRetry && { onRetry })} />
        ))}
        {isEmpty && <EmptyState />}
      </div>
      {!isEmpty && footer !== null && (
        <div className="callsheet-panel-footer">{footer ?? labels.panelFooter}</div>
      )}
    </>
  )
}

function EmptyState() {
  const labels = useLabels()
  return (
    <div className="callsheet-empty">
      <span className="callsheet-empty-mark">
        <Film className="callsheet-icon" aria-hidden="true" />
      </span>
      <div className="callsheet-empty-title">{labels.emptyTitle}</div>
      <div className="callsheet-empty-text">{labels.emptyText}</div>
    </div>
  )
}
