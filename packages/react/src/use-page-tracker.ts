import type { Pipeline, Tracker } from '@callsheet/core'
import { useState } from 'react'

/** On the page and not in this module, so that a hot reload finds it, and a second copy of this package too. */
const key = Symbol.for('@callsheet/react: trackers of this page')

/**
 * Returns one tracker per page in the browser, and one per request on the server. `create` is called when there is none yet.
 *
 * In the browser the tracker outlives the component, StrictMode, Suspense and hot reloads, until the page is loaded again.
 *
 * @param name Tells the trackers of a page apart, if it has several.
 * @example
 * const tracker = usePageTracker(() => createTracker({ pipeline: showPipeline }))
 * return <PipelineProvider {...{ tracker, serverSnapshot, children }} />
 */
export function usePageTracker<P extends Pipeline>(create: () => Tracker<P>, name = ''): Tracker<P> {
  const [tracker] = useState(() => (typeof document === 'undefined' ? create() : trackerOfPage(create, name)))
  return tracker
}

function trackerOfPage<P extends Pipeline>(create: () => Tracker<P>, name: string): Tracker<P> {
  const page = globalThis as { [key]?: Map<string, unknown> }
  const trackers = (page[key] ??= new Map())
  if (!trackers.has(name)) trackers.set(name, create())
  return trackers.get(name) as Tracker<P>
}
