import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { generator, hostile, make, prompt, signal } from './generator.fixture.ts'
import type { Blueprint, CharacterSeed, Portrait } from './generator.ts'

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

describe('media', () => {
  it('are valid files, the same for the same show', async () => {
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

  it.each([1, 8])('hold %i characters with any name', async (count) => {
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

  it('stop when they are aborted', async () => {
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
    const settled = async (running: readonly Promise<unknown>[]) =>
      (await Promise.allSettled(running)).map((one) =>
        one.status === 'rejected' ? String(one.reason) : 'done',
      )
    expect(new Set(await settled(works(AbortSignal.abort('gone'))))).toEqual(new Set(['gone']))
    const late = new AbortController()
    const running = [
      generator.trailer(blueprint, portraits, late.signal),
      generator.video(blueprint, first, late.signal),
    ]
    setTimeout(() => late.abort('late'), 60)
    expect(await settled(running)).toEqual(['late', 'late'])
    // Two at once do not write into each other's file, and the aborted one has broken nothing.
    const both = [portraits, portraits.slice(1)].map((some) => generator.trailer(blueprint, some, signal))
    const [one, two] = await Promise.all(both)
    expect(Buffer.compare(one!.bytes, two!.bytes)).not.toBe(0)
    expect(await generator.trailer(blueprint, portraits, signal)).toEqual(one)
    expect(process.listeners('uncaughtException').map(String)).not.toContain('function(A){throw A}')
  })
})
