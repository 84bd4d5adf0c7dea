import type { TaskRecord } from '@callsheet/core'
import { createStore } from '@xstate/store'
import type { Contestant } from './contestant.ts'
import { figuresOf, sumOf } from './counted.ts'
import { type Shows, showsWith, withVersion } from './spread.ts'

export const xstateStore: Contestant = {
  name: '@xstate/store',
  isImmutable: true,
  start(workload) {
    const { versions } = workload
    const store = createStore({
      context: showsWith(workload),
      on: {
        changed: (context: Shows, { version }: { version: TaskRecord }) => withVersion(context, version),
        loaded: (_context: Shows, { newest }: { newest: readonly TaskRecord[] }) =>
          showsWith(workload, newest),
      },
    })
    const figures = (showId: string) => figuresOf(store.getSnapshot().context.shows[showId]!.counts)
    return {
      load: (newest) => store.trigger.loaded({ newest }),
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          store.trigger.changed({ version })
          sum += sumOf(figures(version.showId), version.stepNumber! - 1)
        }
        return sum
      },
      figures,
    }
  },
}
