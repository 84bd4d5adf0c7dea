import { usePipelines } from '@callsheet/react'
import { BackgroundTasksPanel, PipelineButton, ProductionPipeline } from '@callsheet/ui'
import { useEffect, useState } from 'react'
import { loadShowIds, type SavedShow } from './api.ts'
import { Gallery } from './gallery.tsx'
import { Inspector } from './inspector.tsx'
import { readSavedShow, retry, startShow } from './produce.ts'
import { PromptBox } from './prompt-box.tsx'
import { ShowTabs } from './show-tabs.tsx'
import { tracker } from './tracker.ts'

const retrySlot = ({ showId }: { readonly showId: string }) => retry(showId)

export function App() {
  const pipelines = usePipelines()
  const saved = useSavedShows()
  const [chosen, setChosen] = useChosenShow()
  const [isPanelOpen, setPanelOpen] = useState(false)
  const [isInspectorOpen, setInspectorOpen] = useState(false)
  const showId = chosen ?? pipelines[0]?.showId
  return (
    <div className="studio">
      <header className="studio-header">
        <span className="studio-brand">CALLSHEET STUDIO</span>
        <span className="studio-tagline">From a prompt to a trailer, in eight steps</span>
        <nav className="studio-actions">
          <button type="button" className="studio-button" onClick={() => setPanelOpen(true)}>
            All shows
          </button>
          <button type="button" className="studio-button" onClick={() => setInspectorOpen(true)}>
            Inspect
          </button>
        </nav>
      </header>
      <main className="studio-main">
        <PromptBox onOrder={(order) => setChosen(startShow(order))} />
        {showId !== undefined && (
          <>
            <ShowTabs shows={pipelines} chosen={showId} onChoose={setChosen} />
            <div className="studio-show">
              <section className="studio-pipeline" aria-label="Pipeline">
                <ProductionPipeline showId={showId} onRetry={retrySlot} />
                <ShowActions showId={showId} />
              </section>
              <Gallery showId={showId} saved={saved.get(showId)} />
            </div>
          </>
        )}
        {showId === undefined && <p className="studio-empty">Describe a show, and watch it being made.</p>}
      </main>
      <PipelineButton onClick={() => setPanelOpen(true)} />
      <BackgroundTasksPanel
        open={isPanelOpen}
        onOpenChange={setPanelOpen}
        onRetry={retrySlot}
        footer="Shows are kept in your browser. What a reload interrupts goes on with Continue."
      />
      <Inspector open={isInspectorOpen} onOpenChange={setInspectorOpen} />
    </div>
  )
}

/** The show of the address, so that a reload and a link open it again. */
function useChosenShow(): readonly [string | undefined, (showId: string) => void] {
  const [chosen, setChosen] = useState(showInAddress)
  useEffect(() => {
    const read = () => setChosen(showInAddress())
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [])
  const choose = (showId: string) => {
    history.replaceState(null, '', `#${encodeURIComponent(showId)}`)
    setChosen(showId)
  }
  return [chosen, choose]
}

function showInAddress(): string | undefined {
  try {
    return decodeURIComponent(location.hash.slice(1)) || undefined
  } catch {
    // Not an address of ours.
    return undefined
  }
}

function ShowActions({ showId }: { readonly showId: string }) {
  return (
    <div className="studio-show-actions">
      <button type="button" className="studio-button" onClick={() => retry(showId)}>
        Continue
      </button>
      <button
        type="button"
        className="studio-button"
        onClick={() => tracker.show(showId).cancel('Canceled by you')}
      >
        Cancel
      </button>
      <button type="button" className="studio-button" onClick={() => tracker.dismiss({ showId })}>
        Dismiss finished tasks
      </button>
    </div>
  )
}

/** The shows in the server's folder, as facts for the tracker. */
function useSavedShows(): ReadonlyMap<string, SavedShow> {
  const [shows, setShows] = useState<ReadonlyMap<string, SavedShow>>(new Map())
  useEffect(() => {
    let isGone = false
    const load = async () => {
      const ids = await loadShowIds()
      const loaded = await Promise.all(ids.slice(0, 20).toReversed().map(readSavedShow))
      if (!isGone) setShows(new Map(loaded.map((show) => [show.showId, show])))
    }
    load().catch(tracker.report)
    return () => {
      isGone = true
    }
  }, [])
  return shows
}
