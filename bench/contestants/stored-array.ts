import { showPipeline, type TaskRecord } from '@callsheet/core'
import type { Contestant } from './contestant.ts'
import { count, emptyCounts, figuresOf, sumOf } from './counted.ts'

/** What browsers allow an origin: UTF-16 units of keys and values together. */
export const quota = 5_242_880

/** As much of `localStorage` as the naive start needs, with its limit; the disk costs nothing here. */
export function createStorage() {
  const items = new Map<string, string>()
  let used = 0
  return {
    getItem: (key: string): string | null => items.get(key) ?? null,
    setItem(key: string, value: string): void {
      const held = items.get(key)
      const next = used + value.length + (held === undefined ? key.length : -held.length)
      if (next > quota) throw new DOMException(`"${key}" exceeds the quota.`, 'QuotaExceededError')
      items.set(key, value)
      used = next
    },
  }
}

/** Where most begin: everything is read, changed and written at each event, and read and filtered for the view. */
export const storedArray: Contestant = {
  name: 'array in localStorage',
  isImmutable: true,
  start({ shows, versions }) {
    const storage = createStorage()
    const characters = new Map(shows.map((show) => [show.showId, show.characters.length]))
    const read = () => JSON.parse(storage.getItem('tasks') ?? '[]') as TaskRecord[]
    const write = (tasks: readonly TaskRecord[]) => storage.setItem('tasks', JSON.stringify(tasks))
    const apply = (version: TaskRecord) => {
      const tasks = read()
      const place = tasks.findIndex(({ id }) => id === version.id)
      if (place === -1) tasks.push(version)
      else if (tasks[place]!.rev < version.rev) tasks[place] = version
      write(tasks)
    }
    const figures = (showId: string) => {
      const tasks = read().filter((task) => task.showId === showId)
      const counts = emptyCounts(characters.get(showId)!)
      for (const [place, { type }] of showPipeline.steps.entries()) {
        const members = tasks.filter((task) => task.type === type)
        for (const task of members) count(counts[place]!, undefined, task, place)
      }
      return figuresOf(counts)
    }
    return {
      load: write,
      play(from, to) {
        let sum = 0
        for (let index = from; index < to; index += 1) {
          const version = versions[index]!
          apply(version)
          sum += sumOf(figures(version.showId), version.stepNumber! - 1)
        }
        return sum
      },
      figures,
    }
  },
}
