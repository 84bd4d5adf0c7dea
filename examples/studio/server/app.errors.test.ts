import { describe, expect, it } from 'vitest'
import { makeApp } from './app.fixture.ts'
import { folderName } from './shows.ts'

const showId = 'show'
const ada = { showId, characterId: 'Ada' }
const portrait = '/api/characters/portrait'

describe('createApp, when something is wrong', () => {
  it.each([
    ['show-generation', '/api/generate', { showId, prompt: 'Quiet Sea' }, 500, ['error', 'details']],
    ['character-seeds', '/api/characters/extract', { showId }, 429, ['error', 'details', 'retry_after']],
    ['character-dossier', '/api/characters/build', ada, 500, ['error', 'details']],
    ['portrait', portrait, ada, 422, ['error', 'details']],
    ['video', '/api/characters/video', ada, 500, ['error', 'detail']],
    ['portrait-grid', '/api/portrait-grid', { showId }, 500, ['error', 'details']],
    ['library-poster', '/api/library-poster', { showId }, 500, ['error', 'details']],
    ['trailer', '/api/trailer', { showId }, 500, ['error', 'details']],
  ])('fails %s as often as asked, then succeeds', async (type, path, body, status, keys) => {
    const { begin, post, send } = await makeApp()
    await begin()
    await post(portrait, ada)
    await send('PATCH', '/api/shows/show', { faults: [{ type, times: 2 }] })
    const failed = await post(path, body)
    expect(failed.status).toBe(status)
    expect(Object.keys(await failed.json())).toEqual(keys)
    expect(failed.headers.has('Retry-After')).toBe(status === 429)
    expect((await post(path, body)).status).toBe(status)
    expect((await post(path, body)).status).toBe(200)
  })

  it('fails only the given character, with a reason', async () => {
    const { begin, post } = await makeApp()
    await begin({ faults: [{ type: 'portrait', characterIndex: 1 }] })
    expect((await post(portrait, { showId, characterId: '__proto__' })).status).toBe(200)
    expect(await (await post(portrait, ada)).json()).toEqual({
      error: 'Content filter',
      details: 'The portrait of Ada was refused by the content filter.',
    })
    expect((await post(portrait, ada)).status).toBe(200)
  })

  it('does not set the same faults again for a retry', async () => {
    const { post, view } = await makeApp()
    const order = { showId, prompt: 'Quiet Sea', faults: [{ type: 'show-generation' }] }
    expect((await post('/api/generate', order)).status).toBe(500)
    expect(await view()).toMatchObject({ title: 'Quiet Sea', done: {} })
    expect((await post('/api/generate', order)).status).toBe(200)
  })

  it('changes its speed and its faults while it runs', async () => {
    const { begin, post, send, waits } = await makeApp()
    await begin({ speed: 0.5 })
    expect(waits).toEqual([5000, 4000])
    const changed = await send('PATCH', '/api/shows/show', { speed: 1000 })
    expect(await changed.json()).toEqual({ showId, speed: 1000, faults: [] })
    await post('/api/characters/extract', { showId })
    expect(waits.at(-1)).toBe(2)
    expect((await send('PATCH', '/api/shows/show', { speed: 0 })).status).toBe(400)
    expect((await send('PATCH', '/api/shows/none', { speed: 2 })).status).toBe(404)
  })

  it.each([
    ['/api/generate', '{', 'The body is not JSON'],
    ['/api/generate', [], 'body: '],
    ['/api/generate', { showId }, 'prompt: '],
    ['/api/generate', { showId, prompt: '  ' }, 'prompt: '],
    ['/api/generate', { showId: '', prompt: 'x' }, 'showId: '],
    ['/api/generate', { showId: 'x'.repeat(257), prompt: 'x' }, 'showId: '],
    ['/api/generate', { showId: '\uD800', prompt: 'x' }, 'showId: '],
    ['/api/generate', { showId, prompt: 'x', speed: 2000 }, 'speed: '],
    ['/api/generate', { showId, prompt: 'x', characters: 9 }, 'characters: '],
    ['/api/generate', { showId, prompt: 'x', faults: [{ type: 'nap' }] }, 'faults.0.type: '],
    [portrait, { showId, characterId: 7 }, 'characterId: '],
  ])('refuses %s with %j and names what is wrong', async (path, body, said) => {
    const { post } = await makeApp()
    const answer = await post(path, body)
    expect(answer.status).toBe(400)
    expect((await answer.json()).details).toContain(said)
  })

  it('names the missing prerequisite', async () => {
    const { begin, post } = await makeApp()
    const said = async (path: string, body: unknown) => {
      const answer = await post(path, body)
      return [answer.status, (await answer.json()).details]
    }
    const unknown = [409, 'Show "show" is unknown: call /api/generate first.']
    expect(await said('/api/characters/extract', { showId })).toEqual(unknown)
    expect(await said('/api/trailer', { showId })).toEqual(unknown)
    await begin()
    const missing = [409, expect.stringContaining('no character "toString"')]
    expect(await said(portrait, { showId, characterId: 'toString' })).toEqual(missing)
    for (const path of ['/api/portrait-grid', '/api/library-poster', '/api/trailer'])
      expect(await said(path, { showId })).toEqual([409, expect.stringContaining('no portraits yet')])
    const video = [409, expect.stringContaining('Ada has no portrait yet')]
    expect(await said('/api/characters/video', ada)).toEqual(video)
  })

  it('refuses a body that is too large, with and without a Content-Length', async () => {
    const { app, post } = await makeApp()
    const prompt = 'x'.repeat(300 * 1024)
    const streamed = await post('/api/generate', { showId, prompt })
    expect([streamed.status, (await streamed.json()).error]).toEqual([413, 'Too large'])
    const headers = { 'Content-Length': `${300 * 1024}` }
    expect((await app.request('/api/generate', { method: 'POST', headers, body: prompt })).status).toBe(413)
  })

  it('answers 404 for unknown shows and files, and serves only media', async () => {
    const { app, begin } = await makeApp()
    await begin()
    const folder = folderName(showId)
    const paths = ['/api/shows/none', `/media/${folder}/show.json`, `/media/${folder}/portrait-9.png`]
    paths.push(`/media/..%2f${folder}/show.json`, `/media/${folder}/..%2f..%2fpasswd`, '/media/', '/nowhere')
    for (const path of paths) {
      const answer = await app.request(path)
      expect([path, answer.status, Object.keys(await answer.json())]).toEqual([
        path,
        404,
        ['error', 'details'],
      ])
    }
  })

  it('supports range requests for videos', async () => {
    const { app, begin, post } = await makeApp()
    await begin()
    await post(portrait, ada)
    const { url } = await (await post('/api/trailer', { showId })).json()
    const get = async (Range: string) => {
      const answer = await app.request(url, { headers: { Range } })
      return [answer.status, answer.headers.get('Content-Range'), await answer.text()]
    }
    expect(await get('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await get('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await get('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89'])
    expect(await get('bytes=20-')).toEqual([416, 'bytes */10', ''])
    const whole = await app.request(url)
    expect([whole.status, whole.headers.get('Content-Type')]).toEqual([200, 'video/mp4'])
  })

  it('answers with the reason if a step throws', async () => {
    const generator = { dossier: () => Promise.reject(new Error('The pencil broke')) }
    const { begin, post } = await makeApp({ generator })
    await begin()
    const answer = await post('/api/characters/build', ada)
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { error: 'Server error', details: 'The pencil broke' },
    ])
  })
})
