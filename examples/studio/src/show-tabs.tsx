import type { PipelineView } from '@callsheet/core'

interface ShowTabsProps {
  readonly shows: readonly Pick<PipelineView, 'showId' | 'title' | 'progress' | 'status'>[]
  readonly chosen: string
  readonly onChoose: (showId: string) => void
}

/** Several shows at once: one is looked at, all go on. */
export function ShowTabs({ shows, chosen, onChoose }: ShowTabsProps) {
  if (shows.length < 2) return null
  return (
    <nav className="studio-tabs" aria-label="Shows">
      {shows.map(({ showId, title, progress, status }) => (
        <button
          key={showId}
          type="button"
          className="studio-button studio-tab"
          data-status={status}
          aria-current={showId === chosen ? 'true' : undefined}
          onClick={() => onChoose(showId)}
        >
          <span className="studio-tab-title">{title ?? showId}</span>
          <span className="studio-tab-progress">{progress} %</span>
        </button>
      ))}
    </nav>
  )
}
