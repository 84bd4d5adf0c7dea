import { keepInBrowser } from '@callsheet/browser'
import { createTracker, showPipeline } from '@callsheet/core'

export const tracker = createTracker({ pipeline: showPipeline })

/** Keeps the shows over reloads, and in step with other tabs. Calls of a page that was closed become interrupted. */
export const kept = keepInBrowser(tracker, { name: 'studio' })
