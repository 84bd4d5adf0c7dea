import { AlreadyRunningError, type ShowPipeline, type Slot, type TaskType } from '@callsheet/core'
import * as z from 'zod'
import { loadShow, post, postTracked, type SavedShow } from './api.ts'
import { keepOrder, type Order, orderOf } from './orders.ts'
import { kept, tracker } from './tracker.ts'

const anything = z.unknown()
const withUrl = z.object({ url: z.string() })

/** Begins a show and produces all of it. Returns its id at once. */
export function startShow(order: Order): string {
  const showId = `show-${crypto.randomUUID?.() ?? Date.now().toString(36)}`
  keepOrder(showId, order)
  tracker.show(showId).setTitle(order.prompt.slice(0, 60))
  void makeShow(showId)
  return showId
}

/** Retries what failed or was interrupted, and then produces the rest of the show. */
export const retry = (showId: string): void => void makeShow(showId)

/**
 * Produces what is not done yet, in order. It asks the tracker before each step, so calling it again at any time never
 * starts paid work twice: running work is joined, finished work is kept.
 */
async function makeShow(showId: string): Promise<void> {
  try {
    await makeSteps(showId)
  } catch {
    // The failed step shows its error and a retry button.
  }
}

async function makeSteps(showId: string): Promise<void> {
  const show = tracker.show(showId)
  const order = orderOf(showId)
  await needed({ showId, type: 'show-generation' }, async () => {
    // Where the order is gone, the server has its prompt.
    const body = { showId, prompt: order?.prompt ?? (await loadShow(showId)).prompt, ...order }
    const answer = z.object({ data: z.object({ title: z.string(), logline: z.string() }) })
    const { data } = await show.track(
      'show-generation',
      ({ signal }) => post('/api/generate', body, answer, signal),
      {
        result: (value) => ({ metadata: { title: value.data.title, logline: value.data.logline } }),
      },
    )
    show.setTitle(data.title)
  })
  await needed({ showId, type: 'character-seeds' }, async () => {
    const answer = z.object({ characters: z.array(z.object({ id: z.string(), name: z.string() })) })
    const { characters } = await show.track('character-seeds', ({ signal }) =>
      post('/api/characters/extract', { showId }, answer, signal),
    )
    show.setCharacters(characters.map(({ id, name }) => ({ id, name })))
  })
  const ids = tracker.getPipeline(showId).characters.map(({ id }) => id)
  await each(ids, async (characterId) => {
    await needed({ showId, type: 'character-dossier', characterId }, () =>
      show.track(
        'character-dossier',
        ({ signal }) => post('/api/characters/build', { showId, characterId }, anything, signal),
        { characterId },
      ),
    )
    await needed({ showId, type: 'portrait', characterId }, () =>
      postTracked('/api/characters/portrait', { showId, characterId }, anything),
    )
  })
  // Videos block no other step.
  const videos =
    order?.videos === true ? each(ids, (characterId) => makeVideo(showId, characterId)) : undefined
  await makePicture(showId, 'portrait-grid', '/api/portrait-grid')
  await Promise.all([
    makePicture(showId, 'library-poster', '/api/library-poster'),
    makePicture(showId, 'trailer', '/api/trailer'),
    videos,
  ])
}

const makeVideo = (showId: string, characterId: string) =>
  needed({ showId, type: 'video', characterId }, () =>
    postTracked('/api/characters/video', { showId, characterId }, anything),
  )

const makePicture = (showId: string, type: 'portrait-grid' | 'library-poster' | 'trailer', path: string) =>
  needed({ showId, type }, () =>
    tracker.show(showId).track(type, ({ signal }) => post(path, { showId }, withUrl, signal), {
      result: ({ url }) => ({ outputUrl: url }),
    }),
  )

async function needed<T extends TaskType<ShowPipeline>>(
  slot: Slot<ShowPipeline, T>,
  make: () => Promise<unknown>,
): Promise<void> {
  await kept.ready
  if (tracker.has(slot, 'done')) return
  try {
    await make()
  } catch (error) {
    // Another tab makes it.
    if (!(error instanceof AlreadyRunningError)) throw error
    const { status } = await error.finished
    if (status !== 'succeeded') throw error
  }
}

/** Runs all at once. A failure does not stop the others, but the steps after them. */
async function each(ids: readonly string[], make: (id: string) => Promise<unknown>): Promise<void> {
  const failed = (await Promise.allSettled(ids.map(make))).find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

/** Reads the facts from the server's files. They alone render a whole pipeline. */
export async function readSavedShow(showId: string): Promise<SavedShow> {
  const at = tracker.now()
  const { title, characters, done, ...rest } = await loadShow(showId)
  const show = tracker.show(showId)
  show.setTitle(title)
  show.setFacts({ at, done, ...(characters ? { characters } : {}) })
  return { title, ...(characters ? { characters } : {}), done, ...rest }
}
