import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cast, fakeGenerator, makeApp } from './app.fixture.ts'
import { folderName } from './shows.ts'

const showId = 'show'
const ada = { showId, characterId: 'Ada' }
const portrait = '/api/characters/portrait'
const json = async (answer: Response | Promise<Response>) => (await answer).json()

describe('createApp', () => {
  it('produces a whole show, step by step, and stores it', async () => {
    const { app, post, view, waits } = await makeApp()
    const { data, usage } = await json(post('/api/generate', { showId, prompt: 'Quiet Sea', videos: true }))
    expect(data).toMatchObject({ title: 'The Quiet Sea', seed: 9 })
    expect(usage).toMatchObject({ inputCharacters: 9 })
    const first = await view()
    expect(first).toMatchObject({ showId, title: 'The Quiet Sea', prompt: 'Quiet Sea', outputs: {} })
    expect(first).not.toHaveProperty('characters')
    expect(first.done).toEqual({ 'show-generation': true })

    const { characters } = await json(post('/api/characters/extract', { showId }))
    expect(characters[1]).toEqual({ id: 'Ada', name: 'Ada', role: 'Lead' })
    for (const { id: characterId } of characters) {
      const { character } = await json(post('/api/characters/build', { showId, characterId }))
      expect(character).toMatchObject({ id: characterId, age: 40 })
      const drawn = await json(post(portrait, { showId, characterId }))
      expect(drawn.status).toBe('succeeded')
      expect(await (await app.request(drawn.imageUrl)).text()).toBe(`${characterId} 1`)
    }
    const video = await json(post('/api/characters/video', ada))
    expect(video).toEqual({ status: 'succeeded', outputs: [expect.stringMatching(/\.webp$/)] })
    const grid = await json(post('/api/portrait-grid', { showId }))
    expect(await (await app.request(grid.url)).text()).toBe('grid of 3')
    const poster = await json(post('/api/library-poster', { showId }))
    const trailer = await json(post('/api/trailer', { showId }))
    expect(trailer.model).toBe('local-cut-1')

    const saved = await view()
    expect(saved.done).toEqual({
      'show-generation': true,
      'character-seeds': true,
      'character-dossier': cast.slice(0, 3),
      portrait: cast.slice(0, 3),
      video: ['Ada'],
      'portrait-grid': true,
      'library-poster': true,
      trailer: true,
    })
    expect(Object.keys(saved.outputs.portrait)).toEqual(cast.slice(0, 3))
    expect(saved.outputs).toMatchObject({
      video: { Ada: video.outputs[0] },
      'portrait-grid': grid.url,
      'library-poster': poster.url,
      trailer: trailer.url,
    })
    expect(waits.length).toBe(12)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1500)
    expect(Math.max(...waits)).toBeLessThanOrEqual(5600)
  })

  it('lists the shows, the newest first', async () => {
    const { app, begin } = await makeApp()
    await begin({ showId: 'old' })
    const { createdAt } = (await json(app.request('/api/shows')))[0]
    while (new Date().toISOString() === createdAt);
    await begin({ showId: 'new' })
    const list = await json(app.request('/api/shows'))
    expect(list.map((show: { showId: string }) => show.showId)).toEqual(['new', 'old'])
    expect(Object.keys(list[0])).toEqual(['showId', 'title', 'prompt', 'createdAt'])
  })

  it('gives a remake a new URL and another take', async () => {
    const { app, begin, post, view } = await makeApp()
    await begin()
    const one = await json(post(portrait, ada))
    const two = await json(post(portrait, ada))
    expect(two.imageUrl).not.toBe(one.imageUrl)
    expect(await (await app.request(two.imageUrl)).text()).toBe('Ada 2')
    expect((await view()).outputs.portrait).toEqual({ Ada: two.imageUrl })
  })

  it('loses nothing if characters are produced at the same time', async () => {
    const { begin, folder, post, view } = await makeApp()
    await begin({ characters: 4 })
    const calls = cast.flatMap((characterId) => [
      post('/api/characters/build', { showId, characterId }),
      post(portrait, { showId, characterId }),
    ])
    for (const answer of await Promise.all(calls)) expect(answer.status).toBe(200)
    const { done, outputs } = await view()
    expect([done['character-dossier'], done.portrait]).toEqual([cast, cast])
    expect(new Set(Object.values(outputs.portrait)).size).toBe(4)
    expect((await readdir(join(folder, folderName(showId)))).filter((name) => name.includes('tmp'))).toEqual(
      [],
    )
  })

  it.each(['__proto__', '../x', '🎬', 'a/b%2F?#', 'x'.repeat(256), '%', ' '])(
    'keeps a show called %j in its own folder',
    async (hostile) => {
      const { begin, folder, view } = await makeApp()
      await begin({ showId: hostile })
      expect(await view(hostile)).toMatchObject({ showId: hostile, title: 'The Quiet Sea' })
      expect(await readdir(folder)).toEqual([folderName(hostile)])
    },
  )

  it('removes the results of another blueprint, and refuses late ones', async () => {
    let finish = () => {}
    const slow = new Promise<void>((resolve) => (finish = resolve))
    let start = () => {}
    const started = new Promise<void>((resolve) => (start = resolve))
    const generator = {
      portrait: async (...all: Parameters<typeof fakeGenerator.portrait>) => {
        start()
        await slow
        return fakeGenerator.portrait(...all)
      },
    }
    const { begin, post, view } = await makeApp({ generator })
    await begin()
    const late = post(portrait, ada)
    await started
    await post('/api/generate', { showId, prompt: 'Loud' })
    finish()
    expect((await late).status).toBe(409)
    expect((await view()).done).toEqual({ 'show-generation': true })
  })

  it('stops the work when the client disconnects', async () => {
    const client = new AbortController()
    let seen: AbortSignal | undefined
    const generator = {
      trailer: async (_show: unknown, _portraits: unknown, signal: AbortSignal) => {
        seen = signal
        client.abort()
        return fakeGenerator.trailer(...([] as unknown as Parameters<typeof fakeGenerator.trailer>))
      },
    }
    const { begin, post, view } = await makeApp({ generator })
    await begin()
    await post(portrait, ada)
    expect((await post('/api/trailer', { showId }, client.signal)).status).toBe(499)
    expect(seen?.aborted).toBe(true)
    expect((await view()).done).not.toHaveProperty('trailer')
  })

  it('serves the page, its files, and nothing else', async () => {
    const root = await mkdtemp(join(tmpdir(), 'studio-page-'))
    onTestFinished(() => rm(root, { recursive: true }))
    await mkdir(join(root, 'assets'))
    await writeFile(join(root, 'index.html'), '<p>page')
    await writeFile(join(root, 'assets', 'a.js'), 'let a')
    const { app } = await makeApp({ staticDir: root })
    const got = async (path: string) => {
      const answer = await app.request(path)
      return [answer.status, answer.headers.get('Content-Type')?.split(';')[0]]
    }
    expect(await got('/')).toEqual([200, 'text/html'])
    expect(await got('/shows/1')).toEqual([200, 'text/html'])
    expect(await got('/assets/a.js')).toEqual([200, 'text/javascript'])
    expect(await got('/assets/b.js')).toEqual([404, 'application/json'])
    expect(await got('/api/none')).toEqual([404, 'application/json'])
    expect(await got('/..%2f..%2fetc/passwd')).not.toContain('passwd')
  })
})
