// The servers that a runtime talks to while it plays the scenario, and what has to have come of it.
import assert from 'node:assert/strict'
import { startCollector } from '../../packages/http-adapter/src/testing/servers/collector.ts'
import { startLiveServer } from '../../packages/http-adapter/src/testing/servers/live-server.ts'
import { startLocalServer } from '../../packages/http-adapter/src/testing/servers/local-server.ts'
import { startReplicateServer } from '../../packages/http-adapter/src/testing/servers/replicate-server.ts'
import {
  createFalKeys,
  inSeconds,
  secretOf,
  signFal,
  signStandard,
} from '../../packages/http-adapter/src/testing/sign-webhooks.ts'
import type { Outcome, Plan } from './scenario.ts'

const picture = 'https://replicate.delivery/ada.png'
const video = 'https://fal.media/bo.mp4'
const trailerUrl = 'https://cdn.example/trailer.mp4'
const story = ['event: stage\ndata: casting 🎬\n\n', 'event: text\ndata: Neon\n\n', 'data: noir\n\n']

async function* piecesOfStory() {
  for (const piece of story) {
    yield piece
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Starts them. */
export async function startServers() {
  const replicate = await startReplicateServer([
    { status: 'starting' },
    { status: 'processing', logs: '50%|█████     | 2/4' },
    { status: 'succeeded', output: picture },
  ])
  const collector = await startCollector()
  const inbox = collector.open('inbox')
  const live = await startLiveServer()
  const fal = await createFalKeys()
  const app = await startLocalServer({}, [
    {
      name: 'story',
      method: 'POST',
      path: /^\/story$/,
      answer: () => ({ status: 200, pieces: piecesOfStory() }),
    },
    {
      name: 'trailer',
      method: 'POST',
      path: /^\/trailer$/,
      answer: ({ bytes }) => ({ status: 200, body: { url: trailerUrl, said: String(bytes) } }),
    },
    {
      name: 'cue',
      method: 'POST',
      path: /^\/cue$/,
      answer() {
        live.truth.addTask({ id: 'poster', showId: 's1', type: 'library-poster', status: 'succeeded' })
        return { status: 200 }
      },
    },
    {
      name: 'keys',
      method: 'GET',
      path: /^\/jwks$/,
      answer: () => ({ status: 200, body: { keys: [fal.jwk] } }),
    },
  ])
  app.fault('trailer', { status: 503, body: { detail: 'not now' } })

  const time = inSeconds(Date.now())
  const secret = secretOf(1)
  const done = JSON.stringify({ id: 'hooked', status: 'succeeded', output: picture })
  const ok = { request_id: 'request-1', status: 'OK', payload: { video: { url: video } } }
  const plan: Plan = {
    replicate: replicate.origin,
    token: 'r8_test',
    app: app.origin,
    collector: inbox.url,
    live: live.url,
    secret,
    signed: {
      replicate: await signStandard(done, { time, secret }),
      forged: await signStandard(done, { time, secret: secretOf(2) }),
      fal: await signFal(JSON.stringify(ok), fal.privateKey, { time }),
    },
  }

  return {
    plan,
    /** Throws for what is not as it has to be. */
    async verify(outcome: Outcome) {
      const { tasks, looks, ...rest } = outcome
      assert.deepEqual(rest, {
        painted: { http: 201, status: 'succeeded', outputUrl: picture, job: 'prediction1' },
        written: { text: story.join(''), status: 'succeeded' },
        trailer: {
          http: 200,
          answer: { url: trailerUrl, said: 'please' },
          status: 'succeeded',
          attempt: 2,
          outputUrl: trailerUrl,
        },
        live: {
          seen: ['connecting', 'live'],
          poster: { id: 'poster', status: 'succeeded', by: 'server' },
        },
        webhooks: {
          answers: ['401 the signature does not match', '200 merged', '200 duplicate', '200 merged'],
          statuses: ['succeeded', 'succeeded'],
        },
        counts: { allStored: true, pending: 0 },
        errors: [],
      })
      for (const look of ['show-generation processing 1 casting 🎬', 'trailer succeeded 2']) {
        assert.ok(looks.includes(look), `"${look}" is not among ${looks.join(', ')}`)
      }
      assert.equal(replicate.count('create'), 1)
      assert.equal(replicate.count('get'), 2)
      assert.equal(app.count('trailer'), 2)
      // The collector has what the runtime has, but for what came from the live server: that is not its own.
      const own = tasks.filter(({ id }) => id !== 'poster')
      assert.equal(own.length, 35)
      // In whichever order a busy machine has sent it.
      const byId = (all: readonly { readonly id: string }[]) =>
        all.toSorted((one, other) => (one.id < other.id ? -1 : 1))
      assert.deepEqual(byId(inbox.tracker.serialize().tasks), byId(own))
      const encodings = inbox.requests.map(({ headers }) => headers['content-encoding'])
      assert.ok(encodings.includes('gzip'), `content-encoding: ${encodings.join(', ')}`)
      // The source was released, and its connection has ended with it.
      while (live.readers() > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    },
    async close() {
      for (const server of [replicate, collector, app]) server.close()
      await live.close()
    },
  }
}
