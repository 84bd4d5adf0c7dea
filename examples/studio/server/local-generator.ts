import { setImmediate as nextTurn } from 'node:timers/promises'
import { makeVideo } from './clip.ts'
import { drawPortrait } from './drawing.ts'
import type { Media, ShowGenerator } from './generator.ts'
import { makeBlueprint, makeDossier, makeSeeds } from './grammar.ts'
import { drawGrid } from './grid.ts'
import { drawPoster } from './poster.ts'
import { makeTrailer } from './trailer.ts'

const png = (bytes: Uint8Array): Media => ({ bytes, type: 'image/png', extension: 'png' })

/** Lets the server answer other requests, and ends aborted work. */
const breather = (signal: AbortSignal) => async () => {
  signal.throwIfAborted()
  await nextTurn()
  signal.throwIfAborted()
}

/** Creates shows on this machine, without a model or network. The same prompt of the same show gives the same show. */
export const createLocalGenerator = (): ShowGenerator => ({
  blueprint: async ({ showId, prompt }, signal) => {
    await breather(signal)()
    return makeBlueprint(showId, prompt)
  },
  seeds: async (blueprint, count, signal) => {
    await breather(signal)()
    return makeSeeds(blueprint, count)
  },
  dossier: async (blueprint, character, signal) => {
    await breather(signal)()
    return makeDossier(blueprint, character)
  },
  portrait: async (blueprint, character, take, signal) => {
    const breathe = breather(signal)
    await breathe()
    const bytes = await drawPortrait(blueprint, character, take)
    await breathe()
    return png(bytes)
  },
  video: async (_blueprint, portrait, signal) => ({
    bytes: await makeVideo(portrait, breather(signal)),
    type: 'image/webp',
    extension: 'webp',
  }),
  grid: async (blueprint, portraits, signal) => png(await drawGrid(blueprint, portraits, breather(signal))),
  poster: async (blueprint, portraits, signal) =>
    png(await drawPoster(blueprint, portraits, breather(signal))),
  trailer: async (blueprint, portraits, signal) => ({
    bytes: await makeTrailer(blueprint, portraits, breather(signal)),
    type: 'video/mp4',
    extension: 'mp4',
  }),
})
