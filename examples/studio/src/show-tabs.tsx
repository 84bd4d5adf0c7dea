import type { PipelineView } from '@callsheet/core'

interface ShowTabsProps {
  readonly shows: readonly Pick<PipelineView, 'showId' | 'title' | 'progress' | 'status'>[]
  readonly chosen: string
  readonly onChoose: (showId: string) => void
}

/** Tabs for several shows. The hidden ones continue. */
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
