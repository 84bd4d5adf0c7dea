import type { Show } from './entities.ts'
import { entriesOf, type State } from './state.ts'

/** How much is left of the maximum after forgetting: it goes over everything, so it should be rare. */
const share = 0.9

/**
 * Forgets whole shows until there is room again for tasks, and for shows, which may have none: first those without active
 * work, then those whose work runs elsewhere, the least recently updated first. State with work that runs here stay, and
 * so do `current` and what is left of removed shows, which refuses their tasks. Gives what is gone; the count of tasks
 * includes removed ones.
 */
export function forgetShows(
  state: State,
  maxTasks: number,
  runsHere: (taskId: string) => boolean,
  current: Show | undefined,
): { readonly shows: readonly Show[]; readonly tasks: number } {
  const known = new Set(state.shows.values())
  const isRemoved = ({ members }: Show) => members.some((id) => state.records.get(id)?.removed)
  const candidates = [...known]
    .filter((show) => show !== current && !isRemoved(show))
    .filter((show) => !entriesOf(show).some(({ version }) => runsHere(version.id)))
    .map((show) => ({ show, isActive: state.look(show).active > 0, updatedAt: updatedAt(show) }))
    .toSorted((a, b) => Number(a.isActive) - Number(b.isActive) || a.updatedAt - b.updatedAt)
  const before = state.tasks.size
  const gone: Show[] = []
  const room = Math.floor(maxTasks * share)
  for (const { show } of candidates) {
    if (state.tasks.size <= room && known.size - gone.length <= room) break
    gone.push(show)
    for (const { version } of entriesOf(show)) state.tasks.delete(version.id)
    for (const id of show.members) {
      state.shows.delete(id)
      state.records.delete(id)
    }
  }
  return { shows: gone, tasks: before - state.tasks.size }
}

/** When a show was last updated; one of which only facts are known is as old as they are. */
const updatedAt = (show: Show): number =>
  entriesOf(show).reduce(
    (newest, { version }) => Math.max(newest, version.updatedAt),
    show.info.facts?.at ?? 0,
  )
