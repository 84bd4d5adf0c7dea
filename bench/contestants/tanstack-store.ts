import { createStore } from '@tanstack/store'
import type { Contestant } from './contestant.ts'
import { figuresOf, sumOf } from './counted.ts'
import { showsWith, withVersion } from './spread.ts'

export const tanstackStore: Contestant = {
  name: 'TanStack Store',
  isImmutable: true,
  start(workload) {
    const { versions } = workload
    const store = createStore(showsWith(workload))
    const figures = (showId: string) => figuresOf(store.state.shows[showId]!.counts)
    return {
      load: (newest) => store.setState(() => showsWith(workload, newest)),
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          store.setState((state) => withVersion(state, version))
          sum += sumOf(figures(version.showId), version.stepNumber! - 1)
        }
        return sum
      },
      figures,
    }
  },
}
