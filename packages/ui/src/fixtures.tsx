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

/** A finished show of which some is made again: under way, failed, canceled, lost, and a result that was dismissed. */
export function addRemadeShow(tracker: ShowTracker, pass: (ms: number) => void, showId = 'remade') {
  tracker.show(showId).setTitle('Remade Show')
  tracker.show(showId).setCharacters([...cast, { id: 'di', name: 'Di' }])
  tracker.show(showId).setFacts({ done: { 'character-seeds': true, 'character-dossier': true } })
  const make = (type: string, characterId?: string, seconds = 10) => {
    const { id } = tracker.addTask({ showId, type, characterId, status: 'processing' } as never)!
    pass(seconds * 1_000)
    tracker.updateTask(id, { status: 'succeeded' })
  }
  const remake = (type: string, patch: object, characterId?: string) =>
    tracker.addTask({ showId, type, characterId, ...patch } as never)!
  make('show-generation')
  for (const id of ['ada', 'bo', 'cy', 'di']) make('portrait', id)
  make('portrait-grid')
  make('library-poster', undefined, 20)
  make('trailer', undefined, 40)
  const portrait = remake('portrait', { status: 'processing', progress: 30 }, 'ada')
  const blueprint = remake('show-generation', { status: 'processing', stage: 'second draft', progress: 40 })
  pass(30_000)
  for (const { id } of [portrait, blueprint]) tracker.updateTask(id, { metadata: { model: 'm' } })
  remake('portrait', { status: 'failed', error: 'Content filter' }, 'bo')
  remake('portrait', { status: 'interrupted' }, 'cy')
  tracker.dismiss({ showId, type: 'portrait', characterId: 'di' })
  remake('portrait-grid', { status: 'interrupted' })
  remake('library-poster', { status: 'canceled' })
  remake('trailer', { status: 'failed', error: 'The queue is full' })
}

export const renderWith = <P extends Pipeline>(tracker: Tracker<P>, children: ReactNode) =>
  render(children, {
    wrapper: (props) => <PipelineProvider tracker={tracker as never} {...props} />,
  })

export const cardOf = (type: string): HTMLElement => {
  const card = document.querySelector<HTMLElement>(`[data-step='${type}']`)
  if (!card) throw new Error(`no card of ${type}`)
  return card
}

/** The face and the words of each slot's row; what ticks is left out. */
export const rowsOf = (type: string): (string | undefined)[][] =>
  [...cardOf(type).querySelectorAll<HTMLElement>('.callsheet-slot')].map((row) => {
    const words = [...row.querySelectorAll<HTMLElement>('.callsheet-slot-name, .callsheet-slot-word')]
    return [row.dataset['face'], ...words.map(({ innerText }) => innerText)]
  })

export const faceShown = (type: string) => cardOf(type).dataset['face']
