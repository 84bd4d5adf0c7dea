import type { ShowRecord, TaskVersion } from '@callsheet/core'
import { compareVersions, mergeShows } from '@callsheet/core/provider'

/** Records as they are saved and sent. */
export interface Records {
  readonly tasks: readonly TaskVersion[]
  readonly shows: readonly ShowRecord[]
}

/** Records by their ids: of each the newest. */
export class Newest {
  readonly tasks = new Map<string, TaskVersion>()
  readonly shows = new Map<string, ShowRecord>()

  add({ tasks, shows }: Records): this {
    for (const task of tasks) {
      const held = this.tasks.get(task.id)
      if (!held || compareVersions(task, held) > 0) this.tasks.set(task.id, task)
    }
    for (const show of shows) this.shows.set(show.showId, mergeShows(this.shows.get(show.showId), show))
    return this
  }

  /** Forgets records that were saved, unless they have changed since. */
  drop({ tasks, shows }: Records): void {
    for (const task of tasks) if (this.tasks.get(task.id) === task) this.tasks.delete(task.id)
    for (const show of shows) if (this.shows.get(show.showId) === show) this.shows.delete(show.showId)
  }

  get isEmpty(): boolean {
    return this.tasks.size + this.shows.size === 0
  }

  list(): Records {
    return { tasks: [...this.tasks.values()], shows: [...this.shows.values()] }
  }
}
