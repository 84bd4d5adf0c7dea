import { createTracker, type Pipeline, showPipeline, type Tracker } from '@callsheet/core'
import { PipelineProvider } from '@callsheet/react'
import type { ReactNode } from 'react'
import { render } from 'vitest-browser-react'
import './styles.css'

/** A tracker whose clock stands still until it is told to go on. */
export function createFixture<P extends Pipeline = typeof showPipeline>(
  pipeline: P = showPipeline as Pipeline as P,
) {
  let now = 1_700_000_000_000
  const tracker = createTracker({ pipeline, clock: () => now })
  return { tracker, pass: (ms: number) => (now += ms) }
}

export type ShowTracker = Tracker<typeof showPipeline>

const cast = [
  { id: 'ada', name: 'Ada' },
  { id: 'bo', name: 'Bo' },
  { id: 'cy', name: 'Cy' },
]

/** The show of the reference picture: done, failed, running and waiting steps. */
export function addMixedShow(tracker: ShowTracker, showId = 'visual', title = 'Visual Show') {
  const add = tracker.addTask
  tracker.show(showId).setTitle(title)
  tracker.show(showId).setCharacters(cast)
  add({ showId, type: 'show-generation', status: 'succeeded' })
  add({
    showId,
    type: 'character-seeds',
    status: 'failed',
    error: 'The model gave no JSON',
    id: `${showId}-seeds`,
  })
  add({ showId, type: 'portrait', characterId: 'ada', status: 'succeeded' })
  add({
    showId,
    type: 'portrait',
    characterId: 'bo',
    status: 'processing',
    stage: 'upscaling',
    progress: 60,
    id: `${showId}-bo`,
  })
  add({ showId, type: 'portrait', characterId: 'cy', status: 'failed', error: 'Content filter' })
  add({ showId, type: 'trailer', status: 'processing', id: `${showId}-trailer` })
}

export const renderWith = <P extends Pipeline>(tracker: Tracker<P>, children: ReactNode) =>
  render(<PipelineProvider tracker={tracker as never}>{children}</PipelineProvider>)

export const cardOf = (type: string): HTMLElement => {
  const card = document.querySelector<HTMLElement>(`[data-step='${type}']`)
  if (!card) throw new Error(`no card of ${type}`)
  return card
}

export const faceShown = (type: string) => cardOf(type).dataset['face']
