import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { Blueprint, CharacterSeed, Portrait } from './generator.ts'
import { createLocalGenerator } from './local-generator.ts'

const generator = createLocalGenerator()
const { signal } = new AbortController()
const prompt = 'A lighthouse keeper who talks to storms'
const hostile = `<b>&"'\u0000\ud800 ]]> {place} $& 👩‍🚀 ‮日本 ${'W'.repeat(200)}`

const make = async (showId: string, words: string, count?: number) => {
  const blueprint = await generator.blueprint({ showId, prompt: words }, signal)
  return { blueprint, cast: await generator.seeds(blueprint, count, signal) }
}
const portraitsOf = (blueprint: Blueprint, cast: readonly CharacterSeed[]): Promise<Portrait[]> =>
  Promise.all(
    cast.map(async (character) => {
      const { bytes } = await generator.portrait(blueprint, character, 1, signal)
      return { character, png: bytes }
    }),
  )
const sizeOf = async (bytes: Uint8Array) => {
  const { format, width, height } = await sharp(bytes).metadata()
  return [format, width, height]
}
const text = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.slice(from, to)).toString('latin1')

describe('documents', () => {
  it('are the same for the same show, and others for another', async () => {
    const one = await make('a', prompt)
    expect(await make('a', prompt)).toEqual(one)
    expect((await make('b', prompt)).blueprint.seed).not.toBe(one.blueprint.seed)
    expect((await make('a', 'Two chefs share a food truck')).blueprint.title).not.toBe(one.blueprint.title)
    const [first] = one.cast
    const dossier = await generator.dossier(one.blueprint, first!, signal)
    expect(dossier).toMatchObject(first!)
    expect(await generator.dossier(one.blueprint, first!, signal)).toEqual(dossier)
    expect(JSON.stringify([one, dossier])).not.toMatch(/undefined|\{place\}|\{matter\}/)
  })

  it('take up the words of the prompt', async () => {
    const { blueprint } = await make('a', prompt)
    expect(blueprint).toMatchObject({
      genre: 'Supernatural mystery',
      title: expect.stringContaining('Lighthouse'),
    })
    expect(blueprint.logline).toContain(prompt)
    const named = await make('a', 'A detective named Ana Lima hunts a ghost')
    expect(named.cast[0]).toMatchObject({ id: 'ana-lima', name: 'Ana Lima' })
  })

  it('have as many characters as asked, each with its own id', async () => {
    for (const count of [1, 8]) {
      const { cast } = await make('a', prompt, count)
      expect(new Set(cast.map((one) => one.id)).size).toBe(count)
    }
    const own = await Promise.all(Array.from({ length: 30 }, (_, i) => make(`show ${i}`, prompt)))
    expect(new Set(own.map((one) => one.cast.length))).toEqual(new Set([3, 4, 5]))
  })

  it.each(['', '   ', '🦄', hostile, 'x'.repeat(5000), '日本の探偵'])(
    'have a title and a plan: %#',
    async (words) => {
      const { blueprint, cast } = await make('a', words)
      expect(blueprint.title.trim()).not.toBe('')
      expect(blueprint.episodes.length).toBeGreaterThan(3)
      expect(cast.every((one) => /^[a-z0-9-]+$/.test(one.id))).toBe(true)
    },
  )
})

describe('media', () => {
  it('are real files, the same for the same show', { timeout: 60_000 }, async () => {
    const { blueprint, cast } = await make('a', prompt, 3)
    const portraits = await portraitsOf(blueprint, cast)
    expect(await portraitsOf(blueprint, cast)).toEqual(portraits)
    const first = portraits[0]!
    expect(await sizeOf(first.png)).toEqual(['png', 512, 512])
    const second = await generator.portrait(blueprint, first.character, 2, signal)
    expect(Buffer.compare(second.bytes, first.png)).not.toBe(0)

    const poster = await generator.poster(blueprint, portraits, signal)
    expect(await sizeOf(poster.bytes)).toEqual(['png', 600, 900])
    expect(await generator.poster(blueprint, portraits, signal)).toEqual(poster)
    const grid = await generator.grid(blueprint, portraits, signal)
    expect(await sizeOf(grid.bytes)).toEqual(['png', 1020, 524])

    const video = await generator.video(blueprint, first, signal)
    const moving = await sharp(video.bytes, { animated: true }).metadata()
    expect(moving).toMatchObject({ format: 'webp', width: 320, pageHeight: 320, pages: 18 })
    const trailer = await generator.trailer(blueprint, portraits, signal)
    expect(text(trailer.bytes, 4, 8)).toBe('ftyp')
    expect(trailer).toMatchObject({ type: 'video/mp4', extension: 'mp4' })
  })

  it.each([1, 8])('hold %i characters with any name', { timeout: 60_000 }, async (count) => {
    const { blueprint, cast } = await make('a', prompt, count)
    const show: Blueprint = {
      ...blueprint,
      title: hostile,
      genre: hostile,
      tone: hostile,
      palette: ['"/><script'],
    }
    const named = cast.map((one) => ({ ...one, name: hostile, role: hostile }))
    const portraits = await portraitsOf(show, named)
    expect(await sizeOf((await generator.poster(show, portraits, signal)).bytes)).toEqual(['png', 600, 900])
    expect((await sizeOf((await generator.grid(show, portraits, signal)).bytes))[0]).toBe('png')
    expect(text((await generator.trailer(show, portraits, signal)).bytes, 4, 8)).toBe('ftyp')
    const blank = { ...show, title: '' }
    expect(await sizeOf((await generator.poster(blank, [], signal)).bytes)).toEqual(['png', 600, 900])
  })

  it('stop when nobody wants them any more', { timeout: 60_000 }, async () => {
    const { blueprint, cast } = await make('a', prompt, 2)
    const portraits = await portraitsOf(blueprint, cast)
    const first = portraits[0]!
    const works = (stop: AbortSignal) => [
      generator.blueprint({ showId: 'a', prompt }, stop),
      generator.seeds(blueprint, 2, stop),
      generator.dossier(blueprint, first.character, stop),
      generator.portrait(blueprint, first.character, 1, stop),
      generator.video(blueprint, first, stop),
      generator.grid(blueprint, [], stop),
      generator.poster(blueprint, [], stop),
      generator.trailer(blueprint, [], stop),
    ]
    for (const work of works(AbortSignal.abort(new Error('gone')))) await expect(work).rejects.toThrow('gone')
    const midway = new AbortController()
    const running = [
      generator.trailer(blueprint, portraits, midway.signal),
      generator.video(blueprint, first, midway.signal),
    ]
    setTimeout(() => midway.abort(new Error('late')), 60)
    for (const work of running) await expect(work).rejects.toThrow('late')
    // Two at once do not write into each other's file, and the aborted one has broken nothing.
    const [one, two] = await Promise.all([0, 1].map(() => generator.trailer(blueprint, portraits, signal)))
    expect(one).toEqual(two)
  })
})
