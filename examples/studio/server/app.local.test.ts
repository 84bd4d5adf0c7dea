import { describe, expect, it } from 'vitest'
import { makeApp } from './app.fixture.ts'
import { createLocalGenerator } from './local-generator.ts'

const showId = 'show'

describe('createApp with createLocalGenerator', () => {
  it('makes a show whose files are what they say they are', async () => {
    const { app, begin, post, view } = await makeApp({ generator: createLocalGenerator() })
    await begin({ characters: 2 })
    const { characters } = await view()
    for (const { id: characterId } of characters)
      for (const path of ['build', 'portrait', 'video'])
        expect((await post(`/api/characters/${path}`, { showId, characterId })).status).toBe(200)
    for (const path of ['portrait-grid', 'library-poster', 'trailer'])
      expect((await post(`/api/${path}`, { showId })).status).toBe(200)

    const { done, outputs } = await view()
    const ids = characters.map(({ id }: { id: string }) => id)
    expect(Object.keys(done).length).toBe(8)
    expect([done['character-dossier'], done.portrait, done.video]).toEqual([ids, ids, ids])
    const start = async (url: string) => {
      const answer = await app.request(url)
      const bytes = Buffer.from(await answer.arrayBuffer())
      return [answer.headers.get('Content-Type'), bytes.subarray(0, 12).toString('latin1')]
    }
    const png = ['image/png', expect.stringContaining('PNG')]
    expect(await start(outputs.portrait[ids[0]])).toEqual(png)
    expect(await start(outputs.video[ids[0]])).toEqual(['image/webp', expect.stringContaining('WEBP')])
    expect(await start(outputs['portrait-grid'])).toEqual(png)
    expect(await start(outputs['library-poster'])).toEqual(png)
    expect(await start(outputs.trailer)).toEqual(['video/mp4', expect.stringContaining('ftyp')])
  })
})
