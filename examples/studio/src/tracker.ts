import { createTracker, isActive, showPipeline } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'

const storageKey = 'callsheet-studio'

export const tracker = createTracker({ pipeline: showPipeline })

/** Restores the state of an earlier visit. Its running tasks ended with their page. */
export function restoreVisit(): void {
  const saved = localStorage.getItem(storageKey)
  if (saved === null) return
  try {
    tracker.restore(parseSnapshot(saved, { pipeline: showPipeline }))
  } catch (error) {
    // The studio starts without a damaged or newer snapshot, and keeps it.
    tracker.report(error)
    return
  }
  for (const task of tracker.getTasks().filter(isActive)) {
    tracker.updateTask(task.id, {
      status: 'interrupted',
      error: 'The page was closed while this was running.',
    })
  }
}

/** Saves the state for the next visit, at most twice a second. */
export function saveVisits(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const save = () => {
    timer = undefined
    try {
      localStorage.setItem(storageKey, JSON.stringify(tracker.serialize()))
    } catch (error) {
      tracker.report(error)
    }
  }
  tracker.subscribe(() => {
    timer ??= setTimeout(save, 500)
  })
  addEventListener('pagehide', save)
}
