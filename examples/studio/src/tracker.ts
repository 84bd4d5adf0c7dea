import { createTracker, isActive, showPipeline } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'

const storageKey = 'callsheet-studio'

export const tracker = createTracker({ pipeline: showPipeline })

/** Takes up what an earlier visit knew. What was running then was lost with its page. */
export function restoreVisit(): void {
  const saved = localStorage.getItem(storageKey)
  if (saved === null) return
  try {
    tracker.restore(parseSnapshot(saved, { pipeline: showPipeline }))
  } catch (error) {
    // A damaged or newer snapshot is left where it is; the studio starts without it.
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

/** Keeps what is known across visits, at most twice a second. */
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
