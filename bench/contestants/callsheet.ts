import {
  type PipelineView,
  type ShowPipeline,
  showPipeline,
  type ShowRecord,
  type StepType,
} from '@callsheet/core'
import { createState, type State } from '../../packages/core/src/state/state.ts'
import { createPlayed } from '../played.ts'
import { type Contestant, figuresOf } from './contestant.ts'

const read = (shows: State, showId: string) => shows.viewOf(showId) as unknown as PipelineView<ShowPipeline>

/** The records and views alone. */
export const callsheet: Contestant = {
  name: 'callsheet: records and view',
  isImmutable: true,
  start({ shows, versions }) {
    const state = createState(showPipeline)
    for (const { showId, characters } of shows) {
      const record: ShowRecord = {
        showId,
        pipeline: showPipeline.id,
        characters: { value: [...characters], rev: 1, by: 'bench' },
      }
      state.putShow(record)
    }
    return {
      load: (newest) => {
        for (const version of newest) state.putTask(version)
      },
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          state.putTask(version)
          const view = read(state, version.showId)
          const step = view.step(version.type as StepType<ShowPipeline>)
          sum += view.progress + 3 * view.active + 5 * step.completed + 7 * step.progress + step.status.length
        }
        return sum
      },
      figures: (showId) => figuresOf(read(state, showId)),
    }
  },
}

/** All of it: the patch is merged, cleaned and redacted, the version applied, everyone told, the view read. */
export const callsheetTracker: Contestant = {
  name: 'callsheet: tracker',
  isImmutable: true,
  start(workload) {
    const { tracker, play } = createPlayed(workload)
    return {
      load: (newest) => {
        for (const version of newest) tracker.addTask(version as never)
      },
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = play(index)
          const view = tracker.getPipeline(version.showId)
          const step = view.step(version.type as StepType<ShowPipeline>)
          sum += view.progress + 3 * view.active + 5 * step.completed + 7 * step.progress + step.status.length
        }
        return sum
      },
      figures: (showId) => figuresOf(tracker.getPipeline(showId)),
    }
  },
}
