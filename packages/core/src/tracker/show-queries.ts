import type { Internals } from './internals.ts'
import type { PipelineView } from '../state/view-types.ts'
import { assertId } from '../write/input.ts'

/** The views of all shows, and the empty views of shows that are not known. */
export function createShowQueries({ state, changes }: Internals) {
  const empty = new Map<string, WeakRef<PipelineView>>()
  let emptyKept = 1_000
  let listed: { readonly at: number; readonly views: readonly PipelineView[] } | undefined

  const all = () => [...new Set(state.shows.values())].toReversed()

  return {
    getPipeline: (showId: string): PipelineView => {
      const show = state.shows.get(showId)
      if (show) return state.look(show)
      // An empty id stands for a show that does not exist yet: the hooks read it.
      if (showId !== '') assertId(showId, 'showId')
      // The same object for as long as anything holds it, and no longer.
      const view = empty.get(showId)?.deref() ?? state.viewOf(showId)
      empty.set(showId, new WeakRef(view))
      if (empty.size > emptyKept) {
        for (const [id, held] of empty) if (held.deref() === undefined) empty.delete(id)
        emptyKept = Math.max(1_000, empty.size * 2)
      }
      return view
    },
    getPipelines: (): readonly PipelineView[] => {
      if (listed?.at !== changes()) {
        const views = all().map((show) => state.look(show))
        listed = { at: changes(), views: Object.freeze(views.filter(hasWork)) }
      }
      return listed.views
    },
    getShows: (): readonly string[] =>
      all()
        .filter(({ members }) => !members.every((id) => state.records.get(id)?.removed))
        .map(({ showId }) => showId),
  }
}

/** Whether anything was begun, or is done. */
export const hasWork = ({ active, steps }: PipelineView): boolean =>
  active > 0 ||
  steps.some(
    ({ completed, failed, canceled, interrupted }) => completed + failed + canceled + interrupted > 0,
  )
