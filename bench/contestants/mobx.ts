import type { TaskRecord } from '@callsheet/core'
import { action, computed, makeObservable, observable, observableRef } from 'mobx'
import type { Contestant, Figures } from './contestant.ts'
import { type Counts, emptyCounts, recounted, showFigures, stepFigures, sumOf } from './counted.ts'

// What is immutable is kept by reference, as MobX's docs advise: the records in an observable map, the counts of a
// step in one field. All that follows is computed, and kept alive, as it is while a page observes it.

class Step {
  counts: Counts

  constructor(counts: Counts) {
    this.counts = counts
    makeObservable(this, { counts: observableRef, figures: computed({ keepAlive: true }) })
  }

  get figures(): Figures['steps'][number] {
    return stepFigures(this.counts)
  }
}

class Show {
  readonly steps: readonly Step[]

  constructor(characters: number) {
    this.steps = emptyCounts(characters).map((counts) => new Step(counts))
    makeObservable(this, { figures: computed({ keepAlive: true }) })
  }

  get figures(): Figures {
    return showFigures(this.steps.map(({ figures }) => figures))
  }
}

class Shows {
  readonly shows = new Map<string, Show>()
  readonly tasks = observable.map<string, TaskRecord>(undefined, { deep: false })

  constructor() {
    makeObservable(this, { apply: action, load: action })
  }

  apply(version: TaskRecord): void {
    const held = this.tasks.get(version.id)
    if (held && held.rev >= version.rev) return
    const place = version.stepNumber! - 1
    const step = this.shows.get(version.showId)!.steps[place]!
    step.counts = recounted(step.counts, held, version, place)
    this.tasks.set(version.id, version)
  }

  load(newest: readonly TaskRecord[]): void {
    for (const version of newest) this.apply(version)
  }
}

export const mobx: Contestant = {
  name: 'MobX, records and counts by reference',
  isImmutable: false,
  start({ shows: given, versions }) {
    const state = new Shows()
    for (const { showId, characters } of given) state.shows.set(showId, new Show(characters.length))
    return {
      load: (newest) => state.load(newest),
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          state.apply(version)
          sum += sumOf(state.shows.get(version.showId)!.figures, version.stepNumber! - 1)
        }
        return sum
      },
      figures: (showId) => state.shows.get(showId)!.figures,
    }
  },
}
