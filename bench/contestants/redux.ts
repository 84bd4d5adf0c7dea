import type { TaskRecord } from '@callsheet/core'
import {
  configureStore,
  createEntityAdapter,
  createSelector,
  createSlice,
  type EntityState,
  type PayloadAction,
} from '@reduxjs/toolkit'
import type { Contestant, Figures } from './contestant.ts'
import { count, emptyCounts, figuresOf, sumOf } from './counted.ts'

type Shows = Record<string, EntityState<TaskRecord, string>>

const adapter = createEntityAdapter<TaskRecord>()
const { selectAll } = adapter.getSelectors()

// An adapter's state for each show: one event then makes the selector of its own show reckon again, and no other.
const slice = createSlice({
  name: 'shows',
  initialState: (): Shows => ({}),
  reducers: {
    changed(state, { payload }: PayloadAction<TaskRecord>) {
      const tasks = state[payload.showId]!
      const held = tasks.entities[payload.id]
      if (!held || held.rev < payload.rev) adapter.setOne(tasks, payload)
    },
    loaded: (_state, { payload }: PayloadAction<Shows>) => payload,
  },
})

/** The tasks of each show, by show. */
function entitiesOf(shows: readonly { readonly showId: string }[], tasks: readonly TaskRecord[]): Shows {
  const byShow = new Map<string, TaskRecord[]>(shows.map(({ showId }) => [showId, []]))
  for (const task of tasks) byShow.get(task.showId)!.push(task)
  return Object.fromEntries(
    Array.from(byShow, ([showId, own]) => [showId, adapter.getInitialState(undefined, own)]),
  )
}

const countAll = (characters: number) => (tasks: readonly TaskRecord[]) => {
  const counts = emptyCounts(characters)
  for (const task of tasks) {
    const step = task.stepNumber! - 1
    count(counts[step]!, undefined, task, step)
  }
  return figuresOf(counts)
}

export const reduxToolkit: Contestant = {
  name: 'Redux Toolkit, entity adapter, reselect',
  isImmutable: true,
  start({ shows, versions }) {
    // Its checks of every state are for development.
    const store = configureStore({
      reducer: slice.reducer,
      preloadedState: entitiesOf(shows, []),
      devTools: false,
      middleware: (defaults) => defaults({ immutableCheck: false, serializableCheck: false }),
    })
    const selectors = new Map<string, (state: Shows) => Figures>()
    for (const { showId, characters } of shows) {
      const selectTasks = (state: Shows) => selectAll(state[showId]!)
      selectors.set(showId, createSelector([selectTasks], countAll(characters.length)))
    }
    const figures = (showId: string) => selectors.get(showId)!(store.getState())
    const { changed, loaded } = slice.actions
    return {
      load: (newest) => void store.dispatch(loaded(entitiesOf(shows, newest))),
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          store.dispatch(changed(version))
          sum += sumOf(figures(version.showId), version.stepNumber! - 1)
        }
        return sum
      },
      figures,
    }
  },
}
