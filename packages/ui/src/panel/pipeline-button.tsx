import type { CSSProperties } from 'react'
import { useActiveCount } from '../state/hooks.ts'
import { useWords } from '../messages/messages-provider.tsx'
import { LoaderBars } from '../parts/loader-bars.tsx'

/** Props of `PipelineButton`. */
export interface PipelineButtonProps {
  /** Called on a click: open the panel. */
  readonly onClick: () => void
  /** The z-index of the button. @default 40 */
  readonly zIndex?: number
  /** The distance from the window's edges, in px or as a CSS length. @default 24px on both sides */
  readonly offset?: { readonly bottom?: number | string; readonly right?: number | string }
}

const length = (value: number | string) => (typeof value === 'number' ? `${value}px` : value)

/**
 * A floating button with the number of active tasks. It is hidden while no task is active.
 *
 * @example
 * <PipelineButton onClick={() => setOpen(true)} offset={{ bottom: 120 }} />
 */
export function PipelineButton({ onClick, zIndex, offset }: PipelineButtonProps) {
  const { messages, fill } = useWords()
  const active = useActiveCount()
  if (active === 0) return null
  const title = fill('activeTasks', { n: active })
  const style = {
    ...(zIndex === undefined ? {} : { '--callsheet-fab-z-index': zIndex }),
    ...(offset?.bottom === undefined ? {} : { '--callsheet-fab-offset-bottom': length(offset.bottom) }),
    ...(offset?.right === undefined ? {} : { '--callsheet-fab-offset-right': length(offset.right) }),
  } as CSSProperties
  return (
    <button
      type="button"
      className="callsheet-button callsheet-fab"
      style={style}
      aria-label={`${title} ${messages.viewPipeline}`}
      onClick={onClick}
    >
      <span className="callsheet-fab-loader">
        <LoaderBars size="small" label="" />
      </span>
      <span className="callsheet-fab-text">
        <span className="callsheet-fab-title">{title}</span>{' '}
        <span className="callsheet-fab-sub">{messages.viewPipeline}</span>
      </span>
    </button>
  )
}
