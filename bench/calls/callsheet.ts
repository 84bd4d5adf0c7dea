import { createTracker, type ShowPipeline, showPipeline, type ShowTracker } from '@callsheet/core'
import { nothing, type Wrapped, type Wrapper } from './call.ts'

const characters = Array.from({ length: 10 }, (_character, index) => ({ id: `character-${index}` }))
const perShow = ['show-generation', 'character-seeds', 'portrait-grid', 'library-poster', 'trailer'] as const
const perCharacter = ['character-dossier', 'portrait', 'video'] as const

type Call = (show: ShowTracker<ShowPipeline>) => Promise<number>

/** Every slot of a show of ten characters, once. */
const slots: readonly Call[] = [
  ...perShow.map(
    (type): Call =>
      (show) =>
        show.track(type, nothing),
  ),
  ...perCharacter.flatMap((type) =>
    characters.map(
      ({ id }): Call =>
        (show) =>
          show.track(type, nothing, { characterId: id }),
    ),
  ),
]

function start(calls: number, listen: boolean): Wrapped {
  const tracker = createTracker({ pipeline: showPipeline })
  let listened = 0
  const shows = Array.from({ length: Math.ceil(calls / slots.length) }, (_show, index) => {
    const show = tracker.show(`show-${index}`)
    show.setCharacters(characters)
    if (listen) {
      tracker.subscribe(() => {
        listened += show.getPipeline().active
      }, show)
    }
    return show
  })
  return {
    call: (index) => slots[index % slots.length]!(shows[Math.floor(index / slots.length)]!),
    succeeded: () =>
      listen && listened === 0 ? 0 : tracker.getTasks().filter(({ status }) => status === 'succeeded').length,
  }
}

/** Full records and no sink. */
export const tracked: Wrapper = {
  name: 'callsheet: track',
  start: (calls) => start(calls, false),
}

/** The same with a page that reads its show's view after each change. */
export const trackedAndRead: Wrapper = {
  name: 'callsheet: track, a listener reading each view',
  start: (calls) => start(calls, true),
}
