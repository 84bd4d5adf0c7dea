import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const adapter = path.resolve(import.meta.dirname, '../packages/http-adapter')
// Plain Node takes what was built, and finds the clients here.
const folder = path.join(adapter, 'node_modules/.cache/aborts')

const setUp = `
import { createServer } from 'node:http'
import { once } from 'node:events'
import { createTracker, showPipeline } from '@callsheet/core'
import { createTrackedFetch, readDownload, readEvents, resend } from '${adapter}/dist/index.js'
import { openai } from '${adapter}/dist/openai.js'

// Each answer begins, and never ends.
const server = createServer((request, response) => {
  const path = request.url
  const type = /events|chat|responses/.test(path) ? 'text/event-stream' : path.includes('film') ? 'video/mp4' : 'application/json'
  response.writeHead(path.includes('broken') ? 503 : 200, { 'content-type': type, ...(path.includes('film') && { 'content-length': 1000 }) })
  response.write(type === 'application/json' ? '{"a":' : ': begun\\n\\n')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const base = 'http://127.0.0.1:' + server.address().port

const tracker = createTracker({ pipeline: showPipeline })
tracker.on('error', ({ error }) => console.log('report', error.message))
const scope = ({ url }) => ({ showId: url.pathname.replaceAll('/', '-') })
const tracked = createTrackedFetch({
  tracker,
  providers: [openai({ baseUrl: base + '/v1' })],
  routes: {
    'GET /plain/*': { type: 'trailer', scope },
    'GET /json/*': { type: 'trailer', scope, read: () => ({}) },
    'GET /events/*': { type: 'trailer', scope, stream: readEvents(() => undefined) },
    'GET /film/*': { type: 'trailer', scope, stream: readDownload() },
    'GET /resend/*': { type: 'trailer', scope, retry: resend({ attempts: 1 }) },
  },
})
const turn = () => new Promise((resolve) => setTimeout(resolve, 20))
const say = async (what, promise) => console.log(what, await promise.then(() => 'ended', (error) => error.name))
const end = async () => {
  await turn()
  server.closeAllConnections()
  server.close()
}
`

/** What a program says that Node runs to its end. */
function run(name: string, code: string) {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${name}.mjs`)
  writeFileSync(file, `${setUp}${code}\nawait end()\n`)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  rmSync(file)
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout.trim().split('\n')
}

const places = ['plain', 'json', 'events', 'film', 'resend']

describe('a program that aborts a call between its headers and its body', () => {
  it('goes on, and gets the errors that fetch gives', () => {
    const code = (fetch: string) => `
      for (const place of ${JSON.stringify(places)}) for (const answer of ['ok', 'broken']) {
        const controller = new AbortController()
        const response = await ${fetch}(base + '/' + place + '/' + answer + '/text', { signal: controller.signal })
        controller.abort()
        await say(place, response.text())
        const later = new AbortController()
        const late = await ${fetch}(base + '/' + place + '/' + answer + '/late', { signal: later.signal })
        const reader = late.body.getReader()
        await reader.read()
        later.abort()
        await say(place, reader.read())
        const unread = new AbortController()
        await ${fetch}(base + '/' + place + '/' + answer + '/unread', { signal: unread.signal })
        await turn()
        unread.abort()
        await turn()
      }`
    const bare = run('bare', code('fetch'))
    expect(new Set(bare)).toEqual(new Set(places.map((place) => `${place} AbortError`)))
    expect(run('tracked', code('tracked'))).toEqual(bare)
  })

  it('goes on when the client of OpenAI is aborted', () => {
    const code = (fetch: string) => `
      const { default: OpenAI } = await import('openai')
      const client = new OpenAI({ apiKey: 'k', baseURL: base + '/v1', maxRetries: 0, fetch: ${fetch} })
      const input = { model: 'm', messages: [], stream: true }
      for (const leave of ['abort', 'signal']) {
        const controller = new AbortController()
        const stream = await client.chat.completions.create(input, { signal: controller.signal })
        if (leave === 'abort') stream.controller.abort()
        if (leave === 'signal') controller.abort()
        await say(leave, (async () => { for await (const event of stream) console.log(event) })())
      }
      const controller = new AbortController()
      const response = await client.chat.completions.create(input, { signal: controller.signal }).asResponse()
      controller.abort()
      await say('as a response', response.text())`
    const bare = run('openai-bare', code('fetch'))
    expect(bare.at(-1)).toBe('as a response AbortError')
    const work = `tracked.for(() => ({ showId: 's' + Math.random(), type: 'trailer' }))`
    expect(run('openai-tracked', code(work))).toEqual(bare)
  })

  it('goes on when the AI SDK is aborted', () => {
    const code = (fetch: string) => `
      const { createOpenAI } = await import('@ai-sdk/openai')
      const { streamText, generateText } = await import('ai')
      const provider = createOpenAI({ apiKey: 'k', baseURL: base + '/v1', fetch: ${fetch} })
      for (const model of [provider('m'), provider.chat('m')]) {
        const controller = new AbortController()
        const { fullStream } = streamText({ model, prompt: 'p', maxRetries: 0, abortSignal: controller.signal, onError: () => {} })
        const reading = (async () => { for await (const part of fullStream) { console.log(part.type); controller.abort() } })()
        await say('stream', reading)
        const second = new AbortController()
        const text = generateText({ model, prompt: 'p', maxRetries: 0, abortSignal: second.signal })
        setTimeout(() => second.abort(), 50)
        await say('text', text)
      }`
    const bare = run('ai-bare', code('fetch'))
    const work = `tracked.for(() => ({ showId: 's' + Math.random(), type: 'trailer' }))`
    expect(run('ai-tracked', code(work))).toEqual(bare)
  })
})
