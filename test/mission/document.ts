import type { ShowPipeline, Tracker } from '@callsheet/core'

/** What an application with a tracker of its own has in hand. */
export interface World {
  readonly tracker: Tracker<ShowPipeline>
  readonly now: () => number
  /** Lets time pass, in ms. */
  readonly pass: (ms: number) => void
  /** Called after each thing that the document does, with its name and the show's id at that time. */
  readonly after?: (what: string, showId: string) => void
}

export const showId = 'neon-noir'

const cast = [
  { characterId: 'ada', characterName: 'Ada' },
  { characterId: 'bo', characterName: 'Bo' },
  { characterId: 'cy', characterName: 'Cy' },
]

/**
 * Plays the objects of an application that writes its tasks by hand, as its own document shows them: all eight steps of
 * a show with three characters.
 *
 * `keepsId: false` makes the document's mistake: the id holds the time, and is made anew for the update.
 */
export function playDocument(world: World, { keepsId }: { readonly keepsId: boolean }) {
  const { tracker, now, pass } = world
  const after = (what: string, id = showId) => world.after?.(what, id)
  const { addTask: addBackgroundTask, updateTask: updateBackgroundTask } = tracker

  const firstShowId = `show-${now()}`
  const firstId = `show-gen-${now()}`
  addBackgroundTask({
    id: firstId,
    type: 'show-generation',
    showId: firstShowId,
    status: 'processing',
    stepNumber: 1,
    metadata: { prompt: 'A duel at dawn' },
  })
  after('show-generation begun', firstShowId)
  pass(40_000)
  updateBackgroundTask(keepsId ? firstId : `show-gen-${now()}`, { status: 'succeeded', completedAt: now() })
  after('show-generation updated', firstShowId)
  tracker.renameShow(firstShowId, showId)
  after('renamed')

  addBackgroundTask({
    id: `char-seeds-${now()}`,
    type: 'character-seeds',
    showId,
    status: 'succeeded',
    completedAt: now(),
    stepNumber: 2,
    metadata: { characterCount: cast.length },
  })
  after('character-seeds')

  for (const { characterId, characterName } of cast) {
    const id = `dossier-${characterId}-${now()}`
    const metadata = { characterName }
    addBackgroundTask({
      id,
      type: 'character-dossier',
      showId,
      characterId,
      status: 'starting',
      stepNumber: 3,
      metadata,
    })
    finish(id)
  }
  after('character-dossier')
  for (const { characterId, characterName } of cast) {
    const id = `portrait-${characterId}-${now()}`
    const metadata = { characterName }
    addBackgroundTask({
      id,
      type: 'portrait',
      showId,
      characterId,
      status: 'starting',
      stepNumber: 4,
      metadata,
    })
    finish(id)
  }
  after('portrait')
  for (const { characterId, characterName } of cast) {
    const id = `video-${characterId}-${now()}`
    const metadata = { characterName }
    addBackgroundTask({ id, type: 'video', showId, characterId, status: 'starting', stepNumber: 5, metadata })
    if (characterId === 'cy') {
      pass(30_000)
      updateBackgroundTask(id, { status: 'failed', completedAt: now(), error: 'Content filter' })
    } else finish(id)
  }
  after('video')
  addBackgroundTask({
    id: `grid-${now()}`,
    type: 'portrait-grid',
    showId,
    status: 'succeeded',
    completedAt: now(),
    stepNumber: 6,
    metadata: { characterCount: cast.length },
  })
  after('portrait-grid')
  const posterId = `poster-${now()}`
  addBackgroundTask({ id: posterId, type: 'library-poster', showId, status: 'starting', stepNumber: 7 })
  finish(posterId)
  after('library-poster')
  const trailerId = `trailer-${now()}`
  addBackgroundTask({ id: trailerId, type: 'trailer', showId, status: 'starting', stepNumber: 8 })
  finish(trailerId)
  after('trailer')
  return { firstShowId, firstId }

  function finish(id: string) {
    pass(2_000)
    updateBackgroundTask(id, { status: 'processing' })
    pass(20_000)
    updateBackgroundTask(id, { status: 'succeeded', completedAt: now() })
  }
}
