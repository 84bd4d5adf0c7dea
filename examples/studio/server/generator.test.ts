import { describe, expect, it } from 'vitest'
import { generator, hostile, make, prompt, signal } from './generator.fixture.ts'

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
