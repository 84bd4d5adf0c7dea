import type { Hono } from 'hono'
import type * as z from 'zod'
import type { Blueprint, Media, Portrait, ShowGenerator } from './generator.ts'
import { characterBody, notReady, orderBody, readBody, showBody } from './requests.ts'
import { findOutput, newRecord, type ShowRecord, type Step } from './show-record.ts'
import type { Shows } from './shows.ts'
import { blueprintOf, type Call, characterOf, createWork } from './work.ts'

interface MakingOptions {
  readonly generator: ShowGenerator
  readonly shows: Shows
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
}

type Draw = (blueprint: Blueprint, portraits: readonly Portrait[], signal: AbortSignal) => Promise<Media>

/** Adds the eight steps of a show. */
export function addMaking(app: Hono, { generator, shows, sleep }: MakingOptions): void {
  const work = createWork({ shows, sleep })

  const readPortraits = async (show: ShowRecord): Promise<readonly Portrait[]> => {
    const found = (show.seeds ?? []).flatMap((character) => {
      const output = findOutput(show, 'portrait', character.id)
      return output ? [{ character, output }] : []
    })
    const read = found.map(async ({ character, output }) => ({
      character,
      png: await shows.readMedia(show.showId, output),
    }))
    return Promise.all(read)
  }

  app.post('/api/generate', async (c) => {
    const { showId, prompt, ...order } = await readBody(c, orderBody)
    const call: Call = { showId, step: 'show-generation', signal: c.req.raw.signal }
    await shows.update(showId, (show = newRecord(showId, prompt, new Date().toISOString())) =>
      withOrder(show, order),
    )
    await work.begin(call, () => {})
    const blueprint = await generator.blueprint({ showId, prompt }, call.signal)
    await shows.update(showId, (show = newRecord(showId, prompt, new Date().toISOString())) => {
      call.signal.throwIfAborted()
      return withBlueprint({ ...show, prompt }, blueprint)
    })
    const usage = { inputCharacters: prompt.length, outputCharacters: JSON.stringify(blueprint).length }
    return c.json({ data: blueprint, usage })
  })

  app.post('/api/characters/extract', async (c) => {
    const { showId } = await readBody(c, showBody)
    const call: Call = { showId, step: 'character-seeds', signal: c.req.raw.signal }
    const show = await work.begin(call, blueprintOf)
    const seeds = await generator.seeds(blueprintOf(show), show.characters, call.signal)
    await work.keep(call, show, (current) => ({ ...current, seeds: [...seeds] }))
    return c.json({ characters: seeds.map(({ id, name, role }) => ({ id, name, role })) })
  })

  app.post('/api/characters/build', async (c) => {
    const { showId, characterId } = await readBody(c, characterBody)
    const call: Call = { showId, characterId, step: 'character-dossier', signal: c.req.raw.signal }
    const show = await work.begin(call, (now) => characterOf(now, characterId))
    const character = await generator.dossier(blueprintOf(show), characterOf(show, characterId), call.signal)
    await work.keep(call, show, (current) => ({
      ...current,
      dossiers: [
        ...current.dossiers.filter(({ id }) => id !== characterId),
        { ...character, traits: [...character.traits] },
      ],
    }))
    return c.json({ character })
  })

  app.post('/api/characters/portrait', async (c) => {
    const { showId, characterId } = await readBody(c, characterBody)
    const call: Call = { showId, characterId, step: 'portrait', signal: c.req.raw.signal }
    const show = await work.begin(call, (now) => characterOf(now, characterId))
    const take = (findOutput(show, 'portrait', characterId)?.take ?? 0) + 1
    const character = characterOf(show, characterId)
    const media = await generator.portrait(blueprintOf(show), character, take, call.signal)
    return c.json({ status: 'succeeded', imageUrl: await work.keepFile(call, show, media) })
  })

  app.post('/api/characters/video', async (c) => {
    const { showId, characterId } = await readBody(c, characterBody)
    const call: Call = { showId, characterId, step: 'video', signal: c.req.raw.signal }
    const portraitOf = (now: ShowRecord) => {
      const { name } = characterOf(now, characterId)
      const output = findOutput(now, 'portrait', characterId)
      if (!output) throw notReady(`${name} has no portrait yet: call /api/characters/portrait first.`)
      return output
    }
    const show = await work.begin(call, portraitOf)
    const png = await shows.readMedia(showId, portraitOf(show))
    const portrait = { character: characterOf(show, characterId), png }
    const media = await generator.video(blueprintOf(show), portrait, call.signal)
    return c.json({ status: 'succeeded', outputs: [await work.keepFile(call, show, media)] })
  })

  const addPicture = (path: string, step: Step, draw: Draw, more: Readonly<Record<string, string>> = {}) =>
    app.post(path, async (c) => {
      const { showId } = await readBody(c, showBody)
      const call: Call = { showId, step, signal: c.req.raw.signal }
      const show = await work.begin(call, (now) => {
        if (now.seeds?.some(({ id }) => findOutput(now, 'portrait', id))) return
        throw notReady(`Show "${showId}" has no portraits yet: call /api/characters/portrait first.`)
      })
      const media = await draw(blueprintOf(show), await readPortraits(show), call.signal)
      return c.json({ url: await work.keepFile(call, show, media), ...more })
    })
  addPicture('/api/portrait-grid', 'portrait-grid', generator.grid)
  addPicture('/api/library-poster', 'library-poster', generator.poster)
  addPicture('/api/trailer', 'trailer', generator.trailer, { model: 'local-cut-1' })
}

type Order = Omit<z.infer<typeof orderBody>, 'showId' | 'prompt'>

/** Sets the speed and the faults of a show. A retry with the same faults does not set them again. */
function withOrder(show: ShowRecord, order: Order): ShowRecord {
  const faults = order.faults ?? []
  const isSame = JSON.stringify(faults) === JSON.stringify(show.askedFaults)
  return {
    ...show,
    speed: order.speed ?? show.speed,
    ...(order.characters === undefined ? {} : { characters: order.characters }),
    ...(isSame || order.faults === undefined ? {} : { askedFaults: faults, faults }),
  }
}

/** Removes the results of another blueprint. */
function withBlueprint({ seeds, ...show }: ShowRecord, made: Blueprint): ShowRecord {
  const blueprint = { ...made, palette: [...made.palette], episodes: [...made.episodes] }
  if (show.blueprint?.seed === made.seed) return { ...show, ...(seeds ? { seeds } : {}), blueprint }
  return { ...show, blueprint, dossiers: [], outputs: [] }
}
