import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createApp } from './app.ts'
import type { Media, ShowGenerator } from './generator.ts'
import { createShows } from './shows.ts'

const media = (text: string, extension: string, type: string): Media => ({
  bytes: new TextEncoder().encode(text),
  extension,
  type,
})
const png = (text: string) => media(text, 'png', 'image/png')

/** The names are also the ids. The first is the most hostile one. */
export const cast = ['__proto__', 'Ada', 'Bo/../x', '🎬']

/** Its media are texts that name their input. */
export const fakeGenerator: ShowGenerator = {
  blueprint: async ({ prompt }) => ({
    title: `The ${prompt}`,
    logline: '',
    genre: '',
    tone: '',
    setting: '',
    palette: ['#fff'],
    episodes: [],
    seed: prompt.length,
  }),
  seeds: async (_blueprint, count) =>
    cast.slice(0, count ?? 3).map((name) => ({ id: name, name, role: 'Lead', hook: '' })),
  dossier: async (_blueprint, character) => ({
    ...character,
    age: 40,
    backstory: '',
    traits: [],
    wants: '',
    fears: '',
    quote: '',
  }),
  portrait: async (_blueprint, { name }, take) => png(`${name} ${take}`),
  video: async (_blueprint, { character }) => media(`video of ${character.name}`, 'webp', 'image/webp'),
  grid: async (_blueprint, portraits) => png(`grid of ${portraits.length}`),
  poster: async (_blueprint, portraits) => png(`poster of ${portraits.length}`),
  trailer: async () => media('0123456789', 'mp4', 'video/mp4'),
}

/** An app in its own folder that does not wait, and records the durations instead. */
export async function makeApp(
  options: { readonly generator?: Partial<ShowGenerator>; readonly staticDir?: string } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'studio-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const waits: number[] = []
  const app = createApp({
    generator: { ...fakeGenerator, ...options.generator },
    shows: createShows(folder),
    sleep: async (ms) => void waits.push(ms),
    ...(options.staticDir === undefined ? {} : { staticDir: options.staticDir }),
  })
  const send = async (method: string, path: string, body: unknown, signal?: AbortSignal) =>
    app.request(path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal ? { signal } : {}),
    })
  const post = (path: string, body: unknown, signal?: AbortSignal) => send('POST', path, body, signal)
  /** Begins a show and produces its roster. */
  const begin = async (order: Readonly<Record<string, unknown>> = {}) => {
    const showId = typeof order['showId'] === 'string' ? order['showId'] : 'show'
    await post('/api/generate', { showId, prompt: 'Quiet Sea', ...order })
    await post('/api/characters/extract', { showId })
  }
  const view = async (showId = 'show') =>
    (await app.request(`/api/shows/${encodeURIComponent(showId)}`)).json()
  return { app, folder, waits, send, post, begin, view }
}
