import type { TaskRecord } from '@callsheet/core'
import {
  configureStore,
  createEntityAdapter,
  createSelector,
  createSlice,
  type EntityState,
} from '@reduxjs/toolkit'
import type { Contestant, Figures } from './contestant.ts'
import { count, emptyCounts, figuresOf, sumOf } from './counted.ts'

const adapter = createEntityAdapter<TaskRecord>()
const slice = createSlice({
  name: 'tasks',
  initialState: adapter.getInitialState(),
  // oxlint-disable-next-line typescript/unbound-method -- made to be passed on: neither uses `this`
  reducers: { upserted: adapter.setOne, loaded: adapter.setAll },
})

type Tasks = EntityState<TaskRecord, string>

export const reduxToolkit: Contestant = {
  name: 'Redux Toolkit, entity adapter',
  start({ shows, versions }) {
    // Its checks of every state are for development.
    const store = configureStore({
      reducer: slice.reducer,
      devTools: false,
      middleware: (defaults) => defaults({ immutableCheck: false, serializableCheck: false }),
    })
    const { selectAll } = adapter.getSelectors()
    const selectors = new Map<string, (state: Tasks) => Figures>()
    for (const { showId, characters } of shows) {
      const select = createSelector([selectAll], (tasks) => {
        const counts = emptyCounts(characters.length)
        for (const task of tasks) {
          if (task.showId !== showId) continue
          const step = task.stepNumber! - 1
          count(counts[step]!, undefined, task, step)
        }
        return figuresOf(counts)
      })
      selectors.set(showId, select)
    }
    const figures = (showId: string) => selectors.get(showId)!(store.getState())
    const { upserted, loaded } = slice.actions
    return {
      load: (newest) => void store.dispatch(loaded([...newest])),
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          store.dispatch(upserted(version))
          sum += sumOf(figures(version.showId), version.stepNumber! - 1)
        }
        return sum
      },
      figures,
    }
  },
}
