// A browser for tests: several trackers whose claims are compared and set.
import { createOwnership } from './call/ownership.ts'
import type { OwnedRuns } from './call/run.ts'
import { isActive } from './records/task.ts'
import { showPipeline, type ShowPipeline } from './records/show-pipeline.ts'
import { parseRecords } from './schema/schema.ts'
import { createTracker } from './tracker/tracker.ts'
import type { ShowTracker, Tracker, TrackerOptions } from './tracker/tracker-types.ts'

interface Claim {
  readonly owner: string
  readonly taskId: string
}

interface Tab {
  readonly by: string
  readonly tracker: Tracker<ShowPipeline>
  readonly show: ShowTracker<ShowPipeline>
  readonly owned: OwnedRuns
  readonly errors: readonly Error[]
  /** Sends all records to the other tabs. */
  readonly tell: () => void
  readonly break: (error: Error) => void
  /** Closes the tab: what it knows is saved, and the other tabs interrupt its work. */
  readonly close: () => void
  readonly takeOver: (key: string, taskId: string) => void
}

/** Tabs of one browser: their records reach each other at once unless `isApart`, and claims are compared and set. */
export function openBrowser({ isApart = false } = {}) {
  const claims = new Map<string, Claim>()
  const tabs: Tab[] = []
  const open = (by: string, options: Partial<TrackerOptions<ShowPipeline>> = {}): Tab => {
    let isTold = false
    let nextTask = 0
    const tracker = createTracker({
      pipeline: showPipeline,
      by,
      createId: () => `${by}-${(nextTask += 1)}`,
      schedule: (callback) => {
        const timer = setTimeout(callback, 0)
        return () => clearTimeout(timer)
      },
      ...options,
    })
    const errors: Error[] = []
    tracker.on('error', ({ error }) => errors.push(error))
    const tell = () => {
      for (const tab of tabs)
        if (tab.by !== by) tab.tracker.merge(parseRecords(JSON.parse(JSON.stringify(tracker.serialize()))))
    }
    tracker.on('taskChanged', ({ origin }) => {
      if (isApart || origin !== 'local' || isTold || !tabs.includes(tab)) return
      isTold = true
      tell()
      isTold = false
    })
    let failure: Error | undefined
    const owned: OwnedRuns = tracker.own(
      createOwnership({
        async claim({ id, showId, type, characterId = '' }) {
          await Promise.resolve()
          if (failure) throw failure
          const key = JSON.stringify([showId, type, characterId])
          const held = claims.get(key)
          const known = held && tracker.getTask(held.taskId)
          const isFree = !held || held.owner === by || (known && !isActive(known))
          if (!isFree) return held.taskId
          claims.set(key, { owner: by, taskId: id })
          return undefined
        },
        isElsewhere: ({ id }) => [...claims.values()].some((one) => one.taskId === id && one.owner !== by),
      }),
    )
    const tab: Tab = {
      by,
      tracker,
      show: tracker.show('s'),
      owned,
      errors,
      tell,
      break: (error: Error) => void (failure = error),
      close() {
        tracker.page('left')
        tell()
        tabs.splice(tabs.indexOf(tab), 1)
        for (const [key, { owner }] of claims) if (owner === by) claims.delete(key)
        const [heir] = tabs
        for (const { id } of tracker.getTasks().filter(isActive)) {
          const task = heir?.tracker.getTask(id)
          if (task && isActive(task) && task.by === by)
            heir!.tracker.updateTask(id, { status: 'interrupted' })
        }
      },
      takeOver: (key: string, taskId: string) => void claims.set(key, { owner: by, taskId }),
    }
    tabs.push(tab)
    return tab
  }
  return { open, claims }
}
